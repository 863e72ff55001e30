#include "runtime/local/rig_listeners.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/alb/certificates.h"
#include "runtime/core/limits.h"
#include "runtime/core/clock.h"
#include "runtime/http2/h2.h"
#include "runtime/net/tls.h"

/*
 * A listener that is deleted keeps its door until its last connection has ended. A door says so
 * from within its own data path, which must not be freed there: a job of the loop does it after
 * that.
 */

struct rig_door {
    struct rig_listeners *owner;
    struct alb_listener *listener;
    struct alb *alb;
    bool is_draining, is_drained;
    struct rig_door *next;
};

/* Stays until the end: connections may begin with it as long as a listener has it. */
struct rig_certificate {
    char name[ALB_CERTIFICATE_NAME_MAX + 1];
    struct tls_context *tls;
    struct rig_certificate *next;
};

enum { ERROR_MAX = 700 };

/* --- the certificate --- */

static enum alb_error refuse(struct alb_why *why, const char *text)
{
    return alb_refuse_printf(why, ALB_E_INVALID_CONFIGURATION_REQUEST, "%s", text);
}

static enum alb_error need_tls(struct rig_listeners *listeners, struct alb_why *why)
{
    char error[ERROR_MAX];
    struct certificate *files = &listeners->certificate;
    if (listeners->_tls)
        return ALB_OK;
    if (mkdir(listeners->folder, 0777) != 0 && errno != EEXIST) {
        (void)snprintf(error, sizeof error, "cannot make the folder '%s': %s", listeners->folder,
                       strerror(errno));
        return refuse(why, error);
    }
    if (!certificate_keep(listeners->folder, clock_ms_epoch() / 1000, files, error, sizeof error))
        return refuse(why, error);
    listeners->_tls = tls_context_new(files->cert_file, files->key_file, error, sizeof error);
    return listeners->_tls ? ALB_OK : refuse(why, error);
}

/* The certificate of a protocol, NULL for none. */
static enum alb_error find_tls(struct rig_listeners *listeners, enum alb_protocol protocol,
                               struct tls_context **tls, struct alb_why *why)
{
    enum alb_error error = protocol == ALB_HTTPS ? need_tls(listeners, why) : ALB_OK;
    *tls = protocol == ALB_HTTPS ? listeners->_tls : NULL;
    return error;
}

static struct tls_context *load_named(const struct rig_listeners *listeners, const char *name,
                                      char error[ERROR_MAX])
{
    struct certificate files;
    if (!certificate_keep_name(listeners->folder, name, clock_ms_epoch() / 1000, &files, error,
                               ERROR_MAX))
        return NULL;
    return tls_context_new(files.cert_file, files.key_file, error, ERROR_MAX);
}

static enum alb_error certify(void *context, struct bytes name, struct tls_context **tls,
                              struct alb_why *why)
{
    char error[ERROR_MAX];
    struct rig_listeners *listeners = context;
    struct rig_certificate *item = listeners->_named;
    while (item && !bytes_eq(bytes_from_str(item->name), name))
        item = item->next;
    if (!item) {
        item = calloc(1, sizeof *item);
        if (!item)
            return alb_refuse(why, ALB_E_INTERNAL_FAILURE);
        (void)snprintf(item->name, sizeof item->name, "%.*s", BYTES_ARG(name));
        item->tls = load_named(listeners, item->name, error);
        if (!item->tls) {
            free(item);
            return refuse(why, error);
        }
        item->next = listeners->_named;
        listeners->_named = item;
    }
    *tls = item->tls;
    return ALB_OK;
}

/* Those that a listener has from before there were doors. */
static enum alb_error certify_all(struct rig_listeners *listeners,
                                  const struct alb_listener *listener, struct alb_why *why)
{
    enum alb_error error = ALB_OK;
    for (struct alb_certificate *one = listener->certificates; one && error == ALB_OK;
         one = one->next)
        if (one->name.len && !one->tls)
            error = certify(listeners, one->name, &one->tls, why);
    return error;
}

static void release_named(struct rig_listeners *listeners)
{
    while (listeners->_named) {
        struct rig_certificate *item = listeners->_named;
        listeners->_named = item->next;
        tls_context_free(item->tls);
        free(item);
    }
}

/* --- doors --- */

static enum alb_error listen_at(const struct rig_listeners *listeners, unsigned port, int *fd,
                                struct alb_why *why)
{
    char error[ERROR_MAX];
    *fd = httpd_listen(listeners->bind, port, false, error, sizeof error);
    return *fd >= 0 ? ALB_OK : refuse(why, error);
}

static enum alb_error open_door(void *context, struct alb_listener *listener, struct alb_why *why)
{
    struct rig_listeners *listeners = context;
    struct alb_options options = {.loop = listeners->loop,
                                  .second = &h2_protocol,
                                  .listener = listener,
                                  .half_close_ms = LIMIT_HALF_CLOSE_MS,
                                  .on_record = listeners->on_record,
                                  .context = listeners->context};
    enum alb_error error = find_tls(listeners, listener->protocol, &options.tls, why);
    if (error == ALB_OK)
        error = certify_all(listeners, listener, why);
    if (error == ALB_OK)
        error = listen_at(listeners, listener->port, &options.listen_fd, why);
    if (error != ALB_OK)
        return error;
    struct rig_door *door = calloc(1, sizeof *door);
    unsigned port = httpd_port(options.listen_fd);
    if (!door)
        (void)close(options.listen_fd);
    else
        door->alb = alb_new(&options);
    if (!door || !door->alb) {
        free(door);
        return alb_refuse(why, ALB_E_INTERNAL_FAILURE);
    }
    listener->port = port;
    door->owner = listeners;
    door->listener = listener;
    door->next = listeners->_doors;
    listeners->_doors = door;
    return ALB_OK;
}

static struct rig_door *door_of(const struct rig_listeners *listeners,
                                const struct alb_listener *listener)
{
    struct rig_door *door = listeners->_doors;
    while (door && door->listener != listener)
        door = door->next;
    return door;
}

static enum alb_error move_door(void *context, struct alb_listener *listener, unsigned port,
                                enum alb_protocol protocol, struct alb_why *why)
{
    struct rig_listeners *listeners = context;
    struct rig_door *door = door_of(listeners, listener);
    struct tls_context *tls;
    int fd = -1;
    enum alb_error error = find_tls(listeners, protocol, &tls, why);
    if (error == ALB_OK && port != listener->port)
        error = listen_at(listeners, port, &fd, why);
    if (error == ALB_OK && fd >= 0 && !alb_move(door->alb, fd))
        error = alb_refuse(why, ALB_E_INTERNAL_FAILURE);
    if (error == ALB_OK)
        alb_set_tls(door->alb, tls);
    return error;
}

/* --- the end of doors --- */

static bool is_all_drained(const struct rig_listeners *listeners)
{
    for (const struct rig_door *door = listeners->_doors; door; door = door->next)
        if (!door->is_drained)
            return false;
    return true;
}

static void free_door(struct rig_door **link)
{
    struct rig_door *door = *link;
    *link = door->next;
    alb_free(door->alb);
    free(door);
}

static void on_sweep(struct loop *loop, struct loop_job *job)
{
    struct rig_listeners *listeners =
        (void *)((char *)job - offsetof(struct rig_listeners, _sweep));
    struct rig_door **link = &listeners->_doors;
    (void)loop;
    listeners->_is_sweeping = false;
    while (*link)
        if ((*link)->is_drained)
            free_door(link);
        else
            link = &(*link)->next;
    if (listeners->_on_drained && is_all_drained(listeners)) {
        alb_drained_fn *on_drained = listeners->_on_drained;
        listeners->_on_drained = NULL;
        on_drained(listeners->context);
    }
}

static void sweep_soon(struct rig_listeners *listeners)
{
    listeners->_sweep.fn = on_sweep;
    if (!listeners->_is_sweeping)
        loop_post(listeners->loop, &listeners->_sweep);
    listeners->_is_sweeping = true;
}

static void on_drained(void *context)
{
    struct rig_door *door = context;
    door->is_drained = true;
    sweep_soon(door->owner);
}

static void drain_door(struct rig_door *door)
{
    if (door->is_draining)
        return;
    door->is_draining = true;
    alb_drain(door->alb, on_drained, door);
}

static void close_door(void *context, struct alb_listener *listener)
{
    drain_door(door_of(context, listener));
}

/* --- all of them --- */

bool rig_listeners_open_all(struct rig_listeners *listeners, struct alb_listener *optional,
                            char *note, size_t note_len)
{
    struct alb_why why;
    struct alb_model *model = listeners->model;
    note[0] = '\0';
    for (struct alb_listener *next, *each = model->listeners; each; each = next) {
        next = each->next;
        if (open_door(listeners, each, &why) == ALB_OK)
            continue;
        (void)snprintf(note, note_len, "%s", why.text);
        if (each != optional)
            return false;
        alb_listener_delete(each);
    }
    model->doors = (struct alb_doors){open_door, move_door, certify, close_door, listeners};
    return true;
}

void rig_listeners_drain(struct rig_listeners *listeners, alb_drained_fn *on_all_drained)
{
    listeners->_on_drained = on_all_drained;
    for (struct rig_door *door = listeners->_doors; door; door = door->next)
        drain_door(door);
    sweep_soon(listeners);
}

void rig_listeners_release(struct rig_listeners *listeners)
{
    while (listeners->_doors)
        free_door(&listeners->_doors);
    if (listeners->model)
        listeners->model->doors = (struct alb_doors){.open = NULL};
    tls_context_free(listeners->_tls);
    release_named(listeners);
    *listeners = (struct rig_listeners){.loop = NULL};
}
