#ifndef RUNTIME_CONTROL_KEPT_H
#define RUNTIME_CONTROL_KEPT_H

/*
 * kept — a JSON file of the folder of `duet local --state`: written whole after each change, read
 * once when the rig is started again.
 *
 * Layer:   control. Knows alb/state_file.h, json/.
 * Threads: all on the loop's thread.
 */

#include <stdint.h>

#include "runtime/core/arena.h"
#include "runtime/core/buf.h"
#include "runtime/json/json.h"

struct kept {
    const char *dir, *name; /* borrowed */
    struct buf text;        /* as it was last read or written */
};

/* Fills `kept` for the file DIR/NAME. */
void kept_init(struct kept *kept, const char *dir, const char *name);

/* Works on a zeroed struct. */
void kept_release(struct kept *kept);

/* Reads the file into kept->text. is_there: out: there is one. false: `error` names the file and
 * says why it cannot be read. */
bool kept_load(struct kept *kept, bool *is_there, char *error, size_t error_len) MUST_CHECK;

/* Replaces the file by `fresh`, which is taken over in every case; one that has not changed is not
 * written. false: `error` names the file and says why not. */
bool kept_save(struct kept *kept, struct buf *fresh, char *error, size_t error_len) MUST_CHECK;

/* Writes "DIR/NAME: WHAT" to `error`; false. */
bool kept_fail(const struct kept *kept, const char *what, char *error, size_t error_len);

/* --- reading: the first thing that is wrong is noted, and everything after it is empty --- */

struct kept_reader {
    struct arena arena; /* of the tree */
    bool has_failed;
    char wrong[1024];
};

/* Parses the text as an object whose "version" is `version`; NULL: reader->wrong says what it is.
 * kept_reader_release in every case. */
const cJSON *kept_parse(struct kept_reader *reader, struct bytes text, int version) MUST_CHECK;
void kept_reader_release(struct kept_reader *reader);

/* Notes that the member `where` `what`, such as "is missing"; false. */
bool kept_wrong(struct kept_reader *reader, const char *where, const char *what);

/* A member of `object` that must be there: a whole number from `min` to `max`, at most 2^53; a
 * flag; a text, which lives as the reader; the first item of a list, NULL too when it is empty.
 * After a failure: min, false, "", NULL. */
int64_t kept_number(struct kept_reader *reader, const cJSON *object, const char *name, int64_t min,
                    int64_t max);
bool kept_flag(struct kept_reader *reader, const cJSON *object, const char *name);
const char *kept_text(struct kept_reader *reader, const cJSON *object, const char *name);
const cJSON *kept_list(struct kept_reader *reader, const cJSON *object, const char *name);

/* The same as kept_text, copied to `out`, which has room for `size` bytes with the NUL. */
void kept_copy(struct kept_reader *reader, const cJSON *object, const char *name, char *out,
               size_t size);

/* --- writing --- */

/* Appends "NAME":"TEXT" and a comma. */
void kept_put_text(struct buf *out, const char *name, const char *text);

#endif
