#include <criterion/criterion.h>

#include "runtime/alb/alb_request.h"

static struct arena arena;
static struct random_state seeded;

static void setup(void)
{
    arena_init(&arena, 1 << 20);
    random_init(&seeded, 42);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(alb_request, .init = setup, .fini = teardown);

enum { FIELDS_MAX = 6 };

struct row {
    const char *name;
    unsigned port;
    struct http_field fields[FIELDS_MAX]; /* ends at an empty name */
    const char *wanted_name;
    const char *wanted; /* NULL: the field must not be there */
};

#define F(n, v)                      \
    {                                \
        BYTES_INIT(n), BYTES_INIT(v) \
    }

static const struct row rows[] = {
    {"client address", 8080, {F("Host", "x")}, "X-Forwarded-For", "192.0.2.7"},
    {"appended",
     8080,
     {F("Host", "x"), F("X-Forwarded-For", "10.0.0.1")},
     "X-Forwarded-For",
     "10.0.0.1, 192.0.2.7"},
    {"several lines become one",
     8080,
     {F("Host", "x"), F("x-forwarded-for", "a"), F("X-Forwarded-For", "b")},
     "X-Forwarded-For",
     "a, b, 192.0.2.7"},
    {"protocol is ours to say",
     8080,
     {F("X-Forwarded-Proto", "gopher")},
     "X-Forwarded-Proto",
     "http"},
    {"port is ours to say", 8080, {F("X-Forwarded-Port", "1")}, "X-Forwarded-Port", "8080"},
    {"host gets the listener's port", 8080, {F("Host", "x.example")}, "Host", "x.example:8080"},
    {"host keeps its port", 8080, {F("Host", "x.example:99")}, "Host", "x.example:99"},
    {"host in lower case", 80, {F("Host", "X.Example")}, "Host", "x.example"},
    {"no port on port 80", 80, {F("Host", "x")}, "Host", "x"},
    {"no host: our own name", 80, {F("A", "b")}, "Host", "lb.local"},
    {"connection is of this hop", 80, {F("Connection", "keep-alive")}, "Connection", NULL},
    {"what connection names too",
     80,
     {F("Connection", "close, X-Secret"), F("X-Secret", "1")},
     "X-Secret",
     NULL},
    {"expect is answered here", 80, {F("Expect", "100-continue")}, "Expect", NULL},
    {"coding is of this hop", 80, {F("Transfer-Encoding", "chunked")}, "Transfer-Encoding", NULL},
    {"length is made anew", 80, {F("Content-Length", "5")}, "Content-Length", NULL},
    {"an underscore is no valid name", 80, {F("Content_Length", "5")}, "Content_Length", NULL},
    {"nor is a dot", 80, {F("X.Y", "5")}, "X.Y", NULL},
    {"others pass", 80, {F("X-Any", "thing")}, "X-Any", "thing"},
};

static void prepare(const struct row *row, struct http_request *req)
{
    struct alb_client client = {
        .address = "192.0.2.7", .listener_port = row->port, .dns_name = "lb.local", .epoch_ms = 0};
    *req = (struct http_request){.arena = &arena, .fields = row->fields};
    while (req->field_count < FIELDS_MAX && row->fields[req->field_count].name.len)
        req->field_count++;
    cr_assert_eq(alb_request_prepare(req, &client, &seeded), RC_OK, "%s", row->name);
}

static size_t count_fields(const struct http_request *req, const char *name)
{
    size_t count = 0;
    for (size_t i = 0; i < req->field_count; i++)
        count += bytes_ieq(req->fields[i].name, bytes_from_str(name));
    return count;
}

Test(alb_request, writes_the_fields_that_a_target_sees)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_request req;
        prepare(&rows[i], &req);
        const struct bytes *got = http_request_header(&req, rows[i].wanted_name);
        cr_expect_eq(count_fields(&req, rows[i].wanted_name), rows[i].wanted ? 1u : 0u, "%s",
                     rows[i].name);
        if (rows[i].wanted && got)
            cr_expect(bytes_eq(*got, bytes_from_str(rows[i].wanted)), "%s: '%.*s'", rows[i].name,
                      BYTES_ARG(*got));
    }
}

static bool is_id(struct bytes text) /* 1-8 hex-24 hex */
{
    if (text.len != 35 || text.ptr[0] != '1' || text.ptr[1] != '-' || text.ptr[10] != '-')
        return false;
    for (size_t i = 2; i < text.len; i++)
        if (i != 10 && !strchr("0123456789abcdef", text.ptr[i]))
            return false;
    return true;
}

struct trace_row {
    const char *name;
    struct row request;
    const char *head, *tail; /* the new id stands between them */
};

static const struct trace_row trace_rows[] = {
    {"none", {"none", 80, {F("A", "b")}, NULL, NULL}, "Root=", ""},
    {"root",
     {"root", 80, {F("X-Amzn-Trace-Id", "Root=1-67891233-abcdef012345678912345678")}, NULL, NULL},
     "Self=",
     ";Root=1-67891233-abcdef012345678912345678"},
    {"root and others",
     {"others", 80, {F("X-Amzn-Trace-Id", "Root=1-2-3;CalledFrom=app; Sampled=1")}, NULL, NULL},
     "Self=",
     ";Root=1-2-3;CalledFrom=app;Sampled=1"},
    {"an old self goes",
     {"self", 80, {F("X-Amzn-Trace-Id", "Self=1-9-9;Root=1-2-3")}, NULL, NULL},
     "Self=",
     ";Root=1-2-3"},
    {"no root among others",
     {"no root", 80, {F("X-Amzn-Trace-Id", "CalledFrom=app")}, NULL, NULL},
     "Root=",
     ";CalledFrom=app"},
};

Test(alb_request, the_trace_says_when_the_request_came)
{
    struct alb_client client = {.address = "192.0.2.7",
                                .listener_port = 80,
                                .dns_name = "lb.local",
                                .epoch_ms = 1795253400250};
    struct http_request req = {.arena = &arena};
    cr_assert_eq(alb_request_prepare(&req, &client, &seeded), RC_OK);
    cr_expect(bytes_starts_with(req.trace_id, BYTES_LIT("Root=1-6b016498-")), "'%.*s'",
              BYTES_ARG(req.trace_id));
}

Test(alb_request, starts_or_continues_the_trace)
{
    for (size_t i = 0; i < sizeof trace_rows / sizeof *trace_rows; i++) {
        const struct trace_row *row = &trace_rows[i];
        struct http_request req;
        prepare(&row->request, &req);
        struct bytes head = bytes_from_str(row->head), tail = bytes_from_str(row->tail);
        struct bytes got = req.trace_id;
        cr_assert_eq(got.len, head.len + 35 + tail.len, "%s: '%.*s'", row->name, BYTES_ARG(got));
        cr_expect(bytes_starts_with(got, head), "%s", row->name);
        cr_expect(is_id(bytes_make(got.ptr + head.len, 35)), "%s: '%.*s'", row->name,
                  BYTES_ARG(got));
        cr_expect(bytes_eq(bytes_skip(got, head.len + 35), tail), "%s: '%.*s'", row->name,
                  BYTES_ARG(got));
    }
}

struct attribute_row {
    const char *name;
    struct alb_balancer_attributes attributes;
    const char *wanted_name, *wanted; /* NULL: the field must not be there */
    size_t count;
};

static const struct attribute_row attribute_rows[] = {
    {"append", {.xff_mode = ALB_XFF_APPEND}, "X-Forwarded-For", "10.0.0.1, 192.0.2.7", 1},
    {"with the client's port",
     {.has_xff_client_port = 1},
     "X-Forwarded-For",
     "10.0.0.1, 192.0.2.7:50000",
     1},
    {"preserve", {.xff_mode = ALB_XFF_PRESERVE}, "X-Forwarded-For", "10.0.0.1", 1},
    {"remove", {.xff_mode = ALB_XFF_REMOVE}, "X-Forwarded-For", NULL, 0},
    {"the host with its port", {0}, "Host", "x.example:8080", 1},
    {"the host as it came", {.preserves_host = 1}, "Host", "X.Example", 2},
    {"an odd name stays", {0}, "X_Odd", "1", 1},
    {"an odd name goes", {.drops_invalid_fields = 1}, "X_Odd", NULL, 0},
};

Test(alb_request, follows_the_load_balancer_s_attributes)
{
    static const struct http_field fields[] = {F("Host", "X.Example"), F("Host", "second"),
                                               F("X-Forwarded-For", "10.0.0.1"), F("X_Odd", "1")};
    for (size_t i = 0; i < sizeof attribute_rows / sizeof *attribute_rows; i++) {
        const struct attribute_row *row = &attribute_rows[i];
        struct http_request req = {.arena = &arena, .fields = fields, .field_count = 4};
        struct alb_client client = {.address = "192.0.2.7",
                                    .port = 50000,
                                    .listener_port = 8080,
                                    .dns_name = "lb.local",
                                    .attributes = &row->attributes};
        cr_assert_eq(alb_request_prepare(&req, &client, &seeded), RC_OK);
        const struct bytes *value = http_request_header(&req, row->wanted_name);
        cr_expect_eq(value == NULL, row->wanted == NULL, "%s", row->name);
        if (value && row->wanted)
            cr_expect(bytes_eq(*value, bytes_from_str(row->wanted)), "%s: %.*s", row->name,
                      BYTES_ARG(*value));
        cr_expect_eq(count_fields(&req, row->wanted_name), row->count, "%s", row->name);
    }
}

Test(alb_request, rules_see_the_host_without_its_port)
{
    static const struct {
        const char *sent, *wanted;
    } hosts[] = {{"a.example", "a.example"},
                 {"a.example:80", "a.example"},
                 {"[::1]:80", "[::1]"},
                 {"", "lb.local"}};
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct http_field field = {BYTES_LIT("host"), bytes_from_str(hosts[i].sent)};
        struct http_request req = {.fields = &field, .field_count = 1};
        struct bytes host = alb_request_host(&req, "lb.local");
        cr_expect(bytes_eq(host, bytes_from_str(hosts[i].wanted)), "%s: %.*s", hosts[i].sent,
                  BYTES_ARG(host));
    }
}
