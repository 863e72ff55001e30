#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "pipeline/canary/recording_file.h"
#include "pipeline/canary/replay.h"
#include "pipeline/canary/stats.h"
#include "runtime/core/clock.h"
#include "runtime/core/limits.h"

enum { EXIT_USAGE = 2, EXIT_DIFFERS = 4, CLOCK_AT = 11, CLOCK_LEN = 8 };

static const char usage[] =
    "usage: duet canary judge RECORDING [options]\n"
    "\n"
    "Judges a recorded run once more, window by window; - is stdin.\n"
    "\n"
    "  --policy FILE   by another policy: a JSON object, as 'checks' of a plan\n"
    "  --once          at the end, also all windows as one look by Fisher's exact test\n"
    "  --json          a JSON line for each verdict, as in a recording\n"
    "\n"
    "Exit status: 0 pass, 1 fail, 3 inconclusive or no data; 4 a verdict is not the recorded "
    "one.\n";

struct judging {
    bool is_json, is_other; /* is_other: by another policy than the recording's */
    unsigned windows, differing;
    enum judge_verdict last;
    struct stats_table all;
};

static void see_step(void *context, int64_t at_ms, unsigned step, double share)
{
    const struct judging *judging = context;
    (void)at_ms;
    if (!judging->is_json)
        (void)printf("step %u: %.4g %%\n", step, 100 * share);
}

static void print_json(const struct judge_sample *sample, const struct judge_report *report)
{
    struct buf line;
    buf_init(&line, LIMIT_CANARY_LINE_BYTES);
    recording_verdict(&line, sample->start_ms, report);
    if (!line.failed)
        (void)fwrite(line.data, 1, line.len, stdout);
    buf_release(&line);
}

static void see_look(void *context, const struct judge_sample *sample,
                     const struct judge_report *report, int then)
{
    struct judging *judging = context;
    char when[CLOCK_RFC3339_LEN + 1];
    judging->windows++;
    judging->last = report->verdict;
    judging->all.canary_n += sample->canary.requests;
    judging->all.canary_hits += sample->canary.errors;
    judging->all.stable_n += sample->stable.requests;
    judging->all.stable_hits += sample->stable.errors;
    if (judging->is_json) {
        print_json(sample, report);
    } else {
        clock_rfc3339(sample->start_ms, when);
        (void)printf("%.*s  %-12s  %s\n", CLOCK_LEN, when + CLOCK_AT,
                     judge_verdict_name(report->verdict), report->worst->why);
    }
    if (then >= 0 && then != (int)report->verdict && !judging->is_other) {
        judging->differing++;
        (void)fprintf(stderr, "duet canary judge: window %u was judged '%s' when it was recorded\n",
                      judging->windows, judge_verdict_name((enum judge_verdict)then));
    }
}

static void print_once(const struct judging *judging)
{
    (void)printf(
        "in one look: %llu errors of %llu canary requests, stable's %llu of %llu; Fisher's "
        "exact test gives p = %.3g\n",
        (unsigned long long)judging->all.canary_hits, (unsigned long long)judging->all.canary_n,
        (unsigned long long)judging->all.stable_hits, (unsigned long long)judging->all.stable_n,
        stats_fisher(&judging->all));
}

static bool policy_load(const char *path, struct judge_policy *policy)
{
    char error[RECORDING_ERROR_BYTES] = "no JSON";
    struct buf text;
    struct arena arena;
    cJSON *root;
    bool is_read = recording_file_read("judge", path, &text), is_policy = false;
    arena_init(&arena, LIMIT_CANARY_LINE_BYTES);
    if (is_read) {
        is_policy = json_parse(&arena, buf_bytes(&text), &root, NULL) == RC_OK &&
                    recording_policy_read(root, "policy", policy, error) == RC_OK;
        if (!is_policy)
            (void)fprintf(stderr, "duet canary judge: '%s': %s\n", path, error);
    }
    arena_release(&arena);
    buf_release(&text);
    return is_policy;
}

struct arguments {
    const char *recording, *policy;
    bool is_json, is_once;
};

/* -1: go on. */
static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
    static const struct option options[] = {{"policy", required_argument, NULL, 'p'},
                                            {"once", no_argument, NULL, 'o'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int option;
    optind = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'h') {
            (void)fputs(usage, stdout);
            return 0;
        }
        if (option == '?')
            return EXIT_USAGE;
        if (option == 'p')
            arguments->policy = optarg;
        arguments->is_once = arguments->is_once || option == 'o';
        arguments->is_json = arguments->is_json || option == 'j';
    }
    if (optind + 1 != argc) {
        (void)fputs(usage, stderr);
        return EXIT_USAGE;
    }
    arguments->recording = argv[optind];
    return -1;
}

static int judge_text_of(const struct arguments *arguments, struct bytes text,
                         const struct judge_policy *policy)
{
    static const struct replay_visitor visitor = {.step = see_step, .looked = see_look};
    static const int statuses[] = {
        [JUDGE_PASS] = 0, [JUDGE_FAIL] = 1, [JUDGE_INCONCLUSIVE] = 3, [JUDGE_NO_DATA] = 3};
    struct judging judging = {
        .is_json = arguments->is_json, .is_other = policy != NULL, .last = JUDGE_NO_DATA};
    char error[RECORDING_ERROR_BYTES] = "no memory";
    if (replay_run(text, policy, &visitor, &judging, error) != RC_OK) {
        (void)fprintf(stderr, "duet canary judge: '%s': %s\n", arguments->recording, error);
        return EXIT_USAGE;
    }
    if (arguments->is_once)
        print_once(&judging);
    return judging.differing > 0 ? EXIT_DIFFERS : statuses[judging.last];
}

int canary_judge(int argc, char **argv)
{
    struct arguments arguments = {0};
    struct judge_policy policy;
    struct buf text;
    int status = read_arguments(argc, argv, &arguments);
    if (status >= 0)
        return status;
    if (arguments.policy && !policy_load(arguments.policy, &policy))
        return EXIT_USAGE;
    status = EXIT_USAGE;
    if (recording_file_read("judge", arguments.recording, &text))
        status = judge_text_of(&arguments, buf_bytes(&text), arguments.policy ? &policy : NULL);
    buf_release(&text);
    return status;
}
