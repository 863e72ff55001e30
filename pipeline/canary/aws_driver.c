#include "pipeline/canary/aws_driver.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "pipeline/canary/aws_internal.h"
#include "runtime/core/clock.h"

static int64_t now_ms(void *context)
{
    (void)context;
    return clock_ms_epoch();
}

/* The signals are blocked, so that one that came before we wait is not lost. */
static bool wait_ms(void *context, int64_t ms)
{
    struct aws_driver *driver = context;
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    struct pollfd ready[] = {{.fd = driver->signal_fd, .events = POLLIN},
                             {.fd = driver->wake_fd, .events = POLLIN}};
    struct signalfd_siginfo signal;
    uint64_t count;
    if (ppoll(ready, 2, &time, NULL) <= 0)
        return true;
    if (ready[1].revents)
        (void)!read(driver->wake_fd, &count, sizeof count);
    return !ready[0].revents || read(driver->signal_fd, &signal, sizeof signal) < 0;
}

void aws_driver_wake(struct aws_driver *driver)
{
    const uint64_t one = 1;
    (void)!write(driver->wake_fd, &one, sizeof one); /* where it is full, it wakes as it is */
}

static bool open_waiting(struct aws_driver *driver)
{
    sigset_t signals;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    driver->signal_fd = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
    driver->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    return driver->signal_fd >= 0 && driver->wake_fd >= 0;
}

const char *aws_variable(const struct aws_driver *driver, const char *name)
{
    const char *value = driver->options.lookup(name);
    return value && *value ? value : NULL;
}

static bool count_load(void *context, struct canary_load *load)
{
    struct aws_driver *driver = context;
    if (driver->load)
        aws_load_count(driver->load, load);
    return driver->load != NULL;
}

struct aws_driver *aws_driver_new(const struct aws_driver_options *options)
{
    struct aws_driver *driver = calloc(1, sizeof *driver);
    if (!driver)
        return NULL;
    driver->options = *options;
    api_init(&driver->api, options->lookup);
    driver->bins = calloc(2 * (size_t)AWS_BINS, sizeof *driver->bins);
    if (!open_waiting(driver) || !driver->bins) {
        aws_driver_free(driver);
        return NULL;
    }
    driver->interface = (struct canary_driver){.context = driver,
                                               .now_ms = now_ms,
                                               .wait = wait_ms,
                                               .rule_read = aws_rule_read,
                                               .rule_write = aws_rule_write,
                                               .note_read = aws_note_read,
                                               .note_write = aws_note_write,
                                               .note_remove = aws_note_remove,
                                               .prepare = aws_prepare,
                                               .smoke = aws_smoke,
                                               .sample = aws_sample,
                                               .alarms = aws_alarms,
                                               .hooks = aws_hooks,
                                               .load = count_load,
                                               .retire = aws_retire};
    return driver;
}

void aws_driver_free(struct aws_driver *driver)
{
    if (!driver)
        return;
    aws_load_free(driver->load);
    api_release(&driver->api);
    transport_free(driver->transport);
    if (driver->signal_fd >= 0)
        (void)close(driver->signal_fd);
    if (driver->wake_fd >= 0)
        (void)close(driver->wake_fd);
    free(driver->bins);
    free(driver);
}

const struct canary_driver *aws_driver_interface(const struct aws_driver *driver)
{
    return &driver->interface;
}
