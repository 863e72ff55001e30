#include "pipeline/guard/guard_picture.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "pipeline/canary/report_data.h"
#include "runtime/core/clock.h"
#include "runtime/json/json.h"

/* Pixels. */
enum {
    WIDTH = 960,
    LEFT = 64,
    RIGHT = 944,
    TOP = 56,
    BOTTOM = 196,
    LIST_TOP = 252,
    LINE = 20,
    MARK = 18,  /* the least between two numbers */
    WORDS = 100 /* bytes of a reason; there is room for no more */
};

static const char style[] =
    "<style>"
    ":root{--bg:#fff;--fg:#1f2328;--mute:#59636e;--lambda:#c2570c;--fargate:#1f6fbf}"
    "@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--mute:#9198a1;"
    "--lambda:#f2994a;--fargate:#62aef5}}"
    "svg{background:var(--bg)}text{font:12px system-ui,sans-serif;fill:var(--fg)}"
    ".head{font-size:18px;font-weight:600}.faint{fill:var(--mute)}.end{text-anchor:end}"
    ".mid{text-anchor:middle}.lambda{fill:var(--lambda)}.fargate{fill:var(--fargate)}"
    ".act{stroke:var(--fg);stroke-width:1;stroke-dasharray:2 3}.name{font-weight:600}"
    "</style>\n";

static const char *text_of(const cJSON *json, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    return cJSON_IsString(item) ? item->valuestring : "";
}

/* "2026-11-21T22:17:23.516Z", as clock_rfc3339 writes it; 0: it is none. */
static int64_t time_of(const char *text)
{
    struct tm tm = {.tm_isdst = 0};
    unsigned ms = 0;
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    return rest && sscanf(rest, ".%3uZ", &ms) == 1 ? (int64_t)timegm(&tm) * 1000 + ms : 0;
}

bool guard_picture_read(struct arena *arena, struct bytes text, struct guard_picture_act *act)
{
    cJSON *json;
    if (json_parse(arena, text, &json, NULL) != RC_OK)
        return false;
    const cJSON *lambda = cJSON_GetObjectItemCaseSensitive(json, "lambda");
    const cJSON *fargate = cJSON_GetObjectItemCaseSensitive(json, "fargate");
    *act = (struct guard_picture_act){.at_ms = time_of(text_of(json, "at")),
                                      .lambda = cJSON_IsNumber(lambda) ? lambda->valuedouble : 0,
                                      .fargate = cJSON_IsNumber(fargate) ? fargate->valuedouble : 0,
                                      .act = text_of(json, "act"),
                                      .home = text_of(json, "home"),
                                      .why = text_of(json, "why")};
    return act->at_ms > 0 && *act->act;
}

/* --- drawing --- */

static double x_of(const struct guard_picture_act *acts, int64_t now_ms, int64_t at_ms)
{
    double span = (double)(now_ms > acts[0].at_ms ? now_ms - acts[0].at_ms : 1);
    double part = (double)(at_ms - acts[0].at_ms) / span;
    return LEFT + (RIGHT - LEFT) * (part < 0 ? 0 : part > 1 ? 1 : part);
}

static double y_of(double percent)
{
    return BOTTOM - (BOTTOM - TOP) * (percent < 0 ? 0 : percent > 100 ? 100 : percent) / 100;
}

static void put_shares(const struct guard_picture_act *acts, size_t count, int64_t now_ms,
                       struct buf *out)
{
    buf_printf(out, "<path class=\"lambda\" d=\"M%d %dH%dV%dH%dZ\"/>\n", LEFT, TOP, RIGHT, BOTTOM,
               LEFT);
    buf_printf(out, "<path class=\"fargate\" d=\"M%d %d", LEFT, BOTTOM);
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "V%.1fH%.1f", y_of(acts[i].fargate),
                   i + 1 < count ? x_of(acts, now_ms, acts[i + 1].at_ms) : RIGHT);
    buf_printf(out, "V%dZ\"/>\n", BOTTOM);
    for (int percent = 0; percent <= 100; percent += 50)
        buf_printf(out, "<text class=\"end faint\" x=\"%d\" y=\"%.0f\">%d %%</text>\n", LEFT - 8,
                   y_of(percent) + 4, percent);
}

/* Lines that stand too close go without a number. */
static void put_marks(const struct guard_picture_act *acts, size_t count, int64_t now_ms,
                      struct buf *out)
{
    double free_from = 0;
    for (size_t i = 0; i < count; i++) {
        double x = x_of(acts, now_ms, acts[i].at_ms);
        buf_printf(out, "<path class=\"act\" d=\"M%.1f %dV%d\"/>", x, TOP - 4, BOTTOM + 4);
        if (x >= free_from) {
            buf_printf(out, "<text class=\"mid\" x=\"%.1f\" y=\"%d\">%zu</text>", x, TOP - 8,
                       i + 1);
            free_from = x + MARK;
        }
        buf_append_char(out, '\n');
    }
}

static void put_time(int64_t at_ms, double x, const char *anchor, struct buf *out)
{
    char when[CLOCK_RFC3339_LEN + 1];
    clock_rfc3339(at_ms, when);
    buf_printf(out, "<text class=\"faint %s\" x=\"%.0f\" y=\"%d\">%.10s %.8s</text>\n", anchor, x,
               BOTTOM + 20, when, when + 11);
}

/* Characters stay whole. */
static void put_why(const char *why, struct buf *out)
{
    char text[WORDS + 1];
    size_t len = strlen(why) < WORDS ? strlen(why) : WORDS;
    while (why[len] && ((unsigned char)why[len] & 0xc0) == 0x80)
        len--;
    memcpy(text, why, len);
    text[len] = 0;
    report_escape(out, text);
    buf_append(out, bytes_from_str(why[len] ? "..." : ""));
}

static void put_list(const struct guard_picture_act *acts, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++) {
        char when[CLOCK_RFC3339_LEN + 1];
        clock_rfc3339(acts[i].at_ms, when);
        buf_printf(out,
                   "<text y=\"%d\"><tspan class=\"end faint\" x=\"40\">%zu</tspan><tspan "
                   "class=\"faint\" x=\"%d\">%.10s %.8s</tspan><tspan class=\"name\" x=\"200\">",
                   LIST_TOP + LINE * (int)i, i + 1, LEFT, when, when + 11);
        report_escape(out, acts[i].act);
        buf_append_char(out, ' ');
        report_escape(out, acts[i].home);
        buf_append(out, BYTES_LIT("</tspan><tspan x=\"310\">"));
        put_why(acts[i].why, out);
        buf_append(out, BYTES_LIT("</tspan></text>\n"));
    }
}

void guard_picture_draw(const struct guard_picture_act *acts, size_t count, int64_t now_ms,
                        struct buf *out)
{
    int height = LIST_TOP + LINE * (int)count;
    buf_printf(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 "
        "%d %d\" role=\"img\" aria-labelledby=\"t d\">\n<title id=\"t\">The guard: shares of "
        "Lambda and Fargate</title>\n<desc id=\"d\">",
        WIDTH, height, WIDTH, height);
    if (count)
        buf_printf(out, "%zu acts; now Lambda has %.0f %%, Fargate %.0f %%.", count,
                   acts[count - 1].lambda, acts[count - 1].fargate);
    else
        buf_append(out, BYTES_LIT("It has done nothing yet."));
    buf_printf(out,
               "</desc>\n%s<text class=\"head\" x=\"16\" y=\"28\">Shares</text><text class=\"end\" "
               "x=\"%d\" y=\"28\"><tspan class=\"lambda name\">Lambda</tspan> above <tspan "
               "class=\"fargate name\">Fargate</tspan></text>\n",
               style, RIGHT);
    if (count) {
        put_shares(acts, count, now_ms, out);
        put_marks(acts, count, now_ms, out);
        put_time(acts[0].at_ms, LEFT, "", out);
        put_time(now_ms, RIGHT, "end", out);
        put_list(acts, count, out);
    } else {
        buf_printf(out, "<text x=\"16\" y=\"%d\">It has done nothing yet.</text>\n", TOP);
    }
    buf_append(out, BYTES_LIT("</svg>\n"));
}
