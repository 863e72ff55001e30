#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "handlers/answer.h"
#include "handlers/handlers.h"
#include "handlers/system.h"
#include "runtime/core/clock.h"

/* What cannot be read is null, never a made-up number. */
static void put_number(struct text *body, const char *key, bool is_known, uint64_t number)
{
    if (is_known)
        text_printf(body, "\"%s\":%llu", key, (unsigned long long)number);
    else
        text_printf(body, "\"%s\":null", key);
}

static void put_uptime(struct text *body, const struct app *app)
{
    struct timespec since_boot;
    bool is_known = clock_gettime(CLOCK_BOOTTIME, &since_boot) == 0;
    text_append(body, BYTES_LIT(",\"uptime_s\":{"));
    put_number(body, "system", is_known, is_known ? (uint64_t)since_boot.tv_sec : 0);
    text_append(body, BYTES_LIT(","));
    put_number(body, "process", true, (uint64_t)(clock_ms_monotonic() - app->start_ms) / 1000);
    text_append(body, BYTES_LIT("}"));
}

static void put_cpu_times(struct text *body)
{
    uint64_t busy_ms = 0, idle_ms = 0, own_us = 0;
    bool is_known = system_cpu_times(&busy_ms, &idle_ms);
    put_number(body, "busy_ms", is_known, busy_ms);
    text_append(body, BYTES_LIT(","));
    put_number(body, "idle_ms", is_known, idle_ms);
    text_append(body, BYTES_LIT(","));
    is_known = system_process_cpu(&own_us);
    put_number(body, "process_ms", is_known, own_us / 1000);
    text_append(body, BYTES_LIT(","));
}

static void put_cpu(struct text *body)
{
    double load[3];
    long count = sysconf(_SC_NPROCESSORS_ONLN);
    text_append(body, BYTES_LIT(",\"cpu\":{"));
    put_cpu_times(body);
    put_number(body, "count", count > 0, (uint64_t)count);
    if (getloadavg(load, 3) == 3)
        text_printf(body, ",\"load\":[%.2f,%.2f,%.2f]}", load[0], load[1], load[2]);
    else
        text_append(body, BYTES_LIT(",\"load\":null}"));
}

static void put_memory(struct text *body)
{
    uint64_t total = 0, available = 0, resident = 0;
    bool is_known = system_memory(&total, &available);
    text_append(body, BYTES_LIT(",\"memory_bytes\":{"));
    put_number(body, "total", is_known, total);
    text_append(body, BYTES_LIT(","));
    put_number(body, "available", is_known, available);
    text_append(body, BYTES_LIT(","));
    is_known = system_resident(&resident);
    put_number(body, "process", is_known, resident);
    text_append(body, BYTES_LIT("}"));
}

void handle_stats(const struct http_request *req, struct http_response *res)
{
    const struct app *app = req->app;
    struct text body;
    uint64_t served = atomic_load_explicit(&app->requests_served, memory_order_relaxed);
    text_init(&body, req->arena);
    char started[CLOCK_RFC3339_LEN + 1];
    clock_rfc3339(app->start_epoch_ms, started);
    text_printf(&body, "{\"home\":\"%s\",\"version\":", home_name(app->config->home));
    text_json_string(&body, bytes_from_str(app->definition->version));
    text_printf(&body, ",\"pid\":%ld,\"started\":\"%s\",\"requests_served\":%llu", (long)getpid(),
                started, (unsigned long long)served);
    put_uptime(&body, app);
    put_cpu(&body);
    put_memory(&body);
    text_append(&body, BYTES_LIT("}"));
    answer_json(req, res, 200, &body);
}
