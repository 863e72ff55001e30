#ifndef TESTS_SUPPORT_GUARD_H
#define TESTS_SUPPORT_GUARD_H

/* guard — input that ends at an unreadable page: reading one byte too far is a crash. */

#include "runtime/core/bytes.h"

struct guard {
    struct bytes view; /* a copy of the input; its last byte is the page's last */
    void *_map;
    size_t _map_len;
};

/* Copies `input`; aborts the test when the system gives no memory. */
struct guard guard_new(struct bytes input);
void guard_free(struct guard *guard);

#endif
