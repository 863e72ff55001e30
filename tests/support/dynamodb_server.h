#ifndef TESTS_SUPPORT_DYNAMODB_SERVER_H
#define TESTS_SUPPORT_DYNAMODB_SERVER_H

/*
 * dynamodb_server — an implementation of DynamoDB that packages carry, as a process of the test's
 * own: dynalite of npm, or moto of PyPI, which has none of its code.
 *
 * Between start and stop this process's environment has its endpoint, a region and credentials, so
 * that store_open and the programs under test find it.
 */

#include <stdbool.h>

#include "tests/support/program.h"

enum dynamodb_kind { DYNALITE, MOTO };

struct dynamodb_server {
    struct program program;
    char endpoint[64]; /* "http://127.0.0.1:PORT" */
};

/* Starts it on a free port, installed before where it is not there. false: this machine cannot have
 * it, and a line "skip NAME: WHY" says so; in CI, that fails the test. */
bool dynamodb_server_start(struct dynamodb_server *server, enum dynamodb_kind kind,
                           const char *name);

/* Makes a table with the keys that the store wants, and waits until it is there. */
void dynamodb_server_make_table(const char *table);

/* Stops it by its process id. */
void dynamodb_server_stop(struct dynamodb_server *server);

#endif
