#ifndef TESTS_SUPPORT_BY_HAND_TARGET_H
#define TESTS_SUPPORT_BY_HAND_TARGET_H

/* by_hand_target — an ip target that the test itself plays: it takes a request when it wants to,
 * and answers when it wants to. */

#include "tests/support/client.h"

/* A socket that listens on 127.0.0.1; who waits for it waits a minute at most. The caller closes
 * it. Fails the test where there is none. */
int by_hand_target_open(void);

/* The next connection, with its request, which must have `path` in it. client_close ends it. */
void by_hand_target_accept(int listen_fd, struct client *target, const char *path);

/* 204. */
void by_hand_target_answer(struct client *target);

#endif
