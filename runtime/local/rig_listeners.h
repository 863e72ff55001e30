#ifndef RUNTIME_LOCAL_RIG_LISTENERS_H
#define RUNTIME_LOCAL_RIG_LISTENERS_H

/*
 * rig_listeners — the sockets and the data path of the model's listeners, as many as it has at any
 * time, and the certificate of those that speak HTTPS.
 *
 * Layer:   local.
 * Memory:  owns the data paths; the model is borrowed, and outlives it.
 * Threads: all on the loop's thread.
 *
 * The certificate (certificate.h) is made when the first HTTPS listener is opened, those of names
 * when one has them.
 */

#include "runtime/alb/alb.h"
#include "runtime/local/certificate.h"

struct rig_door;
struct rig_certificate;

struct rig_listeners {
    struct loop *loop;        /* Required. */
    struct alb_model *model;  /* Required: rig_listeners_open_all sets model->doors. */
    const char *bind;         /* Required: IPv4 address. */
    const char *folder;       /* Required: of the certificate; made when it is needed. */
    alb_record_fn *on_record; /* Required. */
    void *context;

    struct certificate certificate;
    struct tls_context *_tls;
    struct rig_certificate *_named; /* those of names, made so far */
    struct rig_door *_doors;
    struct loop_job _sweep;
    bool _is_sweeping;
    alb_drained_fn *_on_drained;
};

/* Opens all listeners that the model has, and from now on those that come; one with port 0 gets the
 * port that the system picks. `struct rig_listeners` stays where it is. `optional`, which may be
 * NULL, is deleted where it cannot be opened: `note` says why then, and is "" otherwise.
 * false: `note` has the port and the reason. */
bool rig_listeners_open_all(struct rig_listeners *listeners, struct alb_listener *optional,
                            char *note, size_t note_len) MUST_CHECK;

/* No new connections; `on_drained` once, with `context`, when the last request has its answer. */
void rig_listeners_drain(struct rig_listeners *listeners, alb_drained_fn *on_drained);

/* Cuts what is left, and leaves the model's doors. Works on a zeroed struct. */
void rig_listeners_release(struct rig_listeners *listeners);

#endif
