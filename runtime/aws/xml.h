#ifndef RUNTIME_AWS_XML_H
#define RUNTIME_AWS_XML_H

/*
 * xml — a reader of the XML that AWS's Query and REST APIs answer with, item by item.
 *
 * Layer:   aws.
 * Memory:  names are views of the input; texts too, but for those with an entity, which are in the
 *          arena.
 * Threads: no shared state.
 *
 * It reads elements, text, CDATA and the five entities of XML itself and numeric ones; it steps
 * over declarations, comments, processing instructions and attributes. A document type, which AWS
 * never sends and which is where the dangers of XML live, is an error. It checks that elements nest
 * and that all is closed; it has no notion of namespaces: a name is what stands there.
 *
 * Use: struct xml_reader reader = xml_reader_make(body); xml_next until XML_END_OF_TEXT or an
 * error.
 */

#include "runtime/core/arena.h"
#include "runtime/core/bytes.h"
#include "runtime/core/rc.h"

enum xml_kind { XML_OPEN, XML_TEXT, XML_CLOSE, XML_END_OF_TEXT };

enum { XML_DEPTH = 64 }; /* of elements in elements; AWS's answers have under 20 */

struct xml_item {
    enum xml_kind kind;
    struct bytes name; /* of XML_OPEN and XML_CLOSE */
    struct bytes text; /* of XML_TEXT; blanks between elements are texts too */
};

struct xml_reader {
    struct bytes _rest;
    struct bytes _open[XML_DEPTH]; /* names of the elements that we are in */
    size_t _depth;
    bool _is_empty; /* <name/>: its XML_CLOSE is still to come */
    bool _has_root;
};

struct xml_reader xml_reader_make(struct bytes text);

/* The next item. RC_OK · RC_SYNTAX: not well-formed, or with a document type · RC_UNSUPPORTED:
 * deeper than XML_DEPTH, or another entity · RC_NOMEM. After an error there is nothing more. */
enum rc xml_next(struct xml_reader *reader, struct arena *arena, struct xml_item *item) MUST_CHECK;

#endif
