#ifndef TESTS_SUPPORT_FAKE_REQUEST_H
#define TESTS_SUPPORT_FAKE_REQUEST_H

/* fake_request — a request as the fake Runtime API reads it; not through http1. */

#include "tests/support/fake_rapi.h"

struct fake_reader {
    bool (*read_more)(void *context); /* appends to `in`; false: the peer has closed */
    void *context;
    struct buf *in;
    const char *early_suffix; /* fake_rapi_answer_early; NULL: none */
    size_t early_len;
};

/* Takes one request off the front of `in`. NULL: the peer closed before its end. */
struct fake_request *fake_request_read(const struct fake_reader *reader);

void fake_request_free(struct fake_request *req);

#endif
