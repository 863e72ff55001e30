#include "runtime/tasks/cluster_state.h"

#include <stdio.h>

#include "runtime/control/kept.h"
#include "runtime/control/shape_json.h"
#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"

enum { ERROR_LEN = 512 };

static const int64_t time_max = INT64_C(1) << 53;

/* --- writing --- */

static const char *flag(bool is_true)
{
    return is_true ? "true" : "false";
}

static void print_definition(struct buf *out, const struct definition *definition)
{
    buf_printf(out, "{\"revision\":%u,\"active\":%s,\"given\":%s,\"registeredMs\":%lld,",
               definition->revision, flag(definition->is_active), flag(definition->is_given),
               (long long)definition->registered_ms);
    buf_printf(out, "\"deregisteredMs\":%lld,\"text\":", (long long)definition->deregistered_ms);
    json_text_string(out, definition->text);
    buf_printf(out, "}%s\n", definition->next ? "," : "");
}

static void print_service(struct buf *out, const struct cluster_kept *kept, bool is_last)
{
    const struct service_wish *wish = &kept->wish;
    buf_append_char(out, '{');
    kept_put_text(out, "name", kept->name);
    kept_put_text(out, "group", kept->group_arn);
    kept_put_text(out, "definition", wish->definition->arn);
    buf_printf(out, "\"desired\":%u,\"minPercent\":%u,\"maxPercent\":%u,", wish->desired,
               wish->min_percent, wish->max_percent);
    buf_printf(out, "\"breaker\":%s,\"rollback\":%s,\"createdMs\":%lld,", flag(wish->has_breaker),
               flag(wish->is_rolling_back_allowed), (long long)kept->created_ms);
    buf_printf(out, "\"bounded\":%s,\"min\":%u,\"max\":%u,\"boundedMs\":%lld}%s\n",
               flag(kept->bounds.is_set), kept->bounds.min, kept->bounds.max,
               (long long)kept->bounds.created_ms, is_last ? "" : ",");
}

static struct cluster_kept kept_of(const struct cluster *cluster, size_t at)
{
    const struct service *service = cluster->services[at];
    struct cluster_kept kept = {.wish = service_wish(service),
                                .bounds = cluster->bounds[at],
                                .created_ms = service->created_ms};
    (void)snprintf(kept.name, sizeof kept.name, "%s", service->options.name);
    (void)snprintf(kept.group_arn, sizeof kept.group_arn, "%s", service->options.group->arn);
    return kept;
}

void cluster_state_print(const struct cluster *cluster, struct buf *out)
{
    size_t count = cluster->service_count + cluster->kept_count;
    buf_printf(out, "{\"version\":%d,\"definitions\":[\n", CLUSTER_STATE_VERSION);
    for (const struct definition *each = cluster->definitions.first; each; each = each->next)
        print_definition(out, each);
    buf_printf(out, "],\"services\":[\n");
    for (size_t i = 0; i < cluster->service_count; i++) {
        struct cluster_kept kept = kept_of(cluster, i);
        print_service(out, &kept, --count == 0);
    }
    for (size_t i = 0; i < cluster->kept_count; i++)
        print_service(out, &cluster->kept[i], --count == 0);
    buf_printf(out, "]}\n");
}

/* --- reading --- */

static struct definition *restore(struct kept_reader *reader, struct definitions *definitions,
                                  const char *text, unsigned revision)
{
    char error[ERROR_LEN] = "it is no JSON";
    struct arena arena;
    struct datum *input = NULL;
    struct definition *definition = NULL;
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    if (shape_json_parse(&arena, bytes_from_str(text), &input) == RC_OK)
        definition = definition_restore(definitions, input, revision, error, sizeof error);
    arena_release(&arena);
    if (!definition)
        (void)kept_wrong(reader, "text", error);
    return definition;
}

static bool read_definition(struct kept_reader *reader, const cJSON *item,
                            struct definitions *definitions)
{
    unsigned revision = (unsigned)kept_number(reader, item, "revision", 1, UINT32_MAX);
    const char *text = kept_text(reader, item, "text");
    struct definition *definition =
        reader->has_failed ? NULL : restore(reader, definitions, text, revision);
    if (!definition)
        return false;
    definition->is_active = kept_flag(reader, item, "active");
    definition->is_given = kept_flag(reader, item, "given");
    definition->registered_ms = kept_number(reader, item, "registeredMs", 0, time_max);
    definition->deregistered_ms = kept_number(reader, item, "deregisteredMs", 0, time_max);
    return !reader->has_failed;
}

static unsigned count(struct kept_reader *reader, const cJSON *item, const char *name, unsigned max)
{
    return (unsigned)kept_number(reader, item, name, 0, max);
}

static struct service_wish read_wish(struct kept_reader *reader, const cJSON *item,
                                     const struct definitions *definitions)
{
    const char *arn = kept_text(reader, item, "definition");
    struct service_wish wish = {
        .desired = count(reader, item, "desired", SERVICE_TASKS_MAX),
        .min_percent = count(reader, item, "minPercent", 100),
        .max_percent = (unsigned)kept_number(reader, item, "maxPercent", 100, 10000),
        .has_breaker = kept_flag(reader, item, "breaker"),
        .is_rolling_back_allowed = kept_flag(reader, item, "rollback"),
    };
    if (!reader->has_failed &&
        !(wish.definition = definition_find(definitions, bytes_from_str(arn))))
        (void)kept_wrong(reader, arn, "is no task definition");
    return wish;
}

static bool read_service(struct kept_reader *reader, const cJSON *item, struct cluster *cluster)
{
    struct cluster_kept kept = {.wish = read_wish(reader, item, &cluster->definitions)};
    kept_copy(reader, item, "name", kept.name, sizeof kept.name);
    kept_copy(reader, item, "group", kept.group_arn, sizeof kept.group_arn);
    kept.created_ms = kept_number(reader, item, "createdMs", 0, time_max);
    kept.bounds.is_set = kept_flag(reader, item, "bounded");
    kept.bounds.min = count(reader, item, "min", SERVICE_TASKS_MAX);
    kept.bounds.max = count(reader, item, "max", SERVICE_TASKS_MAX);
    kept.bounds.created_ms = kept_number(reader, item, "boundedMs", 0, time_max);
    if (reader->has_failed)
        return false;
    if (cluster->kept_count == CLUSTER_SERVICES_MAX)
        return kept_wrong(reader, "services", "are too many");
    cluster->kept[cluster->kept_count++] = kept;
    return true;
}

bool cluster_state_parse(struct cluster *cluster, struct bytes text, char *error, size_t error_len)
{
    struct kept_reader reader;
    const cJSON *root = kept_parse(&reader, text, CLUSTER_STATE_VERSION);
    const cJSON *item = root ? kept_list(&reader, root, "definitions") : NULL;
    while (item && read_definition(&reader, item, &cluster->definitions))
        item = item->next;
    item = root ? kept_list(&reader, root, "services") : NULL;
    while (item && read_service(&reader, item, cluster))
        item = item->next;
    if (reader.has_failed)
        (void)snprintf(error, error_len, "%s", reader.wrong);
    kept_reader_release(&reader);
    return !reader.has_failed;
}
