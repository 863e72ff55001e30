#include <criterion/criterion.h>
#include <stdlib.h>

#include "runtime/alb/desync.h"
#include "runtime/core/http.h"
#include "runtime/core/uri.h"
#include "runtime/json/json.h"
#include "runtime/json/json_nul.h"
#include "tests/support/data.h"
#include "tests/support/guard.h"

/* The cases of AWS's library: each as it is cut there, and its bytes in one piece. */

enum { FIELDS_MAX = 64 };

static struct arena arena;

static void setup(void)
{
    arena_init(&arena, 1 << 24);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(desync, .init = setup, .fini = teardown);

struct one_case {
    struct desync_request request;
    struct http_field fields[FIELDS_MAX];
    struct bytes tier, reason;
};

static cJSON *read_cases(void)
{
    struct bytes text = data_read("desync/cases.json"), marked, kept;
    bool is_marked;
    cJSON *root = NULL;
    cr_assert_eq(arena_dup(&arena, text, &kept), RC_OK);
    free((void *)text.ptr);
    cr_assert_eq(json_nul_mark(&arena, kept, &marked, &is_marked), RC_OK);
    cr_assert(is_marked);
    cr_assert_eq(json_parse(&arena, marked, &root, NULL), RC_OK);
    cr_assert_eq(cJSON_GetArraySize(root), 86);
    return root;
}

static struct bytes text_of(const cJSON *item)
{
    cr_assert(cJSON_IsString(item));
    return bytes_make(item->valuestring,
                      json_nul_restore(item->valuestring, strlen(item->valuestring)));
}

static void read_case(const cJSON *item, struct one_case *one)
{
    const cJSON *field;
    *one = (struct one_case){
        .request = {.method = text_of(cJSON_GetObjectItemCaseSensitive(item, "method")),
                    .uri = text_of(cJSON_GetObjectItemCaseSensitive(item, "uri")),
                    .version = text_of(cJSON_GetObjectItemCaseSensitive(item, "version"))},
        .tier = text_of(cJSON_GetObjectItemCaseSensitive(item, "tier")),
        .reason = text_of(cJSON_GetObjectItemCaseSensitive(item, "reason"))};
    cJSON_ArrayForEach(field, cJSON_GetObjectItemCaseSensitive(item, "headers"))
    {
        cr_assert_lt(one->request.field_count, FIELDS_MAX);
        one->fields[one->request.field_count++] = (struct http_field){
            text_of(cJSON_GetArrayItem(field, 0)), text_of(cJSON_GetArrayItem(field, 1))};
    }
    one->request.fields = one->fields;
}

static void expect(int index, const char *how, enum desync_reason got, const struct one_case *one)
{
    cr_expect(bytes_eq(one->reason, bytes_from_str(desync_reason_name(got))),
              "case %d, %s: %s instead of %.*s", index, how, desync_reason_name(got),
              BYTES_ARG(one->reason));
    cr_expect(bytes_eq(one->tier, bytes_from_str(desync_tier_name(desync_tier(got)))),
              "case %d, %s: tier %s", index, how, desync_tier_name(desync_tier(got)));
}

Test(desync, judges_the_librarys_cases_as_the_library_does)
{
    const cJSON *item;
    int index = 0;
    cJSON_ArrayForEach(item, read_cases())
    {
        struct one_case one;
        read_case(item, &one);
        expect(index++, "cut", desync_judge(&one.request), &one);
    }
}

/* What our reader would take: it asks no more of the bytes. */
static bool is_readable(const struct desync_request *request)
{
    bool is_good = http_is_token(request->method) && uri_is_target(request->uri);
    for (size_t i = 0; i < request->field_count; i++)
        is_good &=
            http_is_token(request->fields[i].name) && http_is_field_value(request->fields[i].value);
    return is_good;
}

Test(desync, judges_what_was_read_as_it_would_without)
{
    const cJSON *item;
    int index = 0, count = 0;
    cJSON_ArrayForEach(item, read_cases())
    {
        struct one_case one;
        read_case(item, &one);
        one.request.is_read = is_readable(&one.request);
        count += one.request.is_read;
        expect(index++, "read", desync_judge(&one.request), &one);
    }
    cr_expect_gt(count, 20);
}

static void write_head(const struct one_case *one, struct buf *head)
{
    const struct desync_request *request = &one->request;
    buf_reset(head);
    buf_append(head, request->method);
    buf_append_char(head, ' ');
    buf_append(head, request->uri);
    if (request->version.len)
        buf_append_char(head, ' ');
    buf_append(head, request->version);
    buf_append(head, BYTES_LIT("\r\n"));
    for (size_t i = 0; i < request->field_count; i++) {
        buf_append(head, request->fields[i].name);
        buf_append_char(head, ':');
        buf_append(head, request->fields[i].value);
        buf_append(head, BYTES_LIT("\r\n"));
    }
    buf_append(head, BYTES_LIT("\r\n"));
    cr_assert(!head->failed);
}

/* One case holds two requests in its URI, with the empty line between them: as bytes the first one
 * ends there, and nobody can see that it was meant to be one. */
static bool is_two_requests(const struct one_case *one)
{
    return memmem(one->request.uri.ptr, one->request.uri.len, "\r\n\r\n", 4) != NULL;
}

Test(desync, judges_their_bytes_likewise)
{
    const cJSON *item;
    int index = -1, left_out = 0;
    struct buf head;
    buf_init(&head, 1 << 16);
    cJSON_ArrayForEach(item, read_cases())
    {
        struct one_case one;
        index++;
        read_case(item, &one);
        if (is_two_requests(&one)) {
            left_out++;
            continue;
        }
        write_head(&one, &head);
        struct guard guard = guard_new(buf_bytes(&head));
        expect(index, "in one piece", desync_judge_head(guard.view), &one);
        guard_free(&guard);
    }
    cr_expect_eq(left_out, 1);
    buf_release(&head);
}
