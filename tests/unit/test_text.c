#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/core/text.h"

static struct arena arena;
static struct text text;

static void setup(void)
{
    arena_init(&arena, 1 << 20);
    text_init(&text, &arena);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(text, .init = setup, .fini = teardown);

Test(text, grows_by_pieces)
{
    cr_expect_eq(text_bytes(&text).len, 0u);
    text_append(&text, BYTES_LIT("a"));
    text_append(&text, bytes_make(NULL, 0));
    text_printf(&text, "%d-%s", 42, "b");
    text_printf(&text, "%s", "");
    text_json_string(&text, BYTES_LIT("\"\n\xFF"));
    cr_expect(bytes_eq(text_bytes(&text), BYTES_LIT("a42-b\"\\\"\\n\xEF\xBF\xBD\"")));
    cr_expect_not(text.failed);
}

Test(text, stays_whole_while_others_take_from_the_arena)
{
    for (int i = 0; i < 5000; i++) {
        text_printf(&text, "%04d", i);
        cr_assert_not_null(arena_alloc(&arena, (size_t)i % 7));
    }
    cr_assert_eq(text.len, 20000u);
    for (int i = 0; i < 5000; i++) {
        char wanted[16];
        (void)snprintf(wanted, sizeof wanted, "%04d", i);
        cr_assert_eq(memcmp(text.data + 4 * i, wanted, 4), 0, "at %d", i);
    }
}

Test(text, can_be_cut_back)
{
    text_append(&text, BYTES_LIT("keep, drop"));
    text_cut(&text, 4);
    text_append(&text, BYTES_LIT("!"));
    cr_expect(bytes_eq(text_bytes(&text), BYTES_LIT("keep!")));
}

Test(text, a_full_arena_leaves_the_piece_out_and_is_remembered)
{
    static char large[4096];
    struct arena small;
    arena_init(&small, 1024);
    text_init(&text, &small);
    text_append(&text, BYTES_LIT("kept"));
    text_append(&text, bytes_make(large, sizeof large));
    text_json_string(&text, bytes_make(large, sizeof large));
    text_printf(&text, "%*d", 4096, 1);
    cr_expect(text.failed);
    cr_expect(bytes_eq(text_bytes(&text), BYTES_LIT("kept")));
    text_append(&text, BYTES_LIT("."));
    cr_expect(bytes_eq(text_bytes(&text), BYTES_LIT("kept.")));
    cr_expect(text.failed, "it stays set");
    arena_release(&small);
}
