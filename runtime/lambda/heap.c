#include "runtime/lambda/heap.h"

#include <stdbool.h>

#ifdef DUET_RELEASE
#include <mimalloc.h>
#else
#include <malloc.h>
#endif

void heap_trim(void)
{
#ifdef DUET_RELEASE
    mi_collect(true);
#else
    (void)malloc_trim(0);
#endif
}
