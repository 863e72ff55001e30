#include "runtime/local/rig_model.h"

#include <stdio.h>

#include "runtime/local/rig_pins.h"
#include "runtime/local/terraform.h"

static const struct alb_pair_text balancer_pairs[] = {
    {BYTES_INIT("routing.http.drop_invalid_header_fields.enabled"), BYTES_INIT("true")},
    {BYTES_INIT("routing.http.desync_mitigation_mode"), BYTES_INIT("strictest")},
};
/* While somebody looks at a request in gdb, the load balancer waits for it. */
static const struct alb_pair_text patient_pair = {BYTES_INIT("idle_timeout.timeout_seconds"),
                                                  BYTES_INIT("4000")};
static const struct alb_pair_text lambda_pairs[] = {
    {BYTES_INIT("lambda.multi_value_headers.enabled"), BYTES_INIT("true")},
};

/* A slot's group as the plan has it, under the slot's name: AWS makes the end of its own. */
static enum alb_error make_planned(struct rig_model *rig_model, int slot,
                                   const struct terraform_group *planned, struct alb_why *why)
{
    bool is_ip = slot == RIG_FARGATE_A || slot == RIG_FARGATE_B;
    struct alb_group_options options = {.name = bytes_from_str(rig_slot_name(slot)),
                                        .type = is_ip ? ALB_TARGET_IP : ALB_TARGET_LAMBDA,
                                        .protocol = planned->protocol,
                                        .port = planned->port,
                                        .check = &planned->check};
    enum alb_error error =
        alb_group_create(rig_model->model, &options, &rig_model->groups[slot], why);
    if (error == ALB_OK)
        error = alb_group_set_attributes(rig_model->groups[slot], planned->attributes.list,
                                         planned->attributes.count, why);
    return error;
}

static enum alb_error make_groups(struct rig_model *rig_model, const struct rig_config *config,
                                  struct alb_why *why)
{
    enum alb_error error = ALB_OK;
    for (int i = 0; i < RIG_SLOTS && error == ALB_OK; i++) {
        rig_model->groups[i] = alb_group_named(rig_model->model, bytes_from_str(rig_slot_name(i)));
        if (rig_model->groups[i])
            continue; /* as the state has it */
        if (config->terraform) {
            error = make_planned(rig_model, i, &config->terraform->groups[i], why);
            continue;
        }
        bool is_ip = i == RIG_FARGATE_A || i == RIG_FARGATE_B;
        struct alb_health_check check =
            alb_health_check_default(is_ip ? ALB_TARGET_IP : ALB_TARGET_LAMBDA);
        struct alb_group_options options = {.name = bytes_from_str(rig_slot_name(i)),
                                            .type = is_ip ? ALB_TARGET_IP : ALB_TARGET_LAMBDA,
                                            .port = is_ip ? 8080 : 0,
                                            .check = &check};
        check.is_enabled = is_ip || config->checks_lambda;
        check.interval_s = config->health_interval_s;
        check.timeout_s = check.interval_s < check.timeout_s ? check.interval_s : check.timeout_s;
        check.healthy_count = 2;
        check.unhealthy_count = config->unhealthy_count;
        (void)snprintf(check.path, sizeof check.path, "/gtg");
        error = alb_group_create(rig_model->model, &options, &rig_model->groups[i], why);
        if (error == ALB_OK && !is_ip)
            error = alb_group_set_attributes(rig_model->groups[i], lambda_pairs, 1, why);
    }
    return error;
}

/* A listener, what no rule of it matches, and its one rule that holds the weights. */
static enum alb_error make_listener(struct rig_model *rig_model, const struct rig_config *config,
                                    unsigned port, enum alb_protocol protocol,
                                    struct alb_listener **listener, struct alb_why *why)
{
    if (config->terraform)
        return terraform_make_listener(rig_model->model, rig_model->groups, config, port, protocol,
                                       listener, why);
    const struct alb_action none = {.type = ALB_FIXED_RESPONSE,
                                    .order = 1,
                                    .fixed = {.status = 503,
                                              .content_type = "text/plain",
                                              .body = "no rule of this load balancer matches\n"}};
    const struct alb_condition all = {
        .field = ALB_PATH_PATTERN, .values = {{.text = "/*"}}, .value_count = 1};
    struct alb_action slots = {.type = ALB_FORWARD, .order = 1, .forward = {.count = RIG_SLOTS}};
    for (int i = 0; i < RIG_SLOTS; i++)
        slots.forward.shares[i] = (struct alb_share){rig_model->groups[i], config->weights[i]};
    enum alb_error error =
        alb_listener_create(rig_model->model, port, protocol, &none, listener, why);
    if (error == ALB_OK)
        error = alb_rule_create(*listener, RIG_RULE_PRIORITY, &all, 1, &slots, NULL, why);
    return error == ALB_OK ? rig_pins_add(*listener, config, rig_model->groups, why) : error;
}

static enum alb_error make_http(struct rig_model *rig_model, const struct rig_config *config,
                                struct alb_why *why)
{
    rig_model->listener = rig_model->model->listeners;
    if (!rig_model->listener)
        return make_listener(rig_model, config, config->port, ALB_HTTP, &rig_model->listener, why);
    rig_model->listener->port = config->port;
    return ALB_OK;
}

static struct alb_listener *find_https(const struct rig_model *rig_model)
{
    struct alb_listener *each = rig_model->listener->next;
    while (each && each->protocol != ALB_HTTPS)
        each = each->next;
    return each;
}

/* Where nobody has asked for it, what the state says counts, or what is usual. */
static enum alb_error make_https(struct rig_model *rig_model, const struct rig_config *config,
                                 bool is_kept, struct alb_why *why)
{
    unsigned port = config->https_port;
    bool is_asked = port != RIG_PORT_UNSAID;
    bool is_usual = !is_kept && !config->terraform && config->port == RIG_PORT_USUAL;
    rig_model->https = find_https(rig_model);
    if (rig_model->https && is_asked)
        rig_model->https->port = port;
    if (rig_model->https || (!is_asked && !is_usual))
        return ALB_OK;
    rig_model->is_https_optional = !is_asked;
    return make_listener(rig_model, config, is_asked ? port : RIG_HTTPS_PORT_USUAL, ALB_HTTPS,
                         &rig_model->https, why);
}

static enum alb_error make_all(struct rig_model *rig_model, const struct rig_config *config,
                               struct alb_why *why)
{
    bool is_there = false;
    enum alb_error error = ALB_OK;
    if (config->state &&
        !rig_state_load(&rig_model->state, config->state, rig_model->model, &is_there, why))
        return ALB_E_INTERNAL_FAILURE;
    error = make_groups(rig_model, config, why);
    if (error == ALB_OK)
        error = rig_pins_tag(rig_model->model, rig_model->groups, why);
    if (error == ALB_OK && !is_there)
        error = alb_model_set_attributes(rig_model->model, balancer_pairs,
                                         sizeof balancer_pairs / sizeof balancer_pairs[0], why);
    if (error == ALB_OK && !is_there && config->terraform)
        error = terraform_set_attributes(rig_model->model, config->terraform, why);
    if (error == ALB_OK && !config->state &&
        (config->is_debugging[RIG_LAMBDA] || config->is_debugging[RIG_FARGATE]))
        error = alb_model_set_attributes(rig_model->model, &patient_pair, 1, why);
    if (error == ALB_OK)
        error = make_http(rig_model, config, why);
    return error == ALB_OK ? make_https(rig_model, config, is_there, why) : error;
}

bool rig_model_keep(struct rig_model *rig_model, const struct rig_config *config,
                    struct alb_why *why)
{
    return !config->state || rig_state_keep(&rig_model->state, rig_model->model, why);
}

bool rig_model_init(struct rig_model *rig_model, const struct rig_config *config,
                    bool (*find_function)(void *context, struct bytes arn,
                                          struct alb_function *function),
                    void *context, struct alb_why *why)
{
    struct alb_model_options options = {.name = config->name,
                                        .dns_name = "localhost",
                                        .interval_min_s = 1,
                                        .certificate_arn = RIG_CERTIFICATE_ARN,
                                        .find_function = find_function,
                                        .context = context};
    *rig_model = (struct rig_model){.model = alb_model_new(&options)};
    enum alb_error error = rig_model->model ? make_all(rig_model, config, why)
                                            : alb_refuse(why, ALB_E_INTERNAL_FAILURE);
    if (error != ALB_OK)
        rig_model_release(rig_model);
    return error == ALB_OK;
}

void rig_model_release(struct rig_model *rig_model)
{
    alb_model_free(rig_model->model);
    rig_state_release(&rig_model->state);
    *rig_model = (struct rig_model){0};
}
