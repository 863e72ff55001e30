/*
 * Odds: how much worse the canary is supposed to be, and how much of the prior goes to it. Most of
 * it goes to what a regression usually is; the last ones are for slots that answer nothing but
 * errors.
 *
 * Since when: most of the prior is on the first window, since most regressions come with the
 * build; the rest is spread over all later ones as a / ((t + a - 1) (t + a)), which sums to 1 and
 * falls slowly, so that a leak which shows after half an hour costs no more than some nats.
 *
 * With R_j = sum over starts s of prior(s) * product of the ratios of odds j since s, the value is
 * sum of weight_j * R_j + the prior of all starts yet to come; and R_j follows from window to
 * window by R_j = (R_j + prior(t)) * ratio_j(t).
 */
#include "pipeline/canary/evidence.h"

#include <math.h>

static const struct {
    double odds, weight;
} supposed[EVIDENCE_ODDS] = {{1.25, 0.04}, {1.5, 0.2}, {2, 0.28},  {3, 0.2},
                             {5, 0.12},    {10, 0.08}, {40, 0.04}, {1000, 0.04}};

static const double first_prior = 0.7; /* besides the first part of the rest */
static const double spread = 20;

static double start_prior(double window)
{
    double late = (1 - first_prior) * spread / ((window + spread - 1) * (window + spread));
    return window == 1 ? first_prior + late : late;
}

/* What is left of the prior after `window`. */
static double rest_prior(double window)
{
    return (1 - first_prior) * spread / (window + spread);
}

void evidence_init(struct evidence *evidence, double tolerated)
{
    *evidence = (struct evidence){.tolerated = tolerated};
    for (int i = 0; i < EVIDENCE_ODDS; i++)
        evidence->log_parts[i] = -INFINITY;
}

static void take_in(struct evidence *evidence, const double log_ratios[EVIDENCE_ODDS])
{
    double window = ++evidence->windows;
    double log_prior = log(start_prior(window));
    evidence->log_value = evidence->log_without = log(rest_prior(window));
    for (int i = 0; i < EVIDENCE_ODDS; i++) {
        double *part = &evidence->log_parts[i], *best = &evidence->log_best[i];
        double log_weight = log(supposed[i].weight);
        *part = stats_log_add(*part, log_prior) + log_ratios[i];
        *best = *part < 0 ? 0 : fmax(*best, log_ratios[i]);
        evidence->log_value = stats_log_add(evidence->log_value, log_weight + *part);
        evidence->log_without = stats_log_add(evidence->log_without, log_weight + *part - *best);
    }
}

void evidence_between(struct evidence *evidence, const struct stats_table *table)
{
    double odds[EVIDENCE_ODDS + 1], log_moments[EVIDENCE_ODDS + 1], log_ratios[EVIDENCE_ODDS];
    for (int i = 0; i < EVIDENCE_ODDS; i++)
        odds[i] = evidence->tolerated * supposed[i].odds;
    odds[EVIDENCE_ODDS] = evidence->tolerated;
    stats_log_moments(table, odds, EVIDENCE_ODDS + 1, log_moments);
    for (int i = 0; i < EVIDENCE_ODDS; i++)
        log_ratios[i] = (double)table->canary_hits * log(supposed[i].odds) -
                        (log_moments[i] - log_moments[EVIDENCE_ODDS]);
    take_in(evidence, log_ratios);
}

void evidence_against(struct evidence *evidence, uint64_t hits, uint64_t n, double rate)
{
    double odds = rate / (1 - rate) * evidence->tolerated;
    double log_ratios[EVIDENCE_ODDS];
    for (int i = 0; i < EVIDENCE_ODDS; i++)
        log_ratios[i] = (double)hits * log(supposed[i].odds) -
                        (double)n * log((1 + odds * supposed[i].odds) / (1 + odds));
    take_in(evidence, log_ratios);
}

double evidence_pooled(double hits, double canary_hits, double canary_part)
{
    double log_value = -INFINITY;
    for (int i = 0; i < EVIDENCE_ODDS; i++) {
        double odds = supposed[i].odds;
        double log_ratio = canary_hits * log(odds) - hits * log1p(canary_part * (odds - 1));
        log_value = stats_log_add(log_value, log(supposed[i].weight) + log_ratio);
    }
    return log_value + log(start_prior(1));
}
