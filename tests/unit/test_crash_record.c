#include <criterion/criterion.h>

#include <signal.h>

#include "runtime/core/crash_line.h"
#include "runtime/core/limits.h"
#include "runtime/tool/crash_record.h"
#include "tests/support/guard.h"

static struct arena arena;
static struct crash_record record;

static void setup(void)
{
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(crash_record, .init = setup, .fini = teardown);

static bool reads(struct bytes text)
{
    struct guard guard = guard_new(text);
    bool is_read = crash_record_read(guard.view, &arena, &record);
    guard_free(&guard);
    return is_read;
}

Test(crash_record, reads_what_a_home_writes)
{
    static const struct program_image image = {
        .base = 0x555500000000, .build_id = {0xab, 0x01}, .build_id_len = 2};
    static const uintptr_t addresses[] = {0x10, UINTPTR_MAX, 0x5555deadbeef};
    char room[4096];
    struct buf out = {.data = room, .cap = sizeof room, .max = sizeof room};
    struct crash_line line = {.crash = {SIGSEGV, false, true, 0x10},
                              .request_id = BYTES_LIT("id-1"),
                              .image = &image,
                              .addresses = addresses,
                              .address_count = 3};
    buf_append(&out, BYTES_LIT("lambda | "));
    crash_line_append(&out, &line);
    cr_assert(reads(buf_bytes(&out)));
    cr_expect(bytes_eq(record.timestamp, BYTES_LIT("1970-01-01T00:00:00.000Z")));
    cr_expect(bytes_eq(record.message, BYTES_LIT("crashed by SIGSEGV at address 0x10")));
    cr_expect(bytes_eq(record.request_id, BYTES_LIT("id-1")));
    cr_expect(bytes_eq(record.build_id, BYTES_LIT("ab01")));
    cr_expect_eq(record.base, image.base);
    cr_expect_eq(record.address_count, (size_t)3);
    cr_expect(memcmp(record.addresses, addresses, sizeof addresses) == 0);
}

#define LINE(base, addresses) \
    "{\"message\":\"m\",\"buildId\":\"ab\",\"base\":" base ",\"addresses\":" addresses "}"

struct row {
    const char *line;
    bool is_read;
};

static const struct row rows[] = {
    {LINE("\"0x0\"", "[\"0x1\"]"), true},
    {LINE("\"0x0\"", "[\"0xffffffffffffffff\"]") "\n", true},
    {"", false},
    {"{", false},
    {"no object", false},
    {"{\"buildId\"", false},
    {"{\"buildId\":\"ab\"}", false},
    {"{\"message\":\"buildId\"}", false},
    {LINE("\"0x0\"", "[\"0x1\"]") " {}", false},
    {LINE("\"0x0\"", "[]"), false},
    {LINE("\"0x0\"", "\"0x1\""), false},
    {LINE("\"0x0\"", "[1]"), false},
    {LINE("\"0x0\"", "[\"\"]"), false},
    {LINE("\"0x0\"", "[\"0x\"]"), false},
    {LINE("\"0x0\"", "[\"0xG\"]"), false},
    {LINE("\"0x0\"", "[\"0x10000000000000000\"]"), false},
    {LINE("\"1\"", "[\"0x1\"]"), false},
    {LINE("null", "[\"0x1\"]"), false},
};

Test(crash_record, takes_the_line_of_a_crash_and_no_other)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_expect_eq(reads(bytes_from_str(rows[i].line)), rows[i].is_read, "%s", rows[i].line);
}

Test(crash_record, refuses_more_addresses_than_a_line_has)
{
    struct buf out;
    for (size_t count = BACKTRACE_MAX; count <= BACKTRACE_MAX + 1; count++) {
        buf_init(&out, 1 << 20);
        buf_append(&out, BYTES_LIT("{\"message\":\"m\",\"buildId\":\"\",\"base\":\"0x0\","
                                   "\"addresses\":[\"0x1\""));
        for (size_t i = 1; i < count; i++)
            buf_append(&out, BYTES_LIT(",\"0x1\""));
        buf_append(&out, BYTES_LIT("]}"));
        cr_expect_eq(reads(buf_bytes(&out)), count == BACKTRACE_MAX, "%zu", count);
        buf_release(&out);
    }
}
