#ifndef PIPELINE_CANARY_COMMAND_SHOW_H
#define PIPELINE_CANARY_COMMAND_SHOW_H

/*
 * command_show — `status` and `history`: what a lock, and what stands beside it, says.
 *
 * Layer:   canary, private. Both print to stdout; is_json: the states as they are kept, one a line.
 */

#include "pipeline/canary/aws_driver.h"
#include "pipeline/canary/engine.h"

/* CANARY_USAGE: there is no canary. */
enum canary_exit command_status(struct aws_driver *driver, const char *lock, bool is_json);

enum canary_exit command_history(struct aws_driver *driver, const char *lock, bool is_json);

#endif
