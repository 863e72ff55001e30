#include "runtime/core/config.h"

#include <stdio.h>

#include "runtime/core/config_rows.h"
#include "runtime/core/limits.h"

#define FIELD(member) offsetof(struct config, member)

/* The log's come first: they are needed to tell of a fault in the others. */
const struct config_row config_rows[] = {
    {"AWS_LAMBDA_LOG_FORMAT", KIND_FORMAT, FIELD(log_format), "JSON", HOME_LAMBDA, 0},
    {"AWS_LAMBDA_LOG_LEVEL", KIND_LEVEL, FIELD(log_level), "INFO", HOME_LAMBDA, 0},
    {"DUET_LOG_LEVEL", KIND_LEVEL, FIELD(log_level), "INFO", HOME_FARGATE, 0},
    {"PORT", KIND_NUMBER, FIELD(port), "8080", 0, 65535},
    {"DUET_BIND", KIND_TEXT, FIELD(bind_address), "0.0.0.0", 0, 0},
    {"DUET_THREADS", KIND_NUMBER, FIELD(threads), "0", 0, LIMIT_LOOPS},
    {"DUET_WORKERS", KIND_NUMBER, FIELD(workers), "8", 1, LIMIT_WORKERS},
    {"DUET_STORE", KIND_TEXT, FIELD(store), NULL, 0, 0},
    {"DUET_TLS_CERT", KIND_TEXT, FIELD(tls_cert), NULL, 0, 0},
    {"DUET_TLS_KEY", KIND_TEXT, FIELD(tls_key), NULL, 0, 0},
    {"DUET_ACCESS_LOG", KIND_SWITCH, FIELD(has_access_log), "on", 0, 0},
    {"DUET_ACCESS_LOG_SAMPLE", KIND_NUMBER, FIELD(access_log_percent), "100", 0, 100},
    {"DUET_TRUSTED_PROXIES", KIND_NUMBER, FIELD(trusted_proxies), "1", 0, 16},
    {"DUET_RESPONSE_LIMIT", KIND_SWITCH, FIELD(has_response_limit), "on", 0, 0},
    {"DUET_LAMBDA_STREAMING", KIND_SWITCH, FIELD(has_streaming), "off", 0, 0},
    {"DUET_REQUEST_TIMEOUT_MS", KIND_NUMBER, FIELD(request_timeout_ms), "29000", 1, 900000},
    {"DUET_IDLE_TIMEOUT_S", KIND_NUMBER, FIELD(idle_timeout_s), "75", 1, 4000},
    {"DUET_READ_TIMEOUT_S", KIND_NUMBER, FIELD(read_timeout_s), "10", 1, 4000},
    {"DUET_WRITE_TIMEOUT_S", KIND_NUMBER, FIELD(write_timeout_s), "30", 1, 4000},
    {"DUET_MAX_CONNECTIONS", KIND_NUMBER, FIELD(max_connections), "0", 0, LIMIT_FDS},
    {"DUET_LAME_DUCK_S", KIND_NUMBER, FIELD(lame_duck_s), "5", 0, 900},
    {"DUET_DRAIN_S", KIND_NUMBER, FIELD(drain_s), "20", 0, 900},
    {"DUET_METRICS", KIND_SWITCH, FIELD(has_metrics), "on", 0, 0},
    {"DUET_METRICS_S", KIND_NUMBER, FIELD(metrics_s), "60", 0, 3600},
    {"DUET_METRICS_NAMESPACE", KIND_TEXT, FIELD(metrics_namespace), "Duet", 0, 255},
    {"AWS_LAMBDA_RUNTIME_API", KIND_TEXT, FIELD(runtime_api), NULL, 0, 0},
    {"AWS_LAMBDA_MAX_CONCURRENCY", KIND_NUMBER, FIELD(max_concurrency), "1", 1, LIMIT_POLLERS},
    {"AWS_LAMBDA_FUNCTION_NAME", KIND_TEXT, FIELD(function_name), NULL, 0, 0},
    {"AWS_LAMBDA_INITIALIZATION_TYPE", KIND_TEXT, FIELD(initialization_type), NULL, 0, 0},
};
const size_t config_row_count = sizeof config_rows / sizeof *config_rows;

const char *home_name(enum home home)
{
    return home == HOME_LAMBDA ? "lambda" : "fargate";
}

static bool set_number(const struct config_row *row, const char *value, unsigned *out, char *error,
                       size_t error_len)
{
    uint64_t number;
    if (bytes_to_u64(bytes_from_str(value), row->max, &number) && number >= row->min) {
        *out = (unsigned)number;
        return true;
    }
    (void)snprintf(error, error_len, "%s is '%s': it must be a whole number from %u to %u",
                   row->name, value, row->min, row->max);
    return false;
}

static bool set_switch(const struct config_row *row, const char *value, bool *out, char *error,
                       size_t error_len)
{
    *out = strcmp(value, "on") == 0;
    if (*out || strcmp(value, "off") == 0)
        return true;
    (void)snprintf(error, error_len, "%s is '%s': it must be 'on' or 'off'", row->name, value);
    return false;
}

const char config_level_words[] = "TRACE, DEBUG, INFO, WARN, ERROR, FATAL";
const char config_format_words[] = "JSON, Text";

struct bytes config_next_word(struct bytes *rest)
{
    struct bytes word = bytes_make(rest->ptr, bytes_find(*rest, ','));
    *rest = bytes_skip(*rest, word.len < rest->len ? word.len + strlen(", ") : word.len);
    return word;
}

static bool set_word(const struct config_row *row, const char *words, const char *value,
                     unsigned *out, char *error, size_t error_len)
{
    struct bytes rest = bytes_from_str(words);
    for (unsigned i = 0; rest.len; i++) {
        if (bytes_eq(config_next_word(&rest), bytes_from_str(value))) {
            *out = i;
            return true;
        }
    }
    (void)snprintf(error, error_len, "%s is '%s': it must be one of %s", row->name, value, words);
    return false;
}

static bool set_log(struct config *config, const struct config_row *row, const char *value,
                    char *error, size_t error_len)
{
    bool is_level = row->kind == KIND_LEVEL;
    unsigned word;
    if (row->min != config->home)
        return true;
    if (!set_word(row, is_level ? config_level_words : config_format_words, value, &word, error,
                  error_len))
        return false;
    if (is_level)
        config->log_level = (enum log_level)word;
    else
        config->log_format = (enum log_format)word;
    return true;
}

static bool set_text(const struct config_row *row, const char *value, const char **out, char *error,
                     size_t error_len)
{
    *out = value;
    if (!row->max || strlen(value) <= row->max)
        return true;
    (void)snprintf(error, error_len, "%s is '%s': it must have at most %u bytes", row->name, value,
                   row->max);
    return false;
}

static bool set_row(struct config *config, const struct config_row *row, const char *value,
                    char *error, size_t error_len)
{
    void *member = (char *)config + row->offset;
    switch (row->kind) {
    case KIND_NUMBER:
        return set_number(row, value, member, error, error_len);
    case KIND_SWITCH:
        return set_switch(row, value, member, error, error_len);
    case KIND_TEXT:
        return set_text(row, value, member, error, error_len);
    case KIND_LEVEL:
    case KIND_FORMAT:
        return set_log(config, row, value, error, error_len);
    }
    return false;
}

const char *config_look_up(config_lookup_fn *lookup, const char *name)
{
    const char *value = lookup(name);
    return value && value[0] ? value : NULL;
}

/* On a machine of one's own the system may pick a port, and the log tells which; in ECS the load
 * balancer and the health check have the one that the task definition names. */
static bool check_port(const struct config *config, config_lookup_fn *lookup, char *error,
                       size_t error_len)
{
    if (config->home != HOME_FARGATE || config->port ||
        !config_look_up(lookup, "ECS_CONTAINER_METADATA_URI_V4"))
        return true;
    (void)snprintf(error, error_len,
                   "PORT is '0': in a container it must be a whole number from 1 to 65535");
    return false;
}

static bool check_tls(const struct config *config, char *error, size_t error_len)
{
    if (!config->tls_cert == !config->tls_key)
        return true;
    (void)snprintf(error, error_len, "%s is set and %s is not: TLS needs both",
                   config->tls_cert ? "DUET_TLS_CERT" : "DUET_TLS_KEY",
                   config->tls_cert ? "DUET_TLS_KEY" : "DUET_TLS_CERT");
    return false;
}

/* On AWS a sandbox's disk is no storage, so nothing may be assumed there; elsewhere one file. */
static bool choose_store(struct config *config, config_lookup_fn *lookup, char *error,
                         size_t error_len)
{
    if (config->store)
        return true;
    const char *aws_variable = NULL;
    if (config_look_up(lookup, "ECS_CONTAINER_METADATA_URI_V4"))
        aws_variable = "ECS_CONTAINER_METADATA_URI_V4";
    if (config->function_name)
        aws_variable = "AWS_LAMBDA_FUNCTION_NAME";
    if (!aws_variable) {
        config->store = "sqlite:duet.db";
        return true;
    }
    (void)snprintf(error, error_len,
                   "DUET_STORE is not set, and %s says that this is AWS, where no disk lasts: set "
                   "DUET_STORE",
                   aws_variable);
    return false;
}

bool config_load(struct config *config, enum home home, config_lookup_fn *lookup, char *error,
                 size_t error_len)
{
    *config = (struct config){.home = home, .log_level = LOG_INFO};
    for (size_t i = 0; i < config_row_count; i++) {
        const struct config_row *row = &config_rows[i];
        const char *value = config_look_up(lookup, row->name);
        if (!value)
            value = row->fallback;
        if (value && !set_row(config, row, value, error, error_len))
            return false;
    }
    return check_port(config, lookup, error, error_len) && check_tls(config, error, error_len) &&
           choose_store(config, lookup, error, error_len);
}
