#ifndef RUNTIME_DASHBOARD_DASHBOARD_H
#define RUNTIME_DASHBOARD_DASHBOARD_H

/*
 * dashboard — the rig as a page for browsers: the page's files, and what it shows, live.
 *
 * Layer:   dashboard. Knows core/, json/, net/, alb/ and control/. What sandboxes and tasks are, it
 *          learns from a struct dashboard_source.
 * Memory:  about 1 MB of history; a client that listens costs a struct and what it has not read.
 * Threads: all on the loop's thread. Once a second the last second's figures are read and, where
 *          somebody listens, one message is made for all; a request of the load balancer costs a
 *          copy of its path.
 *
 * GET  /                    the page; /dashboard/NAME are its other files
 * GET  /events              server-sent events (message.h): all that is known, then each second
 *                           what is new
 * POST /dashboard/weights   where there are controls (controls.h)
 * POST /dashboard/canary    likewise (canaries.h)
 */

#include "runtime/alb/alb.h"
#include "runtime/alb/alb_metrics.h"

/* An execution environment of a function. Texts are borrowed for the call. */
struct dashboard_sandbox {
    const char *name;  /* of what it runs, "duet-local:1" */
    const char *group; /* the target group whose requests it gets; "": none */
    const char *state; /* "init", "idle", "busy", "frozen", "ending" */
    uint64_t number;   /* of no other sandbox of this name while the rig runs; from 1 */
    int64_t process_id;
    int64_t age_ms;
    int64_t init_us; /* that its init took; 0: it has not ended yet */
    uint64_t call_count;
    unsigned peak_memory_mb; /* as last seen; 0: not known */
};

/* A server process of a service. Texts are borrowed for the call. */
struct dashboard_task {
    const char *name;  /* of what it runs, "duet-local:1" */
    const char *group; /* the target group that it is in */
    const char *state; /* "starting", "ready", "retiring" */
    int64_t process_id;
    int64_t age_ms;
    unsigned port; /* by which the load balancer reaches it */
};

typedef void dashboard_sandbox_fn(void *context, const struct dashboard_sandbox *sandbox);
typedef void dashboard_task_fn(void *context, const struct dashboard_task *task);

/* `group` is served by `version` of `name`: "2" of "duet-local", or "2, 3 at 10 %". */
typedef void dashboard_version_fn(void *context, const char *group, const char *name,
                                  const char *version);

/* Where versions, sandboxes and tasks are known. Each function calls `each` for every one that is
 * there, and may be NULL: there are none. */
struct dashboard_source {
    void (*sandboxes)(void *context, dashboard_sandbox_fn *each, void *each_context);
    void (*tasks)(void *context, dashboard_task_fn *each, void *each_context);
    void (*versions)(void *context, dashboard_version_fn *each, void *each_context);
    void *context;
};

struct dashboard_options {
    struct loop *loop;                /* Required. */
    struct alb_model *model;          /* Required: borrowed. */
    struct alb_metrics *metrics;      /* Required: borrowed; what it counts is read from... */
    const struct series_store *store; /* Required: borrowed; ...its store */
    struct dashboard_source source;   /* copied */
    bool has_controls;                /* the page may set the production rule's weights */
};

struct dashboard;
struct parameters;

/* NULL: no memory, or no random bytes for the token of the controls. */
struct dashboard *dashboard_new(const struct dashboard_options *options) MUST_CHECK;

/* Where canaries have their locks, and are left words; borrowed for the dashboard's life. Without
 * it, none is shown. What guards did is read there too. */
void dashboard_set_parameters(struct dashboard *dashboard, struct parameters *parameters);

/* After the httpd whose exchanges it was given. */
void dashboard_free(struct dashboard *dashboard);

/* Takes a request of the control port, whose Host and Origin are known to be local, if it is for
 * the dashboard: true, and it is answered now or for as long as the client listens. false: it is
 * not. */
bool dashboard_take(struct dashboard *dashboard, struct httpd_exchange *exchange);

/* httpd_options.on_done of the httpd that such a request came from. */
void dashboard_done(struct dashboard *dashboard, struct httpd_exchange *exchange);

/* One request that has its answer. Its query and its fields are not kept. */
void dashboard_record(struct dashboard *dashboard, const struct alb_record *record);

/* Something that happened, for people: a line without an end. source: who says so, "fargate". */
void dashboard_event(struct dashboard *dashboard, const char *source, const char *format, ...)
    PRINTF_LIKE(3, 4);

#endif
