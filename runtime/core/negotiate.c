#include "runtime/core/negotiate.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct bytes skip_blanks(struct bytes view)
{
    while (view.len && is_blank(view.ptr[0]))
        view = bytes_skip(view, 1);
    return view;
}

static struct bytes without_blanks(struct bytes view)
{
    view = skip_blanks(view);
    while (view.len && is_blank(view.ptr[view.len - 1]))
        view.len--;
    return view;
}

/* --- entity tags --- */

/* Takes an entity tag off the front of `list`. false: there is none. */
static bool take_tag(struct bytes *list, struct bytes *tag)
{
    size_t at = bytes_starts_with(*list, BYTES_LIT("W/")) ? 2 : 0;
    if (at >= list->len || list->ptr[at] != '"')
        return false;
    for (at++; at < list->len && list->ptr[at] != '"'; at++) {
        unsigned char c = (unsigned char)list->ptr[at];
        if (c <= 0x20 || c == 0x7F)
            return false;
    }
    if (at == list->len)
        return false;
    *tag = bytes_make(list->ptr, at + 1);
    *list = bytes_skip(*list, at + 1);
    return true;
}

static bool is_weak(struct bytes tag)
{
    return bytes_starts_with(tag, BYTES_LIT("W/"));
}

static bool tag_matches(struct bytes a, struct bytes b, enum tag_comparison comparison)
{
    if (comparison == TAG_STRONG)
        return !is_weak(a) && !is_weak(b) && bytes_eq(a, b);
    return bytes_eq(is_weak(a) ? bytes_skip(a, 2) : a, is_weak(b) ? bytes_skip(b, 2) : b);
}

/* One field's list: its items stand between commas, and an item may be empty. */
static enum tag_result find_in_list(struct bytes list, struct bytes tag,
                                    enum tag_comparison comparison)
{
    enum tag_result result = TAG_DIFFERS;
    struct bytes item;
    list = without_blanks(list);
    if (bytes_eq(list, BYTES_LIT("*")))
        return TAG_ANY;
    while (list.len) {
        if (list.ptr[0] != ',') {
            if (!take_tag(&list, &item))
                return TAG_MALFORMED;
            if (tag.len && tag_matches(item, tag, comparison))
                result = TAG_MATCHES;
            list = skip_blanks(list);
        }
        if (list.len && list.ptr[0] != ',')
            return TAG_MALFORMED;
        list = skip_blanks(bytes_skip(list, list.len ? 1 : 0));
    }
    return result;
}

/* Of several fields the one that says most: a malformed one spoils all, a match beats a difference.
 */
static enum tag_result merge(enum tag_result so_far, enum tag_result next)
{
    static const int rank[] = {
        [TAG_NO_FIELD] = 0, [TAG_DIFFERS] = 1,   [TAG_MATCHES] = 2,
        [TAG_ANY] = 3,      [TAG_MALFORMED] = 4,
    };
    return rank[next] > rank[so_far] ? next : so_far;
}

enum tag_result http_tag_find(const struct http_request *req, const char *name, struct bytes tag,
                              enum tag_comparison comparison)
{
    enum tag_result result = TAG_NO_FIELD;
    for (size_t i = 0; i < req->field_count; i++)
        if (bytes_ieq(req->fields[i].name, bytes_from_str(name)))
            result = merge(result, find_in_list(req->fields[i].value, tag, comparison));
    return result;
}

/* --- content codings --- */

/* A weight above 0: "q=" and a number that has a digit other than 0. No weight counts as 1. */
static bool is_wanted(struct bytes parameters)
{
    parameters = without_blanks(parameters);
    if (!bytes_ieq(bytes_make(parameters.ptr, parameters.len < 2 ? 0 : 2), BYTES_LIT("q=")))
        return true;
    for (size_t i = 2; i < parameters.len; i++)
        if (parameters.ptr[i] >= '1' && parameters.ptr[i] <= '9')
            return true;
    return false;
}

struct coding_search {
    struct bytes coding;
    bool is_named, is_named_wanted; /* the coding itself stands there, and with a weight above 0 */
    bool is_any_wanted;             /* "*" does */
};

static void search_codings(struct coding_search *search, struct bytes list)
{
    while (list.len) {
        size_t comma = bytes_find(list, ',');
        struct bytes item = bytes_make(list.ptr, comma);
        size_t semicolon = bytes_find(item, ';');
        struct bytes name = without_blanks(bytes_make(item.ptr, semicolon));
        bool wanted = is_wanted(bytes_skip(item, semicolon < item.len ? semicolon + 1 : semicolon));
        if (bytes_ieq(name, search->coding)) {
            search->is_named = true;
            search->is_named_wanted |= wanted;
        } else if (bytes_eq(name, BYTES_LIT("*"))) {
            search->is_any_wanted |= wanted;
        }
        list = bytes_skip(list, comma < list.len ? comma + 1 : comma);
    }
}

bool http_accepts_coding(const struct http_request *req, struct bytes coding)
{
    struct coding_search search = {.coding = coding};
    for (size_t i = 0; i < req->field_count; i++)
        if (bytes_ieq(req->fields[i].name, BYTES_LIT("Accept-Encoding")))
            search_codings(&search, req->fields[i].value);
    return search.is_named ? search.is_named_wanted : search.is_any_wanted;
}
