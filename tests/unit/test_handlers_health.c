#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/core/clock.h"
#include "runtime/json/json.h"
#include "tests/support/call.h"
#include "tests/support/store_file.h"

static struct call_home home;
static struct call call;

static void setup(void)
{
    call_home_init(&home, HOME_FARGATE, "memory");
    call_init(&call);
}

static void teardown(void)
{
    call_release(&call);
    call_home_release(&home);
}

TestSuite(handlers_health, .init = setup, .fini = teardown);

static const char *const hellos[] = {"/", "/hello", "/hello?name=ada", "/?"};

Test(handlers_health, hello_world)
{
    for (size_t i = 0; i < sizeof hellos / sizeof *hellos; i++) {
        cr_expect_eq(call_get(&call, &home, hellos[i]), 200, "%s", hellos[i]);
        cr_expect_str_eq(call_body(&call), "Hello world");
        cr_expect_str_eq(call_field(&call, "content-type"), "text/plain");
    }
    cr_expect_eq(call_get(&call, &home, "/hello/"), 404, "another path");
}

Test(handlers_health, healthcheck_says_whether_it_stops)
{
    cr_expect_eq(call_get(&call, &home, "/healthcheck"), 200);
    cr_expect_str_eq(call_body(&call), "{\"status\":\"ok\"}");
    cr_expect_str_eq(call_field(&call, "Content-Type"), "application/json");
    atomic_store(&home.app.is_stopping, true);
    cr_expect_eq(call_get(&call, &home, "/healthcheck"), 503);
    cr_expect_str_eq(call_body(&call), "{\"status\":\"stopping\"}");
    cr_expect_str_eq(call_field(&call, "Content-Type"), "application/json");
}

Test(handlers_health, gtg_without_details_is_two_letters)
{
    cr_expect_eq(call_get(&call, &home, "/gtg"), 200);
    cr_expect_str_eq(call_body(&call), "OK");
    cr_expect_str_eq(call_field(&call, "Content-Type"), "text/plain");
    cr_expect_eq(call_get(&call, &home, "/gtg?detail=1&details2"), 200);
    cr_expect_str_eq(call_body(&call), "OK", "another key");
    atomic_store(&home.app.is_stopping, true);
    cr_expect_eq(call_get(&call, &home, "/gtg"), 503);
    cr_expect_str_eq(call_body(&call), "stopping");
}

static const char *const details[] = {
    "/gtg?details",          "/gtg?details=",  "/gtg?details=1&x", "/gtg?x&details=no",
    "/gtg?%64etails=%C3%A9", "/gtg?details=%", "/gtg?&&details&&",
};

/* The member `path` (names with dots between) of the answer's JSON. */
static cJSON *member(const char *path)
{
    cJSON *item;
    char names[128];
    cr_assert_eq(json_parse(&call.arena, call.res.body, &item, NULL), RC_OK, "%s",
                 call_body(&call));
    (void)snprintf(names, sizeof names, "%s", path);
    for (char *rest = names, *name; (name = strsep(&rest, "."));)
        item = cJSON_GetObjectItemCaseSensitive(item, name);
    cr_assert_not_null(item, "%s of %s", path, call_body(&call));
    return item;
}

Test(handlers_health, gtg_with_details_tells_what_it_is)
{
    home.app.start_ms = clock_ms_monotonic() - 5500;
    for (size_t i = 0; i < sizeof details / sizeof *details; i++) {
        cr_assert_eq(call_get(&call, &home, details[i]), 200, "%s", details[i]);
        cr_expect_str_eq(call_field(&call, "Content-Type"), "application/json");
        cr_expect_str_eq(member("service")->valuestring, home.app.definition->name);
        cr_expect_str_eq(member("version")->valuestring, home.app.definition->version);
        cr_expect_str_eq(member("home")->valuestring, "fargate");
        cr_expect_geq(member("uptime_s")->valueint, 5);
        cr_expect(cJSON_IsFalse(member("stopping")));
        cr_expect_str_eq(member("store.kind")->valuestring, "memory");
        cr_expect_str_eq(member("store.state")->valuestring, "ok");
    }
    atomic_store(&home.app.is_stopping, true);
    cr_expect_eq(call_get(&call, &home, "/gtg?details"), 503);
    cr_expect(cJSON_IsTrue(member("stopping")));
}

Test(handlers_health, gtg_of_a_service_without_a_store)
{
    struct call_home bare;
    call_home_init(&bare, HOME_LAMBDA, NULL);
    cr_expect_eq(call_get(&call, &bare, "/gtg?details"), 200);
    cr_expect_str_eq(member("home")->valuestring, "lambda");
    cr_expect_str_eq(member("store.kind")->valuestring, "none");
    call_home_release(&bare);
}

Test(handlers_health, gtg_tells_a_store_that_fails_and_only_details_ask_it)
{
    struct call_home disk;
    store_file_setup();
    call_home_init(&disk, HOME_FARGATE, store_file.url);
    cr_expect_eq(call_get(&call, &disk, "/gtg?details"), 200);
    cr_expect_str_eq(member("store.kind")->valuestring, "sqlite");
    cr_assert_eq(remove(store_file.path), 0);
    cr_expect_eq(call_get(&call, &disk, "/gtg?details"), 503);
    cr_expect_str_eq(member("store.state")->valuestring,
                     "unable to open database file (No such file or directory)");
    cr_expect_eq(call_get(&call, &disk, "/gtg"), 200);
    call_home_release(&disk);
    store_file_teardown();
}

Test(handlers_health, gtg_tells_a_store_that_is_too_slow)
{
    call_set_deadline(&call, clock_ms_monotonic() - 1);
    cr_expect_eq(call_get(&call, &home, "/gtg?details"), 503);
    cr_expect_str_eq(member("store.state")->valuestring, "it does not answer in time");
}

struct wait_row {
    const char *method, *target;
    bool waits;
};

static const struct wait_row wait_rows[] = {
    {"GET", "/", false},
    {"GET", "/healthcheck", false},
    {"GET", "/gtg", false},
    {"GET", "/gtg?", false},
    {"GET", "/gtg?details", true},
    {"GET", "/stats", false},
    {"GET", "/candidates", true},
    {"HEAD", "/candidates", true},
    {"GET", "/candidate/a", true},
    {"POST", "/candidate/a", true},
    {"OPTIONS", "/candidates", false},
    {"GET", "/none", false},
};

Test(handlers_health, only_what_calls_a_blocking_store_goes_to_a_worker)
{
    for (size_t i = 0; i < sizeof wait_rows / sizeof *wait_rows; i++) {
        const struct wait_row *row = &wait_rows[i];
        struct bytes text = bytes_from_str(row->target);
        size_t question = bytes_find(text, '?');
        home.app.store_is_blocking = true;
        call.req = (struct http_request){
            .method = http_method_parse(bytes_from_str(row->method)),
            .method_text = bytes_from_str(row->method),
            .path = bytes_make(text.ptr, question),
            .query = bytes_skip(text, question < text.len ? question + 1 : question),
            .arena = &call.arena,
        };
        enum rc rc = app_handle(&home.app, &call.req, &call.res, APP_MAY_NOT_WAIT);
        cr_expect_eq(rc, row->waits ? RC_AGAIN : RC_OK, "%s %s", row->method, row->target);
    }
}

Test(handlers_health, stats_are_the_systems)
{
    home.app.start_ms = clock_ms_monotonic() - 7500;
    cr_assert_eq(call_get(&call, &home, "/hello"), 200);
    cr_assert_eq(call_get(&call, &home, "/stats"), 200);
    cr_expect_str_eq(call_field(&call, "Content-Type"), "application/json");
    cr_expect_str_eq(member("home")->valuestring, "fargate");
    cr_expect_eq(member("pid")->valueint, (int)getpid());
    cr_expect_eq(member("requests_served")->valueint, 1);
    cr_expect_geq(member("uptime_s.process")->valueint, 7);
    cr_expect_gt(member("uptime_s.system")->valuedouble, 0);
    cr_expect_eq(member("cpu.count")->valueint, (int)sysconf(_SC_NPROCESSORS_ONLN));
    cr_expect_eq(cJSON_GetArraySize(member("cpu.load")), 3);
    double total = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    cr_expect_float_eq(member("memory_bytes.total")->valuedouble, total, total / 100);
    cr_expect_gt(member("memory_bytes.available")->valuedouble, 0);
    cr_expect_lt(member("memory_bytes.available")->valuedouble, total);
    cr_expect_gt(member("memory_bytes.process")->valuedouble, 100e3);
    cr_expect_lt(member("memory_bytes.process")->valuedouble, total);
}

Test(handlers_health, stats_follow_the_process)
{
    enum { GROWTH = 32 << 20 };
    cr_assert_eq(call_get(&call, &home, "/stats"), 200);
    double before = member("memory_bytes.process")->valuedouble;
    volatile char *block = malloc(GROWTH);
    cr_assert_not_null((void *)block);
    for (size_t i = 0; i < GROWTH; i += 1024)
        block[i] = 1;
    cr_assert_eq(call_get(&call, &home, "/stats"), 200);
    cr_expect_geq(member("memory_bytes.process")->valuedouble, before + GROWTH / 2);
    cr_expect_eq(member("requests_served")->valueint, 1);
    free((void *)block);
}
