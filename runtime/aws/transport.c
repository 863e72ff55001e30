#include "runtime/aws/transport.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/aws/transport_pool.h"
#include "runtime/core/clock.h"
#include "runtime/core/limits.h"
#include "runtime/core/version.h"

struct transport {
    struct transport_pool *pool;
    const char *proxy, *no_proxy; /* "": none */
    const char *ca_file;          /* NULL: the system's */
};

/* The small letters are older, and where both are set libcurl takes them. */
static const char *either(aws_lookup_fn *lookup, const char *small, const char *large,
                          const char *otherwise)
{
    const char *value = aws_environment_get(lookup, small);
    if (!value)
        value = aws_environment_get(lookup, large);
    return value ? value : otherwise;
}

struct transport *transport_new(aws_lookup_fn *lookup)
{
    struct transport *transport = calloc(1, sizeof *transport);
    if (!transport)
        return NULL;
    transport->proxy = either(lookup, "https_proxy", "HTTPS_PROXY", "");
    transport->no_proxy = either(lookup, "no_proxy", "NO_PROXY", "");
    transport->ca_file = either(lookup, "AWS_CA_BUNDLE", "SSL_CERT_FILE", NULL);
    transport->pool = transport_pool_new();
    if (transport->pool)
        return transport;
    free(transport);
    return NULL;
}

void transport_free(struct transport *transport)
{
    if (!transport)
        return;
    transport_pool_free(transport->pool);
    free(transport);
}

/* --- what libcurl calls --- */

static size_t read_body(char *to, size_t size, size_t count, void *context)
{
    struct transport_handle *handle = context;
    size_t len = size * count < handle->unsent.len ? size * count : handle->unsent.len;
    if (len)
        memcpy(to, handle->unsent.ptr, len);
    handle->unsent = bytes_skip(handle->unsent, len);
    return len;
}

/* libcurl begins anew by itself when a kept connection turns out to be closed; a body that must not
 * arrive twice it cannot have. */
static int rewind_body(void *context, curl_off_t offset, int origin)
{
    struct transport_handle *handle = context;
    if (handle->is_once || origin != SEEK_SET || offset < 0 ||
        (uint64_t)offset > handle->request_body.len)
        return CURL_SEEKFUNC_FAIL;
    handle->unsent = bytes_skip(handle->request_body, (size_t)offset);
    return CURL_SEEKFUNC_OK;
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct transport_handle *handle = context;
    buf_append(&handle->body, bytes_make(data, size * count));
    handle->is_over = handle->body.failed;
    return handle->is_over ? 0 : size * count;
}

/* Line by line; an answer may follow others of status 1xx, of which nothing is wanted. */
static size_t take_head(char *data, size_t size, size_t count, void *context)
{
    struct transport_handle *handle = context;
    struct bytes line = {data, size * count};
    if (bytes_starts_with(line, BYTES_LIT("HTTP/")))
        buf_reset(&handle->head);
    buf_append(&handle->head, line);
    handle->is_over = handle->head.failed;
    return handle->is_over ? 0 : line.len;
}

/* --- a request --- */

static bool is_plain(struct bytes view)
{
    for (size_t i = 0; i < view.len; i++)
        if ((unsigned char)view.ptr[i] < 0x20 || view.ptr[i] == 0x7f)
            return false;
    return true;
}

/* Puts "name: value" before `list`. Lists are the arena's, so that libcurl copies nothing. */
static enum rc add_field(struct arena *arena, struct bytes name, struct bytes value,
                         struct curl_slist **list)
{
    struct curl_slist *node = arena_alloc(arena, sizeof *node);
    struct bytes line;
    if (!is_plain(name) || !is_plain(value))
        return RC_SYNTAX;
    /* A field that ends with a colon is one that libcurl is to leave out; a semicolon is its way to
     * say an empty one. */
    enum rc rc = arena_printf(arena, &line, value.len ? "%.*s: %.*s" : "%.*s;%.*s", BYTES_ARG(name),
                              BYTES_ARG(value));
    if (rc != RC_OK || !node)
        return RC_NOMEM;
    *node = (struct curl_slist){(char *)line.ptr, *list};
    *list = node;
    return RC_OK;
}

static enum rc make_fields(const struct transport_request *request, struct arena *arena,
                           struct curl_slist **list)
{
    /* libcurl's own ideas: no Expect, no Content-Type but ours, which comes first in the list. */
    static struct curl_slist no_expect = {(char *)"Expect:", NULL};
    static struct curl_slist no_type = {(char *)"Content-Type:", &no_expect};
    bool has_type = false;
    for (size_t i = 0; i < request->field_count; i++)
        has_type |= bytes_ieq(request->fields[i].name, BYTES_LIT("Content-Type"));
    *list = has_type ? &no_expect : &no_type;
    for (size_t i = request->field_count; i > 0; i--) {
        const struct aws_field *field = &request->fields[i - 1];
        enum rc rc = add_field(arena, field->name, field->value, list);
        if (rc != RC_OK)
            return rc;
    }
    return RC_OK;
}

static void set_body(struct transport_handle *handle, const struct transport_request *request)
{
    CURL *curl = handle->curl;
    handle->unsent = handle->request_body = request->body;
    handle->is_once = request->is_once;
    bool has_body = request->body.len || bytes_eq(request->method, BYTES_LIT("POST")) ||
                    bytes_eq(request->method, BYTES_LIT("PUT"));
    if (!has_body)
        return;
    (void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
    (void)curl_easy_setopt(curl, CURLOPT_READFUNCTION, read_body);
    (void)curl_easy_setopt(curl, CURLOPT_READDATA, handle);
    (void)curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, rewind_body);
    (void)curl_easy_setopt(curl, CURLOPT_SEEKDATA, handle);
}

static void set_answer(struct transport_handle *handle)
{
    CURL *curl = handle->curl;
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, handle);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_head);
    (void)curl_easy_setopt(curl, CURLOPT_HEADERDATA, handle);
    (void)curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, handle->error);
}

static void set_connection(const struct transport *transport, CURL *curl, struct bytes url,
                           int64_t left_ms)
{
    bool has_proxy = bytes_starts_with(url, BYTES_LIT("https:"));
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, has_proxy ? transport->proxy : "");
    (void)curl_easy_setopt(curl, CURLOPT_NOPROXY, transport->no_proxy);
    if (transport->ca_file)
        (void)curl_easy_setopt(curl, CURLOPT_CAINFO, transport->ca_file);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)left_ms);
}

static CURLcode perform(const struct transport *transport, struct transport_handle *handle,
                        const struct transport_request *request, const char *method,
                        struct curl_slist *fields, int64_t left_ms)
{
    CURL *curl = handle->curl;
    handle->error[0] = '\0';
    set_connection(transport, curl, request->url, left_ms);
    set_body(handle, request);
    set_answer(handle);
    (void)curl_easy_setopt(curl, CURLOPT_URL, request->url.ptr);
    (void)curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "duet/" DUET_VERSION);
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
    return curl_easy_perform(curl);
}

/* --- its end --- */

static enum rc keep_answer(struct transport_handle *handle, struct arena *arena,
                           struct transport_answer *answer)
{
    long status = 0;
    (void)curl_easy_getinfo(handle->curl, CURLINFO_RESPONSE_CODE, &status);
    answer->status = (int)status;
    enum rc rc = arena_dup(arena, buf_bytes(&handle->head), &answer->head);
    return rc == RC_OK ? arena_dup(arena, buf_bytes(&handle->body), &answer->body) : rc;
}

static enum rc fail(const struct transport_handle *handle, CURLcode code,
                    struct transport_answer *answer)
{
    const char *text = handle->error[0] ? handle->error : curl_easy_strerror(code);
    if (handle->is_over)
        text = "its answer is too large";
    (void)snprintf(answer->error, sizeof answer->error, "%s", text);
    answer->error[strcspn(answer->error, "\r\n")] = '\0';
    if (handle->is_over)
        return RC_BODY_LIMIT;
    if (code == CURLE_OUT_OF_MEMORY)
        return RC_NOMEM;
    return code == CURLE_OPERATION_TIMEDOUT ? RC_TIMEOUT : RC_UNREACHABLE;
}

static enum rc send_now(const struct transport *transport, struct transport_handle *handle,
                        const struct transport_request *request, struct arena *arena,
                        struct transport_answer *answer)
{
    struct curl_slist *fields = NULL;
    struct bytes method;
    long sent = 0;
    int64_t left_ms = request->deadline_ms - clock_ms_monotonic();
    enum rc rc = arena_dup(arena, request->method, &method);
    if (rc == RC_OK)
        rc = make_fields(request, arena, &fields);
    if (rc != RC_OK)
        return rc;
    if (left_ms <= 0)
        return RC_TIMEOUT;
    CURLcode code = perform(transport, handle, request, method.ptr, fields, left_ms);
    (void)curl_easy_getinfo(handle->curl, CURLINFO_REQUEST_SIZE, &sent);
    answer->is_sent = sent > 0;
    return code == CURLE_OK ? keep_answer(handle, arena, answer) : fail(handle, code, answer);
}

static const char *reason(enum rc rc)
{
    return rc == RC_TIMEOUT ? "no time was left" : rc_name(rc);
}

enum rc transport_send(struct transport *transport, const struct transport_request *request,
                       struct arena *arena, struct transport_answer *answer)
{
    struct transport_handle *handle;
    *answer = (struct transport_answer){0};
    enum rc rc = transport_pool_take(transport->pool, request->deadline_ms, &handle);
    if (rc == RC_OK) {
        rc = send_now(transport, handle, request, arena, answer);
        transport_pool_give(transport->pool, handle);
    }
    if (rc != RC_OK && answer->error[0] == '\0')
        (void)snprintf(answer->error, sizeof answer->error, "%s", reason(rc));
    return rc;
}

struct bytes transport_field(const struct transport_answer *answer, struct bytes name)
{
    struct bytes rest = answer->head;
    while (rest.len) {
        struct bytes line = {rest.ptr, bytes_find(rest, '\n')};
        rest = bytes_skip(rest, line.len < rest.len ? line.len + 1 : line.len);
        size_t colon = bytes_find(line, ':');
        if (colon == line.len || !bytes_ieq(bytes_make(line.ptr, colon), name))
            continue;
        line = bytes_skip(line, colon + 1);
        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        return bytes_trim(line);
    }
    return bytes_make(NULL, 0);
}
