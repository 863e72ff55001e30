#include "runtime/core/limits.h"
#include "runtime/json/json.h"
#include "tests/fuzz/fuzz.h"

void fuzz_json(struct bytes input)
{
    struct arena arena;
    struct json_place place = {0, 0, 0};
    cJSON *root = NULL;
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
    enum rc rc = json_parse(&arena, input, &root, &place);
    FUZZ_CHECK(rc == RC_OK || rc == RC_SYNTAX || rc == RC_NOMEM);
    if (rc == RC_OK) {
        FUZZ_CHECK(root && bytes_is_utf8(input));
    } else if (rc == RC_SYNTAX) {
        struct json_place again = json_place_at(input, place.offset);
        FUZZ_CHECK(place.offset <= input.len && place.line >= 1 && place.column >= 1);
        FUZZ_CHECK(again.line == place.line && again.column == place.column);
    }
    arena_release(&arena);
}

FUZZ_TARGET(fuzz_json);
