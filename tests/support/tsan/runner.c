#include "tests/support/tsan/criterion/criterion.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each test runs in a child of its own, which ends by a signal of its own clock when it hangs; as
 * many at a time as -jN says. */

static struct plain_test *tests, *last;
static unsigned default_timeout_s = 300;
static unsigned tested, passing, failing, crashing;

enum { JOBS_MAX = 16 };
static struct job {
    pid_t child; /* 0: none */
    const struct plain_test *test;
} jobs[JOBS_MAX];
static unsigned jobs_most = 1, jobs_now;

static jmp_buf end_of_test;
static pthread_t test_thread;
static bool has_failed;

void plain_register(struct plain_test *test)
{
    if (last)
        last->next = test;
    else
        tests = test;
    last = test;
}

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
void plain_fail(bool is_fatal, const char *file, int line, const char *claim, const char *format,
                ...)
{
    va_list args;
    (void)printf("[----] %s:%d: %s ", file, line, claim);
    va_start(args, format);
    (void)vprintf(format, args);
    va_end(args);
    (void)printf("\n");
    (void)fflush(stdout);
    if (is_fatal && !pthread_equal(pthread_self(), test_thread))
        _exit(1);
    has_failed = true;
    if (is_fatal)
        longjmp(end_of_test, 1);
}

static const struct plain_options *suite_options(const struct plain_test *test)
{
    static const struct plain_options none = {.signal = 0};
    for (const struct plain_test *t = tests; t; t = t->next)
        if (!t->name && strcmp(t->suite, test->suite) == 0)
            return &t->options;
    return &none;
}

static void call(void (*test_fn)(void))
{
    if (test_fn)
        test_fn();
}

static void set_up_and_run(const struct plain_test *test, void *parameter)
{
    if (setjmp(end_of_test) != 0)
        return;
    call(suite_options(test)->init);
    call(test->options.init);
    test->body(parameter);
}

/* After a failed claim too. */
static void tear_down(const struct plain_test *test)
{
    if (setjmp(end_of_test) != 0)
        return;
    call(test->options.fini);
    call(suite_options(test)->fini);
}

static _Noreturn void run_child(const struct plain_test *test, void *parameter)
{
    double own = test->options.timeout, of_suite = suite_options(test)->timeout;
    unsigned timeout_s = (unsigned)(own > 0 ? own : of_suite);
    test_thread = pthread_self();
    (void)alarm(timeout_s > 0 ? timeout_s : default_timeout_s);
    set_up_and_run(test, parameter);
    tear_down(test);
    (void)fflush(stdout);
    exit(has_failed ? 1 : 0);
}

static void count(const struct plain_test *test, int status)
{
    const struct plain_options *options = &test->options;
    tested++;
    if (options->signal ? WIFSIGNALED(status) && WTERMSIG(status) == options->signal
                        : WIFEXITED(status) && WEXITSTATUS(status) == options->exit_code) {
        passing++;
        return;
    }
    if (WIFSIGNALED(status))
        crashing++;
    else
        failing++;
    (void)printf("[%s] %s::%s: %s %d\n", WIFSIGNALED(status) ? "CRASH" : "FAIL", test->suite,
                 test->name, WIFSIGNALED(status) ? "signal" : "exit status",
                 WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

/* The job of that process, or with 0 one that is free. */
static struct job *job_of(pid_t child)
{
    for (size_t i = 0; i < JOBS_MAX; i++)
        if (jobs[i].child == child)
            return &jobs[i];
    abort();
}

static void wait_for_one(void)
{
    int status = 0;
    pid_t child = waitpid(-1, &status, 0);
    if (child < 0)
        abort();
    struct job *job = job_of(child);
    count(job->test, status);
    *job = (struct job){0};
    jobs_now--;
}

static void run(const struct plain_test *test, void *parameter)
{
    while (jobs_now == jobs_most)
        wait_for_one();
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        run_child(test, parameter);
    if (child < 0)
        abort();
    *job_of(0) = (struct job){child, test};
    jobs_now++;
}

static void run_all_parameters(const struct plain_test *test)
{
    struct criterion_test_params all = test->parameters();
    for (size_t i = 0; i < all.length; i++)
        run(test, (char *)all.params + i * all.size);
}

static void read_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (i + 1 < argc && strcmp(argv[i], "--timeout") == 0)
            default_timeout_s = (unsigned)strtoul(argv[i + 1], NULL, 10);
        if (strncmp(argv[i], "-j", 2) == 0)
            jobs_most = (unsigned)strtoul(argv[i] + 2, NULL, 10);
    }
    if (jobs_most < 1)
        jobs_most = 1;
    if (jobs_most > JOBS_MAX)
        jobs_most = JOBS_MAX;
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    for (const struct plain_test *test = tests; test; test = test->next) {
        if (!test->name || test->options.disabled)
            continue;
        if (test->parameters)
            run_all_parameters(test);
        else
            run(test, NULL);
    }
    while (jobs_now > 0)
        wait_for_one();
    (void)printf("[====] Synthesis: Tested: %u | Passing: %u | Failing: %u | Crashing: %u\n",
                 tested, passing, failing, crashing);
    return failing || crashing ? 1 : 0;
}
