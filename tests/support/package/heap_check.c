/*
 * heap_check — malloc of the release build keeps what it is given: from the region of the start to
 * mimalloc and over the edge between them, by several threads at once.
 *
 * Exit status: 0 all was as it should be, 1 not, with what was wrong on stderr.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 4, BLOCKS = 2000, SIZES = 700, ALIGN = _Alignof(max_align_t) };

static bool is_filled(const unsigned char *p, size_t len, unsigned char with)
{
    for (size_t i = 0; i < len; i++)
        if (p[i] != with)
            return false;
    return true;
}

/* A block that is filled, grown, looked at and kept; another that is zero. */
static const char *fill(unsigned char **kept, size_t i, unsigned char with)
{
    size_t len = 1 + i * 7 % SIZES, more = len * (1 + i % 40);
    unsigned char *zero = calloc(1 + i % 9, len);
    kept[i] = malloc(len);
    if (!zero || !kept[i] || (len >= ALIGN && (uintptr_t)kept[i] % ALIGN != 0))
        return "no memory, or not aligned";
    if (!is_filled(zero, (1 + i % 9) * len, 0))
        return "calloc gave memory that is not zero";
    free(zero);
    memset(kept[i], with, len);
    unsigned char *grown = realloc(kept[i], more);
    if (!grown || !is_filled(grown, len, with))
        return "realloc lost something";
    kept[i] = grown;
    memset(grown, with, more);
    return NULL;
}

static void *work(void *context)
{
    unsigned char *kept[BLOCKS];
    unsigned char with = *(const unsigned char *)context;
    const char *fault = NULL;
    size_t count = 0;
    while (count < BLOCKS && !fault)
        fault = fill(kept, count++, with);
    for (size_t i = 0; i < count; i++) {
        if (!fault && !is_filled(kept[i], 1 + i * 7 % SIZES, with))
            fault = "a block was another's, too";
        free(kept[i]);
    }
    return (void *)(uintptr_t)fault;
}

int main(void)
{
    static unsigned char names[THREADS];
    pthread_t threads[THREADS];
    void *aligned = NULL;
    int status = 0;
    for (int i = 0; i < THREADS; i++) {
        names[i] = (unsigned char)(i + 1);
        if (pthread_create(&threads[i], NULL, work, &names[i]) != 0)
            return 1;
    }
    for (int i = 0; i < THREADS; i++) {
        void *fault = NULL;
        (void)pthread_join(threads[i], &fault);
        if (fault) {
            (void)fprintf(stderr, "%s\n", (const char *)fault);
            status = 1;
        }
    }
    if (posix_memalign(&aligned, 256, 100) != 0 || (uintptr_t)aligned % 256 != 0)
        status = 1;
    free(aligned);
    free(NULL);
    /* volatile: a compiler may believe that memory is always there. */
    volatile size_t huge = SIZE_MAX / 2;
    void *volatile none = calloc(huge, 3);
    void *volatile nothing = malloc(huge);
    return none || nothing ? 1 : status;
}
