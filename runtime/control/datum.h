#ifndef RUNTIME_CONTROL_DATUM_H
#define RUNTIME_CONTROL_DATUM_H

/*
 * datum — the parameters and the result of an AWS call as a tree, whatever protocol it came by.
 *
 * Layer:   control. The codecs beside it (query, shape_json, cbor, shape_xml) read bytes into such
 *          trees and write them, so that an action is written once for all protocols.
 * Memory:  all in the call's arena; views of texts look into the request's bytes or the arena.
 * Threads: no shared state.
 *
 * Not every protocol can say what a value is: the Query protocol has texts alone, JSON no times.
 * So the getters take what the caller expects from any kind that can mean it.
 */

#include "runtime/core/arena.h"
#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

enum datum_kind {
    DATUM_NULL,
    DATUM_BOOL,
    DATUM_INT,
    DATUM_FLOAT,
    DATUM_TEXT,
    DATUM_BLOB, /* bytes that are no text: CBOR's alone; base64 where it is written elsewhere */
    DATUM_TIME, /* seconds since 1970-01-01 UTC, in `number` */
    DATUM_LIST,
    DATUM_MAP,
};

struct datum {
    enum datum_kind kind;
    bool is_true;      /* of DATUM_BOOL */
    int64_t integer;   /* of DATUM_INT */
    double number;     /* of DATUM_FLOAT and DATUM_TIME */
    struct bytes text; /* of DATUM_TEXT and DATUM_BLOB */

    struct bytes name;          /* its key, in a map; else empty */
    size_t index;               /* its place from 1, in a list; else 0 */
    struct datum *parent;       /* the map or list that it is in; NULL: the root */
    struct datum *next;         /* the next one in there */
    struct datum *first, *last; /* of DATUM_LIST and DATUM_MAP */
    size_t count;
};

/* --- making: NULL means that the arena has no room --- */

struct datum *datum_new(struct arena *arena, enum datum_kind kind) MUST_CHECK;

/* Adds a new datum to a map under `name` (borrowed; not there yet), or to the end of a list, whose
 * `name` is NULL. A NULL `parent` gives NULL, so that a chain of calls needs one look, at its end:
 * but what goes missing must be noticed, which datum_maker does. */
struct datum *datum_add(struct arena *arena, struct datum *parent, const char *name,
                        enum datum_kind kind);

/* Hangs a tree that has no parent under `name` (borrowed; not there yet) of a map. */
void datum_put(struct datum *map, const char *name, struct datum *tree);

/* Makes a result: a refusal of the arena is remembered, and looked for once by control_answer. */
struct datum_maker {
    struct arena *arena;
    bool failed;
};

/* A map or list in `parent`; `name` as in datum_add. On failure a spare that leads nowhere, never
 * NULL. */
struct datum *datum_map(struct datum_maker *maker, struct datum *parent, const char *name);
struct datum *datum_list(struct datum_maker *maker, struct datum *parent, const char *name);

/* A value in `parent`. Texts are borrowed: static, or in the arena. */
void datum_text(struct datum_maker *maker, struct datum *parent, const char *name,
                struct bytes text);
void datum_string(struct datum_maker *maker, struct datum *parent, const char *name,
                  const char *text);
void datum_int(struct datum_maker *maker, struct datum *parent, const char *name, int64_t value);
void datum_float(struct datum_maker *maker, struct datum *parent, const char *name, double value);
void datum_bool(struct datum_maker *maker, struct datum *parent, const char *name, bool is_true);
void datum_time(struct datum_maker *maker, struct datum *parent, const char *name, double seconds);

/* --- reading --- */

/* The value under `name`, or NULL: not there, null, or `map` is NULL or no map. */
const struct datum *datum_get(const struct datum *map, const char *name);

/* The list under `name`, as datum_get; the Query protocol's empty list ("Name=") is one too. NULL
 * also when it is no list. */
const struct datum *datum_get_list(const struct datum *map, const char *name);

/* The value as text: a text itself. The empty view when there is none. */
struct bytes datum_get_text(const struct datum *map, const char *name);

/* Each of these reads `datum` as what it is to be. RC_OK · RC_NOT_FOUND: it is NULL · RC_SYNTAX: it
 * does not mean that; `out` is then untouched. A whole number may come as text, or as a float
 * without a fraction; a time as text in ISO 8601's "2026-11-21T09:30:00Z" (also with a fraction, or
 * an offset such as +01:00), or as a number of seconds. */
enum rc datum_to_int(const struct datum *datum, int64_t *out) MUST_CHECK;
enum rc datum_to_float(const struct datum *datum, double *out) MUST_CHECK;
enum rc datum_to_bool(const struct datum *datum, bool *out) MUST_CHECK;
enum rc datum_to_time(const struct datum *datum, double *out_seconds) MUST_CHECK;

/* Where it stands, for errors: "Actions.member.1.ForwardConfig.Weight"; in `text`, cut at its
 * size. The root is the empty text. */
void datum_path(const struct datum *datum, char *text, size_t size);

#endif
