#ifndef PIPELINE_CANARY_XML_TREE_H
#define PIPELINE_CANARY_XML_TREE_H

/*
 * xml_tree — an answer of AWS's Query protocol as a tree.
 *
 * Layer:   canary.
 * Memory:  the arena's, and views of the text.
 */

#include "runtime/core/arena.h"

struct xml_node {
    struct bytes name, text; /* text: the first run of it */
    struct xml_node *first, *next;
    struct xml_node *_last, *_parent;
};

/* The root element. As xml_next fails. */
enum rc xml_tree_parse(struct arena *arena, struct bytes text, struct xml_node **root) MUST_CHECK;

/* The first element on the path, "DescribeRulesResult/Rules/member", below `node`; NULL: none.
 * NULL as `node` has none. */
const struct xml_node *xml_tree_find(const struct xml_node *node, const char *path);

/* Its text; empty when there is none. */
struct bytes xml_tree_text(const struct xml_node *node, const char *path);

/* The next sibling of the same name; NULL: none. */
const struct xml_node *xml_tree_next(const struct xml_node *node);

#endif
