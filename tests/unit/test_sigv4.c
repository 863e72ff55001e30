#include <criterion/criterion.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/aws/sigv4.h"
#include "runtime/core/uri.h"
#include "runtime/json/json.h"
#include "tests/support/data.h"

/* AWS's own test suite (tests/data/sigv4), and what it has no case for. */

enum { FIELDS_MAX = 16, CASES = 38 };

static struct arena arena;

/* One case of the suite. */
struct vector {
    cJSON *context;
    struct aws_field query[FIELDS_MAX], fields[FIELDS_MAX];
    char payload_hash[SIGV4_HASH_LEN + 1];
    struct sigv4_key key;
    struct sigv4_request request;
};

static void setup(void)
{
    arena_init(&arena, 1 << 24);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(sigv4, .init = setup, .fini = teardown);

/* A file of the case, in the arena. */
static struct bytes read_file(const char *name, const char *file)
{
    char path[256];
    (void)snprintf(path, sizeof path, "sigv4/%s/%s", name, file);
    struct bytes text = data_read(path), out;
    cr_assert_eq(arena_dup(&arena, text, &out), RC_OK);
    free((void *)(uintptr_t)text.ptr);
    return out;
}

static struct bytes text_of(const cJSON *object, const char *name)
{
    return json_bytes(cJSON_GetObjectItemCaseSensitive(object, name));
}

static bool is_true(const struct vector *vector, const char *name)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(vector->context, name));
}

static void read_context(struct vector *vector, const char *name)
{
    struct tm tm = {0};
    cr_assert_eq(json_parse(&arena, read_file(name, "context.json"), &vector->context, NULL),
                 RC_OK);
    const cJSON *credentials = cJSON_GetObjectItemCaseSensitive(vector->context, "credentials");
    vector->key = (struct sigv4_key){
        .access_key_id = text_of(credentials, "access_key_id"),
        .secret_access_key = text_of(credentials, "secret_access_key"),
        .session_token = text_of(credentials, "token"),
        .region = text_of(vector->context, "region"),
        .service = text_of(vector->context, "service"),
    };
    cr_assert_not_null(
        strptime(text_of(vector->context, "timestamp").ptr, "%Y-%m-%dT%H:%M:%SZ", &tm));
    vector->request.time_s = timegm(&tm);
    vector->request.is_token_unsigned = is_true(vector, "omit_session_token");
    vector->request.keeps_path_segments = !is_true(vector, "normalize");
    vector->request.keeps_path_encoding = true;
}

static struct bytes take_line(struct bytes *rest)
{
    struct bytes line = {rest->ptr, bytes_find(*rest, '\n')};
    *rest = bytes_skip(*rest, line.len < rest->len ? line.len + 1 : line.len);
    return line;
}

/* "GET /path?query HTTP/1.1". The suite spells paths in more ways than one can send, and signs all
 * of them encoded once. */
static void read_start(struct vector *vector, struct bytes line)
{
    struct sigv4_request *request = &vector->request;
    struct bytes name, value;
    request->method = bytes_make(line.ptr, bytes_find(line, ' '));
    line = bytes_skip(line, request->method.len + 1);
    line.len -= strlen(" HTTP/1.1");
    struct bytes path = {line.ptr, bytes_find(line, '?')};
    struct bytes query = bytes_skip(line, path.len);
    cr_assert_eq(uri_decode_path(&arena, path, &path), RC_OK);
    cr_assert_eq(sigv4_encode(&arena, path, true, &request->path), RC_OK);
    if (query.len)
        query = bytes_skip(query, 1);
    while (uri_query_next(&query, &name, &value)) {
        struct aws_field *field = &vector->query[request->query_count++];
        cr_assert_lt(request->query_count, FIELDS_MAX);
        cr_assert_eq(uri_decode_path(&arena, name, &field->name), RC_OK);
        cr_assert_eq(uri_decode_path(&arena, value, &field->value), RC_OK);
    }
    request->query = vector->query;
}

/* A line that begins with a blank belongs to the field before it. */
static void read_field(struct vector *vector, struct bytes line)
{
    struct sigv4_request *request = &vector->request;
    cr_assert_lt(request->field_count, FIELDS_MAX - 1);
    if (line.ptr[0] == ' ') {
        struct aws_field *last = &vector->fields[request->field_count - 1];
        cr_assert_eq(arena_join(&arena, last->value, BYTES_LIT("\n"), line, &last->value), RC_OK);
        return;
    }
    struct bytes name = {line.ptr, bytes_find(line, ':')};
    vector->fields[request->field_count++] =
        (struct aws_field){name, bytes_skip(line, name.len + 1)};
}

static void read_vector(struct vector *vector, const char *name)
{
    struct bytes line, rest = read_file(name, "request.txt");
    *vector = (struct vector){0};
    read_context(vector, name);
    read_start(vector, take_line(&rest));
    while ((line = take_line(&rest)).len)
        read_field(vector, line);
    cr_assert(sigv4_hash(rest, vector->payload_hash));
    struct bytes hash = bytes_from_str(vector->payload_hash);
    if (is_true(vector, "sign_body"))
        vector->fields[vector->request.field_count++] =
            (struct aws_field){BYTES_LIT("x-amz-content-sha256"), hash};
    vector->request.fields = vector->fields;
    vector->request.payload_hash = hash;
}

static bool ends_with(struct bytes view, struct bytes end)
{
    return view.len >= end.len && bytes_eq(bytes_skip(view, view.len - end.len), end);
}

static void check_vector(const char *name)
{
    struct vector vector;
    struct sigv4_result result;
    struct bytes canonical = read_file(name, "header-canonical-request.txt");
    struct bytes signature = bytes_trim(read_file(name, "header-signature.txt"));
    read_vector(&vector, name);
    cr_assert_eq(sigv4_sign(&vector.key, &vector.request, &arena, &result), RC_OK);
    cr_expect(bytes_eq(result.canonical, canonical), "%s: '%.*s' instead of '%.*s'", name,
              BYTES_ARG(result.canonical), BYTES_ARG(canonical));
    cr_expect_eq(signature.len, SIGV4_HASH_LEN);
    cr_expect(ends_with(result.authorization, signature), "%s: '%.*s' instead of %.*s", name,
              BYTES_ARG(result.authorization), BYTES_ARG(signature));
}

Test(sigv4, signs_as_the_published_suite_says)
{
    DIR *dir = opendir("tests/data/sigv4");
    size_t count = 0;
    cr_assert(dir);
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (strncmp(entry->d_name, "get-", 4) != 0 && strncmp(entry->d_name, "post-", 5) != 0)
            continue;
        check_vector(entry->d_name);
        count++;
    }
    (void)closedir(dir);
    cr_expect_eq(count, CASES);
}

static const struct sigv4_key example_key = {
    .access_key_id = BYTES_INIT("AKIDEXAMPLE"),
    .secret_access_key = BYTES_INIT("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
    .region = BYTES_INIT("us-east-1"),
    .service = BYTES_INIT("iam"),
};

/* The example of "Signature Version 4 signing process" in the AWS General Reference. */
Test(sigv4, signs_the_query_example_of_the_manual)
{
    static const struct aws_field query[] = {{BYTES_INIT("Version"), BYTES_INIT("2010-05-08")},
                                             {BYTES_INIT("Action"), BYTES_INIT("ListUsers")}};
    static const struct aws_field fields[] = {
        {BYTES_INIT("Host"), BYTES_INIT("iam.amazonaws.com")},
        {BYTES_INIT("Content-Type"),
         BYTES_INIT("application/x-www-form-urlencoded; charset=utf-8")}};
    char hash[SIGV4_HASH_LEN + 1];
    struct sigv4_result result;
    cr_assert(sigv4_hash(BYTES_LIT(""), hash));
    struct sigv4_request request = {.method = BYTES_LIT("GET"),
                                    .query = query,
                                    .query_count = 2,
                                    .fields = fields,
                                    .field_count = 2,
                                    .payload_hash = bytes_from_str(hash),
                                    .time_s = 1440938160};
    cr_assert_eq(sigv4_sign(&example_key, &request, &arena, &result), RC_OK);
    cr_expect_str_eq(result.date, "20150830T123600Z");
    cr_expect(bytes_eq(
        result.authorization,
        BYTES_LIT("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
                  "SignedHeaders=content-type;host;x-amz-date, "
                  "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7")));
}

/* The first line of the path in the canonical request. */
static void expect_path(bool is_s3, const char *path, const char *canonical)
{
    struct sigv4_result result;
    struct sigv4_request request = {.method = BYTES_LIT("GET"),
                                    .path = bytes_from_str(path),
                                    .payload_hash = BYTES_LIT("UNSIGNED-PAYLOAD"),
                                    .keeps_path_encoding = is_s3,
                                    .keeps_path_segments = is_s3};
    cr_assert_eq(sigv4_sign(&example_key, &request, &arena, &result), RC_OK);
    struct bytes line = bytes_skip(result.canonical, strlen("GET\n"));
    line.len = bytes_find(line, '\n');
    cr_expect(bytes_eq(line, bytes_from_str(canonical)), "'%.*s' instead of '%s'", BYTES_ARG(line),
              canonical);
    cr_expect(ends_with(result.canonical, BYTES_LIT("\nUNSIGNED-PAYLOAD")));
}

Test(sigv4, encodes_a_sent_path_once_more_but_for_s3)
{
    expect_path(false, "/functions/arn%3Aaws%3Alambda", "/functions/arn%253Aaws%253Alambda");
    expect_path(false, "/test/@connections/JBDvjfGEIAMCERw%3D",
                "/test/%40connections/JBDvjfGEIAMCERw%253D");
    expect_path(true, "/bucket/a%20b//c/../d", "/bucket/a%20b//c/../d");
    expect_path(false, "/a/..", "/");
    expect_path(false, "/a/b/.", "/a/b/");
    expect_path(false, "/../..//x", "/x");
    expect_path(false, "", "/");
}

Test(sigv4, refuses_a_secret_that_is_none)
{
    static const char secret[300];
    struct sigv4_key key = example_key;
    struct sigv4_request request = {.method = BYTES_LIT("GET")};
    struct sigv4_result result;
    key.secret_access_key = bytes_make(secret, sizeof secret);
    cr_expect_eq(sigv4_sign(&key, &request, &arena, &result), RC_IO);
}
