#include "pipeline/canary/xml_tree.h"

#include "runtime/aws/xml.h"

static struct xml_node *add(struct arena *arena, struct xml_node *parent, struct bytes name)
{
    struct xml_node *node = arena_zalloc(arena, sizeof *node);
    if (!node)
        return NULL;
    node->name = name;
    node->_parent = parent;
    if (parent && parent->_last)
        parent->_last->next = node;
    else if (parent)
        parent->first = node;
    if (parent)
        parent->_last = node;
    return node;
}

enum rc xml_tree_parse(struct arena *arena, struct bytes text, struct xml_node **root)
{
    struct xml_reader reader = xml_reader_make(text);
    struct xml_item item;
    struct xml_node top = {.first = NULL}, *at = &top;
    enum rc rc;
    while ((rc = xml_next(&reader, arena, &item)) == RC_OK && item.kind != XML_END_OF_TEXT) {
        if (item.kind == XML_OPEN)
            at = add(arena, at, item.name);
        else if (item.kind == XML_CLOSE)
            at = at->_parent;
        else if (at->text.len == 0 && bytes_trim(item.text).len)
            at->text = item.text;
        if (!at)
            return RC_NOMEM;
    }
    if (rc == RC_OK && !top.first)
        rc = RC_SYNTAX;
    *root = top.first;
    return rc;
}

static const struct xml_node *child(const struct xml_node *node, struct bytes name)
{
    for (node = node ? node->first : NULL; node; node = node->next)
        if (bytes_eq(node->name, name))
            return node;
    return NULL;
}

const struct xml_node *xml_tree_find(const struct xml_node *node, const char *path)
{
    struct bytes rest = bytes_from_str(path);
    while (node && rest.len) {
        size_t len = bytes_find(rest, '/');
        node = child(node, bytes_make(rest.ptr, len));
        rest = bytes_skip(rest, len < rest.len ? len + 1 : len);
    }
    return node;
}

struct bytes xml_tree_text(const struct xml_node *node, const char *path)
{
    node = xml_tree_find(node, path);
    return node ? node->text : bytes_make(NULL, 0);
}

const struct xml_node *xml_tree_next(const struct xml_node *node)
{
    struct bytes name = node->name;
    for (node = node->next; node; node = node->next)
        if (bytes_eq(node->name, name))
            return node;
    return NULL;
}
