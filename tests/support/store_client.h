#ifndef TESTS_SUPPORT_STORE_CLIENT_H
#define TESTS_SUPPORT_STORE_CLIENT_H

/*
 * store_client — candidates over HTTP: a program's port, threads that write, and what is there.
 *
 * A failure inside fails the test, but for what is said to end a thread.
 */

#include <pthread.h>
#include <semaphore.h>

#include "tests/support/client.h"

/* Sends one request to 127.0.0.1:port on a connection of its own.
 *
 * fields  header lines with their ends, or ""
 * body    or ""
 *
 * The status; `body_out` (of `body_len`, may be NULL) gets the answer's body as text. */
int store_client_ask(unsigned port, const char *method, const char *target, const char *fields,
                     const char *body, char *body_out, size_t body_len);

/* One thread with one connection. It posts the candidates "<round>-<number>-<i>" for i = 0, 1, 2
 * ... and ends after `max` of them, or with the connection. */
struct store_writer {
    pthread_t thread;
    unsigned port;
    int round, number, max;
    sem_t *on_each; /* posted after each answer with success; may be NULL */
    int done;       /* how many were answered with 201, without a gap */
    int other;      /* an answer's status that was not 201; 0: none */
};

void store_writer_start(struct store_writer *writer);
void store_writer_join(struct store_writer *writer);

/* Reads the whole list, page by page, and counts how many of what `writers` were answered with
 * success is not in it. */
size_t store_client_count_lost(unsigned port, const struct store_writer *writers, size_t count);

#endif
