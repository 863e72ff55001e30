#include <stdio.h>

#include "runtime/local/terraform_internal.h"

/* The load balancer, and the target groups of the slots. */

struct attribute {
    const char *name, *key;
};

static bool take_pairs(struct terraform_reader *reader, struct terraform_pairs *pairs,
                       const cJSON *values, const struct attribute *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!terraform_pair(reader, pairs, values, list[i].name, list[i].key))
            return false;
    return true;
}

bool terraform_take_balancer(struct terraform_reader *reader, const cJSON *resource,
                             const cJSON *values)
{
    static const struct attribute list[] = {
        {"idle_timeout", "idle_timeout.timeout_seconds"},
        {"client_keep_alive", "client_keep_alive.seconds"},
        {"desync_mitigation_mode", "routing.http.desync_mitigation_mode"},
        {"drop_invalid_header_fields", "routing.http.drop_invalid_header_fields.enabled"},
        {"enable_http2", "routing.http2.enabled"},
        {"enable_xff_client_port", "routing.http.xff_client_port.enabled"},
        {"preserve_host_header", "routing.http.preserve_host_header.enabled"},
        {"xff_header_processing_mode", "routing.http.xff_header_processing.mode"},
        {"enable_tls_version_and_cipher_suite_headers",
         "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"},
        {"enable_deletion_protection", "deletion_protection.enabled"},
    };
    (void)resource;
    const char *name = terraform_text(reader, values, "name");
    if (!name)
        return false;
    if (!*name)
        return terraform_fail(reader, "its name is not known");
    reader->config->name = name;
    return take_pairs(reader, &reader->terraform->attributes, values, list,
                      sizeof list / sizeof *list);
}

static enum alb_protocol protocol_of(const cJSON *values)
{
    struct bytes text = json_bytes(cJSON_GetObjectItemCaseSensitive(values, "protocol"));
    return bytes_eq(text, BYTES_LIT("HTTPS")) ? ALB_HTTPS : ALB_HTTP;
}

/* What a plan leaves out has AWS's default. */
static void take_check(struct alb_health_check *check, const cJSON *block)
{
    const cJSON *is_enabled = cJSON_GetObjectItemCaseSensitive(block, "enabled");
    struct bytes path = json_bytes(cJSON_GetObjectItemCaseSensitive(block, "path"));
    struct bytes matcher = json_bytes(cJSON_GetObjectItemCaseSensitive(block, "matcher"));
    if (cJSON_IsBool(is_enabled))
        check->is_enabled = cJSON_IsTrue(is_enabled);
    check->protocol = protocol_of(block);
    (void)terraform_number(block, "port", 1, 65535, &check->port);
    (void)terraform_number(block, "interval", 1, 300, &check->interval_s);
    (void)terraform_number(block, "timeout", 1, 300, &check->timeout_s);
    (void)terraform_number(block, "healthy_threshold", 1, 100, &check->healthy_count);
    (void)terraform_number(block, "unhealthy_threshold", 1, 100, &check->unhealthy_count);
    if (path.len)
        (void)snprintf(check->path, sizeof check->path, "%.*s", BYTES_ARG(path));
    if (matcher.len)
        (void)snprintf(check->matcher, sizeof check->matcher, "%.*s", BYTES_ARG(matcher));
}

static bool take_attributes(struct terraform_reader *reader, struct terraform_pairs *pairs,
                            const cJSON *values, bool is_ip)
{
    static const struct attribute of_ip[] = {
        {"deregistration_delay", "deregistration_delay.timeout_seconds"},
        {"slow_start", "slow_start.duration_seconds"},
        {"load_balancing_algorithm_type", "load_balancing.algorithm.type"},
        {"load_balancing_anomaly_mitigation", "load_balancing.algorithm.anomaly_mitigation"},
        {"load_balancing_cross_zone_enabled", "load_balancing.cross_zone.enabled"},
    };
    static const struct attribute of_lambda[] = {
        {"lambda_multi_value_headers_enabled", "lambda.multi_value_headers.enabled"},
    };
    static const struct attribute sticky[] = {
        {"enabled", "stickiness.enabled"},
        {"type", "stickiness.type"},
        {"cookie_duration", "stickiness.lb_cookie.duration_seconds"},
        {"cookie_name", "stickiness.app_cookie.cookie_name"},
    };
    const cJSON *stickiness = terraform_block(values, "stickiness");
    if (!is_ip)
        return take_pairs(reader, pairs, values, of_lambda, 1);
    return take_pairs(reader, pairs, values, of_ip, sizeof of_ip / sizeof *of_ip) &&
           (!stickiness ||
            take_pairs(reader, pairs, stickiness, sticky, sizeof sticky / sizeof *sticky));
}

bool terraform_take_group(struct terraform_reader *reader, const cJSON *resource,
                          const cJSON *values)
{
    (void)resource;
    const cJSON *tags = cJSON_GetObjectItemCaseSensitive(values, "tags");
    int slot = terraform_slot(json_bytes(cJSON_GetObjectItemCaseSensitive(tags, "Slot")));
    struct bytes type = json_bytes(cJSON_GetObjectItemCaseSensitive(values, "target_type"));
    bool is_ip = slot == RIG_FARGATE_A || slot == RIG_FARGATE_B;
    if (slot < 0)
        return terraform_fail(reader, "its tag Slot names none of the four slots");
    if (!bytes_eq(type, is_ip ? BYTES_LIT("ip") : BYTES_LIT("lambda")))
        return terraform_fail(reader, "its target_type is not that of its slot");
    struct terraform_group *group = &reader->terraform->groups[slot];
    const char *arn = terraform_text(reader, values, "arn");
    if (!arn)
        return false;
    *group = (struct terraform_group){
        .is_there = true,
        .arn = bytes_from_str(arn),
        .protocol = protocol_of(values),
        .port = is_ip ? 8080 : 0,
        .check = alb_health_check_default(is_ip ? ALB_TARGET_IP : ALB_TARGET_LAMBDA)};
    if (is_ip)
        (void)terraform_number(values, "port", 1, 65535, &group->port);
    take_check(&group->check, terraform_block(values, "health_check"));
    return take_attributes(reader, &group->attributes, values, is_ip);
}
