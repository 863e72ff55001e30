#ifndef RUNTIME_DASHBOARD_MESSAGE_H
#define RUNTIME_DASHBOARD_MESSAGE_H

/*
 * message — what /events tells: how things are now, and what came since the client's last message.
 *
 * Layer:   dashboard, private. No I/O.
 *
 * An event's data is one JSON object:
 *
 *   now        epoch milliseconds
 *   rig        in a client's first message alone, which replaces all that the page knows:
 *              {"seconds": of history, "token": of the controls, or null without them}
 *   rules      those that forward: [{"arn","port","priority" (0: default),"production",
 *              "shares":[["GROUP",WEIGHT]...]}...]
 *   groups     [{"name","type","requests","targets":[{"id","port","state","reason","text",
 *              "requests","inFlight"}...]}...]
 *   versions   [["GROUP","NAME","VERSION"]...]
 *   sandboxes  [[PROCESS_ID,"GROUP","STATE",AGE_MS,INIT_MS,CALLS,MEMORY_MB,"NAME"]...]
 *   tasks      [[PROCESS_ID,"GROUP","STATE",AGE_MS,PORT,"NAME"]...]
 *   canaries   (canaries.h)
 *   points     seconds (history.h)
 *   requests, events   (journal.h)
 *
 * A client that is slow to read gets fewer messages, each with all that is new; what the history
 * and the journal have forgotten by then it does not get.
 */

#include "runtime/dashboard/history.h"
#include "runtime/dashboard/journal.h"

struct dashboard_source;
struct parameters;

/* What a client has had. */
struct message_cursor {
    bool has_begun;
    uint64_t request, event; /* numbers */
    int64_t second;          /* the first that it has not had */
};

/* Appends the part that is equal for all clients: rules, groups, versions, sandboxes, tasks,
 * canaries. parameters: NULL: none. */
void message_print_state(const struct alb_model *model, const struct dashboard_source *source,
                         const struct parameters *parameters, struct buf *out);

struct message_parts {
    const struct history *history;
    const struct journal *journal;
    struct bytes state; /* of message_print_state */
    const char *token;  /* NULL: there are no controls */
    int64_t now_ms;     /* since 1970 */
};

/* Appends one event for a client, and moves its cursor. */
void message_print(const struct message_parts *parts, struct message_cursor *cursor,
                   struct buf *out);

#endif
