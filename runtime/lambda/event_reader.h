#ifndef RUNTIME_LAMBDA_EVENT_READER_H
#define RUNTIME_LAMBDA_EVENT_READER_H

/*
 * event_reader — the parts that events of all kinds have: texts, maps of header fields, a query, a
 * body; with the limits of a request and with sentences on what is wrong.
 *
 * Layer:   codec of the Lambda home, below the codec of each kind. No I/O.
 * Memory:  results are in the arena, or views of the tree, which is there too.
 *
 * Strings are read once each, since json_nul_restore works in place.
 */

#include <cjson/cJSON.h>

#include "runtime/core/http.h"

struct event_reader {
    struct arena *arena;
    const char *what; /* "the event is not an ALB event": how faults of its shape begin */
    cJSON *root;      /* of any type */
    bool is_marked;   /* strings need json_nul_restore */
    size_t head_len;  /* as the client sent it: request line and fields, with their line ends */
    const char **fault;
    struct http_field *fields; /* of the request, while they are read */
    size_t field_count, field_capacity;
};

/* Parses `event`, which must stay as long as the tree, and sets all of `in`.
 * RC_OK · RC_SYNTAX: no JSON; *fault says where · RC_NOMEM */
enum rc event_reader_init(struct event_reader *in, struct bytes event, struct arena *arena,
                          const char *what, const char **fault) MUST_CHECK;

/* Sets *fault. Always RC_SYNTAX. */
enum rc event_refuse(struct event_reader *in, const char *format, ...) MUST_CHECK PRINTF_LIKE(2, 3);

/* The member `name` of `object`; NULL when it is absent or null, or `object` is none. */
cJSON *event_member(const cJSON *object, const char *name);

/* The text of a string. */
struct bytes event_text(const struct event_reader *in, cJSON *string);

/* The member `name` of `object` (called "`prefix``name`" in faults), which must be a string of at
 * least one byte. RC_OK · RC_SYNTAX */
enum rc event_read_text(struct event_reader *in, const cJSON *object, const char *prefix,
                        const char *name, struct bytes *out) MUST_CHECK;

/* Sets the method of `req`. RC_OK · RC_SYNTAX: `text`, called `name`, is no token */
enum rc event_set_method(struct event_reader *in, const char *name, struct bytes text,
                         struct http_request *req) MUST_CHECK;

/* Sets the path of `req`. RC_OK · RC_SYNTAX: `text`, called `name`, is none */
enum rc event_set_path(struct event_reader *in, const char *name, struct bytes text,
                       struct http_request *req) MUST_CHECK;

/* Sets the query of `req` from multiValueQueryStringParameters or, without it,
 * queryStringParameters, as event_query.h says. Method and path are set before.
 * RC_OK · RC_SYNTAX · RC_URI_LIMIT · RC_NOMEM */
enum rc event_read_query(struct event_reader *in, bool is_decoded,
                         struct http_request *req) MUST_CHECK;

/* Counts a request line with `query_len` bytes of query, its '?' among them.
 * RC_OK · RC_URI_LIMIT */
enum rc event_count_line(struct event_reader *in, const struct http_request *req,
                         size_t query_len) MUST_CHECK;

/* Makes room for the fields of `map` (called `name`) and `more` others. NULL stands for an empty
 * map. RC_OK · RC_SYNTAX: no map · RC_HEAD_LIMIT: over LIMIT_FIELD_COUNT · RC_NOMEM */
enum rc event_reserve_fields(struct event_reader *in, const cJSON *map, const char *name,
                             size_t more) MUST_CHECK;

/* Takes one field; there is room for it. RC_OK · RC_SYNTAX · RC_HEAD_LIMIT */
enum rc event_add_field(struct event_reader *in, struct bytes name, struct bytes value) MUST_CHECK;

/* Takes the fields of `map`, whose values are texts or lists of texts, in their order; room was
 * made. `skipped` is a name that is left out; NULL: none. RC_OK · RC_SYNTAX · RC_HEAD_LIMIT */
enum rc event_add_map(struct event_reader *in, const cJSON *map, const char *skipped) MUST_CHECK;

/* Gives `req` the fields, and its trace id from them. */
void event_give_fields(const struct event_reader *in, struct http_request *req);

/* The fields of `multiValueHeaders` or `headers`, all in one. */
enum rc event_read_fields(struct event_reader *in, bool is_multi_value,
                          struct http_request *req) MUST_CHECK;

/* Sets the body of `req` from body and isBase64Encoded. RC_OK · RC_SYNTAX · RC_BODY_LIMIT ·
 * RC_NOMEM */
enum rc event_read_body(struct event_reader *in, struct http_request *req) MUST_CHECK;

/* true when header fields are to be read from multiValueHeaders: it is there; or it is null, and
 * `headers` is neither there. */
bool event_has_multi_value(const struct event_reader *in);

#endif
