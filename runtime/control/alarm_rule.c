#include "runtime/control/alarm.h"

/* A composite alarm's rule: OR of AND of NOT of a state, TRUE, FALSE or parentheses. Words are in
 * upper case, as AWS's; a name may stand in quotation marks. */

enum { DEPTH_MAX = 32 };

struct reader {
    const struct alarms *alarms;
    struct bytes rest;
    const char *error;
    unsigned depth;
};

static bool read_or(struct reader *reader, bool *out);

static bool fail(struct reader *reader, const char *error)
{
    if (!reader->error)
        reader->error = error;
    return false;
}

static void skip_blanks(struct reader *reader)
{
    while (reader->rest.len && (reader->rest.ptr[0] == ' ' || reader->rest.ptr[0] == '\n' ||
                                reader->rest.ptr[0] == '\t' || reader->rest.ptr[0] == '\r'))
        reader->rest = bytes_skip(reader->rest, 1);
}

static bool is_word_char(char c)
{
    return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* A word of the rule's own, which no letter goes on. */
static bool take_word(struct reader *reader, struct bytes word)
{
    skip_blanks(reader);
    if (!bytes_starts_with(reader->rest, word) ||
        (reader->rest.len > word.len && is_word_char(reader->rest.ptr[word.len])))
        return false;
    reader->rest = bytes_skip(reader->rest, word.len);
    return true;
}

static bool take_char(struct reader *reader, char c)
{
    skip_blanks(reader);
    if (!reader->rest.len || reader->rest.ptr[0] != c)
        return false;
    reader->rest = bytes_skip(reader->rest, 1);
    return true;
}

/* Behind ALARM: ("name") or (name). An ARN is a name too: its last part is. */
static bool read_name(struct reader *reader, struct bytes *out)
{
    if (!take_char(reader, '('))
        return fail(reader, "a state without the name of an alarm in parentheses");
    bool is_quoted = take_char(reader, '"');
    skip_blanks(reader);
    size_t len = bytes_find(reader->rest, is_quoted ? '"' : ')');
    *out = bytes_trim(bytes_make(reader->rest.ptr, len));
    reader->rest = bytes_skip(reader->rest, len);
    if (is_quoted)
        (void)take_char(reader, '"');
    if (bytes_starts_with(*out, BYTES_LIT("arn:")))
        while (bytes_find(*out, ':') < out->len)
            *out = bytes_skip(*out, bytes_find(*out, ':') + 1);
    return (out->len && take_char(reader, ')')) ||
           fail(reader, "a state without the name of an alarm in parentheses");
}

static bool read_state(struct reader *reader, enum alarm_state state, bool *out)
{
    struct bytes name;
    if (!read_name(reader, &name))
        return false;
    const struct alarm *alarm = alarm_find(reader->alarms, name);
    *out = alarm && alarm->state == state;
    return true;
}

static bool read_term(struct reader *reader, bool *out)
{
    bool is_fine;
    if (reader->depth++ == DEPTH_MAX)
        return fail(reader, "it is nested too deeply");
    if (take_word(reader, BYTES_LIT("NOT"))) {
        is_fine = read_term(reader, out);
        *out = !*out;
    } else if (take_char(reader, '(')) {
        is_fine =
            read_or(reader, out) && (take_char(reader, ')') || fail(reader, "it lacks a ')'"));
    } else if (take_word(reader, BYTES_LIT("ALARM"))) {
        is_fine = read_state(reader, ALARM_ALARM, out);
    } else if (take_word(reader, BYTES_LIT("OK"))) {
        is_fine = read_state(reader, ALARM_OK, out);
    } else if (take_word(reader, BYTES_LIT("INSUFFICIENT_DATA"))) {
        is_fine = read_state(reader, ALARM_INSUFFICIENT, out);
    } else {
        *out = take_word(reader, BYTES_LIT("TRUE"));
        is_fine =
            *out || take_word(reader, BYTES_LIT("FALSE")) ||
            fail(reader, "ALARM, OK, INSUFFICIENT_DATA, TRUE, FALSE, NOT or '(' must be there");
    }
    reader->depth--;
    return is_fine;
}

static bool read_and(struct reader *reader, bool *out)
{
    bool right = false;
    if (!read_term(reader, out))
        return false;
    while (take_word(reader, BYTES_LIT("AND"))) {
        if (!read_term(reader, &right))
            return false;
        *out &= right;
    }
    return true;
}

static bool read_or(struct reader *reader, bool *out)
{
    bool right = false;
    if (!read_and(reader, out))
        return false;
    while (take_word(reader, BYTES_LIT("OR"))) {
        if (!read_and(reader, &right))
            return false;
        *out |= right;
    }
    return true;
}

bool alarm_rule_holds(const struct alarms *alarms, struct bytes rule, bool *value,
                      const char **error)
{
    struct reader reader = {.alarms = alarms, .rest = rule};
    bool holds = false;
    bool is_fine = read_or(&reader, &holds);
    skip_blanks(&reader);
    if (is_fine && reader.rest.len)
        is_fine = fail(&reader, "it goes on where it should end");
    if (is_fine && value)
        *value = holds;
    *error = reader.error;
    return is_fine;
}
