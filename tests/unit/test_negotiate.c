#include <criterion/criterion.h>

#include "runtime/core/negotiate.h"
#include "tests/support/guard.h"

struct tag_row {
    const char *first, *second; /* the fields' values; NULL: no such field */
    const char *tag;
    enum tag_comparison comparison;
    enum tag_result result;
};

static const struct tag_row tag_rows[] = {
    {NULL, NULL, "\"a\"", TAG_WEAK, TAG_NO_FIELD},
    {"*", NULL, "\"a\"", TAG_WEAK, TAG_ANY},
    {" * ", NULL, "", TAG_STRONG, TAG_ANY},
    {"\"a\"", NULL, "\"a\"", TAG_STRONG, TAG_MATCHES},
    {"\"b\"", NULL, "\"a\"", TAG_STRONG, TAG_DIFFERS},
    {"\"b\", \"a\"", NULL, "\"a\"", TAG_STRONG, TAG_MATCHES},
    {"\"b\",\"a\"", NULL, "\"a\"", TAG_STRONG, TAG_MATCHES},
    {", ,\"b\" ,, \"a\" ,", NULL, "\"a\"", TAG_STRONG, TAG_MATCHES},
    {"\"b\"", "\"a\"", "\"a\"", TAG_STRONG, TAG_MATCHES},
    {"\"a\"", "\"b\"", "\"a\"", TAG_STRONG, TAG_MATCHES},
    {"\"x,y\"", NULL, "\"x,y\"", TAG_STRONG, TAG_MATCHES},
    {"\"\"", NULL, "\"\"", TAG_STRONG, TAG_MATCHES},
    {"W/\"a\"", NULL, "\"a\"", TAG_STRONG, TAG_DIFFERS},
    {"W/\"a\"", NULL, "\"a\"", TAG_WEAK, TAG_MATCHES},
    {"\"a\"", NULL, "W/\"a\"", TAG_WEAK, TAG_MATCHES},
    {"\"a\"", NULL, "W/\"a\"", TAG_STRONG, TAG_DIFFERS},
    {"w/\"a\"", NULL, "\"a\"", TAG_WEAK, TAG_MALFORMED},
    {"\"a\"", NULL, "", TAG_STRONG, TAG_DIFFERS},
    {"", NULL, "\"a\"", TAG_STRONG, TAG_DIFFERS},
    {"a", NULL, "\"a\"", TAG_STRONG, TAG_MALFORMED},
    {"\"a", NULL, "\"a\"", TAG_STRONG, TAG_MALFORMED},
    {"\"a\" \"b\"", NULL, "\"a\"", TAG_STRONG, TAG_MALFORMED},
    {"\"a\", *", NULL, "\"a\"", TAG_STRONG, TAG_MALFORMED},
    {"\"a b\"", NULL, "\"a b\"", TAG_STRONG, TAG_MALFORMED},
    {"\"a\"", "b", "\"a\"", TAG_STRONG, TAG_MALFORMED},
    {"W/", NULL, "\"a\"", TAG_WEAK, TAG_MALFORMED},
};

/* The values stand before an unreadable page, so that a look behind their ends crashes. */
static size_t fill(struct http_field fields[2], struct guard guards[2], const char *name,
                   const char *first, const char *second)
{
    const char *values[2] = {first, second};
    size_t count = 0;
    for (size_t i = 0; i < 2 && values[i]; i++) {
        fields[i].name = bytes_from_str(name);
        guards[i] = guard_new(bytes_from_str(values[i]));
        fields[i].value = guards[i].view;
        count++;
    }
    return count;
}

Test(negotiate, finds_entity_tags)
{
    for (size_t i = 0; i < sizeof tag_rows / sizeof *tag_rows; i++) {
        const struct tag_row *row = &tag_rows[i];
        struct http_field fields[2];
        struct guard guards[2] = {0};
        size_t count = fill(fields, guards, "if-MATCH", row->first, row->second);
        struct http_request req = {.fields = fields, .field_count = count};
        enum tag_result result =
            http_tag_find(&req, "If-Match", bytes_from_str(row->tag), row->comparison);
        cr_expect_eq(result, row->result, "row %zu: %s: %d", i, row->first, (int)result);
        for (size_t k = 0; k < count; k++)
            guard_free(&guards[k]);
    }
}

struct coding_row {
    const char *first, *second;
    bool is_accepted;
};

static const struct coding_row coding_rows[] = {
    {NULL, NULL, false},
    {"gzip", NULL, true},
    {"GZip", NULL, true},
    {"gzip, deflate, br", NULL, true},
    {"br , gzip", NULL, true},
    {"br", "gzip", true},
    {"br", NULL, false},
    {"identity", NULL, false},
    {"*", NULL, true},
    {"*;q=0", NULL, false},
    {"gzip;q=0", NULL, false},
    {"gzip;q=0.000", NULL, false},
    {"gzip; q=0.5", NULL, true},
    {"gzip ;Q=1", NULL, true},
    {"gzip;q=0, *", NULL, false},
    {"*;q=0, gzip", NULL, true},
    {"gzipped", NULL, false},
    {"", NULL, false},
    {",,", NULL, false},
    {"gzip;", NULL, true},
};

Test(negotiate, finds_content_codings)
{
    for (size_t i = 0; i < sizeof coding_rows / sizeof *coding_rows; i++) {
        const struct coding_row *row = &coding_rows[i];
        struct http_field fields[2];
        struct guard guards[2] = {0};
        size_t count = fill(fields, guards, "Accept-Encoding", row->first, row->second);
        struct http_request req = {.fields = fields, .field_count = count};
        cr_expect_eq(http_accepts_coding(&req, BYTES_LIT("gzip")), row->is_accepted, "row %zu: %s",
                     i, row->first);
        for (size_t k = 0; k < count; k++)
            guard_free(&guards[k]);
    }
}
