#include "runtime/json/json_plain.h"

/*
 * Every string's text fits into its place in the input, since its two quotes make room for a NUL;
 * so one block as long as the input holds all of them. Nodes come from the arena in blocks, too.
 */

enum { NODES_A_BLOCK = 48, DEPTH_MAX = 32, DIGITS_MAX = 15 };

struct reader {
    struct arena *arena;
    const char *at, *end;
    char *text; /* free room for strings */
    cJSON *node, *nodes_end;
};

static cJSON *new_node(struct reader *in)
{
    if (in->node == in->nodes_end) {
        in->node = arena_alloc(in->arena, NODES_A_BLOCK * sizeof *in->node);
        if (!in->node)
            return in->nodes_end = NULL;
        in->nodes_end = in->node + NODES_A_BLOCK;
    }
    memset(in->node, 0, sizeof *in->node);
    return in->node++;
}

static void skip_space(struct reader *in)
{
    while (in->at < in->end &&
           (*in->at == ' ' || *in->at == '\n' || *in->at == '\t' || *in->at == '\r'))
        in->at++;
}

static bool take(struct reader *in, char c)
{
    if (in->at == in->end || *in->at != c)
        return false;
    in->at++;
    return true;
}

/* --- strings --- */

/* Marks, each in its byte's high bit, the bytes that do not stand for themselves in a string:
 * quote, backslash, control bytes. (A byte is zero after the XOR, or under 0x20, where the
 * subtraction borrows.) A borrow may mark bytes above a true one, never below: the lowest mark is
 * always true. */
static uint64_t mark_special(uint64_t eight)
{
    const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
    uint64_t quote = eight ^ (ones * '"'), backslash = eight ^ (ones * '\\');
    uint64_t found = ((quote - ones) & ~quote) | ((backslash - ones) & ~backslash) |
                     ((eight - ones * 0x20) & ~eight);
    return found & highs;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is the lowest");

/* Copies up to the first byte that does not stand for itself. Whole words are written, so the room
 * for strings has a word more than they need. */
static void copy_plain(struct reader *in)
{
    uint64_t eight, marks;
    while ((size_t)(in->end - in->at) >= sizeof eight) {
        memcpy(&eight, in->at, sizeof eight);
        memcpy(in->text, &eight, sizeof eight);
        marks = mark_special(eight);
        size_t n = marks ? (size_t)__builtin_ctzll(marks) / 8 : sizeof eight;
        in->at += n;
        in->text += n;
        if (marks)
            return;
    }
    while (in->at < in->end && *in->at != '"' && *in->at != '\\' && (unsigned char)*in->at >= 0x20)
        *in->text++ = *in->at++;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number behind "\u"; 0 for what is none, which is not plain either. */
static unsigned take_hex(struct reader *in)
{
    unsigned value = 0;
    if (in->end - in->at < 4)
        return 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_value(*in->at++);
        if (digit < 0)
            return 0;
        value = value * 16 + (unsigned)digit;
    }
    return value;
}

/* Appends a character of the basic plane; a surrogate is not plain. */
static bool put_unicode(struct reader *in)
{
    unsigned point = take_hex(in);
    if (point == 0 || (point >= 0xD800 && point <= 0xDFFF))
        return false;
    if (point >= 0x800)
        *in->text++ = (char)(0xE0 | point >> 12);
    if (point >= 0x800)
        *in->text++ = (char)(0x80 | (point >> 6 & 0x3F));
    else if (point >= 0x80)
        *in->text++ = (char)(0xC0 | point >> 6);
    *in->text++ = (char)(point >= 0x80 ? 0x80 | (point & 0x3F) : point);
    return true;
}

static bool put_escape(struct reader *in)
{
    static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
    if (in->at == in->end)
        return false;
    char c = *in->at++;
    if (c == 'u')
        return put_unicode(in);
    const char *letter = c ? strchr(letters, c) : NULL;
    if (!letter)
        return false;
    *in->text++ = bytes[letter - letters];
    return true;
}

/* Behind the opening quote: the text up to the closing one, in `text` with a NUL. NULL: not plain.
 */
static char *take_string(struct reader *in)
{
    char *start = in->text;
    for (;;) {
        copy_plain(in);
        if (take(in, '"'))
            break;
        if (!take(in, '\\') || !put_escape(in))
            return NULL;
    }
    *in->text++ = '\0';
    return start;
}

/* --- values --- */

static bool take_value(struct reader *in, cJSON *node, int depth);

static bool take_word(struct reader *in, cJSON *node, struct bytes word, int type)
{
    if (!bytes_starts_with(bytes_make(in->at, (size_t)(in->end - in->at)), word))
        return false;
    in->at += word.len;
    node->type = type;
    node->valueint = type == cJSON_True;
    return true;
}

static bool take_integer(struct reader *in, cJSON *node)
{
    bool is_negative = take(in, '-');
    const char *start = in->at;
    double value = 0;
    while (in->at < in->end && *in->at >= '0' && *in->at <= '9')
        value = value * 10 + (*in->at++ - '0');
    if (in->at == start || in->at - start > DIGITS_MAX || (*start == '0' && in->at - start > 1))
        return false;
    if (in->at < in->end && (*in->at == '.' || *in->at == 'e' || *in->at == 'E'))
        return false;
    node->type = cJSON_Number;
    node->valuedouble = is_negative ? -value : value;
    node->valueint =
        value > INT32_MAX ? (is_negative ? INT32_MIN : INT32_MAX) : (int)node->valuedouble;
    return true;
}

/* As cJSON links them: the first one's prev is the last. */
static void append(cJSON *parent, cJSON *item)
{
    cJSON *first = parent->child;
    if (!first) {
        parent->child = item;
    } else {
        first->prev->next = item;
        item->prev = first->prev;
    }
    parent->child->prev = item;
}

static bool take_key(struct reader *in, cJSON *item)
{
    skip_space(in);
    if (!take(in, '"'))
        return false;
    item->string = take_string(in);
    skip_space(in);
    return item->string && take(in, ':');
}

/* Behind the opening bracket: the members up to `close`. */
static bool take_members(struct reader *in, cJSON *node, char close, int depth)
{
    skip_space(in);
    if (take(in, close))
        return true;
    do {
        cJSON *item = new_node(in);
        if (!item || (close == '}' && !take_key(in, item)) || !take_value(in, item, depth))
            return false;
        append(node, item);
        skip_space(in);
    } while (take(in, ','));
    return take(in, close);
}

static bool take_value(struct reader *in, cJSON *node, int depth)
{
    skip_space(in);
    if (in->at == in->end || depth == DEPTH_MAX)
        return false;
    switch (*in->at) {
    case '"':
        in->at++;
        node->type = cJSON_String;
        node->valuestring = take_string(in);
        if (!node->valuestring || in->text - node->valuestring > INT32_MAX)
            return false;
        node->valueint = (int)(in->text - node->valuestring - 1);
        return true;
    case '{':
        in->at++;
        node->type = cJSON_Object;
        return take_members(in, node, '}', depth + 1);
    case '[':
        in->at++;
        node->type = cJSON_Array;
        return take_members(in, node, ']', depth + 1);
    case 't':
        return take_word(in, node, BYTES_LIT("true"), cJSON_True);
    case 'f':
        return take_word(in, node, BYTES_LIT("false"), cJSON_False);
    case 'n':
        return take_word(in, node, BYTES_LIT("null"), cJSON_NULL);
    default:
        return take_integer(in, node);
    }
}

cJSON *json_plain_parse(struct arena *arena, struct bytes text)
{
    struct reader in = {.arena = arena, .at = text.ptr};
    if (text.len == 0)
        return NULL;
    in.end = text.ptr + text.len;
    in.text = arena_alloc(arena, text.len + sizeof(uint64_t));
    cJSON *root = in.text ? new_node(&in) : NULL;
    if (!root || !take_value(&in, root, 0))
        return NULL;
    skip_space(&in);
    return in.at == in.end ? root : NULL;
}
