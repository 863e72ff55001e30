#ifndef TESTS_SUPPORT_EMF_H
#define TESTS_SUPPORT_EMF_H

/*
 * emf — lines in CloudWatch's embedded metric format, held to the format's specification.
 */

#include "runtime/json/json.h"

/* Parses `line` and checks all rules: one JSON object of at most 1 MiB with nothing around it;
 * `_aws` with an integer time in milliseconds and directives; each with a namespace, sets of
 * dimensions, and metrics with units; each dimension a text and each metric a number, or at most
 * 100 of them, at the root. A rule that is broken fails the test. */
cJSON *emf_check(struct arena *arena, struct bytes line);

/* Takes the next line that is in the embedded metric format off the front of `rest`, checks it, and
 * returns it; NULL when there is none left. */
cJSON *emf_next(struct arena *arena, struct bytes *rest);

/* The root member `name` as a number; an array's sum. It must be there. */
double emf_number(const cJSON *root, const char *name);

/* How many values the root member `name` has; 1 for a number. */
size_t emf_count(const cJSON *root, const char *name);

/* The root member `name` as a text. */
struct bytes emf_text(const cJSON *root, const char *name);

#endif
