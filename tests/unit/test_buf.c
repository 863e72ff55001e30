#include <criterion/criterion.h>

#include "runtime/core/buf.h"

static struct buf buf;

static void setup(void)
{
    buf_init(&buf, 10000);
}

static void teardown(void)
{
    buf_release(&buf);
}

TestSuite(buf, .init = setup, .fini = teardown);

Test(buf, holds_what_is_appended)
{
    buf_append(&buf, BYTES_LIT("a\0b"));
    buf_append_char(&buf, '-');
    buf_append_u64(&buf, 0);
    buf_append_u64(&buf, UINT64_MAX);
    buf_printf(&buf, "%s%d", "x", -1);
    cr_expect(bytes_eq(buf_bytes(&buf), BYTES_LIT("a\0b-018446744073709551615x-1")));
    cr_expect_not(buf.failed);
}

Test(buf, appending_nothing_allocates_nothing)
{
    buf_append(&buf, bytes_make(NULL, 0));
    cr_expect_null(buf.data);
    cr_expect_eq(buf_bytes(&buf).len, 0u);
}

Test(buf, grows_to_its_maximum_and_not_beyond)
{
    for (size_t i = 0; i < 10000; i++)
        buf_append_char(&buf, (char)('a' + i % 26));
    cr_expect_not(buf.failed);
    cr_expect_eq(buf.len, 10000u);
    cr_expect_leq(buf.cap, 10000u);
    buf_append_char(&buf, '!');
    cr_expect(buf.failed);
    cr_expect_eq(buf.len, 10000u);
    for (size_t i = 0; i < 10000; i++)
        cr_assert_eq(buf.data[i], (char)('a' + i % 26));
}

Test(buf, a_refusal_is_remembered_until_reset)
{
    char large[10001] = {0};
    buf_append(&buf, BYTES_LIT("kept"));
    buf_append(&buf, bytes_make(large, sizeof large));
    cr_expect(buf.failed);
    buf_append(&buf, BYTES_LIT(" too"));
    cr_expect(buf.failed);
    cr_expect(bytes_eq(buf_bytes(&buf), BYTES_LIT("kept too")));
    buf_reset(&buf);
    cr_expect_not(buf.failed);
    cr_expect_eq(buf.len, 0u);
}

Test(buf, a_print_over_the_maximum_leaves_it_as_it_was)
{
    buf_init(&buf, 10);
    buf_printf(&buf, "%s", "0123456");
    buf_printf(&buf, "%s", "0123456");
    cr_expect(buf.failed);
    cr_expect(bytes_eq(buf_bytes(&buf), BYTES_LIT("0123456")));
}

Test(buf, reserve_gives_room_without_using_it)
{
    cr_assert_eq(buf_reserve(&buf, 5000), RC_OK);
    cr_expect_geq(buf.cap - buf.len, 5000u);
    cr_expect_eq(buf.len, 0u);
    cr_expect_eq(buf_reserve(&buf, 10000), RC_OK);
    cr_expect_eq(buf_reserve(&buf, 10001), RC_NOMEM);
    cr_expect_eq(buf_reserve(&buf, SIZE_MAX), RC_NOMEM);
    cr_expect_not(buf.failed, "reserve says it by its result");
}

Test(buf, consume_moves_the_rest_to_the_front)
{
    buf_append(&buf, BYTES_LIT("abcdef"));
    buf_consume(&buf, 0);
    cr_expect(bytes_eq(buf_bytes(&buf), BYTES_LIT("abcdef")));
    buf_consume(&buf, 2);
    cr_expect(bytes_eq(buf_bytes(&buf), BYTES_LIT("cdef")));
    buf_consume(&buf, 4);
    cr_expect_eq(buf.len, 0u);
}

Test(buf, shrink_frees_what_is_large_and_empty)
{
    cr_assert_eq(buf_reserve(&buf, 5000), RC_OK);
    buf_append_char(&buf, 'x');
    buf_shrink(&buf, 1000);
    cr_expect_not_null(buf.data, "not empty");
    buf_reset(&buf);
    buf_shrink(&buf, buf.cap);
    cr_expect_not_null(buf.data, "not larger");
    buf_shrink(&buf, 1000);
    cr_expect_null(buf.data);
    buf_append_char(&buf, 'x');
    cr_expect_eq(buf.len, 1u);
}

Test(buf, release_works_on_a_zeroed_struct_and_twice)
{
    struct buf zeroed = {0};
    buf_release(&zeroed);
    buf_release(&zeroed);
    buf_append_char(&zeroed, 'x');
    cr_expect(zeroed.failed, "its maximum is 0");
}
