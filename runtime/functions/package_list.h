#ifndef RUNTIME_FUNCTIONS_PACKAGE_LIST_H
#define RUNTIME_FUNCTIONS_PACKAGE_LIST_H

/*
 * package_list — what a zip says is in it, before anything of it is unpacked; for package.c.
 *
 * Layer:   functions. No I/O.
 * Source:  zipinfo(1): the lines of `unzip -Z -s -t`, one for each member ("-rwxr-xr-x  3.0 unx
 *          26214 tX defN 26-Nov-21 09:30 NAME", the type with a capital when it is encrypted), then
 *          "3 files, 26214 bytes uncompressed, ...". What is no character in a name is escaped, so
 *          that a line is always one member.
 */

#include "runtime/core/buf.h"

enum { PACKAGE_REFUSAL_LEN = 512 };

struct package_list {
    struct buf names; /* a NUL behind each */
    size_t count;
    uint64_t total_bytes;
    unsigned said;                     /* members, by the last line */
    char refusal[PACKAGE_REFUSAL_LEN]; /* "": nothing is wrong so far */
};

void package_list_init(struct package_list *list);
void package_list_release(struct package_list *list);

/* Takes the next line. */
void package_list_line(struct package_list *list, struct bytes line);

/* After the last one. false: list->refusal says what is wrong with the zip, and names the member: a
 * name that leads out of it, or is there twice, an encrypted member, more than LIMIT_PACKAGE_BYTES
 * in all; "": it cannot be read to its end. */
bool package_list_end(struct package_list *list) MUST_CHECK;

#endif
