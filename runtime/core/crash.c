#include "runtime/core/crash.h"

#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "runtime/core/limits.h"
#include "runtime/core/log.h"

#if defined(__has_feature)
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    HAS_FEATURE(address_sanitizer) || HAS_FEATURE(thread_sanitizer)
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

static struct program_image image;
static crash_tell_fn *tell_somebody;

/* A program's own thread-locals lie in memory that is there from a thread's start; the model says
 * so to the compiler, since a first use that allocates would be none for a signal handler. */
static _Thread_local uintptr_t stack_top __attribute__((tls_model("initial-exec")));

/* The crash that has the word: set by the thread whose id is in `owner`. */
static _Atomic pid_t owner;
static struct crash_line line;
static uintptr_t addresses[BACKTRACE_MAX];
static volatile size_t address_count;
static volatile sig_atomic_t is_walking;

/* --- the end --- */

static void write_line(void)
{
    static char room[LIMIT_LOG_LINE_BYTES];
    struct buf text = {.data = room, .cap = sizeof room, .max = sizeof room}; /* never grows */
    line.address_count = address_count;
    crash_line_append(&text, &line);
    if (log_fd_get() >= 0 && write(log_fd_get(), text.data, text.len) < 0) {
        /* nowhere left to say it */
    }
}

/* A raised signal does nothing to the first process of a container, but a fault does. */
static void die(int signal)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    for (size_t i = 0; i < CRASH_SIGNAL_COUNT; i++)
        (void)sigaction(crash_signals[i], &action, NULL);
    (void)raise(signal);
    __builtin_trap();
}

/* --- the crash --- */

static void read_registers(const ucontext_t *context, struct backtrace_start *out)
{
#if defined(__x86_64__)
    out->pc = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    out->sp = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
    out->fp = (uintptr_t)context->uc_mcontext.gregs[REG_RBP];
#elif defined(__aarch64__)
    out->pc = (uintptr_t)context->uc_mcontext.pc;
    out->sp = (uintptr_t)context->uc_mcontext.sp;
    out->fp = (uintptr_t)context->uc_mcontext.regs[29];
    out->link = (uintptr_t)context->uc_mcontext.regs[30];
#else
    (void)context;
#endif
}

/* What is touched between the stack pointer and the stack's other end and is not there, is the room
 * that the stack has not got. */
static bool is_overflow(const struct crash *crash, const struct backtrace_start *start)
{
    enum { RED_ZONE_BYTES = 256 };
    return crash->signal == SIGSEGV && crash->has_address &&
           crash->address + RED_ZONE_BYTES >= start->sp && crash->address < start->top;
}

/* Behind an overflow the stack pointer is where nothing can be read. */
static void skip_missing_stack(const struct crash *crash, struct backtrace_start *start)
{
    enum { PAGE = 4096 };
    if (!crash->is_overflow)
        return;
    if (start->fp > crash->address && start->fp < start->top)
        start->sp = start->fp;
    else
        start->sp = (crash->address | (PAGE - 1)) + 1;
}

static void see(int signal, const siginfo_t *info, const ucontext_t *context,
                struct backtrace_start *start)
{
    struct timespec now = {0, 0};
    *start = (struct backtrace_start){.top = stack_top};
    read_registers(context, start);
    /* A signal that another process sent, or that was raised, has no address. */
    bool has_address = signal != SIGABRT && info->si_code > 0;
    line.crash = (struct crash){.signal = signal,
                                .has_address = has_address,
                                .address = has_address ? (uintptr_t)info->si_addr : 0};
    line.crash.is_overflow = is_overflow(&line.crash, start);
    skip_missing_stack(&line.crash, start);
    (void)clock_gettime(CLOCK_REALTIME, &now);
    line.epoch_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    line.request_id = log_context_set((struct log_context){.request_id = {NULL, 0}}).request_id;
    line.image = &image;
    line.addresses = addresses;
}

/* Telling comes first: it needs nothing that the crash may have spoilt. A fault while the stack is
 * read comes here again, and ends the walk, not the line. */
static void on_crash(int signal, siginfo_t *info, void *context)
{
    struct backtrace_start start;
    pid_t nobody = 0, self = gettid();
    if (!atomic_compare_exchange_strong(&owner, &nobody, self)) {
        if (nobody == self && is_walking) {
            is_walking = 0;
            write_line();
            die(line.crash.signal);
        }
        die(signal);
    }
    see(signal, info, context, &start);
    if (tell_somebody)
        line.report_status = tell_somebody(&line.crash);
    is_walking = 1;
    backtrace_walk(&image, &start, addresses, &address_count);
    is_walking = 0;
    write_line();
    die(signal);
}

/* --- setting up --- */

/* A walk ends behind the two words of the outermost frame: that of the function which called the
 * one that calls this. */
static void use_stack(struct crash_stack *stack, const uintptr_t *frame)
{
    stack_t alternate = {.ss_sp = stack->room, .ss_size = sizeof stack->room};
    if (sigaltstack(&alternate, NULL) == 0)
        stack_top = *frame + 2 * sizeof *frame;
}

__attribute__((noinline)) void crash_thread_begin(struct crash_stack *stack)
{
    if (!IS_SANITIZED)
        use_stack(stack, __builtin_frame_address(0));
}

void crash_thread_end(void)
{
    stack_t none = {.ss_flags = SS_DISABLE};
    if (!IS_SANITIZED)
        (void)sigaltstack(&none, NULL);
    stack_top = 0;
}

__attribute__((noinline)) void crash_watch(crash_tell_fn *tell)
{
    static struct crash_stack stack;
    struct sigaction action = {.sa_sigaction = on_crash,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    if (IS_SANITIZED)
        return;
    program_image_read(&image);
    tell_somebody = tell;
    use_stack(&stack, __builtin_frame_address(0));
    /* SIGTERM, which ends a process as if all were well, has to wait for the end. */
    (void)sigfillset(&action.sa_mask);
    for (size_t i = 0; i < CRASH_SIGNAL_COUNT; i++)
        (void)sigdelset(&action.sa_mask, crash_signals[i]);
    for (size_t i = 0; i < CRASH_SIGNAL_COUNT; i++)
        (void)sigaction(crash_signals[i], &action, NULL);
}
