#include "runtime/tasks/cluster.h"

#include <stdio.h>

void cluster_init(struct cluster *cluster, const char *name, const struct definitions *definitions)
{
    *cluster = (struct cluster){.name = name, .definitions = *definitions};
}

void cluster_release(struct cluster *cluster)
{
    for (size_t i = 0; i < cluster->service_count; i++)
        service_free(cluster->services[i]);
    for (size_t i = 0; i < cluster->removed_count; i++)
        service_free(cluster->removed[i]);
    cluster->service_count = cluster->removed_count = 0;
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

struct service *cluster_removed(const struct cluster *cluster, struct bytes name)
{
    name = cluster_arn_tail(name);
    for (size_t i = cluster->removed_count; i > 0; i--)
        if (bytes_eq(bytes_from_str(cluster->removed[i - 1]->options.name), name))
            return cluster->removed[i - 1];
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

/* NULL: there is none. */
static struct cluster_kept *find_kept(struct cluster *cluster, const char *name)
{
    for (size_t i = 0; i < cluster->kept_count; i++)
        if (strcmp(cluster->kept[i].name, name) == 0)
            return &cluster->kept[i];
    return NULL;
}

/* What was kept, on a service that has begun with its definition and count; forgets it. */
static void take_up(struct cluster *cluster, struct service *service, struct cluster_kept *kept)
{
    struct service_wish wish = kept->wish;
    service->created_ms = kept->created_ms;
    wish.definition = service->options.definition;
    *cluster_bounds_of(cluster, service) = kept->bounds;
    *kept = cluster->kept[--cluster->kept_count];
    if (!service_update(service, &wish))
        return; /* which nothing but a new deployment fails with */
}

struct service *cluster_add(struct cluster *cluster, const struct service_options *options,
                            char *error, size_t error_len)
{
    struct service_options first = *options;
    struct cluster_kept *kept = find_kept(cluster, options->name);
    if (cluster->service_count == CLUSTER_SERVICES_MAX) {
        (void)snprintf(error, error_len, "there are %d services already", CLUSTER_SERVICES_MAX);
        return NULL;
    }
    if (kept) {
        first.task_count = kept->wish.desired;
        if (!kept->wish.definition->is_given)
            first.definition = kept->wish.definition;
    }
    struct service *service = service_new(&first, error, error_len);
    if (!service)
        return NULL;
    cluster->bounds[cluster->service_count] = (struct cluster_bounds){.is_set = false};
    cluster->services[cluster->service_count++] = service;
    if (kept)
        take_up(cluster, service, kept);
    return service;
}

void cluster_remove(struct cluster *cluster, struct service *service)
{
    struct service_wish wish = service_wish(service);
    size_t at = (size_t)(cluster_bounds_of(cluster, service) - cluster->bounds);
    size_t behind = --cluster->service_count - at;
    memmove(&cluster->services[at], &cluster->services[at + 1], behind * sizeof(struct service *));
    memmove(&cluster->bounds[at], &cluster->bounds[at + 1], behind * sizeof(struct cluster_bounds));
    if (cluster->removed_count == CLUSTER_SERVICES_MAX) {
        service_free(cluster->removed[0]);
        memmove(&cluster->removed[0], &cluster->removed[1],
                --cluster->removed_count * sizeof(struct service *));
    }
    cluster->removed[cluster->removed_count++] = service;
    service->is_removed = true;
    wish.desired = 0;
    if (!service_update(service, &wish))
        return; /* which nothing but a new deployment fails with */
}

void cluster_stop(struct cluster *cluster, service_event_fn *on_stopped, void *context)
{
    cluster->on_stopped = on_stopped;
    cluster->context = context;
    cluster->stopping_count = cluster->service_count + cluster->removed_count + 1; /* ours: one */
    for (size_t i = 0; i < cluster->service_count; i++)
        service_stop(cluster->services[i], on_service_stopped, cluster);
    for (size_t i = 0; i < cluster->removed_count; i++)
        service_stop(cluster->removed[i], on_service_stopped, cluster);
    on_service_stopped(cluster);
}
