#include <arpa/inet.h>
#include <criterion/criterion.h>

#include "runtime/net/conn.h"

static const char *const addresses[] = {"0.0.0.0",   "127.0.0.1",       "10.20.30.40",
                                        "192.0.2.7", "255.255.255.255", "100.101.109.9"};

Test(httpd_peer, an_address_reads_as_inet_ntop_writes_it)
{
    struct work work = {0};
    unsigned port;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        cr_assert_eq(inet_pton(AF_INET, addresses[i], &work.exchange.peer_addr_net), 1);
        work.exchange.peer_port_net = htons(65535);
        cr_expect_str_eq(httpd_peer(&work.exchange, &port), addresses[i]);
        cr_expect_eq(port, 65535u);
    }
}
