#include "runtime/alb/regex.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/limits.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

struct alb_regex {
    pcre2_code *code;
    pcre2_match_data *data;
    pcre2_match_context *limits;
};

void alb_regex_free(struct alb_regex *regex)
{
    if (!regex)
        return;
    pcre2_code_free(regex->code);
    pcre2_match_data_free(regex->data);
    pcre2_match_context_free(regex->limits);
    free(regex);
}

static void say_why(int error, size_t at, char why[ALB_REGEX_WHY_MAX])
{
    PCRE2_UCHAR text[ALB_REGEX_WHY_MAX / 2];
    (void)pcre2_get_error_message(error, text, sizeof text);
    (void)snprintf(why, ALB_REGEX_WHY_MAX, "%s at %zu", (const char *)text, at);
}

struct alb_regex *alb_regex_new(struct bytes pattern, bool is_caseless, char why[ALB_REGEX_WHY_MAX])
{
    int error = PCRE2_ERROR_NOMEMORY;
    PCRE2_SIZE at = 0;
    uint32_t options = PCRE2_NEVER_UTF | (is_caseless ? PCRE2_CASELESS : 0);
    struct alb_regex *regex = calloc(1, sizeof *regex);
    if (regex) {
        regex->code = pcre2_compile((PCRE2_SPTR)(const void *)pattern.ptr, pattern.len, options,
                                    &error, &at, NULL);
        regex->limits = pcre2_match_context_create(NULL);
        if (regex->code)
            regex->data = pcre2_match_data_create_from_pattern(regex->code, NULL);
    }
    if (!regex || !regex->data || !regex->limits) {
        say_why(error, at, why);
        alb_regex_free(regex);
        return NULL;
    }
    (void)pcre2_set_match_limit(regex->limits, LIMIT_REGEX_STEPS);
    (void)pcre2_set_heap_limit(regex->limits, LIMIT_REGEX_HEAP_KB);
    return regex;
}

bool alb_regex_matches(const struct alb_regex *regex, struct bytes text)
{
    return pcre2_match(regex->code, (PCRE2_SPTR)(const void *)(text.len ? text.ptr : ""), text.len,
                       0, 0, regex->data, regex->limits) >= 0;
}

static enum rc outcome(int error)
{
    if (error == PCRE2_ERROR_NOSUBSTRING || error == PCRE2_ERROR_BADREPLACEMENT ||
        error == PCRE2_ERROR_REPMISSINGBRACE || error == PCRE2_ERROR_BADREPESCAPE)
        return RC_SYNTAX;
    return RC_NOMEM;
}

enum rc alb_regex_replace(const struct alb_regex *regex, struct bytes text,
                          struct bytes replacement, struct arena *arena, struct bytes *out)
{
    PCRE2_SIZE len = LIMIT_FIELD_BYTES;
    PCRE2_UCHAR *made = arena_alloc(arena, len);
    if (!made)
        return RC_NOMEM;
    int count =
        pcre2_substitute(regex->code, (PCRE2_SPTR)(const void *)(text.len ? text.ptr : ""),
                         text.len, 0, PCRE2_SUBSTITUTE_UNSET_EMPTY, regex->data, regex->limits,
                         (PCRE2_SPTR)(const void *)replacement.ptr, replacement.len, made, &len);
    if (count < 0)
        return outcome(count);
    if (count == 0)
        return RC_NOT_FOUND;
    *out = bytes_make((const char *)made, len);
    return RC_OK;
}
