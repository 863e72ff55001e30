#include "runtime/aws/profile.h"

#include <ctype.h>

enum { FIRST_COUNT = 32 };

struct bytes aws_profile_name(aws_lookup_fn *lookup)
{
    const char *name = aws_environment_get(lookup, "AWS_PROFILE");
    return bytes_from_str(name ? name : "default");
}

bool aws_profile_exists(const struct aws_profiles *profiles, struct bytes profile)
{
    for (size_t i = 0; i < profiles->count; i++)
        if (bytes_eq(profiles->properties[i].profile, profile))
            return true;
    return false;
}

struct bytes aws_profile_get(const struct aws_profiles *profiles, struct bytes profile,
                             const char *name)
{
    for (size_t i = profiles->count; i > 0; i--) {
        const struct aws_property *property = &profiles->properties[i - 1];
        if (bytes_eq(property->profile, profile) && bytes_eq(property->name, bytes_from_str(name)))
            return property->value.len ? property->value : bytes_make(NULL, 0);
    }
    return bytes_make(NULL, 0);
}

/* --- one file --- */

static enum rc add(struct arena *arena, struct aws_profiles *profiles, struct bytes profile,
                   struct bytes name, struct bytes value)
{
    if (profiles->count == profiles->cap) {
        size_t cap = profiles->cap ? 2 * profiles->cap : FIRST_COUNT;
        void *grown =
            arena_grow(arena, profiles->properties, profiles->cap * sizeof *profiles->properties,
                       cap * sizeof *profiles->properties);
        if (!grown)
            return RC_NOMEM;
        profiles->properties = grown;
        profiles->cap = cap;
    }
    struct aws_property *property = &profiles->properties[profiles->count];
    property->profile = profile;
    if (arena_dup(arena, name, &property->name) != RC_OK ||
        arena_dup(arena, value, &property->value) != RC_OK)
        return RC_NOMEM;
    for (size_t i = 0; i < name.len; i++)
        ((char *)(uintptr_t)property->name.ptr)[i] = (char)tolower((unsigned char)name.ptr[i]);
    profiles->count++;
    return RC_OK;
}

static bool is_comment(struct bytes line)
{
    return line.len == 0 || line.ptr[0] == '#' || line.ptr[0] == ';';
}

/* Without a comment at its end, which has a blank before it. */
static struct bytes cut_comment(struct bytes value)
{
    for (size_t i = 1; i < value.len; i++)
        if ((value.ptr[i] == '#' || value.ptr[i] == ';') &&
            (value.ptr[i - 1] == ' ' || value.ptr[i - 1] == '\t'))
            return bytes_trim(bytes_make(value.ptr, i));
    return value;
}

/* "[name]", in the config file "[default]" or "[profile name]". Another section's name is empty:
 * nothing of it is wanted. */
static enum rc read_section(struct bytes line, bool is_config, struct bytes *profile)
{
    static const char word[] = "profile";
    size_t end = bytes_find(line, ']');
    if (end == line.len || !is_comment(bytes_trim(bytes_skip(line, end + 1))))
        return RC_SYNTAX;
    struct bytes name = bytes_trim(bytes_make(line.ptr + 1, end - 1));
    bool has_word = bytes_starts_with(name, BYTES_LIT("profile")) && name.len > strlen(word) &&
                    (name.ptr[strlen(word)] == ' ' || name.ptr[strlen(word)] == '\t');
    if (name.len == 0)
        return RC_SYNTAX;
    if (is_config && has_word)
        name = bytes_trim(bytes_skip(name, strlen(word)));
    else if (is_config && !bytes_eq(name, BYTES_LIT("default")))
        name.len = 0;
    *profile = name;
    return RC_OK;
}

static enum rc read_property(struct arena *arena, struct bytes line, struct bytes profile,
                             struct aws_profiles *profiles)
{
    size_t equals = bytes_find(line, '=');
    struct bytes name = bytes_trim(bytes_make(line.ptr, equals));
    if (equals == line.len || name.len == 0)
        return RC_SYNTAX;
    if (profile.len == 0)
        return RC_OK;
    return add(arena, profiles, profile, name,
               cut_comment(bytes_trim(bytes_skip(line, equals + 1))));
}

enum rc aws_profiles_parse(struct arena *arena, struct bytes text, bool is_config,
                           struct aws_profiles *profiles, size_t *line_number)
{
    struct bytes profile = {0};
    bool has_section = false, has_property = false;
    enum rc rc = RC_OK;
    for (*line_number = 1; text.len && rc == RC_OK; ++*line_number) {
        struct bytes raw = {text.ptr, bytes_find(text, '\n')};
        text = bytes_skip(text, raw.len < text.len ? raw.len + 1 : raw.len);
        if (raw.len && raw.ptr[raw.len - 1] == '\r')
            raw.len--;
        struct bytes line = bytes_trim(raw);
        bool is_nested = has_property && raw.len && (raw.ptr[0] == ' ' || raw.ptr[0] == '\t');
        if (is_comment(line) || is_nested) /* a setting of a setting: "s3 =" and what is under it */
            continue;
        if (line.ptr[0] == '[') {
            rc = read_section(line, is_config, &profile);
            if (rc == RC_OK)
                rc = arena_dup(arena, profile, &profile);
            has_section = true;
            has_property = false;
        } else {
            rc = has_section ? read_property(arena, line, profile, profiles) : RC_SYNTAX;
            has_property = true;
        }
    }
    --*line_number;
    return rc;
}

/* --- both files --- */

/* `variable`'s file, with "~/" as the home; RC_NOT_FOUND: there is no home. */
static enum rc find_file(struct aws_asking *asking, const char *variable, const char *otherwise,
                         struct bytes *path)
{
    const char *home = aws_environment_get(asking->lookup, "HOME");
    const char *name = aws_environment_get(asking->lookup, variable);
    if (!name)
        name = otherwise;
    if (strncmp(name, "~/", 2) != 0)
        return arena_dup(asking->arena, bytes_from_str(name), path);
    if (!home)
        return RC_NOT_FOUND;
    return arena_join(asking->arena, bytes_from_str(home), bytes_from_str(name + 1),
                      bytes_make(NULL, 0), path);
}

static enum rc load(struct aws_asking *asking, const char *variable, const char *otherwise,
                    bool is_config, struct aws_profiles *profiles)
{
    struct bytes path, text;
    size_t line;
    enum rc rc = find_file(asking, variable, otherwise, &path);
    if (rc == RC_OK)
        rc = aws_source_read_file(asking, path.ptr, &text);
    if (rc != RC_OK)
        return rc == RC_NOT_FOUND ? RC_OK : rc;
    rc = aws_profiles_parse(asking->arena, text, is_config, profiles, &line);
    if (rc != RC_SYNTAX)
        return rc;
    text_printf(asking->why, "%s:%zu: this is no section, no 'name = value' and no comment",
                path.ptr, line);
    return RC_REFUSED;
}

enum rc aws_profiles_load(struct aws_asking *asking, struct aws_profiles *profiles)
{
    *profiles = (struct aws_profiles){0};
    enum rc rc = load(asking, "AWS_CONFIG_FILE", "~/.aws/config", true, profiles);
    return rc == RC_OK
               ? load(asking, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials", false, profiles)
               : rc;
}
