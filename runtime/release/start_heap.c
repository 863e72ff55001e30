#include <mimalloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * start_heap — malloc of the release programs: a region of their own first, mimalloc when it is
 * full.
 *
 * A page of memory costs its first touch more than a thousand instructions, and mimalloc touches
 * one or two for every size that it is asked for: rightly so in a long life, but up to the first
 * GET next that was a quarter of the start. What the start asks for lies side by side here instead,
 * and mimalloc sets itself up when the region is full.
 *
 * Memory of the region is not given back: it holds what lives as long as the program, or is small.
 * Each block has its size in front of it. Blocks are zero, since none is used twice.
 */

enum { REGION_BYTES = 96 * 1024, LARGEST_BYTES = 24 * 1024, ALIGN = 16 };

/* In place of mimalloc's constructor; pipeline/static_deps.sh gives it this name. */
void mi_late_init(void);
size_t malloc_usable_size(void *p);

static _Alignas(ALIGN) char region[REGION_BYTES];
static _Atomic size_t used;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool is_in_region(const void *p)
{
    return (uintptr_t)p - (uintptr_t)region < REGION_BYTES;
}

static size_t block_size(const void *p)
{
    return *(const size_t *)(const void *)((const char *)p - ALIGN);
}

/* NULL: mimalloc's turn. */
static void *region_take(size_t size)
{
    size_t at = atomic_load_explicit(&used, memory_order_relaxed);
    if (size > LARGEST_BYTES)
        return NULL;
    size_t whole = ALIGN + (size + ALIGN - 1) / ALIGN * ALIGN;
    do {
        if (whole > REGION_BYTES - at)
            return NULL;
    } while (!atomic_compare_exchange_weak(&used, &at, at + whole));
    *(size_t *)(void *)(region + at) = size;
    return region + at + ALIGN;
}

static void begin(void)
{
    (void)pthread_once(&once, mi_late_init);
}

void *malloc(size_t size)
{
    void *p = region_take(size);
    if (p)
        return p;
    begin();
    return mi_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    void *p = size == 0 || count <= LARGEST_BYTES / size ? region_take(count * size) : NULL;
    if (p)
        return p;
    begin();
    return mi_calloc(count, size);
}

void free(void *p)
{
    if (!is_in_region(p))
        mi_free(p);
}

void *realloc(void *old, size_t size)
{
    if (!old)
        return malloc(size);
    if (!is_in_region(old))
        return mi_realloc(old, size);
    size_t old_size = block_size(old);
    if (size <= old_size)
        return old;
    void *p = malloc(size);
    if (p)
        memcpy(p, old, old_size);
    return p;
}

size_t malloc_usable_size(void *p)
{
    return is_in_region(p) ? block_size(p) : mi_usable_size(p);
}

/* --- aligned memory is rare: mimalloc's --- */

int posix_memalign(void **out, size_t align, size_t size)
{
    begin();
    return mi_posix_memalign(out, align, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    begin();
    return mi_aligned_alloc(align, size);
}

void *memalign(size_t align, size_t size)
{
    begin();
    return mi_memalign(align, size);
}
