#include <arpa/inet.h>

#include "runtime/alb/rule.h"

static char folded(char c, bool is_caseless)
{
    return is_caseless && c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Goes back to the last '*' alone when a character does not fit: it takes one character more. */
bool alb_wildcard(struct bytes pattern, struct bytes text, bool is_caseless)
{
    size_t p = 0, t = 0, star = pattern.len, from = 0;
    while (t < text.len) {
        bool is_escaped = p + 1 < pattern.len && pattern.ptr[p] == '\\';
        if (p < pattern.len && pattern.ptr[p] == '*') {
            if (p + 1 == pattern.len)
                return true; /* the last star takes all that is left */
            star = p++;
            from = t;
            continue;
        }
        char wanted = p < pattern.len ? pattern.ptr[p + is_escaped] : '\0';
        bool fits =
            p < pattern.len && ((wanted == '?' && !is_escaped) ||
                                folded(wanted, is_caseless) == folded(text.ptr[t], is_caseless));
        if (fits) {
            p += 1u + is_escaped;
            t++;
        } else if (star < pattern.len) {
            p = star + 1;
            t = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '*')
        p++;
    return p == pattern.len;
}

/* One value of a condition: its text, or the expression that is made of it. */
struct wanted {
    const struct alb_value *value;
    const struct alb_regex *regex; /* NULL: a text with wildcards */
};

static bool fits(const struct wanted *wanted, struct bytes text, bool is_caseless)
{
    const struct alb_value *value = wanted->value;
    if (wanted->regex)
        return alb_regex_matches(wanted->regex, text);
    return alb_wildcard(bytes_from_str(value->text), text, is_caseless);
}

static bool has_header(const struct alb_condition *condition, const struct wanted *value,
                       const struct http_request *req)
{
    for (size_t i = 0; i < req->field_count; i++)
        if (bytes_ieq(req->fields[i].name, bytes_from_str(condition->header_name)) &&
            fits(value, req->fields[i].value, true))
            return true;
    return false;
}

static bool has_pair(const struct wanted *wanted, struct bytes query)
{
    const struct alb_value *value = wanted->value;
    while (query.len) {
        size_t end = bytes_find(query, '&');
        struct bytes pair = bytes_make(query.ptr, end);
        size_t equals = bytes_find(pair, '=');
        struct bytes text = bytes_skip(pair, equals < pair.len ? equals + 1 : equals);
        query = bytes_skip(query, end < query.len ? end + 1 : end);
        if ((!value->key[0] ||
             alb_wildcard(bytes_from_str(value->key), bytes_make(pair.ptr, equals), true)) &&
            fits(wanted, text, true))
            return true;
    }
    return false;
}

/* OPTIONS * has no path. What AWS's rules see there is not documented: ours see the root, so that
 * the request reaches a home that can answer it. */
static struct bytes path_of(const struct http_request *req)
{
    return req->path.len && req->path.ptr[0] == '/' ? req->path : BYTES_LIT("/");
}

static bool value_holds(const struct alb_condition *condition, const struct wanted *wanted,
                        const struct alb_seen *seen)
{
    const struct alb_value *value = wanted->value;
    switch (condition->field) {
    case ALB_HOST_HEADER:
        return fits(wanted, seen->host, true);
    case ALB_PATH_PATTERN:
        return fits(wanted, path_of(seen->req), false);
    case ALB_HTTP_HEADER:
        return has_header(condition, wanted, seen->req);
    case ALB_REQUEST_METHOD:
        return bytes_eq(bytes_from_str(value->text), seen->req->method_text);
    case ALB_QUERY_STRING:
        return has_pair(wanted, seen->req->query);
    case ALB_SOURCE_IP:
        return (ntohl(seen->client_net) & value->mask) == value->net;
    }
    return false;
}

static bool condition_holds(const struct alb_condition *condition, struct alb_regex *const *regexes,
                            const struct alb_seen *seen)
{
    for (size_t i = 0; i < condition->value_count; i++) {
        struct wanted wanted = {&condition->values[i], regexes[i]};
        if (value_holds(condition, &wanted, seen))
            return true;
    }
    return false;
}

static bool rule_holds(const struct alb_rule *rule, const struct alb_seen *seen)
{
    struct alb_regex *const *regexes = rule->regexes;
    for (size_t i = 0; i < rule->condition_count; i++) {
        if (!condition_holds(&rule->conditions[i], regexes, seen))
            return false;
        regexes += rule->conditions[i].value_count;
    }
    return true;
}

struct alb_rule *alb_rule_match(const struct alb_listener *listener, const struct alb_seen *seen)
{
    struct alb_rule *rule = listener->rules;
    while (rule->next && !rule_holds(rule, seen))
        rule = rule->next;
    return rule;
}
