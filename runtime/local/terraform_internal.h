#ifndef RUNTIME_LOCAL_TERRAFORM_INTERNAL_H
#define RUNTIME_LOCAL_TERRAFORM_INTERNAL_H

/*
 * terraform_internal — what the files of terraform.h share: the reading of one resource.
 *
 * Layer:   local, private.
 * Memory:  the tree of the file goes when it has been read: texts that stay are copied.
 *
 * A resource's blocks are lists in JSON, also where there is one at most. What is null is not said,
 * or not known before the plan is applied.
 */

#include "runtime/json/json.h"
#include "runtime/local/terraform.h"

struct terraform_reader {
    struct rig_config *config;
    struct terraform *terraform;
    const cJSON *slots;   /* the value of the variable `slots`; NULL: a state, which has none */
    const char *address;  /* of the resource that is read */
    const char *function; /* the names of what is to be called as the load balancer; NULL: none */
    const char *cluster_family;
    unsigned next_priority; /* of the next rule whose priority is not known */
    char *error;
    size_t error_len;
};

typedef bool terraform_take_fn(struct terraform_reader *reader, const cJSON *resource,
                               const cJSON *values);

/* One for each type of resource: takes it into the reader's config. false: the error is set. */
terraform_take_fn terraform_take_balancer, terraform_take_group, terraform_take_listener,
    terraform_take_rule, terraform_take_function, terraform_take_task, terraform_take_service;

/* Says "FILE"'s resource and what is wrong with it; always false. */
bool terraform_fail(struct terraform_reader *reader, const char *what);

/* Adds a note that is not there yet, of which there may be as many as there is room for; the last
 * place says so. */
void terraform_note(struct terraform_reader *reader, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The first block of this name; NULL: there is none. */
const cJSON *terraform_block(const cJSON *values, const char *name);

/* A copy of a text of `values`; "" where it is null or none. NULL: no memory; the error is set. */
const char *terraform_text(struct terraform_reader *reader, const cJSON *values, const char *name);

/* A whole number, also one that is written as a text. false: null, none, or not from `least` to
 * `most`; `out` stays as it was. */
bool terraform_number(const cJSON *values, const char *name, unsigned least, unsigned most,
                      unsigned *out);

/* Adds the attribute `key` with the value of `name`, a text, number or bool; nothing where it is
 * null. false: no memory; the error is set. */
bool terraform_pair(struct terraform_reader *reader, struct terraform_pairs *pairs,
                    const cJSON *values, const char *name, const char *key) MUST_CHECK;

/* The slot of this name, "lambda-a"; -1: it is none. */
int terraform_slot(struct bytes name);

/* Adds a variable of a home. One that only AWS can have is left out, with a note. false: the error
 * is set. */
bool terraform_env(struct terraform_reader *reader, int home, const char *name,
                   const char *value) MUST_CHECK;

#endif
