#include <arpa/inet.h>
#include <criterion/criterion.h>

#include "runtime/core/forwarded.h"

struct row {
    const char *first, *second; /* X-Forwarded-For fields, NULL: none */
    unsigned proxy_count;
    const char *client;
};

static const struct row rows[] = {
    {NULL, NULL, 1, "10.0.0.7"},
    {"203.0.113.9", NULL, 1, "203.0.113.9"},
    {"203.0.113.9", NULL, 0, "10.0.0.7"},
    {"1.1.1.1, 203.0.113.9", NULL, 1, "203.0.113.9"},
    {"1.1.1.1,2.2.2.2 ,\t203.0.113.9 ", NULL, 1, "203.0.113.9"},
    {"1.1.1.1, 2.2.2.2, 3.3.3.3", NULL, 2, "2.2.2.2"},
    {"1.1.1.1, 2.2.2.2, 3.3.3.3", NULL, 3, "1.1.1.1"},
    {"1.1.1.1, 2.2.2.2, 3.3.3.3", NULL, 4, "10.0.0.7"},
    {"1.1.1.1", "2.2.2.2", 1, "2.2.2.2"},
    {"0.0.0.0, 1.1.1.1", "2.2.2.2", 2, "1.1.1.1"},
    {"1.1.1.1", "2.2.2.2", 3, "10.0.0.7"},
    {"203.0.113.9:41234", NULL, 1, "203.0.113.9"},
    {"2001:db8::1", NULL, 1, "2001:db8::1"},
    {"[2001:db8::1]:443", NULL, 1, "2001:db8::1"},
    {"::ffff:1.2.3.4", NULL, 1, "::ffff:1.2.3.4"},
    {"unknown", NULL, 1, "10.0.0.7"},
    {"_hidden, evil\" ,", NULL, 1, "10.0.0.7"},
    {"1.1.1.1,", NULL, 1, "10.0.0.7"},
    {"", NULL, 1, "10.0.0.7"},
    {",", NULL, 2, "10.0.0.7"},
    {"[", NULL, 1, "10.0.0.7"},
    {"bad", NULL, 1, "10.0.0.7"},
    {"1", NULL, 1, "10.0.0.7"},
    {"aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa", NULL, 1, "10.0.0.7"},
};

static struct http_field field(const char *name, const char *value)
{
    return (struct http_field){bytes_from_str(name), bytes_from_str(value)};
}

Test(forwarded, the_client_is_who_the_last_proxies_have_seen)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct http_field fields[3] = {field("Host", "x")};
        struct http_request req = {.fields = fields, .field_count = 1};
        struct forwarded out;
        req.peer_addr_net = inet_addr("10.0.0.7");
        if (rows[i].first)
            fields[req.field_count++] = field("X-Forwarded-For", rows[i].first);
        if (rows[i].second)
            fields[req.field_count++] = field("x-forwarded-FOR", rows[i].second);
        forwarded_read(&req, rows[i].proxy_count, &out);
        cr_expect(bytes_eq(out.client, bytes_from_str(rows[i].client)), "row %zu: %.*s", i,
                  BYTES_ARG(out.client));
        cr_expect(bytes_eq(out.scheme, BYTES_LIT("http")));
        cr_expect_eq(out.port, 0u);
    }
}

Test(forwarded, every_address_of_a_peer_is_written_right)
{
    static const char *const addresses[] = {"1.2.3.4", "255.255.255.255", "10.100.99.9",
                                            "127.0.0.1", "200.0.20.101"};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        struct http_request req = {.peer_addr_net = inet_addr(addresses[i])};
        struct forwarded out;
        forwarded_read(&req, 1, &out);
        cr_expect(bytes_eq(out.client, bytes_from_str(addresses[i])), "%s", addresses[i]);
    }
}

Test(forwarded, without_peer_and_field_nobody_says)
{
    struct http_request req = {0};
    struct forwarded out;
    forwarded_read(&req, 1, &out);
    cr_expect_eq(out.client.len, 0u);
}

struct scheme_row {
    const char *proto, *port;
    bool is_tls;
    unsigned proxy_count;
    const char *scheme;
    unsigned wanted_port;
};

static const struct scheme_row scheme_rows[] = {
    {"https", "443", false, 1, "https", 443}, {"HTTP", "80", true, 1, "http", 80},
    {"https", "443", false, 0, "http", 0},    {"https", "x", true, 0, "https", 0},
    {"gopher", "70000", true, 1, "https", 0}, {"http, https", "1, 2", false, 1, "https", 2},
};

Test(forwarded, scheme_and_port_are_the_clients)
{
    for (size_t i = 0; i < sizeof scheme_rows / sizeof *scheme_rows; i++) {
        const struct scheme_row *row = &scheme_rows[i];
        struct http_field fields[] = {field("X-Forwarded-For", "1.2.3.4"),
                                      field("X-Forwarded-Proto", row->proto),
                                      field("X-Forwarded-Port", row->port)};
        struct http_request req = {.fields = fields, .field_count = 3, .is_tls = row->is_tls};
        struct forwarded out;
        forwarded_read(&req, row->proxy_count, &out);
        cr_expect(bytes_eq(out.scheme, bytes_from_str(row->scheme)), "row %zu: %.*s", i,
                  BYTES_ARG(out.scheme));
        cr_expect_eq(out.port, row->wanted_port, "row %zu", i);
    }
}
