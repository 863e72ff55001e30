#include "pipeline/canary/aws_driver.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

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
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    sigset_t signals;
    (void)context;
    (void)sigemptyset(&signals);
    (void)sigaddset(&signals, SIGTERM);
    (void)sigaddset(&signals, SIGINT);
    return sigtimedwait(&signals, NULL, &time) < 0;
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
    driver->bins = calloc(2 * (size_t)AWS_BINS, sizeof *driver->bins);
    if (!driver->bins) {
        free(driver);
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
    api_init(&driver->api, options->lookup);
    return driver;
}

void aws_driver_free(struct aws_driver *driver)
{
    if (!driver)
        return;
    aws_load_free(driver->load);
    api_release(&driver->api);
    transport_free(driver->transport);
    free(driver->bins);
    free(driver);
}

const struct canary_driver *aws_driver_interface(const struct aws_driver *driver)
{
    return &driver->interface;
}
