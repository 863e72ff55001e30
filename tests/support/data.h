#ifndef TESTS_SUPPORT_DATA_H
#define TESTS_SUPPORT_DATA_H

/* data — files of tests/data; tests run at the root of the tree. */

#include "runtime/core/bytes.h"

/* The file tests/data/`name` with a NUL behind it, in memory that the caller frees by free((void
 * *)view.ptr). Aborts the test when it cannot be read. */
struct bytes data_read(const char *name);

#endif
