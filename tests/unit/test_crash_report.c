#include <criterion/criterion.h>

#include <signal.h>

#include "runtime/lambda/crash_report.h"

static const struct crash crash = {SIGSEGV, false, true, 0x10};
static char room[CRASH_REPORT_MAX_BYTES];
static struct buf out = {.data = room, .cap = sizeof room, .max = sizeof room};

#define BODY                                                    \
    "{\"errorMessage\":\"crashed by SIGSEGV at address 0x10\"," \
    "\"errorType\":\"Runtime.SegmentationFault\",\"stackTrace\":[]}"
#define HEAD(target, more)                                                     \
    "POST /2018-06-01/runtime/" target " HTTP/1.1\r\nHost: 127.0.0.1:9001\r\n" \
    "Content-Type: application/json\r\nConnection: close\r\n"                  \
    "Lambda-Runtime-Function-Error-Type: Runtime.SegmentationFault\r\n" more   \
    "Content-Length: 109\r\n\r\n"

static void expect_report(const char *wanted)
{
    buf_reset(&out);
    cr_expect(crash_report_append(&out, &crash));
    cr_expect(bytes_eq(buf_bytes(&out), bytes_from_str(wanted)), "%.*s\nis not\n%s",
              BYTES_ARG(buf_bytes(&out)), wanted);
}

static void expect_none(void)
{
    buf_reset(&out);
    cr_expect(!crash_report_append(&out, &crash), "%.*s", BYTES_ARG(buf_bytes(&out)));
    cr_expect_eq(crash_report_tell(&crash), 0);
}

Test(crash_report, the_body_has_the_length_that_is_told)
{
    cr_expect_eq(sizeof BODY - 1, (size_t)109);
}

Test(crash_report, before_the_first_invocation_it_is_an_init_error)
{
    crash_report_start("127.0.0.1:9001");
    expect_report(HEAD("init/error", "") BODY);
}

Test(crash_report, in_an_invocation_it_has_its_ids)
{
    crash_report_start("127.0.0.1:9001");
    crash_report_begin(BYTES_LIT("id-1"), BYTES_LIT("attempt-7"));
    expect_report(HEAD("invocation/id-1/error", "Lambda-Runtime-Invocation-Id: attempt-7\r\n")
                      BODY);
    crash_report_begin(BYTES_LIT("id-2"), bytes_make(NULL, 0));
    expect_report(HEAD("invocation/id-2/error", "") BODY);
}

Test(crash_report, nobody_is_told_between_invocations)
{
    expect_none();
    crash_report_start("127.0.0.1:9001");
    crash_report_begin(BYTES_LIT("id-1"), bytes_make(NULL, 0));
    crash_report_end();
    expect_none();
}

Test(crash_report, what_does_not_fit_is_not_told)
{
    static const char id[300] = {'a'};
    static char api[400];
    crash_report_start("127.0.0.1:9001");
    crash_report_begin(bytes_make(id, 257), bytes_make(NULL, 0));
    expect_none();
    crash_report_begin(BYTES_LIT("id-1"), bytes_make(id, 257));
    expect_none();
    crash_report_begin(bytes_make(id, 256), bytes_make(id, 256));
    buf_reset(&out);
    cr_expect(crash_report_append(&out, &crash));
    memset(api, 'a', sizeof api - 1);
    crash_report_start(api);
    expect_none();
}

static const char *const no_addresses[] = {"localhost:9001",  "127.0.0.1",  "127.0.0.1:", "",
                                           "127.0.0.1:65536", "1.2.3:9001", "[::1]:9001"};

Test(crash_report, without_an_address_nobody_can_be_told)
{
    for (size_t i = 0; i < sizeof no_addresses / sizeof *no_addresses; i++) {
        crash_report_start(no_addresses[i]);
        cr_expect_eq(crash_report_tell(&crash), 0, "%s", no_addresses[i]);
    }
}
