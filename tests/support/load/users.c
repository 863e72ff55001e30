#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/core/bytes.h"

/*
 * users URL USERS RATE: a service's users, until SIGTERM. Each asks for URL/hello on a connection
 * that it keeps; all together RATE times a second at most.
 *
 * An answer is good (200 with the right body), of a broken build (5xx whose body says "broken
 * build"), or else failed, and the first few of these are shown on stderr. Prints "users are there"
 * when each had a good answer, and "requests=N good=N broken=N failed=N" at the end. Exit status: 0
 * none failed, 1 some did, 2 usage.
 */

enum { USERS_MAX = 64, BODY_MAX = 4096, TIMEOUT_S = 60, SHOWN_MAX = 10 };

static const char *url;
static double pause_s;
static unsigned user_count;
static atomic_bool is_stopping;
static atomic_uint good, broken, failed, arrived;

struct answer {
    char body[BODY_MAX + 1];
    size_t len;
};

static size_t take(char *data, size_t size, size_t count, void *context)
{
    struct answer *answer = context;
    size_t len = size * count, room = BODY_MAX - answer->len;
    memcpy(answer->body + answer->len, data, len < room ? len : room);
    answer->len += len < room ? len : room;
    answer->body[answer->len] = '\0';
    return len;
}

static void tell(const char *what, long status, const char *body)
{
    if (atomic_fetch_add(&failed, 1) < SHOWN_MAX)
        (void)fprintf(stderr, "users: %s, status %ld: %.200s\n", what, status, body);
}

static bool ask(CURL *curl)
{
    struct answer answer = {.len = 0};
    long status = 0;
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer);
    CURLcode code = curl_easy_perform(curl);
    (void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK)
        tell(curl_easy_strerror(code), status, answer.body);
    else if (status == 200 && strstr(answer.body, "Hello world"))
        atomic_fetch_add(&good, 1);
    else if (status >= 500 && strstr(answer.body, "broken build"))
        atomic_fetch_add(&broken, 1);
    else
        tell("a wrong answer", status, answer.body);
    return code == CURLE_OK && status == 200;
}

static void *run(void *context)
{
    char address[1024];
    CURL *curl = curl_easy_init();
    bool has_arrived = false;
    (void)context;
    (void)snprintf(address, sizeof address, "%s/hello", url);
    if (!curl)
        return NULL;
    (void)curl_easy_setopt(curl, CURLOPT_URL, address);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    while (!atomic_load(&is_stopping)) {
        bool is_good = ask(curl);
        if (is_good && !has_arrived && atomic_fetch_add(&arrived, 1) + 1 == user_count) {
            (void)puts("users are there");
            (void)fflush(stdout);
        }
        has_arrived |= is_good;
        (void)nanosleep(
            &(struct timespec){(time_t)pause_s, (long)((pause_s - (double)(time_t)pause_s) * 1e9)},
            NULL);
    }
    curl_easy_cleanup(curl);
    return NULL;
}

static bool read_arguments(int argc, char **argv)
{
    double rate;
    if (argc != 4)
        return false;
    url = argv[1];
    user_count = (unsigned)strtoul(argv[2], NULL, 10);
    rate = strtod(argv[3], NULL);
    if (user_count == 0 || user_count > USERS_MAX || !(rate > 0))
        return false;
    pause_s = user_count / rate;
    return true;
}

int main(int argc, char **argv)
{
    pthread_t threads[USERS_MAX];
    sigset_t signals;
    int signal_number;
    if (!read_arguments(argc, argv)) {
        (void)fprintf(stderr, "usage: users URL USERS RATE\n");
        return 2;
    }
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &signals, NULL);
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    for (unsigned i = 0; i < user_count; i++)
        if (pthread_create(&threads[i], NULL, run, NULL) != 0)
            return 2;
    (void)sigwait(&signals, &signal_number);
    atomic_store(&is_stopping, true);
    for (unsigned i = 0; i < user_count; i++)
        (void)pthread_join(threads[i], NULL);
    (void)printf("requests=%u good=%u broken=%u failed=%u\n", good + broken + failed, good, broken,
                 failed);
    return failed ? 1 : 0;
}
