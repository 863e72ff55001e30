#include "runtime/alb/series_stat.h"

#include <math.h>

/* --- names --- */

/* A decimal number without a sign or an exponent, at the start of `*text`, which is moved on. */
static bool take_number(struct bytes *text, double *out)
{
    double value = 0, scale = 1;
    size_t digits = 0;
    bool is_fraction = false;
    for (; text->len; *text = bytes_skip(*text, 1)) {
        char c = text->ptr[0];
        if (c == '.' && !is_fraction) {
            is_fraction = true;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        value = value * 10 + (c - '0');
        scale *= is_fraction ? 10 : 1;
        digits++;
    }
    if (digits == 0 || digits > 15)
        return false;
    *out = value / scale;
    return true;
}

static bool take_char(struct bytes *text, char c)
{
    if (!text->len || text->ptr[0] != c)
        return false;
    *text = bytes_skip(*text, 1);
    return true;
}

/* One end of a range; nothing at all leaves `*out` alone. */
static bool take_bound(struct bytes *text, double *out, bool *has_percent, bool *has_value)
{
    double number;
    if (text->len && (text->ptr[0] == ':' || text->ptr[0] == ')'))
        return true;
    if (!take_number(text, &number))
        return false;
    bool is_percent = take_char(text, '%');
    *has_percent |= is_percent;
    *has_value |= !is_percent;
    *out = number;
    return true;
}

/* "(10%:90%)", "(:0.5)". */
static bool parse_range(struct bytes text, struct series_stat *stat)
{
    bool has_percent = false, has_value = false;
    double low = -INFINITY, high = INFINITY;
    if (!take_char(&text, '(') || !take_bound(&text, &low, &has_percent, &has_value) ||
        !take_char(&text, ':') || !take_bound(&text, &high, &has_percent, &has_value) ||
        !take_char(&text, ')') || text.len || has_percent == has_value)
        return false;
    stat->is_of_values = has_value;
    stat->low = has_percent && low < 0 ? 0 : low;
    stat->high = has_percent && high > 100 ? 100 : high;
    return stat->low < stat->high && (has_value || high <= 100 || isinf(high));
}

struct family {
    struct bytes lower, upper; /* "tm90" and "TM(...)" */
    enum series_stat_kind kind;
};

static bool parse_family(struct bytes text, const struct family *family, struct series_stat *stat)
{
    stat->kind = family->kind;
    if (family->upper.len && bytes_starts_with(text, family->upper))
        return parse_range(bytes_skip(text, family->upper.len), stat) &&
               (family->kind != STAT_PERCENTILE_RANK || stat->is_of_values);
    if (!family->lower.len || !bytes_starts_with(text, family->lower))
        return false;
    text = bytes_skip(text, family->lower.len);
    return take_number(&text, &stat->high) && !text.len && stat->high <= 100;
}

bool series_stat_parse(struct bytes text, struct series_stat *out)
{
    static const struct {
        struct bytes name;
        struct series_stat stat;
    } plain[] = {
        {BYTES_INIT("SampleCount"), {STAT_SAMPLE_COUNT, false, 0, 0}},
        {BYTES_INIT("Sum"), {STAT_SUM, false, 0, 0}},
        {BYTES_INIT("Average"), {STAT_AVERAGE, false, 0, 0}},
        {BYTES_INIT("Minimum"), {STAT_MINIMUM, false, 0, 0}},
        {BYTES_INIT("Maximum"), {STAT_MAXIMUM, false, 0, 0}},
        {BYTES_INIT("IQM"), {STAT_TRIMMED_MEAN, false, 25, 75}},
    };
    static const struct family families[] = {
        {BYTES_INIT("p"), BYTES_INIT(""), STAT_PERCENTILE},
        {BYTES_INIT("tm"), BYTES_INIT("TM"), STAT_TRIMMED_MEAN},
        {BYTES_INIT("wm"), BYTES_INIT("WM"), STAT_WINSORIZED_MEAN},
        {BYTES_INIT("tc"), BYTES_INIT("TC"), STAT_TRIMMED_COUNT},
        {BYTES_INIT("ts"), BYTES_INIT("TS"), STAT_TRIMMED_SUM},
        {BYTES_INIT(""), BYTES_INIT("PR"), STAT_PERCENTILE_RANK},
    };
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (bytes_eq(text, plain[i].name)) {
            *out = plain[i].stat;
            return true;
        }
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        struct series_stat stat = {.low = 0};
        if (parse_family(text, &families[i], &stat)) {
            *out = stat;
            return true;
        }
    }
    return false;
}

/* --- figures --- */

static double lesser(double a, double b)
{
    return a < b ? a : b;
}

static double greater(double a, double b)
{
    return a > b ? a : b;
}

/* How many of the observations of `value`, of which `below` are lower, are in the range. */
static double share_of(const struct series_stat *stat, const struct series_sum *sum,
                       const struct series_value *value, double below)
{
    if (stat->is_of_values)
        return value->value > stat->low && value->value <= stat->high ? value->count : 0;
    double from = greater(below, stat->low / 100 * sum->count);
    double to = lesser(below + value->count, stat->high / 100 * sum->count);
    return to > from ? to - from : 0;
}

struct trimmed {
    double count, sum;
    double below;     /* observations under the range */
    double low, high; /* the least and the greatest value in it */
};

static struct trimmed trim(const struct series_stat *stat, const struct series_sum *sum)
{
    struct trimmed trimmed = {.count = 0};
    double below = 0;
    for (size_t i = 0; i < sum->value_count; i++) {
        const struct series_value *value = &sum->values[i];
        double share = share_of(stat, sum, value, below);
        if (share > 0) {
            if (trimmed.count == 0) {
                trimmed.low = value->value;
                trimmed.below =
                    stat->is_of_values ? below : greater(below, stat->low / 100 * sum->count);
            }
            trimmed.high = value->value;
            trimmed.count += share;
            trimmed.sum += share * value->value;
        }
        below += value->count;
    }
    return trimmed;
}

/* What is outside counts as the nearest value inside. */
static double winsorized(const struct trimmed *trimmed, const struct series_sum *sum)
{
    double above = sum->count - trimmed->count - trimmed->below;
    return (trimmed->sum + trimmed->below * trimmed->low + above * trimmed->high) / sum->count;
}

/* The rank may be a hair above the whole number that it stands for: 7 percent of 100 is. */
static double percentile(const struct series_sum *sum, double percent)
{
    double rank = percent / 100 * sum->count, seen = 0;
    for (size_t i = 0; i < sum->value_count; i++) {
        seen += sum->values[i].count;
        if (seen >= rank - rank * 1e-12)
            return sum->values[i].value;
    }
    return sum->max;
}

static enum rc compute_of_values(const struct series_stat *stat, const struct series_sum *sum,
                                 double *out)
{
    if (!sum->values)
        return RC_NOT_FOUND;
    if (stat->kind == STAT_PERCENTILE) {
        *out = percentile(sum, stat->high);
        return RC_OK;
    }
    struct trimmed trimmed = trim(stat, sum);
    bool is_mean = stat->kind == STAT_TRIMMED_MEAN || stat->kind == STAT_WINSORIZED_MEAN;
    if (is_mean && trimmed.count <= 0)
        return RC_NOT_FOUND;
    if (stat->kind == STAT_TRIMMED_MEAN)
        *out = trimmed.sum / trimmed.count;
    else if (stat->kind == STAT_WINSORIZED_MEAN)
        *out = winsorized(&trimmed, sum);
    else if (stat->kind == STAT_TRIMMED_SUM)
        *out = trimmed.sum;
    else
        *out = stat->kind == STAT_TRIMMED_COUNT ? trimmed.count : trimmed.count / sum->count * 100;
    return RC_OK;
}

enum rc series_stat_compute(const struct series_stat *stat, const struct series_sum *sum,
                            double *out)
{
    switch (stat->kind) {
    case STAT_SAMPLE_COUNT:
        *out = sum->count;
        return RC_OK;
    case STAT_SUM:
        *out = sum->sum;
        return RC_OK;
    case STAT_AVERAGE:
        *out = sum->sum / sum->count;
        return RC_OK;
    case STAT_MINIMUM:
        *out = sum->min;
        return RC_OK;
    case STAT_MAXIMUM:
        *out = sum->max;
        return RC_OK;
    case STAT_PERCENTILE:
    case STAT_TRIMMED_MEAN:
    case STAT_WINSORIZED_MEAN:
    case STAT_TRIMMED_COUNT:
    case STAT_TRIMMED_SUM:
    case STAT_PERCENTILE_RANK:
        break;
    }
    return compute_of_values(stat, sum, out);
}
