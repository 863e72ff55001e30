#ifndef RUNTIME_ALB_DESYNC_INTERNAL_H
#define RUNTIME_ALB_DESYNC_INTERNAL_H

/*
 * desync_internal — what judging needs while it goes on: the fields come one by one, so that no
 * table of them is kept.
 *
 * Layer:   alb, for desync*.c alone.
 * Use:     1. a zeroed struct   2. desync_judge_field for each   3. desync_judge_end
 */

#include "runtime/alb/desync.h"

/* Findings are kept apart by where they come in the order of desync.h. */
struct desync_judge {
    enum desync_reason fields, encoding, length, lines;
    uint64_t content_length; /* the first one that is a number */
    size_t encoding_count, length_count;
    bool has_length;         /* content_length is set */
    bool has_plain_encoding; /* a Transfer-Encoding that is not in disguise */
    bool has_disguise;       /* of either */
    bool last_coding_is_chunked;
};

/* Notes `reason` in `place` if its tier is higher than what stands there. */
void desync_note(enum desync_reason *place, enum desync_reason reason);

void desync_judge_field(struct desync_judge *judge, struct bytes name, struct bytes value);

/* The verdict; of `request` the fields are not looked at. */
enum desync_reason desync_judge_end(struct desync_judge *judge,
                                    const struct desync_request *request);

#endif
