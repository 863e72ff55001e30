#ifndef RUNTIME_CORE_WWW_H
#define RUNTIME_CORE_WWW_H

/*
 * www — the files of a web page that is in the program, put there by pipeline/embed_web.sh.
 *
 * Layer:   core.
 * Threads: constants, and plain functions of them.
 */

#include "runtime/core/http.h"

struct www_file {
    const char *name; /* by which the page asks for it: "page.css" */
    struct bytes type;
    struct bytes plain, plain_tag; /* the tag with its quotes, as in an ETag field */
    struct bytes gzip, gzip_tag;
};

/* Answers with the file `name` of `files`, which ends with a NULL name: zipped where the client
 * takes that, 304 where it knows it, 404 where there is none. Whatever the file is, a browser may
 * load scripts, styles and pictures, and ask for data, from this origin alone, and shows it in no
 * frame. */
void www_send(const struct http_request *req, struct http_response *res,
              const struct www_file *files, struct bytes name);

#endif
