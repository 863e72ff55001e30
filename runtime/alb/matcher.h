#ifndef RUNTIME_ALB_MATCHER_H
#define RUNTIME_ALB_MATCHER_H

/*
 * matcher — the HTTP codes that a health check takes for a success: "200", "200,202", "200-299".
 *
 * Layer:   alb, pure.
 * Threads: no state.
 */

#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

/* AWS's range of codes for HTTP/1.1 (Matcher in the ELBv2 API). */
enum { MATCHER_MIN = 200, MATCHER_MAX = 499 };

/* One bit for each code from MATCHER_MIN to MATCHER_MAX. */
struct matcher {
    uint8_t _bits[(MATCHER_MAX - MATCHER_MIN) / 8 + 1];
};

/* Codes and ranges with commas between them, without blanks.
 *
 * RC_OK · RC_SYNTAX: empty, another character, a code out of AWS's range, or a range whose end is
 * before its start; `matcher` is then untouched */
enum rc matcher_parse(struct matcher *matcher, struct bytes text) MUST_CHECK;

/* false too for a code out of range. */
bool matcher_takes(const struct matcher *matcher, int status);

#endif
