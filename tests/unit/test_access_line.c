#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/alb/access_line.h"

/* Lines are split as AWS documents its log: by blanks, but not within quotation marks. */

enum { FIELDS = 33 };

static struct buf out;
static struct bytes fields[FIELDS + 1];
static bool has_quotes[FIELDS + 1];

static void setup(void)
{
    buf_init(&out, 1 << 16);
}

static void teardown(void)
{
    buf_release(&out);
}

TestSuite(access_line, .init = setup, .fini = teardown);

/* The number of fields; the line must end with one line end, and have no other. */
static size_t split(void)
{
    struct bytes rest = buf_bytes(&out);
    size_t count = 0;
    cr_assert(!out.failed);
    cr_assert(rest.len && bytes_find(rest, '\n') == rest.len - 1, "one line");
    rest.len--;
    while (count <= FIELDS) {
        bool is_quoted = rest.len && rest.ptr[0] == '"';
        rest = bytes_skip(rest, is_quoted);
        size_t end = bytes_find(rest, is_quoted ? '"' : ' ');
        cr_assert(!is_quoted || end < rest.len, "an open quotation mark");
        has_quotes[count] = is_quoted;
        fields[count++] = bytes_make(rest.ptr, end);
        rest = bytes_skip(rest, end + is_quoted);
        if (!rest.len)
            break;
        cr_assert_eq(rest.ptr[0], ' ');
        rest = bytes_skip(rest, 1);
    }
    return count;
}

static void expect_field(size_t number, const char *text)
{
    cr_expect(bytes_eq(fields[number - 1], bytes_from_str(text)), "field %zu: '%.*s', not '%s'",
              number, BYTES_ARG(fields[number - 1]), text);
}

static struct access_line example(void)
{
    return (struct access_line){
        .type = "http",
        .end_epoch_us = 1795253400250007,
        .balancer = BYTES_LIT("app/duet/50dc6c495c0c9188"),
        .client = BYTES_LIT("192.0.2.7:50000"),
        .targets = {{BYTES_LIT("127.0.0.1:8081"), 0}, {BYTES_LIT("127.0.0.1:8082"), 204}},
        .target_count = 2,
        .request_us = 999,
        .target_us = 2048000,
        .response_us = 0,
        .status = 204,
        .received_bytes = 34,
        .sent_bytes = 366,
        .method = BYTES_LIT("GET"),
        .uri = BYTES_LIT("/a?b=c"),
        .version = BYTES_LIT("HTTP/1.1"),
        .host = BYTES_LIT("www.example.com"),
        .port = 80,
        .user_agent = BYTES_LIT("curl/7.46.0 (\"x\")\\\n\xc3\xa9"),
        .group_arn = BYTES_LIT("arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/a/73e2"),
        .trace_id = BYTES_LIT("Root=1-58337262-36d228ad5d99923122bbe354"),
        .rule_priority = 0,
        .begin_epoch_us = 1795253398202000,
        .actions = BYTES_LIT("forward"),
        .desync = DESYNC_BOTH_TE_CL_PRESENT,
    };
}

Test(access_line, has_its_33_fields_in_awss_order)
{
    static const char *const want[FIELDS] = {
        "http",
        "2026-11-21T09:30:00.250007Z",
        "app/duet/50dc6c495c0c9188",
        "192.0.2.7:50000",
        "127.0.0.1:8082",
        "0.000",
        "2.048",
        "0.000",
        "204",
        "204",
        "34",
        "366",
        "GET http://www.example.com:80/a?b=c HTTP/1.1",
        "curl/7.46.0 (\\x22x\\x22)\\x5C\\x0A\\xC3\\xA9",
        "-",
        "-",
        "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/a/73e2",
        "Root=1-58337262-36d228ad5d99923122bbe354",
        "-",
        "-",
        "0",
        "2026-11-21T09:29:58.202000Z",
        "forward",
        "-",
        "-",
        "127.0.0.1:8081 127.0.0.1:8082",
        "- 204",
        "Ambiguous",
        "BothTeClPresent",
        "-",
        "-",
        "-",
        "-",
    };
    static const char quoted[] = "000000000000110001110011111110111";
    struct access_line line = example();
    access_line_write(&out, &line);
    cr_assert_eq(split(), FIELDS);
    for (size_t i = 0; i < FIELDS; i++) {
        expect_field(i + 1, want[i]);
        cr_expect_eq(has_quotes[i], quoted[i] == '1', "field %zu", i + 1);
    }
}

/* Bytes that were no request, refused before any target was chosen. */
Test(access_line, a_request_that_nobody_could_read_has_its_33_fields_too)
{
    struct access_line line = {
        .type = "http",
        .request_us = -1,
        .target_us = -1,
        .response_us = -1,
        .status = 400,
        .port = 8080,
        .rule_priority = ACCESS_LINE_NO_RULE,
        .desync = DESYNC_BAD_METHOD,
    };
    access_line_write(&out, &line);
    cr_assert_eq(split(), FIELDS);
    expect_field(4, "-");
    expect_field(5, "-");
    expect_field(6, "-1");
    expect_field(8, "-1");
    expect_field(9, "400");
    expect_field(10, "-");
    expect_field(13, "- http://-:8080 -");
    expect_field(21, "-1");
    expect_field(23, "-");
    expect_field(26, "-");
    expect_field(27, "-");
    expect_field(28, "Severe");
    expect_field(29, "BadMethod");
}

Test(access_line, a_function_stands_in_no_list_of_targets)
{
    struct access_line line = example();
    line.targets[0] = (struct access_target){{NULL, 0}, 200};
    line.target_count = 1;
    access_line_write(&out, &line);
    cr_assert_eq(split(), FIELDS);
    expect_field(5, "-");
    expect_field(10, "200");
    expect_field(26, "-");
    expect_field(27, "-");
}

/* A function has no address. */
Test(access_line, a_function_and_its_refusal)
{
    struct access_line line = example();
    line.targets[0] = (struct access_target){{NULL, 0}, 0};
    line.target_count = 1;
    line.status = 502;
    line.error_reason = "LambdaInvalidResponse";
    line.desync = DESYNC_IS_COMPLIANT;
    access_line_write(&out, &line);
    cr_assert_eq(split(), FIELDS);
    expect_field(5, "-");
    expect_field(9, "502");
    expect_field(10, "-");
    expect_field(25, "LambdaInvalidResponse");
    expect_field(26, "-");
    expect_field(27, "-");
    expect_field(28, "-");
    expect_field(29, "-");
}

Test(access_line, a_client_that_got_nothing_and_a_long_user_agent)
{
    static char agent[ACCESS_LINE_USER_AGENT + 10];
    memset(agent, 'a', sizeof agent);
    struct access_line line = example();
    line.type = "h2";
    line.status = 0;
    line.user_agent = bytes_make(agent, sizeof agent);
    access_line_write(&out, &line);
    cr_assert_eq(split(), FIELDS);
    expect_field(9, "000");
    expect_field(13, "GET https://www.example.com:80/a?b=c HTTP/1.1");
    cr_expect_eq(fields[13].len, ACCESS_LINE_USER_AGENT);
}
