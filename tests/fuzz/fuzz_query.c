#include "runtime/control/query.h"
#include "runtime/control/shape_xml.h"
#include "runtime/core/limits.h"
#include "tests/fuzz/fuzz.h"

/* Lists are numbered from 1 without a gap, counts are right, parents are known. */
static size_t check_tree(const struct datum *datum)
{
    size_t count = 0, total = 1;
    const struct datum *last = NULL;
    for (const struct datum *child = datum->first; child; child = child->next) {
        count++;
        last = child;
        FUZZ_CHECK(child->parent == datum && child->kind != DATUM_NULL);
        FUZZ_CHECK(child->index == (datum->kind == DATUM_LIST ? count : 0));
        FUZZ_CHECK((child->name.len > 0) == (datum->kind == DATUM_MAP));
        total += check_tree(child);
    }
    FUZZ_CHECK(datum->count == count && datum->last == last);
    return total;
}

void fuzz_query(struct bytes input)
{
    struct arena arena;
    struct bytes error = {NULL, 0};
    struct buf xml;
    char path[256];
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    buf_init(&xml, LIMIT_TARGET_BODY_BYTES);
    struct datum *root = datum_new(&arena, DATUM_MAP);
    enum rc rc = query_parse(&arena, input, root, &error);
    FUZZ_CHECK(rc == RC_OK || rc == RC_SYNTAX || rc == RC_BODY_LIMIT || rc == RC_NOMEM);
    if (rc == RC_OK) {
        (void)check_tree(root);
        shape_xml_write(&xml, root);
        FUZZ_CHECK(!xml.failed);
        const struct datum *deep = root;
        while (deep->first)
            deep = deep->first;
        datum_path(deep, path, sizeof path);
        FUZZ_CHECK((path[0] != '\0') == (deep != root));
    }
    buf_release(&xml);
    arena_release(&arena);
}

FUZZ_TARGET(fuzz_query);
