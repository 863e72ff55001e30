#ifndef RUNTIME_ALB_RANDOM_H
#define RUNTIME_ALB_RANDOM_H

/* random — numbers for choices by weight and for ids; not for secrets. */

#include <stdint.h>

struct random_state {
    uint64_t _state;
};

/* `seed` 0: a seed from the system. The same seed gives the same numbers. */
void random_init(struct random_state *random, uint64_t seed);

uint64_t random_next(struct random_state *random);

/* Evenly from 0 to n - 1; n > 0. */
uint64_t random_below(struct random_state *random, uint64_t n);

#endif
