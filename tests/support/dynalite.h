#ifndef TESTS_SUPPORT_DYNALITE_H
#define TESTS_SUPPORT_DYNALITE_H

/*
 * dynalite — an implementation of DynamoDB that npm carries, as a process of the test's own.
 *
 * Between start and stop this process's environment has its endpoint, a region and credentials, so
 * that store_open and the programs under test find it.
 */

#include <stdbool.h>

#include "tests/support/program.h"

struct dynalite {
    struct program program;
    char endpoint[64]; /* "http://127.0.0.1:PORT" */
};

/* Starts it on a free port, installed before where it is not there. false: this machine cannot have
 * it, and a line "skip NAME: WHY" says so; in CI, that fails the test. */
bool dynalite_start(struct dynalite *dynalite, const char *name);

/* Makes a table with the keys that the store wants, and waits until it is there. */
void dynalite_make_table(const char *table);

/* Stops it by its process id. */
void dynalite_stop(struct dynalite *dynalite);

#endif
