#ifndef TESTS_SUPPORT_USER_LOAD_H
#define TESTS_SUPPORT_USER_LOAD_H

/*
 * user_load — users of a service: requests one after the other on some connections, until they are
 * told to stop, and what has become of each.
 *
 * Threads: one for each user.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { USER_LOAD_USERS = 4 };

struct user_load {
    unsigned port;
    bool is_sticky;
    atomic_bool is_stopping;
    atomic_uint bound;           /* sticky users that have their cookie */
    atomic_uint good, bad, lost; /* 200; another status; no answer */
    pthread_t threads[USER_LOAD_USERS];
};

/* GET /hello of 127.0.0.1:port. */
void user_load_start(struct user_load *load, unsigned port);

/* The same by users who keep the cookie that binds them to a target group; they are bound when it
 * returns. */
void user_load_start_sticky(struct user_load *load, unsigned port);
void user_load_stop(struct user_load *load);

#endif
