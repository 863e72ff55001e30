#ifndef RUNTIME_CONTROL_INPUT_H
#define RUNTIME_CONTROL_INPUT_H

/*
 * input — parameters of a call, as most services of AWS look at them.
 *
 * Layer:   control.
 * Memory:  texts and lists are views of the call's input.
 *
 * false: the parameter is not what it is to be, and the call is answered: status 400, the code
 * that the service names in `invalid`, and AWS's words with the parameter's path. The action then
 * returns at once. A parameter that is not there, and need not be, leaves `out` as it is.
 */

#include "runtime/control/control_service.h"

/* Required, or not: a text. */
bool input_text(struct control_call *call, const struct datum *map, const char *name,
                bool is_required, struct bytes *out) MUST_CHECK;

/* A whole number from `min` to `max`. */
bool input_int(struct control_call *call, const struct datum *map, const char *name, int64_t min,
               int64_t max, int64_t *out) MUST_CHECK;

bool input_flag(struct control_call *call, const struct datum *map, const char *name,
                bool *out) MUST_CHECK;

/* A list of texts, or one of maps, of at most `max` items; where it is required, with one at
 * least. */
bool input_texts(struct control_call *call, const struct datum *map, const char *name,
                 bool is_required, size_t max, const struct datum **out) MUST_CHECK;
bool input_maps(struct control_call *call, const struct datum *map, const char *name,
                bool is_required, size_t max, const struct datum **out) MUST_CHECK;

/* One of `names`, which ends with NULL: `out` is its place there. */
bool input_choice(struct control_call *call, const struct datum *map, const char *name,
                  const char *const *names, unsigned *out) MUST_CHECK;

/* Answers that the value of `name` breaks `constraint` ("Member must not be null"). */
void input_refuse(struct control_call *call, const struct datum *map, const char *name,
                  const char *constraint);

/* --- pages --- */

/* Items `from` to before `to` of what there is. */
struct input_page {
    size_t from, to;
};

/* Reads the maximum under `max_name`, 1 to `max`, and else `usual`, and the token under
 * `token_name`: where a page of `count` items begins. `bad_token` is the service's code for one
 * that it has not given. */
bool input_page(struct control_call *call, const char *max_name, int64_t max, int64_t usual,
                const char *token_name, const char *bad_token, size_t count,
                struct input_page *out) MUST_CHECK;

/* Says the token of the next page in `result`, where there is one. */
void input_page_next(struct control_call *call, struct datum *result, const char *token_name,
                     const struct input_page *page, size_t count);

#endif
