#include "tests/support/fake_dynamodb.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/core/log.h"
#include "tests/support/tempdir.h"

enum { TOKEN_LEN = 32, LOG_MAX = 1 << 16 };
#define SIGN "@T@"

struct fake_dynamodb fake_dynamodb;

static struct tempdir folder;
static int log_fd = -1;
static atomic_size_t count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* for the token */

/* Appends `text` with each `from` in it written as `to`. */
static void append_replaced(struct buf *out, const char *text, const char *from, const char *to)
{
    for (const char *at = strstr(text, from); at && *from; at = strstr(text, from)) {
        buf_append(out, bytes_make(text, (size_t)(at - text)));
        buf_append(out, bytes_from_str(to));
        text = at + strlen(from);
    }
    buf_append(out, bytes_from_str(text));
}

/* The token stands in an item that is put, or among the values of an update. */
static void learn_token(struct bytes body)
{
    static const char *const places[] = {"\"token\":{\"S\":\"", "\":t\":{\"S\":\""};
    for (size_t i = 0; i < 2; i++) {
        const char *at = memmem(body.ptr, body.len, places[i], strlen(places[i]));
        if (at)
            (void)snprintf(fake_dynamodb.token, sizeof fake_dynamodb.token, "%.*s", TOKEN_LEN,
                           at + strlen(places[i]));
    }
}

static enum fake_end answer(void *context, size_t index, const struct fake_request *req,
                            struct buf *out)
{
    const struct fake_answer *row = fake_dynamodb.answers;
    struct buf body;
    (void)context;
    for (size_t i = 0; i < index && row[1].body; i++)
        row++;
    atomic_fetch_add(&count, 1);
    buf_init(&body, 64 << 20);
    (void)pthread_mutex_lock(&lock);
    learn_token(req->body);
    append_replaced(&body, row->body, SIGN, fake_dynamodb.token);
    (void)pthread_mutex_unlock(&lock);
    if (row->status != FAKE_LOST && row->status != FAKE_NEVER)
        fake_rapi_put(out, row->status, "x-amzn-RequestId: REQUEST-1\r\n", buf_bytes(&body));
    buf_release(&body);
    if (row->status == FAKE_LOST)
        return FAKE_CLOSE;
    return row->status == FAKE_NEVER ? FAKE_HOLD : FAKE_KEEP;
}

void fake_dynamodb_setup(void)
{
    char path[2 * TEMPDIR_PATH_MAX];
    tempdir_init(&folder);
    log_fd = open(tempdir_join(&folder, "", "log", path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    log_set_fd(log_fd);
    arena_init(&fake_dynamodb.arena, 1 << 26);
}

void fake_dynamodb_teardown(void)
{
    store_close(fake_dynamodb.store);
    if (fake_dynamodb.server)
        fake_rapi_free(fake_dynamodb.server);
    arena_release(&fake_dynamodb.arena);
    fake_dynamodb = (struct fake_dynamodb){.server = NULL};
    (void)close(log_fd);
    tempdir_release(&folder);
}

void fake_dynamodb_start(const struct fake_answer *answers)
{
    char url[128], error[256] = "";
    struct fake_dynamodb *fake = &fake_dynamodb;
    fake->answers = answers;
    fake->server = fake_rapi_new(answer, NULL, true);
    fake_rapi_set_parallel(fake->server);
    fake_rapi_start(fake->server);
    (void)snprintf(url, sizeof url, "http://%s", fake_rapi_address(fake->server));
    cr_assert_eq(setenv("AWS_ENDPOINT_URL_DYNAMODB", url, 1), 0);
    cr_assert_eq(setenv("AWS_REGION", "eu-west-1", 1), 0);
    cr_assert_eq(setenv("AWS_ACCESS_KEY_ID", "AKIDOFATEST", 1), 0);
    cr_assert_eq(setenv("AWS_SECRET_ACCESS_KEY", "SECRETOFATEST", 1), 0);
    fake->store = store_open("dynamodb:votes", error, sizeof error);
    cr_assert_not_null(fake->store, "%s", error);
}

size_t fake_dynamodb_count(void)
{
    return atomic_load(&count);
}

const char *fake_dynamodb_body(size_t index)
{
    struct buf text, body;
    struct bytes copy;
    buf_init(&text, 1 << 20);
    buf_init(&body, 1 << 20);
    cr_assert(fake_rapi_wait(fake_dynamodb.server, index + 1));
    buf_append(&text, fake_rapi_request(fake_dynamodb.server, index)->body);
    buf_append_char(&text, '\0');
    append_replaced(&body, text.data, fake_dynamodb.token, SIGN);
    cr_assert_eq(arena_dup(&fake_dynamodb.arena, buf_bytes(&body), &copy), RC_OK);
    buf_release(&text);
    buf_release(&body);
    return copy.ptr;
}

bool fake_dynamodb_log_has(const char *text)
{
    static char lines[LOG_MAX];
    ssize_t n = pread(log_fd, lines, sizeof lines - 1, 0);
    lines[n > 0 ? n : 0] = '\0';
    return strstr(lines, text) != NULL;
}
