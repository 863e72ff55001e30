#include "pipeline/canary/fields.h"

#include <inttypes.h>
#include <stdio.h>

static const struct unit {
    struct bytes name;
    int64_t ms;
} units[] = {{BYTES_INIT("ms"), 1},
             {BYTES_INIT("h"), 3600 * 1000},
             {BYTES_INIT("m"), 60 * 1000},
             {BYTES_INIT("s"), 1000},
             {BYTES_INIT("d"), 24 * 3600 * 1000}};

static const int64_t year_ms = INT64_C(365) * 24 * 3600 * 1000;

static const struct unit *unit_of(struct bytes text)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (bytes_starts_with(text, units[i].name))
            return &units[i];
    return NULL;
}

bool duration_parse(struct bytes text, int64_t *out_ms)
{
    int64_t sum = 0;
    if (text.len == 0)
        return false;
    while (text.len) {
        uint64_t count;
        size_t digits = 0;
        while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
            digits++;
        const struct unit *unit = unit_of(bytes_skip(text, digits));
        if (!unit || !bytes_to_u64(bytes_make(text.ptr, digits), (uint64_t)year_ms, &count))
            return false;
        if ((int64_t)count > (year_ms - sum) / unit->ms)
            return false;
        sum += (int64_t)count * unit->ms;
        text = bytes_skip(text, digits + unit->name.len);
    }
    *out_ms = sum;
    return true;
}

const char *duration_print(int64_t ms, char text[DURATION_TEXT_LEN])
{
    int64_t left = ms;
    size_t used = 0;
    static const struct unit parts[] = {
        {BYTES_INIT("h"), 3600 * 1000}, {BYTES_INIT("m"), 60 * 1000}, {BYTES_INIT("s"), 1000}};
    text[0] = 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        int64_t count = left / parts[i].ms;
        left %= parts[i].ms;
        if (count)
            used += (size_t)snprintf(text + used, DURATION_TEXT_LEN - used, "%" PRId64 "%s", count,
                                     parts[i].name.ptr);
    }
    if (used == 0)
        (void)snprintf(text, DURATION_TEXT_LEN, ms ? "%" PRId64 "ms" : "%" PRId64 "s", ms);
    return text;
}
