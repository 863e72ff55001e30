#ifndef PIPELINE_CANARY_FIELDS_H
#define PIPELINE_CANARY_FIELDS_H

/*
 * fields — members of a JSON object, each checked, with errors that name the place:
 * "steps[2].share: 0.05 is below 0.1".
 *
 * Layer:   canary, private.
 * Memory:  texts are the tree's; the error's text is the caller's.
 *
 * The first error is kept, and all that is asked for after it is left as it was: read all members,
 * then look once at `has_error`.
 */

#include "runtime/json/json.h"

struct fields {
    char *error; /* what is wrong, in one line */
    size_t error_len;
    bool has_error;
};

/* An object, and where it stands: "" for the whole plan, "steps[2]". NULL as `json`: it is not
 * there, and has no members. */
struct fields_object {
    struct fields *fields;
    const cJSON *json;
    char path[96];
};

/* Notes an error at the member `name` of the object; at the object itself where `name` is NULL. */
void fields_refuse(const struct fields_object *object, const char *name, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The whole, whose `known` members, ended by NULL, are all that it may have. */
struct fields_object fields_root(struct fields *fields, const cJSON *json,
                                 const char *const *known);

/* The member `name` as an object; its `known` members, ended by NULL, are all that it may have. */
struct fields_object fields_object(const struct fields_object *parent, const char *name,
                                   const char *const *known);

/* The item `index` of the array `name`, likewise. */
struct fields_object fields_item(const struct fields_object *parent, const char *name, int index,
                                 const char *const *known);

/* How many items the array `name` has, which may be from `min` to `max`; 0 where it is not there
 * and `min` is 0. */
int fields_count(const struct fields_object *object, const char *name, int min, int max);

bool fields_has(const struct fields_object *object, const char *name);

/* Each leaves `out` as it was where the member is not there. */
void fields_text(const struct fields_object *object, const char *name, const char **out);
void fields_number(const struct fields_object *object, const char *name, double min, double max,
                   double *out);
void fields_whole(const struct fields_object *object, const char *name, unsigned min, unsigned max,
                  unsigned *out);
void fields_switch(const struct fields_object *object, const char *name, bool *out);

/* A text such as "10m", "1h30m", "90s" or "250ms", in milliseconds. */
void fields_duration(const struct fields_object *object, const char *name, int64_t min_ms,
                     int64_t max_ms, int64_t *out_ms);

/* One of `words`, ended by NULL; `out` is its index. */
void fields_choice(const struct fields_object *object, const char *name, const char *const *words,
                   int *out);

/* A text that must be there. */
void fields_need_text(const struct fields_object *object, const char *name, const char **out);

/* Reads "1h30m" and its like. false: it is none, or over a year. */
bool duration_parse(struct bytes text, int64_t *out_ms) MUST_CHECK;

/* Writes it in the same form: 90000 is "1m30s"; milliseconds are left out from a second on. */
enum { DURATION_TEXT_LEN = 32 };
const char *duration_print(int64_t ms, char text[DURATION_TEXT_LEN]);

#endif
