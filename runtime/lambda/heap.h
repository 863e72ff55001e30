#ifndef RUNTIME_LAMBDA_HEAP_H
#define RUNTIME_LAMBDA_HEAP_H

/*
 * heap — what the C library and mimalloc have different names for.
 *
 * Layer: lambda home, its lowest.
 */

/* Gives freed memory back to the system. It costs a system call or more: for rare, large requests,
 * not for each. */
void heap_trim(void);

#endif
