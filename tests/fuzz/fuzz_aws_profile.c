#include "runtime/aws/profile.h"
#include "tests/fuzz/fuzz.h"

enum { ARENA_BYTES = 16 * 1024 * 1024 };

static bool has_line_end(struct bytes view)
{
    return bytes_find(view, '\n') < view.len;
}

static void check(struct bytes input, bool is_config)
{
    struct aws_profiles profiles = {0};
    struct arena arena;
    size_t line = 0, line_count = 1;
    arena_init(&arena, ARENA_BYTES);
    for (size_t i = 0; i < input.len; i++)
        line_count += input.ptr[i] == '\n';
    enum rc rc = aws_profiles_parse(&arena, input, is_config, &profiles, &line);
    FUZZ_CHECK(rc == RC_OK || rc == RC_NOMEM || (rc == RC_SYNTAX && line > 0));
    FUZZ_CHECK(line <= line_count);
    for (size_t i = 0; i < profiles.count; i++) {
        const struct aws_property *property = &profiles.properties[i];
        FUZZ_CHECK(property->profile.len > 0 && property->name.len > 0);
        FUZZ_CHECK(property->value.ptr[property->value.len] == '\0');
        FUZZ_CHECK(!has_line_end(property->profile) && !has_line_end(property->name) &&
                   !has_line_end(property->value));
        FUZZ_CHECK(aws_profile_exists(&profiles, property->profile));
    }
    arena_release(&arena);
}

void fuzz_aws_profile(struct bytes input)
{
    check(input, true);
    check(input, false);
}

FUZZ_TARGET(fuzz_aws_profile);
