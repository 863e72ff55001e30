#include <criterion/criterion.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/core/crash.h"
#include "runtime/core/log.h"

/* A process of its own crashes; what it said and how it died. The sanitizers' own handlers take the
 * signals there. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

static char said[64 * 1024];
static int *volatile nowhere;
static _Atomic bool is_telling;

/* Runs `crash` in a child whose log is read; its status as waitpid's. */
static int run(crash_tell_fn *tell, void (*crash)(void))
{
    int ends[2], status = -1;
    size_t len = 0;
    cr_assert_eq(pipe(ends), 0);
    pid_t id = fork();
    if (id == 0) {
        log_set_fd(ends[1]);
        crash_watch(tell);
        crash();
        _exit(0);
    }
    (void)close(ends[1]);
    for (ssize_t n = 1; n > 0; len += n > 0 ? (size_t)n : 0)
        n = read(ends[0], said + len, sizeof said - 1 - len);
    said[len] = '\0';
    (void)close(ends[0]);
    cr_assert_eq(waitpid(id, &status, 0), id);
    return status;
}

static void expect_death(int status, int signal)
{
    cr_expect(WIFSIGNALED(status) && WTERMSIG(status) == signal, "status %x: %s", status, said);
}

static void write_nowhere(void)
{
    *nowhere = 1;
}

static int tell_and_return(const struct crash *crash)
{
    return crash->signal == SIGSEGV ? 202 : 500;
}

Test(crash, one_line_is_written_and_the_signal_is_the_end)
{
    expect_death(run(tell_and_return, write_nowhere), SIGSEGV);
    cr_expect(strstr(said, "\"level\":\"FATAL\""), "%s", said);
    cr_expect(strstr(said, "\"reportStatus\":202,"), "%s", said);
    cr_expect_eq(strchr(said, '\n'), said + strlen(said) - 1, "%s", said);
}

Test(crash, nobody_need_be_told)
{
    expect_death(run(NULL, write_nowhere), SIGSEGV);
    cr_expect(!strstr(said, "reportStatus"), "%s", said);
}

static int tell_by_crash(const struct crash *crash)
{
    (void)crash;
    *nowhere = 2;
    return 202;
}

Test(crash, a_second_crash_in_the_handler_is_the_end_at_once)
{
    expect_death(run(tell_by_crash, write_nowhere), SIGSEGV);
    cr_expect_str_eq(said, "");
}

static void *crash_while_telling(void *arg)
{
    while (!atomic_load(&is_telling)) {
    }
    (void)raise(SIGFPE);
    return arg;
}

static int tell_for_ever(const struct crash *crash)
{
    (void)crash;
    atomic_store(&is_telling, true);
    while (atomic_load(&is_telling))
        (void)pause();
    return 202;
}

static void crash_twice(void)
{
    pthread_t thread;
    (void)pthread_create(&thread, NULL, crash_while_telling, NULL);
    write_nowhere();
}

Test(crash, a_crash_of_another_thread_meanwhile_is_the_end_at_once)
{
    expect_death(run(tell_for_ever, crash_twice), SIGFPE);
    cr_expect_str_eq(said, "");
}

/* As deep as the thread's stack is. */
__attribute__((noinline)) static int sink(volatile char *above)
{
    volatile char room[4000];
    room[0] = above ? above[0] : 1;
    return room[0] ? sink(room) + room[0] : 0;
}

static void *overflow(void *arg)
{
    struct crash_stack stack;
    crash_thread_begin(&stack);
    nowhere = sink(NULL) ? NULL : nowhere;
    crash_thread_end();
    return arg;
}

static void overflow_in_thread(void)
{
    pthread_t thread;
    (void)pthread_create(&thread, NULL, overflow, NULL);
    (void)pthread_join(thread, NULL);
}

Test(crash, an_overflow_of_a_threads_stack_is_told)
{
    expect_death(run(NULL, overflow_in_thread), SIGSEGV);
    cr_expect(strstr(said, "\"errorType\":\"Runtime.StackOverflow\""), "%s", said);
}

/* Only the crash itself is known where the stack is not to be read. */
static void lose_the_stack(void)
{
#if defined(__x86_64__)
    __asm__ volatile("mov $4096, %%rsp\n\tmov $4096, %%rbp\n\tmovl $1, 0" ::: "memory");
#else
    write_nowhere();
#endif
}

Test(crash, a_lost_stack_does_not_lose_the_line)
{
    expect_death(run(NULL, lose_the_stack), SIGSEGV);
    cr_expect(strstr(said, "\"message\":\"crashed by SIGSEGV at address 0x0"), "%s", said);
    cr_expect(strstr(said, "\"addresses\":[\"0x"), "%s", said);
}

Test(crash, the_program_knows_its_build_id)
{
    struct program_image image;
    program_image_read(&image);
    cr_expect_eq(image.build_id_len, (size_t)20);
    cr_expect_leq(image.text_start, (uintptr_t)write_nowhere);
    cr_expect_gt(image.text_end, (uintptr_t)write_nowhere);
}

#else
Test(crash, is_left_to_the_sanitizers)
{
    struct crash_stack stack;
    crash_watch(NULL);
    crash_thread_begin(&stack);
    crash_thread_end();
    struct sigaction action;
    cr_expect_eq(sigaction(SIGABRT, NULL, &action), 0);
    cr_expect(action.sa_handler == SIG_DFL || !(action.sa_flags & SA_ONSTACK));
}
#endif
