#include <criterion/criterion.h>

#include "runtime/server/request_id.h"

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 1024 * 1024);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(request_id, .init = setup, .fini = teardown);

Test(request_id, a_trace_id_is_the_id_and_is_cut)
{
    static char longer[TRACE_ID_MAX_BYTES + 100];
    struct request_id ids;
    struct http_field field = {BYTES_INIT("X-AMZN-Trace-Id"), BYTES_INIT("Root=1-2-3")};
    struct http_request req = {.fields = &field, .field_count = 1, .arena = &arena};
    request_id_init(&ids);
    request_id_set(&ids, &req);
    cr_expect(bytes_eq(req.trace_id, BYTES_LIT("Root=1-2-3")));
    cr_expect(bytes_eq(req.request_id, req.trace_id));
    memset(longer, 'a', sizeof longer);
    field.value = bytes_make(longer, sizeof longer);
    request_id_set(&ids, &req);
    cr_expect_eq(req.trace_id.len, (size_t)TRACE_ID_MAX_BYTES);
    cr_expect_eq(req.request_id.len, (size_t)TRACE_ID_MAX_BYTES);
}

Test(request_id, without_one_each_request_has_an_id_of_its_own)
{
    enum { COUNT = 300 };
    struct request_id ids[2];
    struct bytes seen[2 * COUNT];
    request_id_init(&ids[0]);
    request_id_init(&ids[1]);
    for (size_t i = 0; i < 2 * COUNT; i++) {
        struct http_request req = {.arena = &arena};
        request_id_set(&ids[i % 2], &req);
        seen[i] = req.request_id;
        cr_assert_eq(seen[i].len, (size_t)REQUEST_ID_LEN);
        cr_expect_eq(req.trace_id.len, 0u);
        for (size_t j = 0; j < seen[i].len; j++)
            cr_expect_not_null(strchr("0123456789abcdef", seen[i].ptr[j]));
        for (size_t j = 0; j < i; j++)
            cr_expect_not(bytes_eq(seen[i], seen[j]), "%zu and %zu", i, j);
    }
}
