#include "runtime/alb/access_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static void write_plain(struct buf *out, struct bytes text)
{
    buf_append_char(out, ' ');
    buf_append(out, text.len ? text : BYTES_LIT("-"));
}

static void write_escaped(struct buf *out, struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < ' ' || c >= 0x7f || c == '"' || c == '\\')
            buf_printf(out, "\\x%02X", c);
        else
            buf_append_char(out, (char)c);
    }
}

static void write_quoted(struct buf *out, struct bytes text)
{
    buf_append(out, BYTES_LIT(" \""));
    if (text.len)
        write_escaped(out, text);
    else
        buf_append_char(out, '-');
    buf_append_char(out, '"');
}

static void write_time(struct buf *out, int64_t epoch_us)
{
    time_t seconds = (time_t)(epoch_us / 1000000);
    char text[sizeof "2026-11-21T09:30:00"];
    struct tm day;
    if (!gmtime_r(&seconds, &day) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &day))
        text[0] = '\0'; /* a year of five digits */
    buf_printf(out, " %s.%06dZ", text, (int)(epoch_us % 1000000));
}

/* Seconds with milliseconds, as AWS has them; -1 stands alone. */
static void write_duration(struct buf *out, int64_t us)
{
    if (us < 0)
        buf_append(out, BYTES_LIT(" -1"));
    else
        buf_printf(out, " %" PRId64 ".%03d", us / 1000000, (int)(us / 1000 % 1000));
}

static void write_status(struct buf *out, int status)
{
    if (status)
        buf_printf(out, " %d", status);
    else
        buf_append(out, BYTES_LIT(" -"));
}

static void write_last_target(struct buf *out, const struct access_line *line)
{
    const struct access_target *last =
        line->target_count ? &line->targets[line->target_count - 1] : NULL;
    write_plain(out, last ? last->address : BYTES_LIT("-"));
}

static void write_request_line(struct buf *out, const struct access_line *line)
{
    bool is_known = line->method.len != 0;
    buf_append(out, BYTES_LIT(" \""));
    write_escaped(out, is_known ? line->method : BYTES_LIT("-"));
    buf_printf(out, " %s://", strcmp(line->type, "http") == 0 ? "http" : "https");
    write_escaped(out, line->host.len ? line->host : BYTES_LIT("-"));
    buf_printf(out, ":%u", line->port);
    write_escaped(out, line->uri);
    buf_append_char(out, ' ');
    write_escaped(out, is_known && line->version.len ? line->version : BYTES_LIT("-"));
    buf_append_char(out, '"');
}

/* Both lists, each in one pair of quotes with blanks between. Of a function neither has anything,
 * as AWS's examples show it. */
static void write_targets(struct buf *out, const struct access_line *line)
{
    buf_append(out, BYTES_LIT(" \""));
    for (size_t i = 0; i < line->target_count; i++) {
        struct bytes address = line->targets[i].address;
        buf_append(out, i ? BYTES_LIT(" ") : BYTES_LIT(""));
        buf_append(out, address.len ? address : BYTES_LIT("-"));
    }
    buf_append(out, line->target_count ? BYTES_LIT("\" \"") : BYTES_LIT("-\" \""));
    for (size_t i = 0; i < line->target_count; i++) {
        buf_append(out, i ? BYTES_LIT(" ") : BYTES_LIT(""));
        if (line->targets[i].status && line->targets[i].address.len)
            buf_printf(out, "%d", line->targets[i].status);
        else
            buf_append_char(out, '-');
    }
    buf_append(out, line->target_count ? BYTES_LIT("\"") : BYTES_LIT("-\""));
}

/* Fields 28 and 29; a compliant request has none. */
static void write_desync(struct buf *out, enum desync_reason reason)
{
    struct bytes tier = {NULL, 0}, name = {NULL, 0};
    if (desync_tier(reason) != DESYNC_COMPLIANT) {
        tier = bytes_from_str(desync_tier_name(desync_tier(reason)));
        name = bytes_from_str(desync_reason_name(reason));
    }
    write_quoted(out, tier);
    write_quoted(out, name);
}

static void write_first_half(struct buf *out, const struct access_line *line)
{
    struct bytes agent = line->user_agent;
    if (agent.len > ACCESS_LINE_USER_AGENT)
        agent.len = ACCESS_LINE_USER_AGENT;
    buf_append(out, bytes_from_str(line->type));
    write_time(out, line->end_epoch_us);
    write_plain(out, line->balancer);
    write_plain(out, line->client);
    write_last_target(out, line);
    write_duration(out, line->request_us);
    write_duration(out, line->target_us);
    write_duration(out, line->response_us);
    buf_printf(out, " %03d", line->status);
    write_status(out, line->target_count ? line->targets[line->target_count - 1].status : 0);
    buf_printf(out, " %" PRIu64 " %" PRIu64, line->received_bytes, line->sent_bytes);
    write_request_line(out, line);
    write_quoted(out, agent);
    write_plain(out, line->tls_cipher);
    write_plain(out, line->tls_protocol);
}

void access_line_write(struct buf *out, const struct access_line *line)
{
    write_first_half(out, line);
    write_plain(out, line->group_arn);
    write_quoted(out, line->trace_id);
    write_quoted(out, line->server_name);
    write_quoted(out, line->certificate_arn);
    buf_printf(out, " %d", line->rule_priority);
    write_time(out, line->begin_epoch_us);
    write_quoted(out, line->actions);
    write_quoted(out, line->redirect_url);
    write_quoted(out, bytes_from_str(line->error_reason));
    write_targets(out, line);
    write_desync(out, line->desync);
    write_plain(out, line->connection_id);
    write_quoted(out, line->transformed_host);
    write_quoted(out, line->transformed_uri);
    write_quoted(out, line->transform_status);
    buf_append_char(out, '\n');
}
