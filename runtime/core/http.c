#include "runtime/core/http.h"

#include "runtime/core/uri.h"

static const struct bytes method_names[] = {
    [HTTP_GET] = BYTES_INIT("GET"),       [HTTP_HEAD] = BYTES_INIT("HEAD"),
    [HTTP_POST] = BYTES_INIT("POST"),     [HTTP_PUT] = BYTES_INIT("PUT"),
    [HTTP_DELETE] = BYTES_INIT("DELETE"), [HTTP_OPTIONS] = BYTES_INIT("OPTIONS"),
    [HTTP_PATCH] = BYTES_INIT("PATCH"),   [HTTP_METHOD_OTHER] = BYTES_INIT(""),
};

enum http_method http_method_parse(struct bytes token)
{
    for (int i = 0; i < HTTP_METHOD_OTHER; i++)
        if (bytes_eq(token, method_names[i]))
            return (enum http_method)i;
    return HTTP_METHOD_OTHER;
}

struct bytes http_method_name(enum http_method method)
{
    return method_names[method];
}

struct status_row {
    int status;
    struct bytes reason;
};

static const struct status_row statuses[] = {
    {100, BYTES_INIT("Continue")},
    {101, BYTES_INIT("Switching Protocols")},
    {200, BYTES_INIT("OK")},
    {201, BYTES_INIT("Created")},
    {202, BYTES_INIT("Accepted")},
    {203, BYTES_INIT("Non-Authoritative Information")},
    {204, BYTES_INIT("No Content")},
    {205, BYTES_INIT("Reset Content")},
    {206, BYTES_INIT("Partial Content")},
    {300, BYTES_INIT("Multiple Choices")},
    {301, BYTES_INIT("Moved Permanently")},
    {302, BYTES_INIT("Found")},
    {303, BYTES_INIT("See Other")},
    {304, BYTES_INIT("Not Modified")},
    {307, BYTES_INIT("Temporary Redirect")},
    {308, BYTES_INIT("Permanent Redirect")},
    {400, BYTES_INIT("Bad Request")},
    {401, BYTES_INIT("Unauthorized")},
    {402, BYTES_INIT("Payment Required")},
    {403, BYTES_INIT("Forbidden")},
    {404, BYTES_INIT("Not Found")},
    {405, BYTES_INIT("Method Not Allowed")},
    {406, BYTES_INIT("Not Acceptable")},
    {408, BYTES_INIT("Request Timeout")},
    {409, BYTES_INIT("Conflict")},
    {410, BYTES_INIT("Gone")},
    {411, BYTES_INIT("Length Required")},
    {412, BYTES_INIT("Precondition Failed")},
    {413, BYTES_INIT("Content Too Large")},
    {414, BYTES_INIT("URI Too Long")},
    {415, BYTES_INIT("Unsupported Media Type")},
    {416, BYTES_INIT("Range Not Satisfiable")},
    {417, BYTES_INIT("Expectation Failed")},
    {418, BYTES_INIT("I'm a teapot")},
    {421, BYTES_INIT("Misdirected Request")},
    {422, BYTES_INIT("Unprocessable Content")},
    {426, BYTES_INIT("Upgrade Required")},
    {428, BYTES_INIT("Precondition Required")},
    {429, BYTES_INIT("Too Many Requests")},
    {431, BYTES_INIT("Request Header Fields Too Large")},
    {451, BYTES_INIT("Unavailable For Legal Reasons")},
    {500, BYTES_INIT("Internal Server Error")},
    {501, BYTES_INIT("Not Implemented")},
    {502, BYTES_INIT("Bad Gateway")},
    {503, BYTES_INIT("Service Unavailable")},
    {504, BYTES_INIT("Gateway Timeout")},
    {505, BYTES_INIT("HTTP Version Not Supported")},
};

struct bytes http_status_reason(int status)
{
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (statuses[i].status == status)
            return statuses[i].reason;
    return BYTES_LIT("Unknown");
}

bool http_status_is_bodiless(int status)
{
    return status < 200 || status == 204 || status == 304;
}

/* How many of the first eight bytes are letters or '-', which nearly all of a name is: a bit in
 * each byte says so for all of them at once. The lowest byte is the first one: both architectures
 * are little-endian. 0 where there are less than eight. */
static size_t plain_len(struct bytes view)
{
    const uint64_t ones = UINT64_MAX / 0xFF, highs = ones << 7;
    uint64_t word;
    if (view.len < sizeof word)
        return 0;
    memcpy(&word, view.ptr, sizeof word);
    uint64_t lower = (word | ones * 0x20) & ~highs, dash = (word & ~highs) ^ ones * '-';
    uint64_t is_plain =
        (lower + ones * (0x80 - 'a')) & ~(lower + ones * (0x7F - 'z')); /* a letter */
    is_plain = (is_plain | ~(dash + ones * 0x7F)) & ~word & highs;
    return is_plain == highs ? sizeof word : (size_t)__builtin_ctzll(~is_plain & highs) / 8;
}

size_t http_token_len(struct bytes view)
{
    /* One bit a byte value: what RFC 9110 calls tchar. */
    static const uint64_t is_tchar[4] = {0x03FF6CFA00000000u, 0x57FFFFFFC7FFFFFEu};
    size_t i = 0, plain;
    do {
        plain = plain_len(bytes_skip(view, i));
        i += plain;
        unsigned char c = i < view.len ? (unsigned char)view.ptr[i] : '\0';
        if (!(is_tchar[c >> 6] >> (c & 63) & 1))
            break;
        i++;
    } while (i < view.len);
    return i;
}

bool http_is_token(struct bytes view)
{
    return view.len > 0 && http_token_len(view) == view.len;
}

static bool is_value_char(unsigned char c)
{
    return (c >= 0x20 && c != 0x7F) || c == '\t';
}

/* true when none of the eight bytes at `p` is below 0x20 or is 0x7F: a borrow out of a byte's high
 * bit says so for all eight at once. A tab is false here too. */
static bool is_plain_word(const char *p)
{
    const uint64_t ones = UINT64_MAX / 0xFF, highs = ones << 7;
    uint64_t word;
    memcpy(&word, p, sizeof word);
    uint64_t del = word ^ ones * 0x7F;
    return (((word - ones * 0x20) & ~word & highs) | ((del - ones) & ~del & highs)) == 0;
}

bool http_is_field_value(struct bytes view)
{
    size_t i = 0;
    while (i < view.len) {
        /* The last word may overlap the one before, so that no rest goes byte by byte. */
        size_t last = view.len - sizeof(uint64_t), at = i < last ? i : last;
        if (view.len >= sizeof(uint64_t) && is_plain_word(view.ptr + at))
            i = at + sizeof(uint64_t);
        else if (is_value_char((unsigned char)view.ptr[i]))
            i++;
        else
            return false;
    }
    return true;
}

bool http_field_is_hop_by_hop(struct bytes name)
{
    static const struct bytes names[] = {
        BYTES_INIT("connection"), BYTES_INIT("keep-alive"), BYTES_INIT("proxy-connection"),
        BYTES_INIT("te"),         BYTES_INIT("trailer"),    BYTES_INIT("transfer-encoding"),
        BYTES_INIT("upgrade"),
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_ieq(name, names[i]))
            return true;
    return false;
}

const struct bytes *http_field_find(const struct http_field *fields, size_t count,
                                    struct bytes name)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_ieq(fields[i].name, name))
            return &fields[i].value;
    return NULL;
}

const struct bytes *http_request_param(const struct http_request *req, const char *name)
{
    for (size_t i = 0; i < req->param_count; i++)
        if (bytes_eq(req->params[i].name, bytes_from_str(name)))
            return &req->params[i].value;
    return NULL;
}

enum rc http_query_get(const struct http_request *req, const char *key, struct bytes *out)
{
    struct bytes rest = req->query, raw_key, raw_value, decoded;
    while (uri_query_next(&rest, &raw_key, &raw_value)) {
        enum rc rc = uri_decode_query(req->arena, raw_key, &decoded);
        if (rc == RC_NOMEM)
            return rc;
        if (rc == RC_OK && bytes_eq(decoded, bytes_from_str(key)))
            return uri_decode_query(req->arena, raw_value, out);
    }
    return RC_NOT_FOUND;
}

void http_response_init(struct http_response *res)
{
    *res = (struct http_response){.status = 500};
}

/* `name` is a token. */
static void add_named(struct http_response *res, struct arena *arena, struct bytes name,
                      struct bytes value)
{
    if (!http_is_field_value(value)) {
        res->is_out_of_memory = true;
        return;
    }
    if (res->field_count == res->field_capacity) {
        size_t capacity = res->field_capacity ? res->field_capacity * 2 : 8;
        size_t size = sizeof *res->fields;
        void *p = arena_grow(arena, res->fields, res->field_capacity * size, capacity * size);
        if (!p) {
            res->is_out_of_memory = true;
            return;
        }
        res->fields = p;
        res->field_capacity = capacity;
    }
    res->fields[res->field_count++] = (struct http_field){name, value};
}

void http_response_add(struct http_response *res, struct arena *arena, struct bytes name,
                       struct bytes value)
{
    if (http_is_token(name))
        add_named(res, arena, name, value);
    else
        res->is_out_of_memory = true;
}

void http_response_borrow(struct http_response *res, struct arena *arena, int status,
                          struct bytes content_type, struct bytes body)
{
    res->status = status;
    res->body = body;
    add_named(res, arena, BYTES_LIT("Content-Type"), content_type);
}

void http_response_printf(struct http_response *res, struct arena *arena, int status,
                          struct bytes content_type, const char *format, ...)
{
    struct bytes body = {NULL, 0};
    va_list args;
    va_start(args, format);
    if (arena_vprintf(arena, &body, format, args) != RC_OK)
        res->is_out_of_memory = true;
    va_end(args);
    http_response_borrow(res, arena, status, content_type, body);
}

void http_response_produce(struct http_response *res, struct arena *arena, int status,
                           struct bytes content_type, http_producer_fn *producer, void *context)
{
    http_response_borrow(res, arena, status, content_type, bytes_make(NULL, 0));
    res->producer = producer;
    res->producer_context = context;
}
