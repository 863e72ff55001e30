#include "runtime/tasks/cluster.h"

void cluster_init(struct cluster *cluster, const char *name, const struct definitions *definitions)
{
    *cluster = (struct cluster){.name = name, .definitions = *definitions};
}

void cluster_release(struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->service_count; i++)
        service_free(cluster->services[i]);
    cluster->service_count = 0;
    definitions_release(&cluster->definitions);
}

struct bytes cluster_arn_tail(struct bytes arn)
{
    for (size_t i = arn.len; i > 0; i--)
        if (arn.ptr[i - 1] == '/')
            return bytes_skip(arn, i);
    return arn;
}

/* --- looking --- */

struct service *cluster_service(const struct cluster *cluster, struct bytes name)
{
    name = cluster_arn_tail(name);
    for (size_t i = 0; i < cluster->service_count; i++)
        if (bytes_eq(bytes_from_str(cluster->services[i]->options.name), name))
            return cluster->services[i];
    return NULL;
}

struct task *cluster_task(const struct cluster *cluster, struct bytes name,
                          struct service **service)
{
    name = cluster_arn_tail(name);
    for (size_t i = 0; i < cluster->service_count; i++) {
        *service = cluster->services[i];
        for (struct task *task = (*service)->tasks; task; task = task->next)
            if (bytes_eq(bytes_from_str(task->id), name))
                return task;
    }
    return NULL;
}

const struct stopped_task *cluster_stopped_task(const struct cluster *cluster, struct bytes name,
                                                const struct service **service)
{
    const struct stopped_task *stopped;
    name = cluster_arn_tail(name);
    for (size_t i = 0; i < cluster->service_count; i++) {
        *service = cluster->services[i];
        for (size_t back = 0; (stopped = service_stopped_at(*service, back)) != NULL; back++)
            if (bytes_eq(bytes_from_str(stopped->id), name))
                return stopped;
    }
    return NULL;
}

struct cluster_bounds *cluster_bounds_of(struct cluster *cluster, const struct service *service)
{
    size_t i = 0;
    while (cluster->services[i] != service)
        i++;
    return &cluster->bounds[i];
}

/* --- life --- */

/* A service tells of itself with the context of its owner: the stop is told to the cluster. */
static void on_service_stopped(void *context)
{
    struct cluster *cluster = context;
    if (--cluster->stopping_count == 0)
        cluster->on_stopped(cluster->context);
}

struct service *cluster_add(struct cluster *cluster, const struct service_options *options,
                            char *error, size_t error_len)
{
    struct service *service = service_new(options, error, error_len);
    if (service)
        cluster->services[cluster->service_count++] = service;
    return service;
}

void cluster_stop(struct cluster *cluster, service_event_fn *on_stopped, void *context)
{
    cluster->on_stopped = on_stopped;
    cluster->context = context;
    cluster->stopping_count = cluster->service_count + 1; /* one is this function's */
    for (size_t i = 0; i < cluster->service_count; i++)
        service_stop(cluster->services[i], on_service_stopped, cluster);
    on_service_stopped(cluster);
}
