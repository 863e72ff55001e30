#include "handlers/handlers.h"
#include "handlers/system.h"
#include "runtime/core/text.h"

/* Names and units as "Metric and label naming" of Prometheus asks for them. */

static void print_process(struct text *out, const struct app *app)
{
    uint64_t us, bytes;
    text_printf(out, "# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds %.3f\n",
                (double)app->start_epoch_ms / 1000);
    if (system_process_cpu(&us))
        text_printf(out,
                    "# TYPE process_cpu_seconds_total counter\nprocess_cpu_seconds_total %.6f\n",
                    (double)us / 1000000);
    if (system_resident(&bytes))
        text_printf(
            out, "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes %llu\n",
            (unsigned long long)bytes);
}

void handle_metrics(const struct http_request *req, struct http_response *res)
{
    const struct app *app = req->app;
    struct text body;
    text_init(&body, req->arena);
    text_printf(&body,
                "# TYPE duet_info gauge\nduet_info{service=\"%s\",version=\"%s\",home=\"%s\"} 1\n",
                app->definition->name, app->definition->version, home_name(app->config->home));
    metrics_print(&app->metrics, &body);
    print_process(&body, app);
    if (body.failed)
        res->is_out_of_memory = true;
    http_response_borrow(res, req->arena, 200,
                         BYTES_LIT("text/plain; version=0.0.4; charset=utf-8"), text_bytes(&body));
}
