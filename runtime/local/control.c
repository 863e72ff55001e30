#include "runtime/local/control.h"

#include <stdlib.h>

#include "runtime/core/json_text.h"
#include "runtime/core/limits.h"
#include "runtime/core/problem.h"

struct control {
    struct control_options options;
    struct httpd *httpd;
};

/* The weights of all rules that forward to the group. */
static unsigned weight_of(const struct alb_model *model, const struct alb_group *group)
{
    unsigned weight = 0;
    for (const struct alb_listener *each = model->listeners; each; each = each->next)
        for (const struct alb_rule *rule = each->rules; rule; rule = rule->next)
            for (size_t i = 0; rule->action.type == ALB_FORWARD && i < rule->action.forward.count;
                 i++)
                if (rule->action.forward.shares[i].group == group)
                    weight += rule->action.forward.shares[i].weight;
    return weight;
}

static void print_group(struct buf *out, const struct alb_group *group)
{
    size_t targets = 0, in_flight = 0;
    buf_append(out, BYTES_LIT("{\"name\":"));
    json_text_string(out, bytes_from_str(group->name));
    buf_append(out, BYTES_LIT(",\"targetGroupArn\":"));
    json_text_string(out, bytes_from_str(group->arn));
    for (const struct alb_target *target = group->targets; target; target = target->next) {
        targets++;
        in_flight += target->in_flight;
    }
    buf_printf(out, ",\"weight\":%u,\"requests\":%llu,\"targets\":%zu,\"inFlight\":%zu}",
               weight_of(group->model, group), (unsigned long long)group->request_count, targets,
               in_flight);
}

static void answer_state(const struct control *control, struct httpd_exchange *exchange)
{
    const struct alb_model *model = control->options.model;
    struct buf text;
    struct bytes body = {NULL, 0};
    buf_init(&text, LIMIT_RESPONSE_JSON_BYTES);
    buf_printf(&text, "{\"loadBalancer\":\"http://%s:%u\",\"targetGroups\":[", model->dns_name,
               model->listeners ? model->listeners->port : 0);
    for (const struct alb_group *group = model->groups; group; group = group->next) {
        buf_append(&text, group == model->groups ? BYTES_LIT("") : BYTES_LIT(","));
        print_group(&text, group);
    }
    buf_append(&text, BYTES_LIT("]}\n"));
    if (text.failed || arena_dup(&exchange->arena, buf_bytes(&text), &body) != RC_OK)
        problem_set_fixed(&exchange->res);
    else
        http_response_borrow(&exchange->res, &exchange->arena, 200, BYTES_LIT("application/json"),
                             body);
    buf_release(&text);
}

/* The error shape of AWS's Query APIs ("Common errors", Elastic Load Balancing API reference). */
static void answer_unknown(struct httpd_exchange *exchange)
{
    http_response_borrow(
        &exchange->res, &exchange->arena, 400, BYTES_LIT("text/xml"),
        BYTES_LIT("<ErrorResponse xmlns=\"http://elasticloadbalancing.amazonaws.com/doc/"
                  "2015-12-01/\"><Error><Type>Sender</Type><Code>InvalidAction</Code><Message>"
                  "The action is not one of this endpoint.</Message></Error></ErrorResponse>\n"));
}

static bool is_local(struct bytes host)
{
    static const struct bytes names[] = {BYTES_INIT("127.0.0.1"), BYTES_INIT("localhost"),
                                         BYTES_INIT("[::1]")};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (bytes_starts_with(host, names[i]) &&
            (host.len == names[i].len || host.ptr[names[i].len] == ':'))
            return true;
    return false;
}

static void on_request(struct httpd_exchange *exchange)
{
    const struct control *control = httpd_context(exchange->httpd);
    const struct http_request *req = &exchange->req;
    const struct bytes *host = http_request_header(req, "host");
    bool is_read = req->method == HTTP_GET || req->method == HTTP_HEAD;
    if (!host || !is_local(*host))
        problem_set(&exchange->res, &exchange->arena, 403, "not-local",
                    "the Host of a call must be 127.0.0.1 or localhost");
    else if (is_read && bytes_eq(req->path, BYTES_LIT("/")))
        answer_state(control, exchange);
    else
        answer_unknown(exchange);
    httpd_respond(exchange);
}

struct control *control_new(const struct control_options *options)
{
    struct control *control = calloc(1, sizeof *control);
    if (!control)
        return NULL;
    control->options = *options;
    struct httpd_options http = {.loop = options->loop,
                                 .listen_fd = options->listen_fd,
                                 .on_request = on_request,
                                 .context = control,
                                 .idle_timeout_s = 60,
                                 .read_timeout_s = 10,
                                 .write_timeout_s = 60};
    control->httpd = httpd_new(&http);
    if (control->httpd)
        return control;
    free(control);
    return NULL;
}

void control_free(struct control *control)
{
    if (!control)
        return;
    httpd_free(control->httpd);
    free(control);
}
