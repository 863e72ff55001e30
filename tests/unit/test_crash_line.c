#include <criterion/criterion.h>

#include <signal.h>

#include "runtime/core/clock.h"
#include "runtime/core/crash_line.h"

static struct buf out;

static void setup(void)
{
    buf_init(&out, 64 * 1024);
}

static void teardown(void)
{
    buf_release(&out);
}

TestSuite(crash_line, .init = setup, .fini = teardown);

static void expect_out(const char *wanted)
{
    cr_expect(bytes_eq(buf_bytes(&out), bytes_from_str(wanted)), "%.*s\nis not\n%s",
              BYTES_ARG(buf_bytes(&out)), wanted);
    buf_reset(&out);
}

struct kind_row {
    struct crash crash;
    const char *type, *message;
};

static const struct kind_row kind_rows[] = {
    {{SIGSEGV, false, true, 0}, "Runtime.SegmentationFault", "crashed by SIGSEGV at address 0x0"},
    {{SIGSEGV, false, false, 7}, "Runtime.SegmentationFault", "crashed by SIGSEGV"},
    {{SIGSEGV, true, true, 0x7ffe8bd9ce90},
     "Runtime.StackOverflow",
     "crashed by SIGSEGV at address 0x7ffe8bd9ce90, the end of the stack"},
    {{SIGBUS, false, true, 0x1000}, "Runtime.BusError", "crashed by SIGBUS at address 0x1000"},
    {{SIGILL, false, true, UINTPTR_MAX},
     "Runtime.IllegalInstruction",
     "crashed by SIGILL at address 0xffffffffffffffff"},
    {{SIGFPE, false, true, 0xab}, "Runtime.ArithmeticError", "crashed by SIGFPE at address 0xab"},
    {{SIGABRT, false, false, 0}, "Runtime.Abort", "crashed by SIGABRT"},
    {{SIGUSR1, false, false, 0}, "Runtime.Crash", "crashed by a signal"},
};

Test(crash_line, each_signal_has_a_type_and_a_sentence)
{
    for (size_t i = 0; i < sizeof kind_rows / sizeof *kind_rows; i++) {
        cr_expect_str_eq(crash_error_type(&kind_rows[i].crash), kind_rows[i].type, "%zu", i);
        crash_message_append(&out, &kind_rows[i].crash);
        expect_out(kind_rows[i].message);
    }
}

static const struct program_image image = {
    .base = 0x555500000000, .build_id = {0x01, 0x2f, 0xe0}, .build_id_len = 3};

Test(crash_line, has_all_that_is_known)
{
    static const uintptr_t addresses[] = {0x10, 0x5555deadbeef};
    struct crash_line line = {.crash = {SIGSEGV, false, true, 0x10},
                              .epoch_ms = 1795253400250,
                              .request_id = BYTES_LIT("id-\"1\""),
                              .report_status = 202,
                              .image = &image,
                              .addresses = addresses,
                              .address_count = 2};
    crash_line_append(&out, &line);
    expect_out("{\"timestamp\":\"2026-11-21T09:30:00.250Z\",\"level\":\"FATAL\","
               "\"message\":\"crashed by SIGSEGV at address 0x10\",\"requestId\":\"id-\\\"1\\\"\","
               "\"signal\":\"SIGSEGV\",\"errorType\":\"Runtime.SegmentationFault\","
               "\"reportStatus\":202,\"buildId\":\"012fe0\",\"base\":\"0x555500000000\","
               "\"addresses\":[\"0x10\",\"0x5555deadbeef\"]}\n");
}

Test(crash_line, leaves_out_what_is_not_there)
{
    static const struct program_image unknown = {.base = 0};
    struct crash_line line = {.crash = {SIGABRT, false, false, 0}, .image = &unknown};
    crash_line_append(&out, &line);
    expect_out("{\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"level\":\"FATAL\","
               "\"message\":\"crashed by SIGABRT\",\"signal\":\"SIGABRT\","
               "\"errorType\":\"Runtime.Abort\",\"buildId\":\"\",\"base\":\"0x0\","
               "\"addresses\":[]}\n");
}

/* Each day of 200 years, and an odd time of each. */
Test(crash_line, has_the_time_of_the_calendar)
{
    for (int64_t day = 0; day < 200 * 366; day++) {
        char wanted[CLOCK_RFC3339_LEN + 1];
        int64_t epoch_ms = day * 86400000 + day * 1237 % 86400000;
        struct crash_line line = {
            .crash = {SIGABRT, false, false, 0}, .epoch_ms = epoch_ms, .image = &image};
        clock_rfc3339(epoch_ms, wanted);
        crash_line_append(&out, &line);
        struct bytes got = bytes_make(out.data + sizeof "{\"timestamp\":", CLOCK_RFC3339_LEN);
        cr_assert(bytes_eq(got, bytes_from_str(wanted)), "%.*s is not %s", BYTES_ARG(got), wanted);
        buf_reset(&out);
    }
}

Test(crash_line, never_needs_more_than_a_log_line)
{
    uintptr_t addresses[BACKTRACE_MAX];
    char id[256];
    struct program_image whole = {.base = UINTPTR_MAX, .build_id_len = BUILD_ID_MAX_BYTES};
    memset(id, '\1', sizeof id); /* six bytes each as an escape */
    for (size_t i = 0; i < BACKTRACE_MAX; i++)
        addresses[i] = UINTPTR_MAX;
    struct crash_line line = {.crash = {SIGSEGV, true, true, UINTPTR_MAX},
                              .request_id = bytes_make(id, sizeof id),
                              .report_status = 999,
                              .image = &whole,
                              .addresses = addresses,
                              .address_count = BACKTRACE_MAX};
    char room[8 * 1024];
    struct buf fixed = {.data = room, .cap = sizeof room, .max = sizeof room};
    crash_line_append(&fixed, &line);
    cr_expect(!fixed.failed);
}
