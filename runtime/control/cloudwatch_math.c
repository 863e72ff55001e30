#include "runtime/control/cloudwatch_math.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/control/math_value.h"

/* Read and computed in one pass, by the grammar: comparison, sum, product, sign, atom. Another
 * expression that is named is computed first; one that leads back to itself is refused. */

enum { DEPTH_MAX = 32, LIST_MAX = 500, NUMBER_MAX = 32, ARGUMENTS_MAX = 3 };

struct reader {
    struct math_inputs *inputs;
    struct bytes rest;
    const char *error;
    char unknown[64]; /* a name that nothing has */
    unsigned depth;
};

static bool read_comparison(struct reader *reader, struct math_value *out);
static bool compute(struct math_inputs *inputs, struct math_input *input, char *error,
                    size_t error_len, unsigned depth);

struct math_input *math_find(const struct math_inputs *inputs, struct bytes id)
{
    for (size_t i = 0; i < inputs->count; i++)
        if (bytes_eq(inputs->inputs[i].id, id))
            return &inputs->inputs[i];
    return NULL;
}

static bool fail(struct reader *reader, const char *error)
{
    if (!reader->error)
        reader->error = error;
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char peek(struct reader *reader)
{
    while (reader->rest.len && (reader->rest.ptr[0] == ' ' || reader->rest.ptr[0] == '\t' ||
                                reader->rest.ptr[0] == '\n' || reader->rest.ptr[0] == '\r'))
        reader->rest = bytes_skip(reader->rest, 1);
    return reader->rest.len ? reader->rest.ptr[0] : '\0';
}

static bool take(struct reader *reader, struct bytes token)
{
    (void)peek(reader);
    if (!bytes_starts_with(reader->rest, token))
        return false;
    reader->rest = bytes_skip(reader->rest, token.len);
    return true;
}

static bool read_number(struct reader *reader, struct math_value *out)
{
    char text[NUMBER_MAX + 1];
    size_t len = 0;
    while (len < reader->rest.len && len < NUMBER_MAX &&
           (is_digit(reader->rest.ptr[len]) || reader->rest.ptr[len] == '.'))
        len++;
    memcpy(text, reader->rest.ptr, len);
    text[len] = '\0';
    char *end;
    *out = (struct math_value){.number = strtod(text, &end)};
    if (*end || end == text)
        return fail(reader, "it has a number that is none");
    reader->rest = bytes_skip(reader->rest, len);
    return true;
}

/* --- names --- */

static bool read_id(struct reader *reader, struct bytes name, struct math_value *out)
{
    struct math_input *input = math_find(reader->inputs, name);
    char error[128];
    if (!input) {
        (void)snprintf(reader->unknown, sizeof reader->unknown, "%.*s", BYTES_ARG(name));
        return fail(reader, "it names what is neither a query of this call nor a function here");
    }
    if (input->state == MATH_UNDER_WAY || reader->depth > DEPTH_MAX)
        return fail(reader, "it leads back to itself");
    if (!compute(reader->inputs, input, error, sizeof error, reader->depth + 1))
        return fail(reader, "it names an expression that is wrong");
    *out = (struct math_value){
        .kind = MATH_SERIES, .points = input->points, .period_s = input->query.period_s};
    return true;
}

/* METRICS(): all that are metrics, not expressions. */
static bool read_metrics(struct reader *reader, struct math_value *out)
{
    struct math_inputs *inputs = reader->inputs;
    *out = (struct math_value){.kind = MATH_LIST};
    out->items = arena_alloc(inputs->arena, inputs->count * sizeof *out->items);
    if (!out->items)
        return fail(reader, "there is no memory for it");
    for (size_t i = 0; i < inputs->count; i++)
        if (!inputs->inputs[i].expression.len)
            out->items[out->item_count++] =
                (struct math_value){.kind = MATH_SERIES,
                                    .points = inputs->inputs[i].points,
                                    .period_s = inputs->inputs[i].query.period_s};
    return true;
}

static bool read_list(struct reader *reader, struct math_value *out)
{
    struct math_value *items = arena_alloc(reader->inputs->arena, LIST_MAX * sizeof *items);
    size_t count = 0;
    if (!items)
        return fail(reader, "there is no memory for it");
    do {
        if (count == LIST_MAX || !read_comparison(reader, &items[count]))
            return fail(reader, "it has a list that is too long");
        if (items[count++].kind != MATH_SERIES)
            return fail(reader, "it has a list of something else than series");
    } while (take(reader, BYTES_LIT(",")));
    *out = (struct math_value){.kind = MATH_LIST, .items = items, .item_count = count};
    return take(reader, BYTES_LIT("]")) || fail(reader, "it has a list without its ']'");
}

static bool call_fold(struct reader *reader, struct bytes name, const struct math_value *argument,
                      struct math_value *out)
{
    static const char *const names[] = {"SUM", "AVG", "MIN", "MAX"};
    for (size_t i = 0; argument && i < sizeof names / sizeof names[0]; i++)
        if (bytes_eq(name, bytes_from_str(names[i])))
            return math_fold(reader->inputs->arena, (enum math_fold)i, argument, out,
                             &reader->error);
    (void)snprintf(reader->unknown, sizeof reader->unknown, "%.*s", BYTES_ARG(name));
    return fail(reader, "it has a function that is not here, or with other arguments");
}

static bool call_function(struct reader *reader, struct bytes name,
                          const struct math_value *arguments, size_t count, bool repeats,
                          struct math_value *out)
{
    struct math_inputs *inputs = reader->inputs;
    if (bytes_eq(name, BYTES_LIT("METRICS")) && count == 0)
        return read_metrics(reader, out);
    if (bytes_eq(name, BYTES_LIT("FILL")) && count == 2 && arguments[1].kind == MATH_NUMBER)
        return math_fill(inputs->arena, &arguments[0], repeats ? NULL : &arguments[1].number,
                         inputs->from_s, inputs->to_s, out, &reader->error);
    if (bytes_eq(name, BYTES_LIT("IF")) && count == 3)
        return math_choose(inputs->arena, &arguments[0], &arguments[1], &arguments[2], out,
                           &reader->error);
    return call_fold(reader, name, count == 1 && !repeats ? &arguments[0] : NULL, out);
}

static bool read_call(struct reader *reader, struct bytes name, struct math_value *out)
{
    struct math_value arguments[ARGUMENTS_MAX];
    size_t count = 0;
    bool repeats = false;
    while (!take(reader, BYTES_LIT(")"))) {
        if (count == ARGUMENTS_MAX || (count && !take(reader, BYTES_LIT(","))))
            return fail(reader, "it has a function whose arguments do not end with ')'");
        repeats = take(reader, BYTES_LIT("REPEAT"));
        if (repeats)
            arguments[count] = (struct math_value){.number = 0};
        else if (!read_comparison(reader, &arguments[count]))
            return false;
        count++;
    }
    return call_function(reader, name, arguments, count, repeats, out);
}

/* --- the grammar --- */

static bool read_name(struct reader *reader, struct math_value *out)
{
    size_t len = 0;
    while (len < reader->rest.len &&
           (is_letter(reader->rest.ptr[len]) || is_digit(reader->rest.ptr[len]) ||
            reader->rest.ptr[len] == '_'))
        len++;
    struct bytes name = bytes_make(reader->rest.ptr, len);
    reader->rest = bytes_skip(reader->rest, len);
    return take(reader, BYTES_LIT("(")) ? read_call(reader, name, out) : read_id(reader, name, out);
}

static bool read_atom(struct reader *reader, struct math_value *out)
{
    static const struct math_value zero = {.number = 0};
    char next = peek(reader);
    bool is_fine;
    if (reader->depth++ > DEPTH_MAX)
        return fail(reader, "it is nested too deeply");
    if (take(reader, BYTES_LIT("-"))) {
        struct math_value value;
        is_fine = read_atom(reader, &value) &&
                  math_apply(reader->inputs->arena, MATH_SUB, &zero, &value, out, &reader->error);
    } else if (take(reader, BYTES_LIT("("))) {
        is_fine = read_comparison(reader, out) &&
                  (take(reader, BYTES_LIT(")")) || fail(reader, "it lacks a ')'"));
    } else if (take(reader, BYTES_LIT("["))) {
        is_fine = read_list(reader, out);
    } else if (is_digit(next) || next == '.') {
        is_fine = read_number(reader, out);
    } else {
        is_fine = is_letter(next) ? read_name(reader, out)
                                  : fail(reader, "it ends, or goes on, where a value must be");
    }
    reader->depth--;
    return is_fine;
}

struct level {
    struct bytes token;
    enum math_op op;
};

/* One level of operators, from the left; `next` reads what is between them. */
static bool read_level(struct reader *reader, const struct level *levels, size_t count,
                       bool (*next)(struct reader *, struct math_value *), struct math_value *out)
{
    if (!next(reader, out))
        return false;
    for (size_t i = 0; i < count; i++) {
        struct math_value left = *out, right;
        if (!take(reader, levels[i].token))
            continue;
        if (!next(reader, &right) ||
            !math_apply(reader->inputs->arena, levels[i].op, &left, &right, out, &reader->error))
            return false;
        i = (size_t)-1; /* once more, with the first */
    }
    return true;
}

static bool read_product(struct reader *reader, struct math_value *out)
{
    static const struct level levels[] = {{BYTES_INIT("*"), MATH_MUL}, {BYTES_INIT("/"), MATH_DIV}};
    return read_level(reader, levels, 2, read_atom, out);
}

static bool read_sum(struct reader *reader, struct math_value *out)
{
    static const struct level levels[] = {{BYTES_INIT("+"), MATH_ADD}, {BYTES_INIT("-"), MATH_SUB}};
    return read_level(reader, levels, 2, read_product, out);
}

static bool read_comparison(struct reader *reader, struct math_value *out)
{
    static const struct level levels[] = {{BYTES_INIT("<="), MATH_LE}, {BYTES_INIT(">="), MATH_GE},
                                          {BYTES_INIT("=="), MATH_EQ}, {BYTES_INIT("!="), MATH_NE},
                                          {BYTES_INIT("<"), MATH_LT},  {BYTES_INIT(">"), MATH_GT}};
    return read_level(reader, levels, sizeof levels / sizeof levels[0], read_sum, out);
}

/* A number as the result is a series that has it in each period of the first metric. */
static bool settle(struct reader *reader, struct math_input *input, const struct math_value *value)
{
    const struct math_inputs *inputs = reader->inputs;
    struct math_value series = *value;
    if (value->kind == MATH_LIST)
        return fail(reader, "it is a list of series, where one must be: SUM(...), for example");
    if (value->kind == MATH_NUMBER) {
        struct math_value empty = {.kind = MATH_SERIES, .period_s = 60};
        for (size_t i = inputs->count; i-- > 0;)
            if (!inputs->inputs[i].expression.len)
                empty.period_s = inputs->inputs[i].query.period_s;
        if (!math_fill(inputs->arena, &empty, &value->number, inputs->from_s, inputs->to_s, &series,
                       &reader->error))
            return false;
    }
    input->points = series.points;
    input->query.period_s = series.period_s;
    input->state = MATH_DONE;
    return true;
}

static bool compute(struct math_inputs *inputs, struct math_input *input, char *error,
                    size_t error_len, unsigned depth)
{
    struct reader reader = {.inputs = inputs, .rest = input->expression, .depth = depth};
    struct math_value value;
    if (!input->expression.len || input->state == MATH_DONE)
        return true;
    input->state = MATH_UNDER_WAY;
    bool is_fine = read_comparison(&reader, &value);
    (void)peek(&reader);
    if (is_fine && reader.rest.len)
        is_fine = fail(&reader, "it goes on where it should end");
    if (is_fine && settle(&reader, input, &value))
        return true;
    (void)snprintf(error, error_len, "The expression of '%.*s' is invalid: %s%s%s%s.",
                   (int)(input->id.len < 40 ? input->id.len : 40), input->id.ptr, reader.error,
                   reader.unknown[0] ? " ('" : "", reader.unknown, reader.unknown[0] ? "')" : "");
    return false;
}

bool math_compute(struct math_inputs *inputs, char *error, size_t error_len)
{
    for (size_t i = 0; i < inputs->count; i++)
        if (!compute(inputs, &inputs->inputs[i], error, error_len, 0))
            return false;
    return true;
}
