#include <criterion/criterion.h>
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "tests/support/client.h"
#include "tests/support/program.h"
#include "tests/support/tls_files.h"

/* The real server with a certificate. */

static struct program server = {.out_fd = -1}, other = {.out_fd = -1};
static struct tls_files files;
static char cert_env[600], key_env[600];
static unsigned port;

static void setup(void)
{
    tls_files_init(&files);
    (void)snprintf(cert_env, sizeof cert_env, "DUET_TLS_CERT=%s", files.cert);
    (void)snprintf(key_env, sizeof key_env, "DUET_TLS_KEY=%s", files.key);
}

static void teardown(void)
{
    program_release(&server);
    program_release(&other);
    tls_files_release(&files);
}

TestSuite(server_tls, .init = setup, .fini = teardown);

static void start(void)
{
    static const char *const argv[] = {"server", NULL};
    const char *const env[] = {"PORT=0",
                               "DUET_STORE=memory",
                               "DUET_LAME_DUCK_S=0",
                               "DUET_BIND=127.0.0.1",
                               cert_env,
                               key_env,
                               NULL};
    program_start(&server, argv, env);
    port = program_number(&server, "\"port\":");
    cr_assert_gt(port, 0u, "%s", server.out.data ? server.out.data : "no output");
}

static void stop(void)
{
    int status = program_stop(&server);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %d: %s", status,
              server.out.data);
}

static void ask_hello(struct client *client)
{
    struct http1_response res;
    cr_assert(client_send(client, BYTES_LIT("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")));
    cr_assert_eq(client_read(client, HTTP_GET, &res), RC_OK);
    cr_expect_eq(res.status, 200);
}

Test(server_tls, requests_are_answered_and_logged_as_https)
{
    struct client client;
    start();
    cr_assert(client_open_tls(&client, port));
    ask_hello(&client);
    ask_hello(&client);
    client_close(&client);
    stop();
    cr_expect_not_null(strstr(server.out.data, "\"scheme\":\"https\",\"address\":\"127.0.0.1\""));
    cr_expect_not_null(strstr(server.out.data, "\"client\":\"127.0.0.1\",\"scheme\":\"https\""));
}

/* --- libcurl, which looks at the certificate --- */

static size_t count_bytes(char *data, size_t size, size_t count, void *total)
{
    (void)data;
    *(size_t *)total += size * count;
    return size * count;
}

/* One request by libcurl; its status, and the bytes of its body. */
static long fetch(CURL *curl, const char *path, size_t *body_len)
{
    char url[200];
    long status = 0;
    *body_len = 0;
    (void)snprintf(url, sizeof url, "https://localhost:%u%s", port, path);
    cr_assert_eq(curl_easy_setopt(curl, CURLOPT_URL, url), CURLE_OK);
    cr_assert_eq(curl_easy_setopt(curl, CURLOPT_WRITEDATA, body_len), CURLE_OK);
    CURLcode code = curl_easy_perform(curl);
    cr_assert_eq(code, CURLE_OK, "%s: %s", url, curl_easy_strerror(code));
    cr_assert_eq(curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status), CURLE_OK);
    return status;
}

static CURL *open_curl(struct curl_slist **addresses)
{
    char address[64];
    CURL *curl = curl_easy_init();
    (void)snprintf(address, sizeof address, "localhost:%u:127.0.0.1", port);
    *addresses = curl_slist_append(NULL, address);
    cr_assert(curl && *addresses);
    cr_assert_eq(curl_easy_setopt(curl, CURLOPT_RESOLVE, *addresses), CURLE_OK);
    cr_assert_eq(curl_easy_setopt(curl, CURLOPT_CAINFO, files.cert), CURLE_OK);
    cr_assert_eq(curl_easy_setopt(curl, CURLOPT_NOPROXY, "*"), CURLE_OK);
    cr_assert_eq(curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L), CURLE_OK);
    cr_assert_eq(curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, count_bytes), CURLE_OK);
    return curl;
}

Test(server_tls, libcurl_takes_the_certificate_and_keeps_the_connection)
{
    static char body[1024 * 1024 + 1];
    struct curl_slist *addresses;
    struct curl_slist *type = curl_slist_append(NULL, "Content-Type: application/json");
    size_t len;
    long connects = -1;
    start();
    CURL *curl = open_curl(&addresses);
    cr_expect_eq(fetch(curl, "/hello", &len), 200);
    cr_expect_eq(len, strlen("Hello world"));
    memset(body, ' ', sizeof body - 1); /* read whole, and then more than a candidate may be */
    cr_assert_eq(curl_easy_setopt(curl, CURLOPT_HTTPHEADER, type), CURLE_OK);
    cr_assert_eq(curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body), CURLE_OK);
    cr_assert_eq(curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)sizeof body - 1), CURLE_OK);
    cr_expect_eq(fetch(curl, "/candidate/ada", &len), 413);
    cr_assert_eq(curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L), CURLE_OK);
    cr_expect_eq(fetch(curl, "/hello", &len), 200);
    cr_assert_eq(curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connects), CURLE_OK);
    cr_expect_eq(connects, 0, "all go by the first one's connection");
    curl_easy_cleanup(curl);
    curl_slist_free_all(addresses);
    curl_slist_free_all(type);
    stop();
}

/* --- a new certificate --- */

Test(server_tls, a_hangup_has_the_files_read_again)
{
    struct client client;
    start();
    cr_assert(client_open_tls(&client, port));
    tls_files_renew(&files, 2);
    cr_assert_eq(kill(server.id, SIGHUP), 0);
    cr_expect(program_wait_for(&server, "certificate read again"), "%s", server.out.data);
    tempdir_write(files.cert, "nothing");
    cr_assert_eq(kill(server.id, SIGHUP), 0);
    cr_expect(program_wait_for(&server, "the certificate stays as it was"), "%s", server.out.data);
    ask_hello(&client);
    client_close(&client);
    cr_assert(client_open_tls(&client, port));
    ask_hello(&client);
    client_close(&client);
    stop();
}

/* --- the health check --- */

/* Runs `server healthcheck` against the port, with or without the certificate's settings; again
 * where a busy machine took longer than the 3 s that it gives a server. */
static int check_health(bool has_tls)
{
    static const char *const argv[] = {"server", "healthcheck", NULL};
    char port_env[32];
    const char *const env[] = {port_env, has_tls ? cert_env : NULL, key_env, NULL};
    (void)snprintf(port_env, sizeof port_env, "PORT=%u", port);
    int status;
    do {
        program_release(&other);
        program_start(&other, argv, env);
        status = program_wait(&other);
    } while (other.out.len && strstr(other.out.data, "did not answer in time"));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(server_tls, its_healthcheck_speaks_tls)
{
    start();
    cr_expect_eq(check_health(true), 0, "%s", other.out.data);
    cr_expect_eq(check_health(false), 1, "a plain request is no request there");
    stop();
    cr_expect_eq(check_health(true), 1);
    cr_expect_not_null(strstr(other.out.data, "cannot be reached"), "%s", other.out.data);
}

struct row {
    const char *name, *cert, *key, *wanted;
};

Test(server_tls, a_start_with_bad_files_says_why)
{
    static const char *const argv[] = {"server", NULL};
    const struct row rows[] = {
        {"no key", files.cert, "", "DUET_TLS_CERT is set and DUET_TLS_KEY is not"},
        {"no such file", "/nowhere.pem", files.key,
         "DUET_TLS_CERT '/nowhere.pem': No such file or directory"},
        {"another's key", files.cert, files.other_key, "key values mismatch"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *const env[] = {"PORT=0", "DUET_STORE=memory", cert_env, key_env, NULL};
        (void)snprintf(cert_env, sizeof cert_env, "DUET_TLS_CERT=%s", rows[i].cert);
        (void)snprintf(key_env, sizeof key_env, "DUET_TLS_KEY=%s", rows[i].key);
        program_start(&server, argv, env);
        int status = program_wait(&server);
        cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1, "%s", rows[i].name);
        cr_expect_not_null(strstr(server.out.data, rows[i].wanted), "%s: %s", rows[i].name,
                           server.out.data);
        program_release(&server);
    }
}
