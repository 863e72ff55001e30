#ifndef PIPELINE_CANARY_SHARES_H
#define PIPELINE_CANARY_SHARES_H

/*
 * shares — which weights of a rule give its target groups the shares that are wished.
 *
 * Layer:   canary; plain computing.
 * Threads: plain values.
 *
 * A weight is an integer from 0 to 999, and a share is a weight over the sum of all of them
 * ("Target group weights", ALB user guide), so that not every share can be had: 0.15 % of all
 * cannot.
 */

#include <stddef.h>

#include "runtime/core/bytes.h"

enum { SHARES_MAX = 5 }; /* target groups of one forward action, AWS's limit */

/* Finds weights for `count` shares.
 *
 * shares     parts of one, whose sum is 1
 * precision  how far a share may be from the one that is wished: 0.0005 is 0.05 %
 * sum        a sum of weights that is taken where it is as right as any other, so that a rule keeps
 *            the numbers that people gave it; 0: none
 * weights    out: `count` of them; as small as the smallest error allows. A share of 0 has weight
 * 0, and one over 0 a weight over 0.
 *
 * false: no weights are within `precision`; `weights` then holds the nearest. */
bool shares_fit(const double *shares, size_t count, double precision, unsigned sum,
                unsigned *weights) MUST_CHECK;

/* The share of `weights[index]`; 0 where all weights are 0. */
double shares_of(const unsigned *weights, size_t count, size_t index);

#endif
