#include "runtime/alb/attribute.h"

#include <stddef.h>
#include <stdlib.h>

#include "runtime/core/http.h"

enum kind { KIND_TEXT, KIND_BOOL, KIND_NUMBER, KIND_LIMIT, KIND_CHOICE, KIND_COOKIE };

/* No constant of an enumeration: it is more than an int holds. */
#define NO_OFFSET SIZE_MAX

struct row {
    const char *key, *fallback;
    enum kind kind;
    size_t offset; /* of the unsigned that says the same; NO_OFFSET: nothing acts on it */
    unsigned min, max;
    const char *choices[4]; /* of KIND_CHOICE, by their numbers */
};

#define KEPT(key, fallback)                        \
    {                                              \
        key, fallback, KIND_TEXT, NO_OFFSET, 0, 0, \
        {                                          \
            0                                      \
        }                                          \
    }
#define KEPT_BOOL(key, fallback)                   \
    {                                              \
        key, fallback, KIND_BOOL, NO_OFFSET, 0, 0, \
        {                                          \
            0                                      \
        }                                          \
    }
#define BALANCER(member) offsetof(struct alb_balancer_attributes, member)
#define LISTENER(member) offsetof(struct alb_listener_attributes, member)
#define GROUP(member) offsetof(struct alb_group_attributes, member)

static const struct row balancer_rows[] = {
    KEPT_BOOL("access_logs.s3.enabled", "false"),
    KEPT("access_logs.s3.bucket", ""),
    KEPT("access_logs.s3.prefix", ""),
    {"idle_timeout.timeout_seconds", "60", KIND_NUMBER, BALANCER(idle_timeout_s), 1, 4000, {0}},
    {"deletion_protection.enabled", "false", KIND_BOOL, BALANCER(deletion_is_protected), 0, 0, {0}},
    {"routing.http2.enabled", "true", KIND_BOOL, BALANCER(is_http2), 0, 0, {0}},
    {"routing.http.drop_invalid_header_fields.enabled",
     "false",
     KIND_BOOL,
     BALANCER(drops_invalid_fields),
     0,
     0,
     {0}},
    {"routing.http.xff_client_port.enabled",
     "false",
     KIND_BOOL,
     BALANCER(has_xff_client_port),
     0,
     0,
     {0}},
    {"routing.http.preserve_host_header.enabled",
     "false",
     KIND_BOOL,
     BALANCER(preserves_host),
     0,
     0,
     {0}},
    {"routing.http.xff_header_processing.mode",
     "append",
     KIND_CHOICE,
     BALANCER(xff_mode),
     0,
     0,
     {"append", "preserve", "remove"}},
    KEPT_BOOL("load_balancing.cross_zone.enabled", "true"),
    {"routing.http.desync_mitigation_mode",
     "defensive",
     KIND_CHOICE,
     BALANCER(desync_mode),
     0,
     0,
     {"monitor", "defensive", "strictest"}},
    {"client_keep_alive.seconds",
     "3600",
     KIND_NUMBER,
     BALANCER(client_keep_alive_s),
     60,
     604800,
     {0}},
    KEPT_BOOL("waf.fail_open.enabled", "false"),
    {"routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
     "false",
     KIND_BOOL,
     BALANCER(adds_tls_fields),
     0,
     0,
     {0}},
    KEPT_BOOL("zonal_shift.config.enabled", "false"),
    KEPT_BOOL("connection_logs.s3.enabled", "false"),
    KEPT("connection_logs.s3.bucket", ""),
    KEPT("connection_logs.s3.prefix", ""),
    KEPT_BOOL("health_check_logs.s3.enabled", "false"),
    KEPT("health_check_logs.s3.bucket", ""),
    KEPT("health_check_logs.s3.prefix", ""),
};

static const struct row listener_rows[] = {
    {"routing.http.response.server.enabled", "true", KIND_BOOL, LISTENER(names_server), 0, 0, {0}},
    KEPT("routing.http.response.strict_transport_security.header_value", ""),
    KEPT("routing.http.response.access_control_allow_origin.header_value", ""),
    KEPT("routing.http.response.access_control_allow_methods.header_value", ""),
    KEPT("routing.http.response.access_control_allow_headers.header_value", ""),
    KEPT("routing.http.response.access_control_allow_credentials.header_value", ""),
    KEPT("routing.http.response.access_control_expose_headers.header_value", ""),
    KEPT("routing.http.response.access_control_max_age.header_value", ""),
    KEPT("routing.http.response.content_security_policy.header_value", ""),
    KEPT("routing.http.response.x_content_type_options.header_value", ""),
    KEPT("routing.http.response.x_frame_options.header_value", ""),
};

/* Those that the rows from the second on stand for, in the same order. */
static const struct bytes listener_fields[] = {
    BYTES_INIT("Strict-Transport-Security"),        BYTES_INIT("Access-Control-Allow-Origin"),
    BYTES_INIT("Access-Control-Allow-Methods"),     BYTES_INIT("Access-Control-Allow-Headers"),
    BYTES_INIT("Access-Control-Allow-Credentials"), BYTES_INIT("Access-Control-Expose-Headers"),
    BYTES_INIT("Access-Control-Max-Age"),           BYTES_INIT("Content-Security-Policy"),
    BYTES_INIT("X-Content-Type-Options"),           BYTES_INIT("X-Frame-Options"),
};

#define STICKINESS                                                               \
    {"stickiness.enabled", "false", KIND_BOOL, GROUP(is_sticky), 0, 0, {0}},     \
    {                                                                            \
        "stickiness.type", "lb_cookie", KIND_CHOICE, GROUP(is_app_cookie), 0, 0, \
        {                                                                        \
            "lb_cookie", "app_cookie"                                            \
        }                                                                        \
    }

/* "off" is 0. */
#define LEAST(key, fallback, member, most)                                                      \
    {                                                                                           \
        "target_group_health." key, fallback, KIND_LIMIT, GROUP(least_healthy.member), 1, most, \
        {                                                                                       \
            0                                                                                   \
        }                                                                                       \
    }

static const struct row ip_rows[] = {
    STICKINESS,
    {"stickiness.lb_cookie.duration_seconds",
     "86400",
     KIND_NUMBER,
     GROUP(sticky_s),
     1,
     604800,
     {0}},
    {"stickiness.app_cookie.duration_seconds",
     "86400",
     KIND_NUMBER,
     GROUP(app_sticky_s),
     1,
     604800,
     {0}},
    {"stickiness.app_cookie.cookie_name", "", KIND_COOKIE, NO_OFFSET, 0, 0, {0}},
    {"deregistration_delay.timeout_seconds",
     "300",
     KIND_NUMBER,
     GROUP(deregistration_delay_s),
     0,
     3600,
     {0}},
    {"slow_start.duration_seconds", "0", KIND_NUMBER, GROUP(slow_start_s), 30, 900, {0}},
    {"load_balancing.algorithm.type",
     "round_robin",
     KIND_CHOICE,
     GROUP(algorithm),
     0,
     0,
     {"round_robin", "least_outstanding_requests", "weighted_random"}},
    KEPT("load_balancing.algorithm.anomaly_mitigation", "off"),
    KEPT("load_balancing.cross_zone.enabled", "use_load_balancer_configuration"),
    LEAST("dns_failover.minimum_healthy_targets.count", "1", dns.count, 1000),
    LEAST("dns_failover.minimum_healthy_targets.percentage", "off", dns.percent, 100),
    LEAST("unhealthy_state_routing.minimum_healthy_targets.count", "1", routing.count, 1000),
    LEAST("unhealthy_state_routing.minimum_healthy_targets.percentage", "off", routing.percent,
          100),
};

static const struct row lambda_rows[] = {
    {"lambda.multi_value_headers.enabled", "false", KIND_BOOL, GROUP(is_multi_value), 0, 0, {0}},
};

struct table {
    const struct row *rows;
    size_t count, texts_offset;
};

static const struct table tables[] = {
    [ALB_OF_BALANCER] = {balancer_rows, sizeof balancer_rows / sizeof *balancer_rows,
                         BALANCER(texts)},
    [ALB_OF_LISTENER] = {listener_rows, sizeof listener_rows / sizeof *listener_rows,
                         LISTENER(texts)},
    [ALB_OF_IP_GROUP] = {ip_rows, sizeof ip_rows / sizeof *ip_rows, GROUP(texts)},
    [ALB_OF_LAMBDA_GROUP] = {lambda_rows, sizeof lambda_rows / sizeof *lambda_rows, GROUP(texts)},
};

static char **texts_of(enum alb_attribute_scope scope, const void *attributes)
{
    return (char **)(void *)((char *)(uintptr_t)attributes + tables[scope].texts_offset);
}

static const struct row *find(enum alb_attribute_scope scope, struct bytes key)
{
    for (size_t i = 0; i < tables[scope].count; i++)
        if (bytes_eq(key, bytes_from_str(tables[scope].rows[i].key)))
            return &tables[scope].rows[i];
    return NULL;
}

/* The load balancer's own begin with AWSALB. No name is none. */
static bool is_cookie_name(struct bytes value)
{
    return !value.len || (http_is_token(value) && !bytes_starts_with(value, BYTES_LIT("AWSALB")));
}

/* What a value is as a number. false: it is not allowed. */
static bool value_number(const struct row *row, struct bytes value, unsigned *number)
{
    uint64_t wide;
    *number = 0;
    switch (row->kind) {
    case KIND_TEXT:
        return value.len <= ALB_ATTRIBUTE_VALUE_MAX;
    case KIND_COOKIE:
        return value.len <= ALB_ATTRIBUTE_VALUE_MAX && is_cookie_name(value);
    case KIND_BOOL:
        *number = bytes_eq(value, BYTES_LIT("true"));
        return *number || bytes_eq(value, BYTES_LIT("false"));
    case KIND_LIMIT:
        if (bytes_eq(value, BYTES_LIT("off")))
            return true;
        return bytes_to_u64(value, row->max, &wide) && (*number = (unsigned)wide) >= row->min;
    case KIND_NUMBER:
        if (!bytes_to_u64(value, row->max, &wide))
            return false;
        *number = (unsigned)wide;
        return wide >= row->min || bytes_eq(value, bytes_from_str(row->fallback));
    case KIND_CHOICE:
        while (row->choices[*number] && !bytes_eq(value, bytes_from_str(row->choices[*number])))
            ++*number;
        return row->choices[*number] != NULL;
    }
    return false;
}

void alb_attributes_init(enum alb_attribute_scope scope, void *attributes)
{
    const struct table *table = &tables[scope];
    memset(texts_of(scope, attributes), 0, ALB_ATTRIBUTES_MAX * sizeof(char *));
    if (scope == ALB_OF_LISTENER)
        ((struct alb_listener_attributes *)attributes)->has_texts = false;
    for (size_t i = 0; i < table->count; i++) {
        const struct row *row = &table->rows[i];
        unsigned number;
        if (row->offset != NO_OFFSET && value_number(row, bytes_from_str(row->fallback), &number))
            *(unsigned *)(void *)((char *)attributes + row->offset) = number;
    }
}

void alb_attributes_release(enum alb_attribute_scope scope, void *attributes)
{
    char **texts = texts_of(scope, attributes);
    for (size_t i = 0; i < ALB_ATTRIBUTES_MAX; i++) {
        free(texts[i]);
        texts[i] = NULL;
    }
}

static enum alb_error check(enum alb_attribute_scope scope, struct bytes key, struct bytes value,
                            const struct row **row, unsigned *number, struct alb_why *why)
{
    *row = find(scope, key);
    if (!*row)
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                 "Attribute key '%.*s' is not recognized", BYTES_ARG(key));
    if (!value_number(*row, value, number))
        return alb_refuse_printf(why, ALB_E_VALIDATION_ERROR,
                                 "'%.*s' is not a valid value for attribute '%s'", BYTES_ARG(value),
                                 (*row)->key);
    return ALB_OK;
}

enum alb_error alb_attribute_check(enum alb_attribute_scope scope, struct bytes key,
                                   struct bytes value, struct alb_why *why)
{
    const struct row *row;
    unsigned number;
    return check(scope, key, value, &row, &number, why);
}

enum alb_error alb_attribute_set(enum alb_attribute_scope scope, void *attributes, struct bytes key,
                                 struct bytes value, struct alb_why *why)
{
    const struct row *row;
    unsigned number;
    enum alb_error error = check(scope, key, value, &row, &number, why);
    if (error != ALB_OK)
        return error;
    char *text = strndup(value.len ? value.ptr : "", value.len);
    if (!text)
        return alb_refuse(why, ALB_E_INTERNAL_FAILURE);
    char **slot = &texts_of(scope, attributes)[row - tables[scope].rows];
    free(*slot);
    *slot = text;
    if (scope == ALB_OF_LISTENER)
        ((struct alb_listener_attributes *)attributes)->has_texts = true;
    if (row->offset != NO_OFFSET)
        *(unsigned *)(void *)((char *)attributes + row->offset) = number;
    return ALB_OK;
}

bool alb_attribute_at(enum alb_attribute_scope scope, const void *attributes, size_t i,
                      const char **key, const char **value)
{
    if (i >= tables[scope].count)
        return false;
    const char *text = texts_of(scope, attributes)[i];
    *key = tables[scope].rows[i].key;
    *value = text ? text : tables[scope].rows[i].fallback;
    return true;
}

bool alb_listener_field_next(const struct alb_listener_attributes *attributes, size_t *i,
                             struct bytes *name, const char **value)
{
    for (; attributes->has_texts && *i < sizeof listener_fields / sizeof *listener_fields; ++*i) {
        *value = attributes->texts[*i + 1];
        if (*value && **value) {
            *name = listener_fields[(*i)++];
            return true;
        }
    }
    return false;
}

const char *alb_attribute_get(enum alb_attribute_scope scope, const void *attributes,
                              const char *key)
{
    const struct row *row = find(scope, bytes_from_str(key));
    const char *name, *value;
    return row && alb_attribute_at(scope, attributes, (size_t)(row - tables[scope].rows), &name,
                                   &value)
               ? value
               : NULL;
}
