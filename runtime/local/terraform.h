#ifndef RUNTIME_LOCAL_TERRAFORM_H
#define RUNTIME_LOCAL_TERRAFORM_H

/*
 * terraform — the rig as a plan of terraform/ has it, so that this machine and AWS have one truth.
 *
 * Layer:   local. Knows json, alb and rig_config. Asks nobody: it reads a file.
 * Memory:  all of it lives in the config's arena.
 * Source:  "JSON Output Format", Terraform's documentation: `terraform show -json` of a plan
 * (planned_values), or of a state (values).
 *
 * Taken over: the load balancer's name and attributes, its listeners' actions, rules and weights,
 * the slots' target groups, and the settings of the function, the task definition and the services.
 * What a plan does not know before it is applied is found by the names that terraform/ gives: a
 * rule's group by its key, the weights by the variable `slots`. What is not taken over has a note.
 */

#include "runtime/alb/model.h"
#include "runtime/local/rig_config.h"

enum {
    TERRAFORM_FILE_BYTES = 64 * 1024 * 1024,
    TERRAFORM_PAIRS_MAX = 16,
    TERRAFORM_NOTES_MAX = 128,
};

struct terraform_pairs {
    struct alb_pair_text list[TERRAFORM_PAIRS_MAX];
    size_t count;
};

struct terraform_group {
    bool is_there;
    struct bytes arn; /* empty: not known yet */
    enum alb_protocol protocol;
    unsigned port;
    struct alb_health_check check;
    struct terraform_pairs attributes;
};

/* A rule, or what a listener does with requests that no rule matches. */
struct terraform_rule {
    unsigned priority; /* 0: it is a listener's */
    struct bytes name; /* its tag Name; may be empty */
    struct alb_condition conditions[ALB_VALUES_MAX];
    size_t condition_count;
    struct alb_action action;       /* its shares' groups are in `slots` */
    int slots[ALB_RULE_GROUPS_MAX]; /* RIG_LAMBDA_A ... */
};

struct terraform {
    struct terraform_pairs attributes; /* of the load balancer */
    struct terraform_group groups[RIG_SLOTS];
    const struct terraform_rule *http, *https; /* the listeners' own; NULL: there is none */
    const char *ssl_policy;                    /* NULL: it says none */
    struct terraform_rule *rules;              /* of the listener that serves clients */
    size_t rule_count;
    bool logs_json;              /* the function's LoggingConfig, as struct settings has it */
    int log_level, system_level; /* -1: the plan says none */
    const char *cpu, *memory;    /* of the task definition; NULL: it has none */
    const char *notes[TERRAFORM_NOTES_MAX]; /* what is not taken over; no secret is in any */
    size_t note_count;
};

/* Reads `file` into `config`, before any other setting of it is read, and sets config->terraform.
 *
 * false: `error` names the file and what is wrong: it cannot be read, is no JSON, or neither plan
 * nor state; it has no load balancer, function, task definition, or not all slots; or a setting of
 * it has a form that is none of terraform/'s */
bool terraform_load(struct rig_config *config, const char *file, char *error,
                    size_t error_len) MUST_CHECK;

/* As terraform_load, of a file that has been read. */
bool terraform_parse(struct rig_config *config, const char *file, struct bytes text, char *error,
                     size_t error_len) MUST_CHECK;

/* The load balancer's attributes, over those that `model` has. */
enum alb_error terraform_set_attributes(struct alb_model *model, const struct terraform *terraform,
                                        struct alb_why *why) MUST_CHECK;

/* Makes a listener with the rules; an HTTP listener beside HTTPS has none, and redirects to the
 * HTTPS listener of `config`. The weights are those of `config`, where flags may have changed them.
 * Refuses as the model does. */
enum alb_error terraform_make_listener(struct alb_model *model, struct alb_group *const *groups,
                                       const struct rig_config *config, unsigned port,
                                       enum alb_protocol protocol, struct alb_listener **listener,
                                       struct alb_why *why) MUST_CHECK;

#endif
