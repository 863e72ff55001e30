#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/store_suite.h"

/* Claims about many threads that write at once. */

enum { THREADS = 8, ROUNDS = 10 };

struct writer {
    pthread_t thread;
    struct store *store;
    unsigned won, failed;
};

static void run_all(struct store_suite *suite, void *(*run)(void *), struct writer writers[THREADS])
{
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){.store = suite->store};
        cr_assert_eq(pthread_create(&writers[i].thread, NULL, run, &writers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        cr_assert_eq(pthread_join(writers[i].thread, NULL), 0);
        cr_expect_eq(writers[i].failed, 0u);
    }
}

static void *claim_names(void *context)
{
    struct store_condition absent = {.when = STORE_IF_ABSENT};
    struct writer *writer = context;
    for (int i = 0; i < ROUNDS; i++) {
        char name[16];
        int n = snprintf(name, sizeof name, "n%d", i);
        struct store_item item = {.name = bytes_make(name, (size_t)n), .created_ms = 1};
        enum rc rc = store_put(writer->store, &item, absent, 0);
        writer->won += rc == RC_OK;
        writer->failed += rc != RC_OK && rc != RC_EXISTS;
    }
    return NULL;
}

static void one_alone_wins_a_name(struct store_suite *suite)
{
    struct writer writers[THREADS];
    unsigned won = 0;
    run_all(suite, claim_names, writers);
    for (int i = 0; i < THREADS; i++)
        won += writers[i].won;
    cr_expect_eq(won, (unsigned)ROUNDS);
}

/* Reads the number, and writes the next one on condition that nobody else has. */
static enum rc count_up(struct store *store, struct arena *arena)
{
    struct store_item item;
    char text[16];
    enum rc rc = store_get(store, BYTES_LIT("count"), 0, arena, &item);
    if (rc != RC_OK)
        return rc;
    struct store_condition unchanged = {STORE_IF_VERSION, item.version, item.created_ms};
    int n = snprintf(text, sizeof text, "%ld", strtol(item.value.ptr, NULL, 10) + 1);
    item.value = bytes_make(text, (size_t)n);
    return store_put(store, &item, unchanged, 0);
}

static void *count_up_often(void *context)
{
    struct writer *writer = context;
    struct arena arena;
    arena_init(&arena, 1 << 16);
    while (writer->won < ROUNDS && !writer->failed) {
        enum rc rc = count_up(writer->store, &arena);
        writer->won += rc == RC_OK;
        writer->failed += rc != RC_OK && rc != RC_CONFLICT;
        arena_reset(&arena);
    }
    arena_release(&arena);
    return NULL;
}

static void no_conditional_update_is_lost(struct store_suite *suite)
{
    struct writer writers[THREADS];
    struct store_condition absent = {.when = STORE_IF_ABSENT};
    cr_assert_eq(store_suite_put(suite, BYTES_LIT("count"), BYTES_LIT("0"), absent), RC_OK);
    run_all(suite, count_up_often, writers);
    struct store_item item = store_suite_get(suite, BYTES_LIT("count"));
    cr_expect_eq(strtol(item.value.ptr, NULL, 10), (long)THREADS * ROUNDS);
    cr_expect_eq(item.version, 1u + THREADS * ROUNDS);
}

const struct store_claim store_shared_claims[] = {
    {"one alone wins a name", one_alone_wins_a_name},
    {"no conditional update is lost", no_conditional_update_is_lost},
    {NULL, NULL},
};
