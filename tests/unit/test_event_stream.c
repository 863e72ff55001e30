#include <criterion/criterion.h>

#include "runtime/functions/event_stream.h"

static struct arena arena;

static void init(void)
{
    arena_init(&arena, 1 << 16);
}

static void release(void)
{
    arena_release(&arena);
}

TestSuite(event_stream, .init = init, .fini = release);

/* The check value of the CRC catalogue, and what zlib gives for nothing. */
Test(event_stream, crc32_is_zlibs)
{
    cr_expect_eq(event_stream_crc32(BYTES_LIT("123456789")), 0xCBF43926u);
    cr_expect_eq(event_stream_crc32(BYTES_LIT("")), 0u);
}

/* The shortest one is among the vectors that AWS's SDKs share. */
Test(event_stream, a_message_has_its_lengths_headers_and_checksums)
{
    static const char empty[] = {0,    0,          0,          0x10,       0,    0,
                                 0,    0,          0x05,       (char)0xc2, 0x48, (char)0xeb,
                                 0x7d, (char)0x98, (char)0xc8, (char)0xff};
    struct bytes out;
    cr_assert_eq(event_stream_message(&arena, NULL, 0, BYTES_LIT(""), &out), RC_OK);
    cr_expect(bytes_eq(out, bytes_make(empty, sizeof empty)));
    const struct event_stream_header header = {":event-type", BYTES_LIT("PayloadChunk")};
    cr_assert_eq(event_stream_message(&arena, &header, 1, BYTES_LIT("abc"), &out), RC_OK);
    cr_assert_eq(out.len, 12u + 1 + 11 + 3 + 12 + 3 + 4);
    cr_expect(bytes_eq(bytes_make(out.ptr + 12, 27),
                       bytes_make("\x0b:event-type\x07\x00\x0cPayloadChunk", 27)));
    cr_expect(bytes_eq(bytes_make(out.ptr + 39, 3), BYTES_LIT("abc")));
}

Test(event_stream, no_room_is_said)
{
    struct arena small;
    struct bytes out;
    arena_init(&small, 64);
    cr_expect_eq(event_stream_message(&small, NULL, 0,
                                      BYTES_LIT("0123456789012345678901234567890"
                                                "0123456789012345678901234567890"
                                                "012345678901234567890123456789"),
                                      &out),
                 RC_NOMEM);
    arena_release(&small);
}
