#include <criterion/criterion.h>

#include <stdalign.h>

#include "runtime/core/arena.h"

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 1 << 20);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(arena, .init = setup, .fini = teardown);

Test(arena, allocations_are_aligned_and_apart)
{
    char *pieces[300];
    for (size_t i = 0; i < 300; i++) {
        pieces[i] = arena_alloc(&arena, i);
        cr_assert_not_null(pieces[i]);
        cr_expect_eq((uintptr_t)pieces[i] % alignof(max_align_t), 0u);
        memset(pieces[i], (int)i, i);
    }
    for (size_t i = 0; i < 300; i++)
        for (size_t k = 0; k < i; k++)
            cr_assert_eq((unsigned char)pieces[i][k], i & 0xFF, "piece %zu", i);
}

/* What does not fit into the caller's memory gets a block, and the caller's is left alone. */
Test(arena, begins_in_memory_of_the_callers)
{
    alignas(max_align_t) char first[128];
    struct arena near;
    arena_init_with(&near, 1 << 20, first, sizeof first);
    cr_expect_eq((char *)arena_alloc(&near, 100), first);
    char *other = arena_alloc(&near, 100);
    cr_assert_not_null(other);
    cr_expect(other < first || other >= first + sizeof first);
    memset(other, 1, 100);
    arena_release(&near);
    cr_expect_null(near._blocks);
}

Test(arena, aligns_behind_bytes_without_alignment)
{
    struct bytes text;
    cr_assert_eq(arena_dup(&arena, BYTES_LIT("ab"), &text), RC_OK);
    void *p = arena_alloc(&arena, 8);
    cr_expect_eq((uintptr_t)p % alignof(max_align_t), 0u);
}

Test(arena, zalloc_is_zero_in_used_memory_too)
{
    char *p = arena_alloc(&arena, 1000);
    cr_assert_not_null(p);
    memset(p, 'x', 1000);
    arena_reset(&arena);
    p = arena_zalloc(&arena, 1000);
    cr_assert_not_null(p);
    for (size_t i = 0; i < 1000; i++)
        cr_assert_eq(p[i], 0);
}

Test(arena, the_maximum_is_of_all_blocks)
{
    arena_init(&arena, 10000);
    cr_expect_null(arena_alloc(&arena, 10001));
    cr_expect_not_null(arena_alloc(&arena, 4000));
    cr_expect_not_null(arena_alloc(&arena, 5000));
    cr_expect_null(arena_alloc(&arena, 5000));
    arena_reset(&arena);
    cr_expect_not_null(arena_alloc(&arena, 5000), "a reset gives back what was taken");
}

Test(arena, all_of_the_maximum_can_be_had)
{
    arena_init(&arena, 10000);
    cr_expect_not_null(arena_alloc(&arena, 10000));
    cr_expect_null(arena_alloc(&arena, 1));
}

/* Lengths near the end of all numbers must not wrap around to small ones. */
Test(arena, sizes_beyond_all_memory_are_refused)
{
    cr_assert_not_null(arena_alloc(&arena, 1));
    for (size_t less = 0; less < 32; less++)
        cr_expect_null(arena_alloc(&arena, SIZE_MAX - less), "SIZE_MAX - %zu", less);
    cr_expect_not_null(arena_alloc(&arena, 1));
}

Test(arena, an_empty_arena_of_no_size_gives_nothing)
{
    struct bytes text = BYTES_LIT("untouched");
    arena_init(&arena, 0);
    cr_expect_null(arena_alloc(&arena, 1));
    cr_expect_eq(arena_dup(&arena, BYTES_LIT("a"), &text), RC_NOMEM);
    cr_expect_eq(arena_printf(&arena, &text, "%d", 1), RC_NOMEM);
    cr_expect(bytes_eq(text, BYTES_LIT("untouched")));
}

Test(arena, grow_stays_in_place_while_it_is_the_newest)
{
    char *p = arena_alloc(&arena, 10);
    cr_assert_not_null(p);
    memcpy(p, "0123456789", 10);
    char *q = arena_grow(&arena, p, 10, 100);
    cr_expect_eq(q, p);
    cr_assert_not_null(arena_alloc(&arena, 1));
    q = arena_grow(&arena, p, 100, 200);
    cr_assert_not_null(q);
    cr_expect_neq(q, p);
    cr_expect_eq(memcmp(q, "0123456789", 10), 0);
}

Test(arena, grow_crosses_blocks)
{
    size_t len = 1;
    char *p = arena_alloc(&arena, len);
    cr_assert_not_null(p);
    p[0] = 'x';
    for (; len < 100000; len *= 3) {
        p = arena_grow(&arena, p, len, len * 3);
        cr_assert_not_null(p);
        memset(p + len, 'x', len * 2);
    }
    for (size_t i = 0; i < len; i++)
        cr_assert_eq(p[i], 'x');
}

Test(arena, grow_from_nothing_allocates_and_a_refused_one_leaves_the_old)
{
    char *p = arena_grow(&arena, NULL, 0, 10);
    cr_assert_not_null(p);
    memcpy(p, "0123456789", 10);
    cr_expect_null(arena_grow(&arena, p, 10, (1 << 20) + 1));
    cr_expect_eq(memcmp(p, "0123456789", 10), 0);
}

Test(arena, copies_and_prints_end_with_nul)
{
    struct bytes text;
    cr_assert_eq(arena_dup(&arena, BYTES_LIT("a\0b"), &text), RC_OK);
    cr_expect(bytes_eq(text, BYTES_LIT("a\0b")));
    cr_expect_eq(text.ptr[3], '\0');
    cr_assert_eq(arena_dup(&arena, bytes_make(NULL, 0), &text), RC_OK);
    cr_expect_eq(text.len, 0u);
    cr_expect_eq(text.ptr[0], '\0');
    cr_assert_eq(arena_printf(&arena, &text, "%s-%d", "a", 7), RC_OK);
    cr_expect_str_eq(text.ptr, "a-7");
    cr_expect_eq(text.len, 3u);
}

/* Each length around the edges of the first blocks, the one that just fits among them. */
Test(arena, prints_over_the_end_of_a_block)
{
    for (size_t used = 4000; used <= 4096; used++) {
        struct bytes text;
        arena_reset(&arena);
        cr_assert_not_null(arena_alloc(&arena, used));
        cr_assert_eq(arena_printf(&arena, &text, "%050d", 7), RC_OK);
        cr_assert_eq(text.len, 50u);
        cr_assert_eq(strlen(text.ptr), 50u);
        cr_assert_eq(text.ptr[49], '7');
    }
}

Test(arena, release_works_twice_and_leaves_it_usable)
{
    cr_assert_not_null(arena_alloc(&arena, 10));
    arena_release(&arena);
    arena_release(&arena);
    cr_expect_not_null(arena_alloc(&arena, 10));
}

Test(arena, release_works_on_a_zeroed_struct)
{
    struct arena zeroed = {0};
    arena_release(&zeroed);
    arena_reset(&zeroed);
    cr_expect_null(zeroed._blocks);
}

Test(arena, joins_views_with_a_nul_behind_them)
{
    struct bytes out;
    cr_assert_eq(arena_join(&arena, BYTES_LIT("ab"), bytes_make(NULL, 0), BYTES_LIT("c"), &out),
                 RC_OK);
    cr_expect(bytes_eq(out, BYTES_LIT("abc")));
    cr_expect_eq(out.ptr[out.len], '\0');
}

/* What becomes of the memory cannot be seen from here; that it is the arena's, asan sees. */
Test(arena, wipes_all_of_its_blocks)
{
    struct arena wiped;
    arena_init(&wiped, 1 << 20);
    arena_wipe(&wiped);
    for (size_t i = 0; i < 100; i++) {
        char *p = arena_alloc(&wiped, 1000);
        cr_assert_not_null(p);
        memset(p, 'x', 1000);
    }
    arena_wipe(&wiped);
    cr_expect_not_null(arena_alloc(&wiped, 1 << 19));
    arena_release(&wiped);
}
