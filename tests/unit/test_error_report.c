#include <criterion/criterion.h>

#include <stdlib.h>
#include <unistd.h>

#include "runtime/json/json.h"
#include "runtime/lambda/error_report.h"

struct type_row {
    struct bytes given, wanted;
};

#define FUNCTION_UNKNOWN BYTES_INIT("Function.Unknown")
#define RUNTIME_UNKNOWN BYTES_INIT("Runtime.Unknown")

static const struct type_row type_rows[] = {
    {BYTES_INIT("Runtime.InvalidEvent"), BYTES_INIT("Runtime.InvalidEvent")},
    {BYTES_INIT("Function.Xy"), BYTES_INIT("Function.Xy")},
    {BYTES_INIT("Function.XYZ"), BYTES_INIT("Function.XYZ")},
    {BYTES_INIT("Runtime.X"), RUNTIME_UNKNOWN},
    {BYTES_INIT("Function.X"), FUNCTION_UNKNOWN},
    {BYTES_INIT("Function.lower"), FUNCTION_UNKNOWN},
    {BYTES_INIT("Function.Ab1"), FUNCTION_UNKNOWN},
    {BYTES_INIT("Function.Ab.Cd"), FUNCTION_UNKNOWN},
    {BYTES_INIT("Function.Ab\r\nX-Forged: 1"), FUNCTION_UNKNOWN},
    {BYTES_INIT("Function.\xc3\x84rger"), FUNCTION_UNKNOWN},
    {BYTES_INIT("Function."), FUNCTION_UNKNOWN},
    {BYTES_INIT("Function"), RUNTIME_UNKNOWN},
    {BYTES_INIT("Runtime."), RUNTIME_UNKNOWN},
    {BYTES_INIT("runtime.InvalidEvent"), RUNTIME_UNKNOWN},
    {BYTES_INIT(" Runtime.InvalidEvent"), RUNTIME_UNKNOWN},
    {BYTES_INIT("Sandbox.Timedout"), RUNTIME_UNKNOWN},
    {BYTES_INIT("java.lang.Exception"), RUNTIME_UNKNOWN},
    {BYTES_INIT(""), RUNTIME_UNKNOWN},
};

Test(error_report, a_type_has_the_platforms_form_or_is_unknown)
{
    for (size_t i = 0; i < sizeof type_rows / sizeof *type_rows; i++)
        cr_expect(bytes_eq(error_report_type(type_rows[i].given), type_rows[i].wanted), "'%s'",
                  type_rows[i].given.ptr);
}

static const struct bytes messages[] = {
    BYTES_INIT("plain"),
    BYTES_INIT(""),
    BYTES_INIT("a \"b\" \\ \r\n\t\x7f\x01 end"),
    BYTES_INIT("gr\xc3\xb6\xc3\x9f"
               "e \xe2\x82\xac \xf0\x9f\x8c\x8d"),
};

static const char *text_at(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);
    cr_assert(cJSON_IsString(item), "%s", key);
    return item->valuestring;
}

static cJSON *parsed(struct arena *arena, struct bytes json)
{
    cJSON *root = NULL;
    cr_assert_eq(json_parse(arena, json, &root, NULL), RC_OK, "%.*s", BYTES_ARG(json));
    return root;
}

static bool is_one_line_of_ascii(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] < ' ' || text.ptr[i] > '~')
            return false;
    return true;
}

Test(error_report, body_and_cause_say_type_and_message_in_any_bytes)
{
    struct arena arena;
    arena_init(&arena, 1 << 20);
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        const struct error_report report = {BYTES_LIT("Function.Bad-1"), messages[i]};
        struct buf body;
        struct bytes cause;
        buf_init(&body, 1 << 20);
        error_report_body(&body, &report);
        const cJSON *root = parsed(&arena, buf_bytes(&body));
        cr_expect_str_eq(text_at(root, "errorMessage"), messages[i].ptr);
        cr_expect_str_eq(text_at(root, "errorType"), "Function.Unknown");
        cr_expect(cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(root, "stackTrace")));
        error_report_cause(&arena, &report, &cause);
        cr_expect(is_one_line_of_ascii(cause), "%.*s", BYTES_ARG(cause));
        root = parsed(&arena, cause);
        char *here = getcwd(NULL, 0);
        cr_expect_str_eq(text_at(root, "working_directory"), here);
        free(here);
        const cJSON *list = cJSON_GetObjectItemCaseSensitive(root, "exceptions");
        cr_assert_eq(cJSON_GetArraySize(list), 1);
        cr_expect_str_eq(text_at(list->child, "message"), messages[i].ptr);
        cr_expect_str_eq(text_at(list->child, "type"), "Function.Unknown");
        cr_expect(cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(list->child, "stack")));
        cr_expect(cJSON_IsArray(cJSON_GetObjectItemCaseSensitive(root, "paths")));
        buf_release(&body);
    }
    arena_release(&arena);
}

Test(error_report, what_is_no_utf8_is_replaced)
{
    struct arena arena;
    struct bytes cause;
    arena_init(&arena, 1 << 20);
    error_report_cause(
        &arena, &(struct error_report){BYTES_LIT("Function.Xy"), BYTES_LIT("a\xff\xc3")}, &cause);
    cr_expect(memmem(cause.ptr, cause.len, "\"a\\ufffd\\ufffd\"", 15), "%.*s", BYTES_ARG(cause));
    arena_release(&arena);
}

/* As JSON it fits; in ASCII it has three times the size. */
Test(error_report, a_cause_that_is_too_long_is_left_out)
{
    static const struct {
        char byte;
        size_t len;
        bool is_kept;
    } rows[] = {
        {'a', ERROR_CAUSE_MAX_BYTES / 2, true},
        {'a', ERROR_CAUSE_MAX_BYTES, false},
        {'\x7f', ERROR_CAUSE_MAX_BYTES / 2, false},
        {'a', 2 << 20, false},
    };
    char *text = malloc(2 << 20);
    struct arena arena;
    arena_init(&arena, 1 << 20);
    cr_assert_not_null(text);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bytes cause;
        memset(text, rows[i].byte, rows[i].len);
        error_report_cause(
            &arena, &(struct error_report){BYTES_LIT("Function.Xy"), bytes_make(text, rows[i].len)},
            &cause);
        cr_expect_eq(cause.len > rows[i].len, rows[i].is_kept, "%zu", i);
        cr_expect_leq(cause.len, (size_t)ERROR_CAUSE_MAX_BYTES);
    }
    arena_release(&arena);
    free(text);
}
