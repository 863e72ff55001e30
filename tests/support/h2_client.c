#include "tests/support/h2_client.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { TIMEOUT_S = 60, BODY_MAX = 32 * 1024 * 1024 };

static struct h2_client the_client;

/* --- what nghttp2 tells --- */

static struct h2_answer *answer_of(struct h2_client *client, int32_t id)
{
    return &client->answers[(id - 1) / 2];
}

static int on_header(nghttp2_session *frames, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
                     void *context)
{
    struct h2_answer *answer = answer_of(context, frame->hd.stream_id);
    struct bytes key = bytes_make((const char *)name, name_len),
                 text = bytes_make((const char *)value, value_len);
    uint64_t status;
    (void)frames;
    (void)flags;
    if (bytes_eq(key, BYTES_LIT(":status"))) {
        cr_assert(bytes_to_u64(text, 999, &status));
        answer->interim_count += status < 200;
        answer->status = (int)status;
    }
    buf_printf(&answer->fields, "%.*s: %.*s\n", BYTES_ARG(key), BYTES_ARG(text));
    return 0;
}

static int on_data(nghttp2_session *frames, uint8_t flags, int32_t id, const uint8_t *data,
                   size_t len, void *context)
{
    (void)frames;
    (void)flags;
    buf_append(&answer_of(context, id)->body, bytes_make((const char *)data, len));
    return 0;
}

static int on_close(nghttp2_session *frames, int32_t id, uint32_t error, void *context)
{
    struct h2_answer *answer = answer_of(context, id);
    (void)frames;
    answer->is_closed = true;
    answer->error = error;
    return 0;
}

static int on_frame(nghttp2_session *frames, const nghttp2_frame *frame, void *context)
{
    struct h2_client *client = context;
    (void)frames;
    if (frame->hd.type != NGHTTP2_GOAWAY)
        return 0;
    client->has_goaway = true;
    client->goaway_error = frame->goaway.error_code;
    client->goaway_last_id = frame->goaway.last_stream_id;
    return 0;
}

/* --- life --- */

static void connect_tls(struct h2_client *client, unsigned port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval limit = {.tv_sec = TIMEOUT_S};
    static const unsigned char protocols[] = "\x02h2";
    const unsigned char *chosen;
    unsigned len;
    int one = 1;
    (void)signal(SIGPIPE, SIG_IGN);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    (void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    cr_assert_eq(connect(client->fd, (struct sockaddr *)&at, sizeof at), 0);
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    client->tls = SSL_new(ctx);
    SSL_CTX_free(ctx);
    cr_assert(SSL_set_alpn_protos(client->tls, protocols, sizeof protocols - 1) == 0);
    cr_assert(SSL_set_fd(client->tls, client->fd) == 1);
    cr_assert(SSL_connect(client->tls) == 1);
    SSL_get0_alpn_selected(client->tls, &chosen, &len);
    cr_assert(len == 2 && memcmp(chosen, "h2", 2) == 0);
}

struct h2_client *h2_client_open(unsigned port)
{
    struct h2_client *client = &the_client;
    nghttp2_session_callbacks *callbacks;
    memset(client, 0, sizeof *client);
    connect_tls(client, port);
    cr_assert_eq(nghttp2_session_callbacks_new(&callbacks), 0);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    cr_assert_eq(nghttp2_session_client_new(&client->frames, callbacks, client), 0);
    nghttp2_session_callbacks_del(callbacks);
    cr_assert_eq(nghttp2_submit_settings(client->frames, NGHTTP2_FLAG_NONE, NULL, 0), 0);
    return client;
}

void h2_client_close(struct h2_client *client)
{
    nghttp2_session_del(client->frames);
    SSL_free(client->tls);
    (void)close(client->fd);
    for (size_t i = 0; i < client->asked_count; i++) {
        buf_release(&client->answers[i].body);
        buf_release(&client->answers[i].fields);
    }
}

/* --- requests --- */

static nghttp2_nv pair(const char *name, const char *value)
{
    return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name),
                        strlen(value), NGHTTP2_NV_FLAG_NONE};
}

struct sending {
    struct bytes left;
    bool has_trailer, stalls;
};

static ssize_t read_body(nghttp2_session *frames, int32_t id, uint8_t *to, size_t size,
                         uint32_t *flags, nghttp2_data_source *source, void *context)
{
    struct sending *sending = source->ptr;
    size_t n = sending->left.len < size ? sending->left.len : size;
    (void)context;
    if (sending->stalls)
        return NGHTTP2_ERR_DEFERRED;
    memcpy(to, sending->left.ptr, n);
    sending->left = bytes_skip(sending->left, n);
    if (sending->left.len)
        return (ssize_t)n;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (sending->has_trailer) {
        nghttp2_nv trailer = pair("x-after", "1");
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        cr_assert_eq(nghttp2_submit_trailer(frames, id, &trailer, 1), 0);
    }
    return (ssize_t)n;
}

size_t h2_client_ask(struct h2_client *client, const struct h2_ask *ask)
{
    static struct sending sendings[8];
    static size_t sending_count;
    nghttp2_nv pairs[6] = {pair(":method", ask->method ? ask->method : "GET"),
                           pair(":scheme", "https"), pair(":authority", "localhost"),
                           pair(":path", ask->path)};
    size_t count = 4, number = client->asked_count++;
    struct sending *sending = &sendings[sending_count++ % 8];
    nghttp2_data_provider provider = {.source.ptr = sending, .read_callback = read_body};
    *sending =
        (struct sending){bytes_make(ask->body, ask->body_len), ask->has_trailer, ask->stalls};
    if (ask->name)
        pairs[count++] = pair(ask->name, ask->value);
    if (ask->name2)
        pairs[count++] = pair(ask->name2, ask->value2);
    buf_init(&client->answers[number].body, BODY_MAX);
    buf_init(&client->answers[number].fields, BODY_MAX);
    cr_assert_eq(nghttp2_submit_request(client->frames, NULL, pairs, count,
                                        ask->body_len ? &provider : NULL, NULL),
                 (int32_t)(2 * number + 1));
    return number;
}

size_t h2_client_get(struct h2_client *client, const char *path)
{
    return h2_client_ask(client, &(struct h2_ask){.path = path});
}

void h2_client_reset(struct h2_client *client, size_t number)
{
    cr_assert_eq(nghttp2_submit_rst_stream(client->frames, NGHTTP2_FLAG_NONE,
                                           (int32_t)(2 * number + 1), NGHTTP2_CANCEL),
                 0);
}

/* --- bytes --- */

void h2_client_send(struct h2_client *client, const void *bytes, size_t len)
{
    size_t n;
    if (len && SSL_write_ex(client->tls, bytes, len, &n) != 1)
        client->is_ended = true;
}

void h2_client_flush(struct h2_client *client)
{
    const uint8_t *out;
    for (ssize_t len; (len = nghttp2_session_mem_send(client->frames, &out)) > 0;)
        h2_client_send(client, out, (size_t)len);
}

bool h2_client_step(struct h2_client *client)
{
    uint8_t in[16 * 1024];
    size_t n;
    h2_client_flush(client);
    if (client->is_ended || SSL_read_ex(client->tls, in, sizeof in, &n) != 1) {
        client->is_ended = true;
        return false;
    }
    cr_assert_eq(nghttp2_session_mem_recv(client->frames, in, n), (ssize_t)n);
    return true;
}

const struct h2_answer *h2_client_wait(struct h2_client *client, size_t number)
{
    while (!client->answers[number].is_closed)
        cr_assert(h2_client_step(client), "it ended before answer %zu", number);
    return &client->answers[number];
}

void h2_client_wait_for_end(struct h2_client *client)
{
    while (h2_client_step(client))
        ;
}

bool h2_answer_is(const struct h2_answer *answer, const char *body)
{
    return bytes_eq(buf_bytes(&answer->body), bytes_from_str(body));
}
