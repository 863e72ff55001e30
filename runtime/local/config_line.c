#include "runtime/local/config_line.h"

#include "runtime/json/json.h"

/* A walk over what is known to be JSON: only texts and brackets matter. */
struct walk {
    struct bytes text;
    size_t at, depth;
    bool is_inside; /* the member of depth 1 that was seen last has the path's first name */
};

/* The text that begins at walk->at, without its quotation marks; walk->at is behind it. */
static struct bytes take_text(struct walk *walk)
{
    size_t start = ++walk->at;
    while (walk->at < walk->text.len && walk->text.ptr[walk->at] != '"')
        walk->at += walk->text.ptr[walk->at] == '\\' ? 2 : 1;
    size_t end = walk->at < walk->text.len ? walk->at : walk->text.len;
    walk->at = end + 1;
    return bytes_make(walk->text.ptr + start, end - start);
}

static bool is_name(const struct walk *walk)
{
    size_t at = walk->at;
    while (at < walk->text.len && strchr(" \t\r\n", walk->text.ptr[at]))
        at++;
    return at < walk->text.len && walk->text.ptr[at] == ':';
}

size_t config_line(struct bytes text, const char *path)
{
    struct walk walk = {.text = text};
    struct bytes whole = bytes_from_str(path);
    size_t dot = bytes_find(whole, '.');
    struct bytes first = bytes_make(path, dot),
                 second = bytes_skip(whole, dot < whole.len ? dot + 1 : dot);
    while (walk.at < text.len) {
        char c = text.ptr[walk.at];
        size_t begin = walk.at;
        if (c != '"') {
            walk.depth += c == '{' || c == '[';
            walk.depth -= (c == '}' || c == ']') && walk.depth;
            walk.at++;
            continue;
        }
        struct bytes name = take_text(&walk);
        if (!is_name(&walk))
            continue;
        if (walk.depth == 1)
            walk.is_inside = bytes_eq(name, first);
        if (walk.is_inside &&
            (second.len ? walk.depth == 2 && bytes_eq(name, second) : walk.depth == 1))
            return json_place_at(text, begin).line;
    }
    return 0;
}
