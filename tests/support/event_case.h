#ifndef TESTS_SUPPORT_EVENT_CASE_H
#define TESTS_SUPPORT_EVENT_CASE_H

/*
 * event_case — events of tests/data through event_decode, and what must come out.
 *
 * Every event ends at an unreadable page. A difference fails the test, and names the event.
 */

#include "runtime/lambda/event.h"

struct event_case {
    const char *name;        /* of tests/data, without ".json" */
    enum http_method method; /* HTTP_GET unless said */
    const char *path;
    const char *query;  /* NULL: none */
    const char *fields; /* all of them, "name: value\n" each; NULL: not looked at */
    struct bytes body;
    bool is_function_url;
};

/* It must become this request. */
void event_case_expect(const struct event_case *row, enum event_kind kind);

struct event_fault {
    const char *name, *message;
};

/* It must be refused, with this message. */
void event_fault_expect(const struct event_fault *row, enum event_kind kind);

/* Its request must have this trace id. */
void event_trace_expect(const char *name, const char *trace_id);

/* No beginning of it may pass, and no text of it with one byte changed may crash. */
void event_cuts_expect(const char *name);
void event_flips_expect(const char *name);

/* `format` is an event with places for a part of the path, a header's value and a body: each a byte
 * over its limit must be told, at the limit it passes. */
void event_limits_expect(const char *format);

/* A response 201 with two Vary fields and two cookies must become `json`; and an answer's buffer
 * that is too small must be told. */
void event_answer_expect(const struct event_context *context, struct bytes body, const char *json);

#endif
