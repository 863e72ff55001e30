#include <errno.h>
#include <stdio.h>

#include "runtime/core/buf.h"
#include "runtime/local/terraform_internal.h"

/* Resources are looked at in two passes: a rule names groups, which may come after it. */
enum pass { PASS_FIRST, PASS_SECOND, PASS_NONE };

/* `quiet` is what is taken over, what the rig has by itself, and what says nothing by itself; any
 * other setting that has a value gets a note. */
static const struct row {
    const char *type;
    enum pass pass;
    terraform_take_fn *take;
    const char *quiet;
} rows[] = {
    {"aws_lb", PASS_FIRST, terraform_take_balancer,
     " name load_balancer_type idle_timeout client_keep_alive desync_mitigation_mode"
     " drop_invalid_header_fields enable_http2 enable_xff_client_port preserve_host_header"
     " xff_header_processing_mode enable_tls_version_and_cipher_suite_headers"
     " enable_deletion_protection internal dns_name zone_id vpc_id ip_address_type "},
    {"aws_lb_target_group", PASS_FIRST, terraform_take_group,
     " name name_prefix port protocol protocol_version target_type health_check stickiness vpc_id"
     " deregistration_delay slow_start lambda_multi_value_headers_enabled"
     " load_balancing_algorithm_type load_balancing_anomaly_mitigation ip_address_type"
     " load_balancing_cross_zone_enabled load_balancer_arns "},
    {"aws_lb_listener", PASS_SECOND, terraform_take_listener,
     " port protocol ssl_policy default_action load_balancer_arn certificate_arn "},
    {"aws_lb_listener_rule", PASS_SECOND, terraform_take_rule,
     " action condition priority listener_arn "},
    {"aws_lambda_function", PASS_FIRST, terraform_take_function,
     " function_name description handler runtime memory_size timeout environment package_type"
     " reserved_concurrent_executions publish version qualified_arn qualified_invoke_arn invoke_arn"
     " last_modified role source_code_size logging_config "},
    {"aws_ecs_task_definition", PASS_FIRST, terraform_take_task,
     " family container_definitions cpu memory network_mode requires_compatibilities revision"
     " arn_without_revision skip_destroy "},
    {"aws_ecs_service", PASS_FIRST, terraform_take_service,
     " name desired_count cluster task_definition load_balancer launch_type "},
    /* Of these the rig has its own, as terraform/ makes them. */
    {"aws_lambda_alias", PASS_NONE, NULL, ""},
    {"aws_lambda_permission", PASS_NONE, NULL, ""},
    {"aws_lb_target_group_attachment", PASS_NONE, NULL, ""},
    {"aws_ecs_cluster", PASS_NONE, NULL, ""},
    {"terraform_data", PASS_NONE, NULL, ""},
};

enum { ROW_COUNT = sizeof rows / sizeof *rows, TYPES_MAX = 128 };

struct walk {
    struct terraform_reader *reader;
    enum pass pass;
    unsigned counts[ROW_COUNT];
    struct {
        const char *type;
        unsigned count;
    } others[TYPES_MAX];
    size_t other_count;
};

/* --- what is not taken over --- */

static bool is_said(const cJSON *value)
{
    if (cJSON_IsArray(value) || cJSON_IsObject(value))
        return value->child && !cJSON_IsNull(value->child);
    return cJSON_IsTrue(value) || cJSON_IsNumber(value) ||
           (cJSON_IsString(value) && value->valuestring[0]);
}

static bool is_quiet(const struct row *row, const char *name)
{
    static const char common[] = " id arn arn_suffix region tags tags_all timeouts ";
    char word[80];
    (void)snprintf(word, sizeof word, " %s ", name);
    return strstr(row->quiet, word) || strstr(common, word);
}

/* Resources of a type that leave out the same have one note. */
static void note_settings(struct walk *walk, const struct row *row, const cJSON *values)
{
    char names[512] = "";
    size_t len = 0;
    for (const cJSON *item = values->child; item; item = item->next)
        if (is_said(item) && !is_quiet(row, item->string) && len < sizeof names)
            len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", len ? ", " : "",
                                    item->string);
    if (len)
        terraform_note(walk->reader, "%s is taken over without its %s", row->type, names);
}

static void count_other(struct walk *walk, const char *type)
{
    size_t i = 0;
    while (i < walk->other_count && strcmp(walk->others[i].type, type) != 0)
        i++;
    if (i == TYPES_MAX)
        return;
    if (i == walk->other_count)
        walk->others[walk->other_count++].type = type;
    walk->others[i].count++;
}

static void note_others(const struct walk *walk)
{
    char names[TYPES_MAX * 64] = "";
    size_t len = 0;
    for (size_t i = 0; i < walk->other_count && len < sizeof names; i++)
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s (%u)", i ? ", " : "",
                                walk->others[i].type, walk->others[i].count);
    if (len)
        terraform_note(walk->reader, "not taken over: %s", names);
}

/* --- the walk --- */

static bool take_resource(struct walk *walk, const cJSON *resource)
{
    const char *type = json_bytes(cJSON_GetObjectItemCaseSensitive(resource, "type")).ptr;
    const char *address = json_bytes(cJSON_GetObjectItemCaseSensitive(resource, "address")).ptr;
    const cJSON *values = cJSON_GetObjectItemCaseSensitive(resource, "values");
    const cJSON *mode = cJSON_GetObjectItemCaseSensitive(resource, "mode");
    if (!type || !address || !cJSON_IsObject(values) ||
        bytes_eq(json_bytes(mode), BYTES_LIT("data")))
        return true;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (strcmp(rows[i].type, type) != 0)
            continue;
        if (rows[i].pass != walk->pass)
            return true;
        walk->counts[i]++;
        note_settings(walk, &rows[i], values);
        walk->reader->address = address;
        return rows[i].take(walk->reader, resource, values);
    }
    if (walk->pass == PASS_FIRST)
        count_other(walk, type);
    return true;
}

static bool take_module(struct walk *walk, const cJSON *module)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(module, "resources");
    for (item = item ? item->child : NULL; item; item = item->next)
        if (!take_resource(walk, item))
            return false;
    item = cJSON_GetObjectItemCaseSensitive(module, "child_modules");
    for (item = item ? item->child : NULL; item; item = item->next)
        if (!take_module(walk, item))
            return false;
    return true;
}

static bool has_all(const struct walk *walk)
{
    struct terraform_reader *reader = walk->reader;
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (rows[i].pass == PASS_NONE || walk->counts[i] > 0)
            continue;
        (void)snprintf(reader->error, reader->error_len, "it has no %s", rows[i].type);
        return false;
    }
    for (int i = 0; i < RIG_SLOTS; i++) {
        if (reader->terraform->groups[i].is_there)
            continue;
        (void)snprintf(reader->error, reader->error_len,
                       "no aws_lb_target_group has the tag Slot = \"%s\"", rig_slot_name(i));
        return false;
    }
    return true;
}

static void note_names(struct terraform_reader *reader)
{
    const char *const others[] = {reader->function, reader->cluster_family};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i] && strcmp(others[i], reader->config->name) != 0)
            terraform_note(reader, "the name '%s' is not taken over: here it is '%s'", others[i],
                           reader->config->name);
}

static bool take_root(struct terraform_reader *reader, const cJSON *root)
{
    const cJSON *values = cJSON_GetObjectItemCaseSensitive(root, "planned_values");
    if (!values)
        values = cJSON_GetObjectItemCaseSensitive(root, "values");
    const cJSON *module = cJSON_GetObjectItemCaseSensitive(values, "root_module");
    if (!cJSON_GetObjectItemCaseSensitive(root, "format_version") || !cJSON_IsObject(module)) {
        (void)snprintf(reader->error, reader->error_len,
                       "this is not what `terraform show -json` prints of a plan or a state");
        return false;
    }
    const cJSON *variables = cJSON_GetObjectItemCaseSensitive(root, "variables");
    reader->slots = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetObjectItemCaseSensitive(variables, "slots"), "value");
    struct walk walk = {.reader = reader, .pass = PASS_FIRST};
    if (!take_module(&walk, module))
        return false;
    walk.pass = PASS_SECOND;
    if (!take_module(&walk, module) || !has_all(&walk))
        return false;
    note_names(reader);
    note_others(&walk);
    return true;
}

static bool parse(struct rig_config *config, struct arena *arena, struct bytes text, char *error,
                  size_t error_len)
{
    cJSON *root;
    struct json_place place;
    enum rc rc = json_parse(arena, text, &root, &place);
    struct terraform *terraform = arena_zalloc(&config->arena, sizeof *terraform);
    if (rc == RC_SYNTAX)
        (void)snprintf(error, error_len, "not JSON from %zu:%zu on", place.line, place.column);
    else if (rc != RC_OK || !terraform)
        (void)snprintf(error, error_len, "too large");
    if (rc != RC_OK || !terraform)
        return false;
    struct terraform_reader reader = {
        .config = config, .terraform = terraform, .error = error, .error_len = error_len};
    config->terraform = terraform;
    return take_root(&reader, root);
}

bool terraform_parse(struct rig_config *config, const char *file, struct bytes text, char *error,
                     size_t error_len)
{
    struct arena arena;
    char what[512];
    if (config->terraform) {
        (void)snprintf(error, error_len, "--terraform '%s': there is another one already", file);
        return false;
    }
    arena_init(&arena, 16 * (size_t)TERRAFORM_FILE_BYTES);
    bool is_taken = parse(config, &arena, text, what, sizeof what);
    if (!is_taken)
        (void)snprintf(error, error_len, "--terraform '%s': %s", file, what);
    arena_wipe(&arena); /* a plan holds secrets */
    return is_taken;
}

bool terraform_load(struct rig_config *config, const char *file, char *error, size_t error_len)
{
    struct buf text;
    buf_init(&text, TERRAFORM_FILE_BYTES);
    errno = EFBIG;
    bool is_taken = rig_config_read(file, &text);
    if (!is_taken)
        (void)snprintf(error, error_len, "--terraform: cannot read '%s': %s", file,
                       strerror(errno));
    is_taken = is_taken && terraform_parse(config, file, buf_bytes(&text), error, error_len);
    buf_release(&text);
    return is_taken;
}
