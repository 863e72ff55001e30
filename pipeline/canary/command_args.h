#ifndef PIPELINE_CANARY_COMMAND_ARGS_H
#define PIPELINE_CANARY_COMMAND_ARGS_H

/*
 * command_args — what the commands that meet a canary are told.
 *
 * Layer:   canary, private.
 * Memory:  texts are argv's.
 */

#include <stdbool.h>
#include <stddef.h>

#include "pipeline/canary/aws_driver.h"

struct command_args {
    const char *plan; /* NULL: none */
    const char *lock; /* NULL: the plan's */
    const char *record;
    const char *ignored[AWS_DRIVER_IGNORED_MAX];
    size_t ignored_count;
    bool is_json, is_forced, is_help;
};

/* Reads the arguments behind the command's name, argv[0]. false: `error` says what is wrong. */
bool command_args_read(struct command_args *args, int argc, char **argv, char *error,
                       size_t error_len);

#endif
