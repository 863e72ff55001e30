#ifndef TESTS_SUPPORT_FAKE_DYNAMODB_H
#define TESTS_SUPPORT_FAKE_DYNAMODB_H

/*
 * fake_dynamodb — a DynamoDB that answers as a test tells it to, and a store that calls it.
 *
 * Between setup and teardown this process's environment leads there, and the log goes to a file.
 */

#include "runtime/store/store.h"
#include "tests/support/fake_rapi.h"

/* One answer. In `body` @T@ stands for the token of the write that was asked for last. */
struct fake_answer {
    unsigned status; /* or one of these */
    const char *body;
};

enum {
    FAKE_LOST = 0,  /* the connection ends without an answer */
    FAKE_NEVER = 1, /* it does not end either */
};

struct fake_dynamodb {
    struct fake_rapi *server;
    const struct fake_answer *answers; /* by the request's number; the last for all that follow */
    struct store *store;               /* "dynamodb:votes", open */
    struct arena arena;
    char token[64]; /* of the last write */
};

extern struct fake_dynamodb fake_dynamodb;

/* .init and .fini of a suite. */
void fake_dynamodb_setup(void);
void fake_dynamodb_teardown(void);

/* Starts with the answers, which end with a row without a body, and opens the store. */
void fake_dynamodb_start(const struct fake_answer *answers);

/* How many requests came; the body of one with its token written as @T@. */
size_t fake_dynamodb_count(void);
const char *fake_dynamodb_body(size_t index);

/* true when the log so far holds `text`. */
bool fake_dynamodb_log_has(const char *text);

#endif
