#include "runtime/local/rig_config.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "runtime/control/relay.h"
#include "runtime/core/buf.h"
#include "runtime/core/limits.h"
#include "runtime/json/json.h"
#include "runtime/local/config_line.h"

enum kind { KIND_NUMBER, KIND_TEXT, KIND_ENV, KIND_OBJECT, KIND_TARGETS, KIND_FORWARD };

struct row {
    const char *path; /* "weights.lambda" is the member lambda of the object weights */
    enum kind kind;
    size_t offset;
    unsigned min, max, fallback;
    bool is_program; /* of KIND_TEXT */
};

#define FIELD(member) offsetof(struct rig_config, member)

static const struct row rows[] = {
    {"bind", KIND_TEXT, FIELD(bind), 0, 0, 0, false},
    {"port", KIND_NUMBER, FIELD(port), 0, 65535, RIG_PORT_USUAL, false},
    {"https_port", KIND_NUMBER, FIELD(https_port), 0, 65535, RIG_PORT_UNSAID, false},
    {"control_port", KIND_NUMBER, FIELD(control_port), 0, 65535, 4566, false},
    {"weights", KIND_OBJECT, 0, 0, 0, 0, false},
    {"weights.lambda", KIND_NUMBER, FIELD(weights[RIG_LAMBDA_A]), 0, LIMIT_WEIGHT, 50, false},
    {"weights.fargate", KIND_NUMBER, FIELD(weights[RIG_FARGATE_A]), 0, LIMIT_WEIGHT, 50, false},
    {"weights.lambda-a", KIND_NUMBER, FIELD(weights[RIG_LAMBDA_A]), 0, LIMIT_WEIGHT, 50, false},
    {"weights.lambda-b", KIND_NUMBER, FIELD(weights[RIG_LAMBDA_B]), 0, LIMIT_WEIGHT, 0, false},
    {"weights.fargate-a", KIND_NUMBER, FIELD(weights[RIG_FARGATE_A]), 0, LIMIT_WEIGHT, 50, false},
    {"weights.fargate-b", KIND_NUMBER, FIELD(weights[RIG_FARGATE_B]), 0, LIMIT_WEIGHT, 0, false},
    {"health", KIND_OBJECT, 0, 0, 0, 0, false},
    {"health.interval_s", KIND_NUMBER, FIELD(health_interval_s), 1, 300, 1, false},
    {"health.unhealthy_count", KIND_NUMBER, FIELD(unhealthy_count), 2, 10, 10, false},
    {"health.lambda", KIND_NUMBER, FIELD(checks_lambda), 0, 1, 0, false},
    {"pin_secret", KIND_TEXT, FIELD(pin_secret), 0, 0, 0, false},
    {"state", KIND_TEXT, FIELD(state), 0, 0, 0, false},
    {"access_log", KIND_TEXT, FIELD(access_log), 0, 0, 0, false},
    {"store", KIND_TEXT, FIELD(store), 0, 0, 0, false},
    {"env", KIND_ENV, 0, 0, 0, 0, false},
    {"forward", KIND_FORWARD, 0, 0, 0, 0, false},
    {"control_ui", KIND_NUMBER, FIELD(has_control_ui), 0, 1, 0, false},
    {"debug_port", KIND_NUMBER, FIELD(debug_port), 0, 65535, 0, false},
    {"lambda", KIND_OBJECT, 0, 0, 0, 0, false},
    {"lambda.program", KIND_TEXT, FIELD(bootstrap), 0, 0, 0, true},
    {"lambda.timeout_s", KIND_NUMBER, FIELD(timeout_s), 1, 900, 30, false},
    {"lambda.memory_mb", KIND_NUMBER, FIELD(memory_mb), 128, 10240, 128, false},
    {"lambda.concurrency", KIND_NUMBER, FIELD(concurrency), 1, 1000, 100, false},
    {"fargate", KIND_OBJECT, 0, 0, 0, 0, false},
    {"fargate.program", KIND_TEXT, FIELD(server), 0, 0, 0, true},
    {"fargate.tasks", KIND_NUMBER, FIELD(tasks), 1, 100, 1, false},
    {"fargate.targets", KIND_TARGETS, 0, 0, 0, 0, false},
    {"fargate.stop_timeout_s", KIND_NUMBER, FIELD(stop_timeout_s), 2, 120, 30, false},
};

enum { ROW_COUNT = sizeof rows / sizeof *rows };

const char *rig_slot_name(int slot)
{
    static const char *const names[RIG_SLOTS] = {"lambda-a", "lambda-b", "fargate-a", "fargate-b"};
    return names[slot];
}

static const struct row *find_row(const char *path)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (strcmp(rows[i].path, path) == 0)
            return &rows[i];
    return NULL;
}

void rig_config_init(struct rig_config *config)
{
    *config = (struct rig_config){0};
    arena_init(&config->arena, 4 * RIG_CONFIG_FILE_BYTES);
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (rows[i].kind == KIND_NUMBER)
            *(unsigned *)(void *)((char *)config + rows[i].offset) = rows[i].fallback;
    config->bind = "127.0.0.1";
    config->name = "duet-local";
    /* The load balancer's lines say the same as the server's access log, and lines of metrics are
     * for machines. */
    config->env[config->env_count++] = "DUET_ACCESS_LOG=off";
    config->env[config->env_count++] = "DUET_METRICS=off";
    /* No request goes to a task that is stopped, so it need not wait until that is noticed. */
    config->env[config->env_count++] = "DUET_LAME_DUCK_S=0";
}

void rig_config_release(struct rig_config *config)
{
    arena_release(&config->arena);
}

/* --- single settings --- */

static bool set_number(struct rig_config *config, const struct row *row, struct bytes text,
                       char *error, size_t error_len)
{
    uint64_t value;
    if (!bytes_to_u64(text, row->max, &value) || value < row->min) {
        (void)snprintf(error, error_len, "'%s' is %.*s: it must be a whole number from %u to %u",
                       row->path, BYTES_ARG(text), row->min, row->max);
        return false;
    }
    *(unsigned *)(void *)((char *)config + row->offset) = (unsigned)value;
    return true;
}

bool rig_config_number(struct rig_config *config, const char *path, const char *value, char *error,
                       size_t error_len)
{
    const struct row *row = find_row(path);
    if (row && row->kind == KIND_NUMBER)
        return set_number(config, row, bytes_from_str(value), error, error_len);
    (void)snprintf(error, error_len, "there is no setting '%s'", path);
    return false;
}

/* One "lambda=90". */
static bool take_weight(struct rig_config *config, struct bytes piece, unsigned *seen, char *error,
                        size_t error_len)
{
    char path[32];
    size_t equals = bytes_find(piece, '=');
    (void)snprintf(path, sizeof path, "weights.%.*s", (int)(equals < 16 ? equals : 16), piece.ptr);
    const struct row *row = find_row(path);
    unsigned bit = row ? 1u << (row->offset - FIELD(weights)) / sizeof(unsigned) : 0;
    if (!row || equals == piece.len || (*seen & bit)) {
        (void)snprintf(
            error, error_len,
            "'%.*s' is %s: write lambda=N,fargate=N, or slots such as lambda-b=N, with N from 0 to "
            "%d",
            BYTES_ARG(piece), *seen & bit ? "a second weight" : "no weight", LIMIT_WEIGHT);
        return false;
    }
    *seen |= bit;
    return set_number(config, row, bytes_skip(piece, equals + 1), error, error_len);
}

bool rig_config_weights(struct rig_config *config, const char *text, char *error, size_t error_len)
{
    struct bytes rest = bytes_from_str(text);
    unsigned seen = 0;
    memset(config->weights, 0, sizeof config->weights);
    for (;;) {
        size_t end = bytes_find(rest, ',');
        if (!take_weight(config, bytes_make(rest.ptr, end), &seen, error, error_len))
            return false;
        if (end == rest.len)
            return true;
        rest = bytes_skip(rest, end + 1);
    }
}

/* --- the file --- */

struct reader {
    struct rig_config *config;
    char *error;
    size_t error_len;
    char path[64]; /* of the member that is read */
};

static bool fail(struct reader *reader, const char *path, const char *what)
{
    (void)snprintf(reader->error, reader->error_len, "'%s' %s", path, what);
    return false;
}

/* Says what could stand there instead. */
static bool fail_unknown(struct reader *reader, const char *prefix, const char *path)
{
    size_t prefix_len = strlen(prefix), len;
    const char *before = " there are";
    (void)fail(reader, path, "is no setting:");
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const char *name = rows[i].path;
        bool is_within = strncmp(name, prefix, prefix_len) == 0 && name[prefix_len] == '.';
        if (prefix_len && !is_within)
            continue;
        name += prefix_len ? prefix_len + 1 : 0;
        if (strchr(name, '.'))
            continue;
        len = strlen(reader->error);
        (void)snprintf(reader->error + len, reader->error_len - len, "%s %s", before, name);
        before = ",";
    }
    return false;
}

static bool fail_program(struct reader *reader, const char *path, const char *program)
{
    (void)snprintf(reader->error, reader->error_len,
                   "'%s' is '%s': it must be a program that can be run: %s", path, program,
                   strerror(errno));
    return false;
}

static bool read_number(struct reader *reader, const struct row *row, const cJSON *item)
{
    char text[32];
    bool is_switch = row->max == 1 && cJSON_IsBool(item);
    if (!cJSON_IsNumber(item) && !is_switch)
        return fail(reader, row->path, "must be a number");
    (void)snprintf(text, sizeof text, "%.15g",
                   is_switch ? (double)cJSON_IsTrue(item) : item->valuedouble);
    return set_number(reader->config, row, bytes_from_str(text), reader->error, reader->error_len);
}

static bool read_env(struct reader *reader, const cJSON *object)
{
    struct bytes assignment;
    if (!cJSON_IsObject(object))
        return fail(reader, "env", "must be an object of texts");
    for (const cJSON *item = object->child; item; item = item->next) {
        if (!cJSON_IsString(item))
            return fail(reader, "env", "must be an object of texts");
        if (arena_printf(&reader->config->arena, &assignment, "%s=%s", item->string,
                         item->valuestring) != RC_OK)
            return fail(reader, "env", "is too large");
        if (!rig_config_env(reader->config, assignment.ptr, reader->error, reader->error_len))
            return false;
    }
    return true;
}

static bool is_target(const char *text)
{
    uint64_t port;
    struct bytes view = bytes_from_str(text);
    size_t colon = bytes_find(view, ':');
    return colon > 0 && colon < view.len && colon < 256 &&
           bytes_to_u64(bytes_skip(view, colon + 1), 65535, &port) && port > 0;
}

static bool read_targets(struct reader *reader, const cJSON *list)
{
    struct rig_config *config = reader->config;
    static const char path[] = "fargate.targets";
    if (!cJSON_IsArray(list))
        return fail(reader, path, "must be a list of \"HOST:PORT\"");
    config->target_count = 0;
    for (const cJSON *item = list->child; item; item = item->next) {
        if (!cJSON_IsString(item) || !is_target(item->valuestring))
            return fail(reader, path, "must be a list of \"HOST:PORT\"");
        if (config->target_count == RIG_TARGETS_MAX)
            return fail(reader, path, "has more than 32 targets");
        config->targets[config->target_count++] = item->valuestring;
    }
    return true;
}

static bool read_forwards(struct reader *reader, const cJSON *object)
{
    struct rig_config *config = reader->config;
    char error[512];
    if (!cJSON_IsObject(object))
        return fail(reader, "forward", "must be an object of services with their URLs");
    for (const cJSON *item = object->child; item; item = item->next) {
        struct bytes text;
        if (!cJSON_IsString(item))
            return fail(reader, "forward", "must be an object of services with their URLs");
        if (arena_printf(&config->arena, &text, "%s=%s", item->string, item->valuestring) != RC_OK)
            return fail(reader, "forward", "is too large");
        if (!rig_config_forward(config, text.ptr, error, sizeof error))
            return fail(reader, "forward", error);
    }
    return true;
}

static bool read_object(struct reader *reader, const char *prefix, const cJSON *object);

static bool read_item(struct reader *reader, const char *prefix, const cJSON *item)
{
    char path[sizeof reader->path];
    (void)snprintf(path, sizeof path, "%s%s%s", prefix, prefix[0] ? "." : "", item->string);
    memcpy(reader->path, path, sizeof path);
    const struct row *row = find_row(path);
    if (!row)
        return fail_unknown(reader, prefix, path);
    switch (row->kind) {
    case KIND_NUMBER:
        return read_number(reader, row, item);
    case KIND_TEXT:
        if (!cJSON_IsString(item) || item->valuestring[0] == '\0')
            return fail(reader, path, "must be a text");
        if (row->is_program && access(item->valuestring, X_OK) != 0)
            return fail_program(reader, path, item->valuestring);
        *(const char **)(void *)((char *)reader->config + row->offset) = item->valuestring;
        return true;
    case KIND_ENV:
        return read_env(reader, item);
    case KIND_TARGETS:
        return read_targets(reader, item);
    case KIND_FORWARD:
        return read_forwards(reader, item);
    case KIND_OBJECT:
        return read_object(reader, path, item);
    }
    return false;
}

static bool read_object(struct reader *reader, const char *prefix, const cJSON *object)
{
    if (!cJSON_IsObject(object))
        return fail(reader, prefix[0] ? prefix : "the file", "must be an object");
    for (const cJSON *item = object->child; item; item = item->next)
        if (!read_item(reader, prefix, item))
            return false;
    return true;
}

bool rig_config_parse(struct rig_config *config, const char *file, struct bytes text, char *error,
                      size_t error_len)
{
    cJSON *root;
    struct json_place place;
    char what[512];
    struct reader reader = {.config = config, .error = what, .error_len = sizeof what};
    enum rc rc = json_parse(&config->arena, text, &root, &place);
    if (rc == RC_SYNTAX)
        (void)snprintf(error, error_len, "%s:%zu:%zu: not JSON from here on", file, place.line,
                       place.column);
    else if (rc != RC_OK)
        (void)snprintf(error, error_len, "%s: too large", file);
    if (rc != RC_OK)
        return false;
    config->file = file;
    config->text = text;
    if (read_object(&reader, "", root))
        return true;
    size_t line = config_line(text, reader.path);
    (void)snprintf(error, error_len, "%s:%zu: %s", file, line ? line : 1, what);
    return false;
}

bool rig_config_forward(struct rig_config *config, const char *text, char *error, size_t error_len)
{
    if (!relay_check(text, error, error_len))
        return false;
    if (config->forward_count == RIG_FORWARD_MAX) {
        (void)snprintf(error, error_len, "--forward '%s': there are more than %d", text,
                       RIG_FORWARD_MAX);
        return false;
    }
    config->forwards[config->forward_count++] = text;
    return true;
}
