#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/duet.h"

/*
 * A service whose handlers crash, one in every way; a bootstrap where the Runtime API is, else a
 * server. With CRASH_AT_INIT in its environment it crashes before it has begun.
 */

/* The compiler knows nothing of these, so it cannot know that what is done with them is wrong. */
static int *volatile nowhere;
static volatile int zero, depth;

__attribute__((noinline)) static void write_nowhere(void)
{
    *nowhere = 1;
    depth = depth + 1; /* not the function's end: no jump in place of a call */
}

static void crash_by_write(void)
{
    write_nowhere();
    depth = depth + 1;
}

static void crash_by_library(void)
{
    memset((void *)nowhere, depth, 1000 + (size_t)depth);
    depth = depth + 1;
}

static int compare_by_crash(const void *a, const void *b)
{
    write_nowhere();
    return *(const int *)a - *(const int *)b;
}

static void crash_in_callback(void)
{
    int numbers[] = {3, 2, 1};
    qsort(numbers, 3, sizeof *numbers, compare_by_crash);
    depth = numbers[0];
}

static void crash_by_abort(void)
{
    if (!zero)
        abort();
    depth = depth + 1;
}

static void crash_by_division(void)
{
#if defined(__x86_64__)
    depth = (7 + depth) / zero;
#else
    (void)raise(SIGFPE); /* a division by zero is no fault here */
#endif
}

static void crash_by_instruction(void)
{
    __builtin_trap();
}

/* A file that ends before its mapping does. */
static void crash_by_bus(void)
{
    FILE *file = tmpfile();
    char *map = file ? mmap(NULL, 4096, PROT_READ, MAP_SHARED, fileno(file), 0) : MAP_FAILED;
    if (map != MAP_FAILED)
        depth = *(volatile char *)map;
}

__attribute__((noinline)) static int sink(volatile char *above)
{
    volatile char room[1000];
    room[0] = above ? above[0] : 1;
    depth = depth + 1;
    return depth ? sink(room) + room[0] : 0;
}

static void crash_by_overflow(void)
{
    depth = sink(NULL);
}

static void crash_by_raise(void)
{
    (void)raise(SIGSEGV);
}

#define HANDLER(name_)                                                                             \
    static void handle_##name_(const struct http_request *req, struct http_response *res)          \
    {                                                                                              \
        crash_##name_();                                                                           \
        http_response_borrow(res, req->arena, 200, BYTES_LIT("text/plain"), BYTES_LIT("alive\n")); \
    }
HANDLER(by_write)
HANDLER(by_library)
HANDLER(in_callback)
HANDLER(by_abort)
HANDLER(by_division)
HANDLER(by_instruction)
HANDLER(by_bus)
HANDLER(by_overflow)
HANDLER(by_raise)

static void handle_hello(const struct http_request *req, struct http_response *res)
{
    http_response_borrow(res, req->arena, 200, BYTES_LIT("text/plain"), BYTES_LIT("Hello\n"));
}

static const struct route routes[] = {
    {HTTP_GET, "/hello", handle_hello, 0},
    {HTTP_GET, "/by_write", handle_by_write, 0},
    {HTTP_GET, "/by_library", handle_by_library, 0},
    {HTTP_GET, "/in_callback", handle_in_callback, 0},
    {HTTP_GET, "/by_abort", handle_by_abort, 0},
    {HTTP_GET, "/by_division", handle_by_division, 0},
    {HTTP_GET, "/by_instruction", handle_by_instruction, 0},
    {HTTP_GET, "/by_bus", handle_by_bus, 0},
    {HTTP_GET, "/by_overflow", handle_by_overflow, 0},
    {HTTP_GET, "/by_raise", handle_by_raise, 0},
    ROUTES_END,
};

int main(int argc, char **argv)
{
    struct app_definition definition = {.name = "crashing", .version = "1", .routes = routes};
    if (getenv("CRASH_AT_INIT"))
        definition.routes = (const struct route *)(uintptr_t)8;
    if (getenv("AWS_LAMBDA_RUNTIME_API"))
        return duet_bootstrap_main(&definition);
    return duet_server_main(&definition, argc, argv);
}
