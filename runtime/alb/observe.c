#include "runtime/alb/observe.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>

#include "runtime/alb/access_line.h"
#include "runtime/alb/certificates.h"
#include "runtime/alb/pick.h"
#include "runtime/core/limits.h"

enum { LISTENER_ID = 16, CONNECTION_ID_MAX = sizeof "TID_" + 2 * LISTENER_ID };
enum { ADDRESS_MAX = INET_ADDRSTRLEN + sizeof ":65535" };

static struct bytes print_address(char text[ADDRESS_MAX], uint32_t addr_net, uint16_t port_net)
{
    char address[INET_ADDRSTRLEN] = "-";
    struct in_addr in = {.s_addr = addr_net};
    (void)inet_ntop(AF_INET, &in, address, sizeof address);
    int len = snprintf(text, ADDRESS_MAX, "%s:%u", address, ntohs(port_net));
    return bytes_make(text, (size_t)len);
}

static struct bytes field_of(const struct http_request *req, const char *name)
{
    const struct bytes *value = http_request_header(req, name);
    return value ? *value : (struct bytes){NULL, 0};
}

static void set_times(struct access_line *line, const struct alb_record *record, int64_t epoch_us)
{
    bool is_answered = record->answered_us && !record->is_own;
    line->end_epoch_us = epoch_us;
    line->begin_epoch_us = epoch_us - (record->done_us - record->received_us);
    line->request_us = record->sent_us ? record->sent_us - record->received_us : -1;
    line->target_us = is_answered ? record->answered_us - record->sent_us : -1;
    line->response_us = is_answered ? record->done_us - record->answered_us : -1;
}

/* A function has no address, but a status. */
static void set_targets(struct access_line *line, const struct alb_record *record,
                        char addresses[ACCESS_LINE_TARGETS][ADDRESS_MAX])
{
    const struct alb_call *call = record->call;
    for (size_t i = 0; call && i < call->try_count && i < ACCESS_LINE_TARGETS; i++)
        line->targets[line->target_count++] = (struct access_target){
            print_address(addresses[i], call->tries[i].address.sin_addr.s_addr,
                          call->tries[i].address.sin_port),
            call->tries[i].status};
    if (record->function && !record->is_own)
        line->targets[line->target_count++].status = record->status;
}

/* The name that was asked for counts where the certificate is for it; a client that comes back with
 * its session is shown none. */
static void set_tls(struct access_line *line, const struct alb_record *record)
{
    const struct httpd_exchange *exchange = record->exchange;
    const struct alb_model *model = record->listener->model;
    line->type = exchange->is_http2 ? "h2" : exchange->is_tls ? "https" : "http";
    if (!exchange->is_tls)
        return;
    line->tls_cipher = bytes_from_str(exchange->tls.cipher);
    line->tls_protocol = bytes_from_str(exchange->tls.version);
    const struct alb_certificate *chosen =
        alb_certificates_choose(record->listener, exchange->tls.server_name);
    if (chosen || bytes_ieq(exchange->tls.server_name, bytes_from_str(model->dns_name)))
        line->server_name = exchange->tls.server_name;
    line->certificate_arn =
        exchange->tls.is_resumed
            ? BYTES_LIT("session-reused")
            : bytes_from_str(chosen ? chosen->arn : model->options.certificate_arn);
}

/* The end of the listener's ARN is its own, and no connection of a listener has another's number.
 */
static struct bytes print_connection(char text[CONNECTION_ID_MAX], const struct alb_record *record)
{
    struct bytes arn = bytes_from_str(record->listener->arn);
    int len = snprintf(text, CONNECTION_ID_MAX, "TID_%.*s%016" PRIx64, LISTENER_ID,
                       arn.ptr + (arn.len > LISTENER_ID ? arn.len - LISTENER_ID : 0),
                       record->exchange->conn_number);
    return bytes_make(text, (size_t)len);
}

static void set_request(struct access_line *line, const struct alb_record *record)
{
    const struct httpd_exchange *exchange = record->exchange;
    line->method = record->method;
    line->host = record->host;
    line->port = record->listener->port;
    line->version = exchange->is_http2    ? BYTES_LIT("HTTP/2.0")
                    : exchange->is_http10 ? BYTES_LIT("HTTP/1.0")
                                          : BYTES_LIT("HTTP/1.1");
    line->user_agent = field_of(&exchange->req, "user-agent");
    line->trace_id = exchange->req.trace_id;
    line->received_bytes = exchange->received_bytes;
    line->sent_bytes = exchange->sent_bytes;
}

void observe_line(const struct alb_record *record, int64_t epoch_us, struct buf *out)
{
    char client[ADDRESS_MAX], targets[ACCESS_LINE_TARGETS][ADDRESS_MAX];
    char connection[CONNECTION_ID_MAX];
    char uri[LIMIT_REQUEST_LINE_BYTES + 1];
    const struct httpd_exchange *exchange = record->exchange;
    struct access_line line = {
        .balancer = alb_arn_tail(record->listener->model->arn),
        .client = print_address(client, exchange->peer_addr_net, exchange->peer_port_net),
        .status = record->status,
        .group_arn = bytes_from_str(record->group ? record->group->arn : NULL),
        .rule_priority = record->rule_priority,
        .actions = bytes_from_str(record->action),
        .redirect_url = bytes_from_str(record->redirect_url),
        .error_reason = exchange->fault == RC_OK ? record->reason : NULL,
        .desync = record->desync,
        .connection_id = print_connection(connection, record),
        .transformed_host = record->transformed.host,
        .transformed_uri = record->transformed.uri,
        .transform_status = bytes_from_str(record->transformed.status),
    };
    int len = snprintf(uri, sizeof uri, "%.*s%s%.*s", BYTES_ARG(record->path),
                       record->query.len ? "?" : "", BYTES_ARG(record->query));
    line.uri = bytes_make(uri, (size_t)len < sizeof uri ? (size_t)len : sizeof uri - 1);
    set_times(&line, record, epoch_us);
    set_targets(&line, record, targets);
    set_request(&line, record);
    set_tls(&line, record);
    access_line_write(out, &line);
}

/* --- metrics --- */

static void count_hosts(const struct alb_group *group, unsigned *healthy, unsigned *unhealthy)
{
    *healthy = *unhealthy = 0;
    for (const struct alb_target *target = group->targets; target; target = target->next) {
        *healthy += target->state == ALB_HEALTHY || target->state == ALB_UNAVAILABLE;
        *unhealthy += target->state == ALB_UNHEALTHY;
    }
}

static enum alb_metrics_action action_of(const char *name)
{
    if (name && strcmp(name, "redirect") == 0)
        return ALB_METRICS_REDIRECT;
    return name && strcmp(name, "fixed-response") == 0 ? ALB_METRICS_FIXED : ALB_METRICS_FORWARD;
}

static bool binds_targets(const struct alb_group *group)
{
    return group->attributes.is_sticky && !group->attributes.is_app_cookie;
}

/* Looked up by its name once: a group has the same counters for good. */
static struct alb_metrics_group *counters_of(struct alb_metrics *metrics, struct alb_group *group)
{
    if (!group->counters)
        group->counters = alb_metrics_group(metrics, alb_arn_tail(group->arn));
    return group->counters;
}

void observe_request(struct alb_metrics *metrics, const struct alb_record *record, int64_t epoch_us)
{
    const struct alb_call *call = record->call;
    bool is_answered = record->answered_us && !record->is_own;
    unsigned unhealthy;
    struct alb_metrics_request request = {
        .second = epoch_us / 1000000,
        .action = action_of(record->action),
        .is_lambda = record->function != NULL,
        .has_target = call ? call->try_count > 0 : record->function != NULL,
        .target_status = record->is_own ? 0 : record->status,
        .balancer_status = record->is_own ? record->status : 0,
        .target_us = is_answered ? record->answered_us - record->sent_us : -1,
        .lambda_failure =
            record->function ? alb_metrics_failure(record->reason) : ALB_METRICS_NO_FAILURE,
        .connection_errors = call ? call->connection_errors : 0,
        .tls_errors = call ? call->tls_errors : 0,
        .is_fail_open = call && call->is_fail_open,
        .is_not_sticky = call && call->try_count && !call->is_bound && binds_targets(call->group),
        .desync = record->desync,
        .bytes = record->exchange->received_bytes + record->exchange->sent_bytes,
    };
    if (record->group) {
        request.group = counters_of(metrics, record->group);
        count_hosts(record->group, &request.healthy_count, &unhealthy);
    }
    alb_metrics_count(metrics, &request);
}

void observe_hosts(struct alb_metrics *metrics, const struct alb_model *model, int64_t epoch_us)
{
    for (struct alb_group *group = model->groups; group; group = group->next) {
        struct alb_metrics_group *counters = group->targets ? counters_of(metrics, group) : NULL;
        struct alb_metrics_look look = {
            .second = epoch_us / 1000000,
            .is_routing_enough = pick_is_enough(group, &group->attributes.least_healthy.routing),
            .is_dns_enough = pick_is_enough(group, &group->attributes.least_healthy.dns)};
        count_hosts(group, &look.healthy, &look.unhealthy);
        if (counters)
            alb_metrics_hosts(metrics, counters, &look);
    }
    const struct metrics_connections *connections = &model->connections;
    alb_metrics_connections(metrics, epoch_us / 1000000, connections->opened,
                            connections->opened - connections->closed);
}
