#include <criterion/criterion.h>

#include <fcntl.h>
#include <unistd.h>

#include "runtime/core/limits.h"
#include "runtime/core/log.h"
#include "runtime/json/json.h"

static struct arena arena;
static int ends[2];
static char text[2 * LIMIT_LOG_LINE_BYTES];

static void setup(void)
{
    arena_init(&arena, 4 << 20);
    cr_assert_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    log_set_fd(ends[1]);
}

static void teardown(void)
{
    arena_release(&arena);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

TestSuite(log, .init = setup, .fini = teardown);

/* The one line that was written, as JSON. */
static cJSON *line(void)
{
    cJSON *root = NULL;
    ssize_t n = read(ends[0], text, sizeof text);
    cr_assert_gt(n, 0);
    cr_assert_leq(n, LIMIT_LOG_LINE_BYTES);
    struct bytes view = bytes_make(text, (size_t)n);
    cr_assert_eq(bytes_find(view, '\n'), view.len - 1, "one line, and a whole one");
    cr_assert_eq(json_parse(&arena, view, &root, NULL), RC_OK, "%.*s", BYTES_ARG(view));
    cr_assert(cJSON_IsObject(root));
    return root;
}

static struct bytes member(const cJSON *root, const char *name)
{
    return json_bytes(cJSON_GetObjectItemCaseSensitive(root, name));
}

static struct bytes filled(size_t len, char c)
{
    char *p = arena_alloc(&arena, len + 1);
    cr_assert_not_null(p);
    memset(p, c, len);
    p[len] = '\0';
    return bytes_make(p, len);
}

Test(log, a_line_is_one_object_with_lambdas_keys)
{
    log_event(LOG_INFO, "listening", LOG_NUM("port", 8080), LOG_STR("on", "here"));
    cJSON *root = line();
    cr_expect(bytes_eq(member(root, "level"), BYTES_LIT("INFO")));
    cr_expect(bytes_eq(member(root, "message"), BYTES_LIT("listening")));
    cr_expect(bytes_eq(member(root, "on"), BYTES_LIT("here")));
    cr_expect_eq(cJSON_GetNumberValue(cJSON_GetObjectItemCaseSensitive(root, "port")), 8080);
    cr_expect_eq(member(root, "timestamp").len, strlen("2026-11-21T09:30:00.250Z"));
    cr_expect_eq(cJSON_GetArraySize(root), 5);
}

Test(log, all_levels_have_names)
{
    static const char *const names[] = {"DEBUG", "INFO", "WARN", "ERROR", "FATAL"};
    for (int i = LOG_DEBUG; i <= LOG_FATAL; i++) {
        log_write((enum log_level)i, "x", NULL, 0);
        cr_expect(bytes_eq(member(line(), "level"), bytes_from_str(names[i])));
    }
}

Test(log, odd_bytes_are_escaped)
{
    log_event(LOG_WARN, "say \"\n\x01\"", LOG_TEXT("path", BYTES_LIT("/\0\xFF\r\n\"\\\xC3\xA9")));
    cr_assert_gt(read(ends[0], text, sizeof text), 0);
    cr_expect_not_null(strstr(text, "\"message\":\"say \\\"\\n\\u0001\\\"\""));
    cr_expect_not_null(strstr(text, "\"path\":\"/\\u0000\xEF\xBF\xBD\\r\\n\\\"\\\\\xC3\xA9\""));
}

Test(log, empty_texts_are_left_out_but_zero_is_a_number)
{
    log_event(LOG_INFO, "x", LOG_TEXT("a", BYTES_LIT("")), LOG_STR("b", NULL), LOG_NUM("c", 0));
    cJSON *root = line();
    cr_expect_eq(cJSON_GetArraySize(root), 4);
    cr_expect_not_null(cJSON_GetObjectItemCaseSensitive(root, "c"));
}

Test(log, numbers_have_all_their_digits)
{
    log_event(LOG_INFO, "x", LOG_NUM("min", INT64_MIN), LOG_NUM("max", INT64_MAX));
    cr_assert_gt(read(ends[0], text, sizeof text), 0);
    cr_expect_not_null(strstr(text, "\"min\":-9223372036854775808,"));
    cr_expect_not_null(strstr(text, "\"max\":9223372036854775807}"));
}

Test(log, a_field_that_does_not_fit_is_left_out_and_the_next_one_is_not)
{
    log_event(LOG_INFO, "x", LOG_TEXT("large", filled(LIMIT_LOG_LINE_BYTES, 'a')),
              LOG_STR("small", "here"));
    cJSON *root = line();
    cr_expect_null(cJSON_GetObjectItemCaseSensitive(root, "large"));
    cr_expect(bytes_eq(member(root, "small"), BYTES_LIT("here")));
}

/* Each length around the limit, in one piece and in escapes that fail one by one. */
Test(log, a_line_is_whole_at_every_length)
{
    for (size_t len = LIMIT_LOG_LINE_BYTES - 200; len < LIMIT_LOG_LINE_BYTES + 10; len++) {
        arena_reset(&arena);
        log_event(LOG_INFO, "x", LOG_TEXT("a", filled(len, 'a')), LOG_NUM("n", 1));
        (void)line();
        log_event(LOG_INFO, "x", LOG_TEXT("a", filled(len / 2, '"')), LOG_NUM("n", 1));
        (void)line();
    }
}

Test(log, a_message_that_does_not_fit_is_cut)
{
    static const char fills[] = {'a', '"', '\n', '\x01', '\xFF'};
    for (size_t i = 0; i < sizeof fills; i++)
        for (size_t len = LIMIT_LOG_LINE_BYTES / 6 - 50; len < LIMIT_LOG_LINE_BYTES + 10;
             len += 7) {
            arena_reset(&arena);
            log_write(LOG_INFO, filled(len, fills[i]).ptr, NULL, 0);
            cr_expect_gt(member(line(), "message").len, 100u);
            log_event(LOG_INFO, filled(len, fills[i]).ptr, LOG_NUM("n", 1));
            (void)line();
        }
}

Test(log, goes_nowhere_when_told)
{
    log_set_fd(-1);
    log_event(LOG_INFO, "x", LOG_NUM("n", 1));
    cr_expect_eq(read(ends[0], text, sizeof text), -1, "nothing was written");
}
