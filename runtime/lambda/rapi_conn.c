#include "runtime/lambda/rapi_conn.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>

#include "runtime/core/limits.h"
#include "runtime/lambda/crash_report.h"

/*
 * libcurl is asked for a connected socket and nothing else (CURLOPT_CONNECT_ONLY): its transfer
 * loop would cost each invocation more than the handler does. CURL_GLOBAL_NOTHING asks it to set up
 * as little as it can; most of a start is still the loading of it and of what it is linked with,
 * which the static release build has not.
 */

enum {
    READ_BYTES = 16 * 1024,
    CONNECT_TIMEOUT_MS = 10 * 1000,
    FIELDS_MAX = 8,
    /* A chunked body comes with its chunks' sizes. */
    IN_MAX_BYTES = 2 * RAPI_BODY_MAX_BYTES + LIMIT_HEAD_BYTES,
    OUT_MAX_BYTES = LIMIT_INVOCATION_BYTES + LIMIT_HEAD_BYTES,
};

void rapi_conn_init(struct rapi_conn *conn, const char *api)
{
    *conn = (struct rapi_conn){.api = api, ._fd = -1};
    buf_init(&conn->_out, OUT_MAX_BYTES);
    buf_init(&conn->_in, IN_MAX_BYTES);
}

/* libcurl closes the socket. */
void rapi_conn_close(struct rapi_conn *conn)
{
    curl_easy_cleanup(conn->_curl);
    conn->_curl = NULL;
    conn->_fd = -1;
}

void rapi_conn_release(struct rapi_conn *conn)
{
    rapi_conn_close(conn);
    buf_release(&conn->_out);
    buf_release(&conn->_in);
}

static void set_options(struct rapi_conn *conn, CURL *curl, const char *url)
{
    /* The Runtime API is on the same machine: whatever http_proxy says, it is not for this. */
    (void)curl_easy_setopt(curl, CURLOPT_URL, url);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECT_ONLY, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, conn->error);
}

/* libcurl's socket is non-blocking, and nothing here wants to poll. */
static bool take_socket(struct rapi_conn *conn)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    int one = 1;
    if (curl_easy_getinfo(conn->_curl, CURLINFO_ACTIVESOCKET, &fd) != CURLE_OK ||
        fd == CURL_SOCKET_BAD)
        return false;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
        return false;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    conn->_fd = fd;
    crash_report_connected(fd);
    return true;
}

static CURLcode curl_state;

static void init_curl(void)
{
    curl_state = curl_global_init(CURL_GLOBAL_NOTHING);
}

static enum rc connect_now(struct rapi_conn *conn)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT; /* connections may be of many threads */
    char url[512];
    int n = snprintf(url, sizeof url, "http://%s/", conn->api);
    conn->error[0] = '\0';
    (void)pthread_once(&once, init_curl);
    if (n < 0 || (size_t)n >= sizeof url || curl_state != CURLE_OK) {
        (void)snprintf(conn->error, sizeof conn->error, "the address is too long");
        return RC_IO;
    }
    conn->_curl = curl_easy_init();
    if (!conn->_curl)
        return RC_NOMEM;
    set_options(conn, conn->_curl, url);
    CURLcode code = curl_easy_perform(conn->_curl);
    if (code == CURLE_OK && take_socket(conn))
        return RC_OK;
    if (conn->error[0] == '\0')
        (void)snprintf(conn->error, sizeof conn->error, "%s", curl_easy_strerror(code));
    return RC_IO;
}

enum rc rapi_conn_request(struct rapi_conn *conn, enum http_method method, struct bytes target,
                          const struct http_field *fields, size_t field_count, struct bytes body)
{
    struct http_field all[FIELDS_MAX] = {{BYTES_LIT("Host"), bytes_from_str(conn->api)}};
    if (field_count >= FIELDS_MAX)
        return RC_NOMEM;
    for (size_t i = 0; i < field_count; i++)
        all[i + 1] = fields[i];
    buf_reset(&conn->_out);
    http1_encode_request(&conn->_out, http_method_name(method), target, all, field_count + 1, body);
    conn->_method = method;
    return conn->_out.failed ? RC_NOMEM : RC_OK;
}

/* A peer that refuses a request may answer and close before it has read all of it, so a failure to
 * send is not the last word: what can be received decides. */
static void send_request(const struct rapi_conn *conn)
{
    struct bytes left = buf_bytes(&conn->_out);
    while (left.len) {
        ssize_t n = send(conn->_fd, left.ptr, left.len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return;
        left = bytes_skip(left, (size_t)n);
    }
}

/* Appends what there is. RC_CLOSED: the peer has closed. */
static enum rc receive(struct rapi_conn *conn)
{
    struct buf *in = &conn->_in;
    ssize_t n;
    if (buf_reserve(in, READ_BYTES) != RC_OK)
        return RC_NOMEM;
    do
        n = recv(conn->_fd, in->data + in->len, in->cap - in->len, 0);
    while (n < 0 && errno == EINTR);
    if (n <= 0)
        return RC_CLOSED;
    in->len += (size_t)n;
    return RC_OK;
}

static enum rc receive_response(struct rapi_conn *conn, size_t body_max, struct arena *arena,
                                struct http1_response *res)
{
    struct http1_decoder dec;
    size_t consumed = 0;
    enum rc rc;
    buf_reset(&conn->_in);
    http1_decoder_init(&dec);
    do {
        enum rc received = receive(conn);
        if (received == RC_NOMEM)
            return RC_NOMEM;
        rc = http1_decode_response(&dec, buf_bytes(&conn->_in), received == RC_CLOSED,
                                   conn->_method, body_max, arena, res, &consumed);
    } while (rc == RC_AGAIN);
    /* Bytes that nobody asked for: peer and we disagree on where a response ends. */
    if (rc == RC_OK && consumed < conn->_in.len)
        res->keep_alive = false;
    return rc;
}

enum rc rapi_conn_send(struct rapi_conn *conn)
{
    enum rc rc = conn->_curl ? RC_OK : connect_now(conn);
    if (rc == RC_OK)
        send_request(conn);
    else
        rapi_conn_close(conn);
    return rc;
}

enum rc rapi_conn_exchange(struct rapi_conn *conn, size_t body_max, struct arena *arena,
                           struct http1_response *res)
{
    enum rc rc = conn->_curl ? RC_OK : connect_now(conn);
    if (rc == RC_OK) {
        send_request(conn);
        rc = receive_response(conn, body_max, arena, res);
        if (rc != RC_OK)
            (void)snprintf(conn->error, sizeof conn->error, "the response is cut off or bad (%s)",
                           rc_name(rc));
    }
    if (rc != RC_OK || !res->keep_alive)
        rapi_conn_close(conn);
    return rc;
}

/* true when the peer has sent something, or its end, that nobody has asked for. */
static bool has_input(const struct rapi_conn *conn)
{
    struct pollfd one = {.fd = conn->_fd, .events = POLLIN};
    return poll(&one, 1, 0) > 0;
}

enum rc rapi_conn_begin(struct rapi_conn *conn, struct bytes target,
                        const struct http_field *fields, size_t field_count)
{
    struct http_field all[FIELDS_MAX] = {{BYTES_LIT("Host"), bytes_from_str(conn->api)}};
    if (field_count >= FIELDS_MAX)
        return RC_NOMEM;
    for (size_t i = 0; i < field_count; i++)
        all[i + 1] = fields[i];
    buf_reset(&conn->_out);
    http1_encode_request_head(&conn->_out, BYTES_LIT("POST"), target, all, field_count + 1,
                              HTTP1_CHUNKS);
    if (conn->_out.failed)
        return RC_NOMEM;
    conn->_method = HTTP_POST;
    if (conn->_curl && has_input(conn))
        rapi_conn_close(conn);
    enum rc rc = conn->_curl ? RC_OK : connect_now(conn);
    if (rc != RC_OK) {
        rapi_conn_close(conn);
        return rc;
    }
    return rapi_conn_give(conn, buf_bytes(&conn->_out));
}

enum rc rapi_conn_give(struct rapi_conn *conn, struct bytes chunks)
{
    while (chunks.len) {
        struct pollfd one = {.fd = conn->_fd, .events = POLLIN | POLLOUT};
        int ready = poll(&one, 1, -1);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready < 0 || (one.revents & (POLLIN | POLLERR | POLLHUP)))
            return RC_CLOSED;
        ssize_t n = send(conn->_fd, chunks.ptr, chunks.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0)
            chunks = bytes_skip(chunks, (size_t)n);
        else if (errno != EINTR && errno != EAGAIN)
            return RC_CLOSED;
    }
    return RC_OK;
}

enum rc rapi_conn_finish(struct rapi_conn *conn, size_t body_max, struct arena *arena,
                         struct http1_response *res)
{
    enum rc rc = receive_response(conn, body_max, arena, res);
    if (rc != RC_OK)
        (void)snprintf(conn->error, sizeof conn->error, "the response is cut off or bad (%s)",
                       rc_name(rc));
    rapi_conn_close(conn);
    return rc;
}

void rapi_conn_trim(struct rapi_conn *conn)
{
    buf_reset(&conn->_out);
    buf_reset(&conn->_in);
    buf_shrink(&conn->_out, LIMIT_IDLE_BUFFER_BYTES);
    buf_shrink(&conn->_in, LIMIT_IDLE_BUFFER_BYTES * 2);
}
