#ifndef RUNTIME_CORE_BYTES_H
#define RUNTIME_CORE_BYTES_H

/*
 * bytes — a view of memory that somebody else owns: pointer and length, passed by value.
 *
 * Layer:   the lowest; includes nothing of ours.
 * Memory:  a view never owns. It is valid as long as what it looks at.
 * Threads: plain values.
 *
 * A view is not NUL-terminated and may hold any byte. The empty view is {NULL, 0} or any pointer
 * with length 0; test emptiness by `len == 0`.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Callers must look at the result. */
#define MUST_CHECK __attribute__((warn_unused_result))
/* The compiler checks the format; `fmt` and `args` are positions counted from 1. */
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

struct bytes {
    const char *ptr;
    size_t len;
};

/* A view of a string literal, without its NUL. */
#define BYTES_LIT(literal) ((struct bytes){"" literal, sizeof(literal) - 1})
/* The same for static tables, where a compound literal is not a constant. */
#define BYTES_INIT(literal)             \
    {                                   \
        "" literal, sizeof(literal) - 1 \
    }
/* printf("%.*s", BYTES_ARG(view)) */
#define BYTES_ARG(view) (int)(view).len, (view).ptr ? (view).ptr : ""

static inline struct bytes bytes_make(const char *ptr, size_t len)
{
    return (struct bytes){ptr, len};
}

/* A view of a C string; NULL gives the empty view. */
static inline struct bytes bytes_from_str(const char *text)
{
    return (struct bytes){text, text ? strlen(text) : 0};
}

static inline bool bytes_eq(struct bytes a, struct bytes b)
{
    /* b's length: where that is a literal's, the compiler compares without a call. */
    return a.len == b.len && (b.len == 0 || memcmp(a.ptr, b.ptr, b.len) == 0);
}

/* Copies all of `view` to `to`, where there is room; the end of the copy. Most views are as short
 * as a header's name: up to 16 bytes go by two words that may overlap, without a call. */
static inline char *bytes_copy(char *to, struct bytes view)
{
    if (view.len > 2 * sizeof(uint64_t)) {
        memcpy(to, view.ptr, view.len);
    } else if (view.len >= sizeof(uint64_t)) {
        uint64_t first, last;
        memcpy(&first, view.ptr, sizeof first);
        memcpy(&last, view.ptr + view.len - sizeof last, sizeof last);
        memcpy(to, &first, sizeof first);
        memcpy(to + view.len - sizeof last, &last, sizeof last);
    } else if (view.len >= sizeof(uint32_t)) {
        uint32_t first, last;
        memcpy(&first, view.ptr, sizeof first);
        memcpy(&last, view.ptr + view.len - sizeof last, sizeof last);
        memcpy(to, &first, sizeof first);
        memcpy(to + view.len - sizeof last, &last, sizeof last);
    } else {
        for (size_t i = 0; i < view.len; i++)
            to[i] = view.ptr[i];
    }
    return to + view.len;
}

static inline bool bytes_starts_with(struct bytes view, struct bytes prefix)
{
    return view.len >= prefix.len &&
           (prefix.len == 0 || memcmp(view.ptr, prefix.ptr, prefix.len) == 0);
}

/* `view` without its first `n` bytes; n <= view.len. */
static inline struct bytes bytes_skip(struct bytes view, size_t n)
{
    return (struct bytes){view.ptr + n, view.len - n};
}

/* So many bytes are looked through here: most views are shorter than what a call costs. */
enum { BYTES_SHORT = 16 };

/* The first position of `c`, or view.len when it is not there. */
static inline size_t bytes_find(struct bytes view, char c)
{
    for (size_t i = 0; i < view.len; i++) {
        if (i == BYTES_SHORT) {
            const char *p = memchr(view.ptr + i, c, view.len - i);
            return p ? (size_t)(p - view.ptr) : view.len;
        }
        if (view.ptr[i] == c)
            return i;
    }
    return view.len;
}

/* The same without the look at the lengths, which must be equal. */
bool bytes_ieq_same_len(struct bytes a, struct bytes b);

/* Equal but for the case of ASCII letters; no locale. */
static inline bool bytes_ieq(struct bytes a, struct bytes b)
{
    return a.len == b.len && bytes_ieq_same_len(a, b);
}

/* Makes the ASCII letters of `len` bytes small. */
void bytes_lower(char *text, size_t len);

/* Without blanks and tabs at both ends (HTTP's optional white space). */
struct bytes bytes_trim(struct bytes view);

/* Reads all of `view` as a decimal number of digits alone (no sign, no blank).
 * false: empty, another character, or over `max`; `out` is then untouched. */
bool bytes_to_u64(struct bytes view, uint64_t max, uint64_t *out) MUST_CHECK;

/* How many bytes at the start of `view` are whole characters of well-formed UTF-8. */
size_t bytes_utf8_len(struct bytes view);

/* true when `view` is well-formed UTF-8 (RFC 3629: shortest form, no surrogate). */
bool bytes_is_utf8(struct bytes view);

#endif
