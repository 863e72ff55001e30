#ifndef TESTS_SUPPORT_HTTP1_FILES_H
#define TESTS_SUPPORT_HTTP1_FILES_H

/* http1_files — the requests of tests/data/http1, whose README.md says what their names mean. */

#include "runtime/core/http.h"

enum { HTTP1_FILE_ANSWERS_MAX = 8, HTTP1_FILES_MAX = 1024 };

enum http1_file_kind {
    HTTP1_FILE_MALFORMED,  /* the last answer is the codec's own; then the end */
    HTTP1_FILE_INCOMPLETE, /* the last request never ends */
    HTTP1_FILE_VALID,
};

struct http1_file {
    char name[300]; /* "topic/name.400" */
    enum http1_file_kind kind;
    struct bytes text;
    size_t answer_count;
    int statuses[HTTP1_FILE_ANSWERS_MAX];
    enum http_method methods[HTTP1_FILE_ANSWERS_MAX]; /* of the requests; GET for what is none */
    bool closes;                                      /* the connection ends after the last one */
};

/* All files, sorted by name, read at the first call; they stay. Fails the test when one cannot be
 * read or has no such name. */
const struct http1_file *http1_files(size_t *count);

/* A small one that is valid and keeps the connection; `number` is any number. */
const struct http1_file *http1_files_kept(unsigned number);

/* A small one of the given kind. */
const struct http1_file *http1_files_of(enum http1_file_kind kind, unsigned number);

#endif
