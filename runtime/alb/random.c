#include "runtime/alb/random.h"

#include <sys/random.h>

#include "runtime/core/clock.h"

void random_init(struct random_state *random, uint64_t seed)
{
    random->_state = seed;
    if (seed == 0 && getrandom(&random->_state, sizeof random->_state, 0) < 0)
        random->_state = (uint64_t)clock_us_monotonic();
}

/* SplitMix64: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", 2014. */
uint64_t random_next(struct random_state *random)
{
    uint64_t z = random->_state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

uint64_t random_below(struct random_state *random, uint64_t n)
{
    /* What lies above the last whole multiple of n would favour small results. */
    uint64_t limit = UINT64_MAX - UINT64_MAX % n, value;
    do
        value = random_next(random);
    while (value >= limit);
    return value % n;
}
