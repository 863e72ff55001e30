#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/canary/estimate.h"
#include "pipeline/canary/judge_internal.h"

enum { EXIT_NEVER = 1, EXIT_USAGE = 2 };

static const char usage[] =
    "usage: duet canary estimate --rps N --detect RATE [options]\n"
    "\n"
    "Prints how long a canary must bake until one that is worse by RATE is found.\n"
    "\n"
    "  --rps N           requests a second of all slots\n"
    "  --detect RATE     errors on top of stable's, such as 1% or 0.01\n"
    "  --share RATE      the canary's part of the requests (10%)\n"
    "  --stable RATE     stable's part, where other slots have some too (all the rest)\n"
    "  --errors RATE     stable's error rate (0%)\n"
    "  --power RATE      in how many runs it is to be found (95%)\n"
    "  --alpha RATE      false alarms of all checks together in a run (1%)\n"
    "  --every MINUTES   how often the judge looks (1)\n"
    "  --json            one JSON object\n";

struct arguments {
    struct judge_policy policy;
    struct estimate_traffic traffic;
    bool has_detect, is_json;
};

/* The whole of `text` as a number, or as one with a per cent sign. */
static bool read_rate(const char *text, double *rate)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || !isfinite(value))
        return false;
    if (strcmp(end, "%") == 0)
        value /= 100;
    else if (*end)
        return false;
    *rate = value;
    return true;
}

static double *place_of(struct arguments *arguments, int option)
{
    switch (option) {
    case 'r':
        return &arguments->traffic.requests_per_second;
    case 'd':
        arguments->has_detect = true;
        return &arguments->policy.detect_errors;
    case 's':
        return &arguments->traffic.share;
    case 't':
        return &arguments->traffic.stable_share;
    case 'e':
        return &arguments->traffic.error_rate;
    case 'p':
        return &arguments->policy.power;
    case 'a':
        return &arguments->policy.alpha;
    case 'w':
        return &arguments->traffic.window_minutes;
    default:
        return NULL;
    }
}

/* -1: go on. */
static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {{"rps", required_argument, NULL, 'r'},
                                            {"detect", required_argument, NULL, 'd'},
                                            {"share", required_argument, NULL, 's'},
                                            {"stable", required_argument, NULL, 't'},
                                            {"errors", required_argument, NULL, 'e'},
                                            {"power", required_argument, NULL, 'p'},
                                            {"alpha", required_argument, NULL, 'a'},
                                            {"every", required_argument, NULL, 'w'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option, index = 0;
    optind = 0;
    while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
        double *place = place_of(arguments, option);
        if (option == 'h') {
            (void)fputs(usage, stdout);
            return 0;
        }
        arguments->is_json = arguments->is_json || option == 'j';
        if (option == '?' || (place && !read_rate(optarg, place))) {
            if (option != '?')
                (void)fprintf(stderr, "duet canary estimate: --%s: '%s' is no number\n",
                              options[index].name, optarg);
            return EXIT_USAGE;
        }
    }
    if (optind < argc || !arguments->has_detect || arguments->traffic.requests_per_second == 0) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    return -1;
}

static void print(const struct arguments *arguments, const struct estimate *estimate)
{
    const struct estimate_traffic *traffic = &arguments->traffic;
    double rate = judge_errors_detect(&arguments->policy, traffic->error_rate);
    if (arguments->is_json) {
        (void)printf("{\"minutes\":%.10g,\"canary_requests\":%llu,\"windows\":%llu,\"rate\":%.10g,"
                     "\"power\":%.10g}\n",
                     estimate->minutes, (unsigned long long)estimate->canary_requests,
                     (unsigned long long)estimate->windows, rate, arguments->policy.power);
        return;
    }
    (void)printf(
        "%.10g minutes: until then the canary has %llu requests (%.10g a second, %.10g %%), "
        "and an\nerror rate of %.10g %%, where stable has %.10g %%, has been found in at "
        "least %.10g %% of runs.\n",
        estimate->minutes, (unsigned long long)estimate->canary_requests,
        traffic->requests_per_second, 100 * traffic->share, 100 * rate, 100 * traffic->error_rate,
        100 * arguments->policy.power);
}

int canary_estimate(int argc, char **argv)
{
    struct arguments arguments = {.traffic = {.share = 0.1, .window_minutes = 1}};
    struct estimate estimate;
    judge_policy_init(&arguments.policy);
    int status = read_arguments(argc, argv, &arguments);
    if (status >= 0)
        return status;
    const char *wrong = judge_policy_check(&arguments.policy);
    if (wrong) {
        (void)fprintf(stderr, "duet canary estimate: %s\n", wrong);
        return EXIT_USAGE;
    }
    switch ((int)estimate_bake(&arguments.policy, &arguments.traffic, &estimate)) {
    case RC_OK:
        print(&arguments, &estimate);
        return 0;
    case RC_SYNTAX:
        (void)fputs("duet canary estimate: --rps and --every must be above 0, --share above 0 and "
                    "below 100%, with --stable no more than 100%, --errors below 100%\n",
                    stderr);
        return EXIT_USAGE;
    default:
        (void)fputs("duet canary estimate: not even 31 days are enough\n", stderr);
        return EXIT_NEVER;
    }
}
