#include "tests/support/store_client.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "runtime/json/json.h"

enum { REQUEST_MAX = 1024 };

static bool send_request(struct client *client, const char *method, const char *target,
                         const char *fields, const char *body)
{
    char request[REQUEST_MAX];
    char length[64] = "";
    /* Only with a body: a load balancer in strictest mode refuses a GET that has a length. */
    if (body[0])
        (void)snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(body));
    int n = snprintf(request, sizeof request, "%s %s HTTP/1.1\r\nHost: x\r\n%s%s\r\n%s", method,
                     target, fields, length, body);
    cr_assert(n > 0 && n < REQUEST_MAX);
    return client_send(client, bytes_make(request, (size_t)n));
}

int store_client_ask(unsigned port, const char *method, const char *target, const char *fields,
                     const char *body, char *body_out, size_t body_len)
{
    struct client client;
    struct http1_response res = {0};
    cr_assert(client_open(&client, port));
    cr_assert(send_request(&client, method, target, fields, body));
    enum rc rc = client_read(&client, http_method_parse(bytes_from_str(method)), &res);
    cr_assert_eq(rc, RC_OK, "%s %s: %s", method, target, rc_name(rc));
    if (body_out)
        (void)snprintf(body_out, body_len, "%.*s", BYTES_ARG(res.body));
    client_close(&client);
    return res.status;
}

static void *write_all(void *context)
{
    struct store_writer *writer = context;
    struct http1_response res;
    struct client client;
    if (!client_open(&client, writer->port))
        return NULL;
    while (writer->done < writer->max) {
        char target[64];
        (void)snprintf(target, sizeof target, "/candidate/%d-%d-%d", writer->round, writer->number,
                       writer->done);
        if (!send_request(&client, "POST", target, "", "{\"party\":\"p\"}") ||
            client_read(&client, HTTP_POST, &res) != RC_OK)
            break;
        if (res.status != 201) {
            writer->other = res.status;
            break;
        }
        writer->done++;
        if (writer->on_each)
            (void)sem_post(writer->on_each);
    }
    client_close(&client);
    return NULL;
}

void store_writer_start(struct store_writer *writer)
{
    cr_assert_eq(pthread_create(&writer->thread, NULL, write_all, writer), 0);
}

void store_writer_join(struct store_writer *writer)
{
    cr_assert_eq(pthread_join(writer->thread, NULL), 0);
}

/* --- what is there --- */

/* Notes the candidates of one page, and gives where the next one is; "": it was the last. */
static void read_page(struct client *client, const struct store_writer *writers, size_t count,
                      size_t *found, char target[512])
{
    struct http1_response res = {0};
    struct arena arena;
    const cJSON *item;
    cJSON *root;
    arena_init(&arena, 1 << 26);
    cr_assert(send_request(client, "GET", target, "", ""));
    cr_assert_eq(client_read(client, HTTP_GET, &res), RC_OK);
    cr_assert_eq(res.status, 200, "%s: %d", target, res.status);
    cr_assert_eq(json_parse(&arena, res.body, &root, NULL), RC_OK);
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(root, "candidates"))
    {
        const char *name = json_bytes(cJSON_GetObjectItem(item, "name")).ptr;
        int round, number, i;
        if (sscanf(name, "%d-%d-%d", &round, &number, &i) != 3)
            continue;
        for (size_t k = 0; k < count; k++)
            found[k] +=
                writers[k].round == round && writers[k].number == number && i < writers[k].done;
    }
    const char *next = json_bytes(cJSON_GetObjectItem(root, "next")).ptr;
    (void)snprintf(target, 512, "%s%s", next ? "/candidates?next=" : "", next ? next : "");
    arena_release(&arena);
}

size_t store_client_count_lost(unsigned port, const struct store_writer *writers, size_t count)
{
    size_t *found = calloc(count, sizeof *found), lost = 0;
    char target[512] = "/candidates";
    struct client client;
    cr_assert_not_null(found);
    cr_assert(client_open(&client, port));
    while (target[0])
        read_page(&client, writers, count, found, target);
    client_close(&client);
    for (size_t k = 0; k < count; k++)
        lost += (size_t)writers[k].done - found[k];
    free(found);
    return lost;
}
