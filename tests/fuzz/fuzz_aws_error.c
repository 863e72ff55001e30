#include "runtime/aws/error.h"
#include "runtime/aws/xml.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_BYTES = 4 * 1024 * 1024 };

/* What opens is closed, in its order, and all of it is inside of one element. */
static void check_xml(struct bytes input)
{
    struct xml_reader reader = xml_reader_make(input);
    struct xml_item item;
    struct arena arena;
    struct bytes open[XML_DEPTH];
    size_t depth = 0, roots = 0;
    enum rc rc;
    arena_init(&arena, ARENA_BYTES);
    while ((rc = xml_next(&reader, &arena, &item)) == RC_OK && item.kind != XML_END_OF_TEXT) {
        if (item.kind == XML_OPEN) {
            FUZZ_CHECK(depth < XML_DEPTH && item.name.len > 0);
            roots += depth == 0;
            open[depth++] = item.name;
        }
        FUZZ_CHECK(item.kind != XML_TEXT || depth > 0);
        if (item.kind == XML_CLOSE)
            FUZZ_CHECK(depth > 0 && bytes_eq(item.name, open[--depth]));
    }
    FUZZ_CHECK(roots <= 1);
    FUZZ_CHECK(rc != RC_OK || (depth == 0 && roots == 1));
    FUZZ_CHECK(rc != RC_AGAIN);
    arena_release(&arena);
}

void fuzz_aws_error(struct bytes input)
{
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    struct aws_error error = aws_error_read(&arena, 400, bytes_make(NULL, 0), input);
    FUZZ_CHECK(error.code.len > 0);
    arena_release(&arena);
    check_xml(input);
}

FUZZ_TARGET(fuzz_aws_error);
