#ifndef TESTS_SUPPORT_REQUEST_PROBE_H
#define TESTS_SUPPORT_REQUEST_PROBE_H

/* request_probe — a request decoder under test, on an arena of its own. */

#include "runtime/http1/http1.h"

struct request_probe {
    struct http1_decoder decoder;
    struct arena arena;
    struct http_request req;
    bool keep_alive;
    size_t consumed;
    const void *row; /* the test's own */
};

void request_probe_init(struct request_probe *probe);
void request_probe_release(struct request_probe *probe);

/* Makes a fresh decoder, and empties arena and request. `context` is the probe, here and below:
 * these are struct cuts' functions. */
void request_probe_begin(void *context);

/* Decodes `prefix`, twice: an answer may not change when nothing more has come, and the arena is
 * untouched until the request is whole. Both are asserted. */
enum rc request_probe_feed(void *context, struct bytes prefix);

/* Feeds `input` in all ways that cuts_run knows; `end` is struct cuts'. */
void request_probe_run(const void *row, struct bytes input,
                       void (*end)(void *context, const char *how, enum rc rc, size_t used));

#endif
