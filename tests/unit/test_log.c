#include <criterion/criterion.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/core/limits.h"
#include "runtime/core/log.h"
#include "runtime/json/json.h"

static struct arena arena;
static int ends[2];
static char text[2 * LIMIT_LOG_LINE_BYTES];

static const char *const level_names[] = {"TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"};

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
    log_set_level(LOG_TRACE);
    for (int i = LOG_TRACE; i <= LOG_FATAL; i++) {
        log_write((enum log_level)i, "x", NULL, 0);
        cr_expect(bytes_eq(member(line(), "level"), bytes_from_str(level_names[i])));
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

/* --- levels --- */

static bool is_silent(void)
{
    return read(ends[0], text, sizeof text) == -1;
}

Test(log, what_is_under_the_least_level_is_not_written)
{
    for (int least = LOG_TRACE; least <= LOG_FATAL; least++) {
        log_set_level((enum log_level)least);
        for (int level = LOG_TRACE; level <= LOG_FATAL; level++) {
            log_write((enum log_level)level, "x", NULL, 0);
            cr_expect_eq(is_silent(), level < least, "%s under %s", level_names[level],
                         level_names[least]);
        }
    }
}

Test(log, info_is_the_least_level_unless_told)
{
    log_event(LOG_DEBUG, "x", LOG_NUM("n", 1));
    cr_expect(is_silent());
    log_event(LOG_INFO, "x", LOG_NUM("n", 1));
    cr_expect_not(is_silent());
}

static int evaluated;

static struct bytes costly(void)
{
    evaluated++;
    return BYTES_LIT("costly");
}

Test(log, fields_of_a_line_that_is_not_written_are_not_evaluated)
{
    log_set_level(LOG_WARN);
    log_event(LOG_INFO, "x", LOG_TEXT("a", costly()));
    cr_expect_eq(evaluated, 0);
    log_event(LOG_WARN, "x", LOG_TEXT("a", costly()));
    cr_expect_gt(evaluated, 0);
}

/* --- the request in hand --- */

static const struct log_context of_request = {BYTES_INIT("id-1"), BYTES_INIT("Root=1-2-3")};

static void expect_ids(const char *request_id, const char *trace_id)
{
    log_event(LOG_INFO, "x", LOG_NUM("n", 1));
    cJSON *root = line();
    cr_expect(bytes_eq(member(root, "requestId"), bytes_from_str(request_id)));
    cr_expect(bytes_eq(member(root, "traceId"), bytes_from_str(trace_id)));
    cr_expect_eq(cJSON_GetArraySize(root), 4 + (request_id ? 1 : 0) + (trace_id ? 1 : 0));
}

Test(log, lines_have_the_ids_of_the_request_in_hand_until_they_are_taken_back)
{
    expect_ids(NULL, NULL);
    struct log_context before = log_context_set(of_request);
    expect_ids("id-1", "Root=1-2-3");
    struct log_context outer = log_context_set((struct log_context){.trace_id = BYTES_LIT("t")});
    expect_ids(NULL, "t");
    (void)log_context_set(outer);
    expect_ids("id-1", "Root=1-2-3");
    (void)log_context_set(before);
    expect_ids(NULL, NULL);
}

static void *log_elsewhere(void *arg)
{
    (void)arg;
    expect_ids(NULL, NULL);
    (void)log_context_set((struct log_context){.request_id = BYTES_LIT("id-2")});
    expect_ids("id-2", NULL);
    return NULL;
}

Test(log, each_thread_has_its_own_ids)
{
    pthread_t thread;
    (void)log_context_set(of_request);
    cr_assert_eq(pthread_create(&thread, NULL, log_elsewhere, NULL), 0);
    cr_assert_eq(pthread_join(thread, NULL), 0);
    expect_ids("id-1", "Root=1-2-3");
}

/* --- text --- */

/* The line without its time, whose form is checked. */
static const char *text_line(void)
{
    int at = 0, year;
    ssize_t n = read(ends[0], text, sizeof text - 1);
    cr_assert_gt(n, 0);
    text[n] = '\0';
    cr_assert_eq(bytes_find(bytes_make(text, (size_t)n), '\n'), (size_t)n - 1, "one line: %s",
                 text);
    for (ssize_t i = 0; i < n - 1; i++)
        cr_assert_geq((unsigned char)text[i], ' ', "a control byte at %zd of %s", i, text);
    text[n - 1] = '\0';
    cr_assert_eq(sscanf(text, "%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%*3dZ %n", &year, &at), 1, "%s", text);
    cr_assert_eq(at, 25, "%s", text);
    return text + at;
}

Test(log, text_has_time_level_request_message_and_fields)
{
    log_set_format(LOG_FORMAT_TEXT);
    log_event(LOG_INFO, "listening now", LOG_NUM("port", -1), LOG_STR("on", "here"),
              LOG_STR("none", ""));
    cr_expect_str_eq(text_line(), "INFO - listening now port=-1 on=here");
    log_write(LOG_FATAL, "cannot start", NULL, 0);
    cr_expect_str_eq(text_line(), "FATAL - cannot start");
    (void)log_context_set(of_request);
    log_event(LOG_WARN, "slow", LOG_NUM("ms", 5));
    cr_expect_str_eq(text_line(), "WARN id-1 slow traceId=Root=1-2-3 ms=5");
}

struct text_row {
    const char *name;
    struct bytes value;
    const char *shown;
};

static const struct text_row text_rows[] = {
    {"a word", BYTES_INIT("/a/b?c=d"), "v=/a/b?c=d"},
    {"a blank", BYTES_INIT("a b"), "v=\"a b\""},
    {"line ends", BYTES_INIT("a\r\nERROR - forged"), "v=\"a\\r\\nERROR - forged\""},
    {"quotes", BYTES_INIT("\"a\"\\"), "v=\"\\\"a\\\"\\\\\""},
    {"control bytes", BYTES_INIT("\0\x01\x1b[0m"), "v=\"\\u0000\\u0001\\u001b[0m\""},
    {"no UTF-8", BYTES_INIT("\xFF"), "v=\"\xEF\xBF\xBD\""},
    {"UTF-8", BYTES_INIT("\xC3\xA9"), "v=\"\xC3\xA9\""},
};

Test(log, one_event_of_text_stays_one_line_whatever_is_in_it)
{
    log_set_format(LOG_FORMAT_TEXT);
    for (size_t i = 0; i < sizeof text_rows / sizeof *text_rows; i++) {
        const struct text_row *row = &text_rows[i];
        log_event(LOG_INFO, "x", LOG_TEXT("v", row->value));
        const char *shown = text_line();
        cr_expect_str_eq(shown + strlen("INFO - x "), row->shown, "%s: %s", row->name, shown);
    }
    log_write(LOG_INFO, "two\nlines", NULL, 0);
    cr_expect_str_eq(text_line(), "INFO - two\\nlines");
    (void)log_context_set((struct log_context){.request_id = BYTES_LIT("id\nERROR - forged")});
    log_write(LOG_INFO, "x", NULL, 0);
    cr_expect_str_eq(text_line(), "INFO \"id\\nERROR - forged\" x");
}

Test(log, a_line_of_text_is_whole_at_every_length)
{
    static const char fills[] = {'a', '\x01', '\n'};
    log_set_format(LOG_FORMAT_TEXT);
    for (size_t i = 0; i < sizeof fills; i++)
        for (size_t len = 1; len < LIMIT_LOG_LINE_BYTES + 10; len += 61) {
            arena_reset(&arena);
            struct bytes fill = filled(len, fills[i]);
            (void)log_context_set((struct log_context){.request_id = fill, .trace_id = fill});
            log_event(LOG_INFO, fill.ptr, LOG_TEXT("a", fill), LOG_NUM("n", 1));
            const char *shown = text_line();
            cr_expect_not_null(strstr(shown, " n=1"), "%zu", len);
        }
}

/* --- threads --- */

enum { WRITERS = 4, LINES = 200, LONG_BYTES = 6000 };

/* Lines of one letter each, longer than what a pipe takes in one piece. */
static void *write_long_lines(void *context)
{
    char letters[LONG_BYTES];
    memset(letters, *(const char *)context, sizeof letters);
    for (int i = 0; i < LINES; i++)
        log_event(LOG_INFO, "long", LOG_TEXT("letters", bytes_make(letters, sizeof letters)));
    return NULL;
}

static void expect_one_letter(const char *long_line)
{
    const char *letters = strstr(long_line, "\"letters\":\"");
    cr_assert_not_null(letters, "%.100s", long_line);
    letters += strlen("\"letters\":\"");
    size_t len = strspn(letters, (const char[]){letters[0], '\0'});
    cr_assert_eq(len, (size_t)LONG_BYTES, "%zu", len);
    cr_assert_eq(strcmp(letters + len, "\"}\n"), 0, "%s", letters + len);
}

Test(log, long_lines_of_many_threads_do_not_mix)
{
    static char names[WRITERS] = {'a', 'b', 'c', 'd'};
    pthread_t threads[WRITERS];
    char *long_line = NULL;
    size_t capacity = 0, count = 0;
    cr_assert_eq(fcntl(ends[1], F_SETFL, 0), 0);
    cr_assert_eq(fcntl(ends[0], F_SETFL, 0), 0);
    cr_assert_gt(fcntl(ends[1], F_SETPIPE_SZ, 4096), 0);
    for (int i = 0; i < WRITERS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, write_long_lines, &names[i]), 0);
    FILE *reader = fdopen(dup(ends[0]), "r");
    cr_assert_not_null(reader);
    for (; count < (size_t)WRITERS * LINES; count++) {
        cr_assert_gt(getline(&long_line, &capacity, reader), 0);
        expect_one_letter(long_line);
    }
    for (int i = 0; i < WRITERS; i++)
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    (void)fclose(reader);
    free(long_line);
}
