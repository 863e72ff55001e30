#include "runtime/tasks/definition.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/control/shape_json.h"
#include "runtime/core/limits.h"

enum { FAMILY_MAX = 255, STOP_TIMEOUT_MAX_S = 120, CONTAINER_PORT = 8080 };

/* --- reading --- */

struct reader {
    struct definition *definition;
    char *error;
    size_t error_len;
};

static bool fail(const struct reader *reader, const char *text)
{
    (void)snprintf(reader->error, reader->error_len, "%s", text);
    return false;
}

/* A copy with a NUL behind it; NULL: no memory. */
static const char *keep(const struct reader *reader, struct bytes text)
{
    struct bytes copy = {NULL, 0};
    if (arena_dup(&reader->definition->arena, text, &copy) != RC_OK)
        (void)fail(reader, "no memory");
    return copy.ptr;
}

static bool is_name(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return text.len > 0 && text.len <= FAMILY_MAX;
}

static const struct datum *container_of(const struct datum *list)
{
    for (const struct datum *each = list->first; each; each = each->next)
        if (bytes_eq(datum_get_text(each, "name"), BYTES_LIT("server")))
            return each;
    return list->first;
}

static size_t name_len(const char *assignment)
{
    return bytes_find(bytes_from_str(assignment), '=');
}

/* What each task has of its own. */
static bool is_own(struct bytes name)
{
    return bytes_eq(name, BYTES_LIT("PORT")) || bytes_eq(name, BYTES_LIT("DUET_BIND"));
}

/* `assignment` ("NAME=value") instead of the one of that name, or behind all others. */
static bool set_env(const struct reader *reader, const char *assignment)
{
    const char **env = reader->definition->env;
    size_t len = name_len(assignment), i = 0;
    while (env[i] && (name_len(env[i]) != len || memcmp(env[i], assignment, len) != 0))
        i++;
    if (i == DEFINITION_ENV_MAX)
        return fail(reader, "Container.environment has too many variables.");
    env[i] = assignment;
    return true;
}

static bool read_env(const struct reader *reader, const struct datum *container,
                     const char *const *rig_env)
{
    const struct datum *list = datum_get_list(container, "environment");
    for (; *rig_env; rig_env++)
        if (!set_env(reader, *rig_env))
            return false;
    for (const struct datum *each = list ? list->first : NULL; each; each = each->next) {
        struct bytes name = datum_get_text(each, "name"), text;
        if (name.len == 0 || bytes_find(name, '=') < name.len)
            return fail(reader, "Container.environment has a variable without a name.");
        if (is_own(name))
            continue;
        if (arena_join(&reader->definition->arena, name, BYTES_LIT("="),
                       datum_get_text(each, "value"), &text) != RC_OK)
            return fail(reader, "no memory");
        if (!set_env(reader, text.ptr))
            return false;
    }
    return true;
}

static bool read_command(const struct reader *reader, const struct datum *container)
{
    const struct datum *list = datum_get_list(container, "command");
    size_t count = 1;
    for (const struct datum *each = list ? list->first : NULL; each; each = each->next) {
        if (each->kind != DATUM_TEXT || count > DEFINITION_ARGS_MAX)
            return fail(reader, "Container.command is no list of a few texts.");
        reader->definition->argv[count] = keep(reader, each->text);
        if (!reader->definition->argv[count++])
            return false;
    }
    return true;
}

static bool read_port(const struct reader *reader, const struct datum *container)
{
    const struct datum *list = datum_get_list(container, "portMappings");
    int64_t port = CONTAINER_PORT;
    enum rc rc = datum_to_int(datum_get(list ? list->first : NULL, "containerPort"), &port);
    if (rc == RC_SYNTAX || port < 1 || port > 65535)
        return fail(reader, "Container.portMappings has a containerPort that is none.");
    reader->definition->port = (unsigned)port;
    return true;
}

static bool read_stop_timeout(const struct reader *reader, const struct datum *container)
{
    int64_t timeout_s = 0;
    enum rc rc = datum_to_int(datum_get(container, "stopTimeout"), &timeout_s);
    if (rc == RC_NOT_FOUND)
        return true;
    if (rc != RC_OK || timeout_s < 0 || timeout_s > STOP_TIMEOUT_MAX_S)
        return fail(reader, "Container.stopTimeout must be from 0 to 120.");
    reader->definition->stop_timeout_s = (unsigned)timeout_s;
    return true;
}

/* What the image is on this machine. */
static void find_program(struct definition *definition, const struct definitions *definitions)
{
    static const char scheme[] = "file://";
    const char *path = definition->image;
    if (definitions->image && strcmp(path, definitions->image) == 0)
        path = definitions->program;
    else if (strncmp(path, scheme, sizeof scheme - 1) == 0)
        path += sizeof scheme - 1;
    if (path[0] == '/' || path == definitions->program)
        definition->program = path;
    definition->argv[0] = definition->program;
}

static bool read_container(const struct reader *reader, const struct definitions *definitions,
                           const struct datum *input)
{
    struct definition *definition = reader->definition;
    const struct datum *list = datum_get_list(input, "containerDefinitions");
    const struct datum *container = list && list->first ? container_of(list) : NULL;
    if (!container)
        return fail(reader, "Container list cannot be empty.");
    if (datum_get_text(container, "name").len == 0)
        return fail(reader, "Container.name should not be null or empty.");
    if (datum_get_text(container, "image").len == 0)
        return fail(reader, "Container.image should not be null or empty.");
    definition->container = keep(reader, datum_get_text(container, "name"));
    definition->image = keep(reader, datum_get_text(container, "image"));
    if (!definition->container || !definition->image)
        return false;
    find_program(definition, definitions);
    return read_env(reader, container, definitions->env) && read_command(reader, container) &&
           read_port(reader, container) && read_stop_timeout(reader, container);
}

/* All members but the tags, which do not belong to the definition. */
static bool keep_text(const struct reader *reader, const struct datum *input)
{
    struct buf out;
    buf_init(&out, LIMIT_STATE_BYTES);
    buf_append_char(&out, '{');
    for (const struct datum *each = input->first; each; each = each->next) {
        if (bytes_eq(each->name, BYTES_LIT("tags")) || each->kind == DATUM_NULL)
            continue;
        buf_printf(&out, "%s\"%.*s\":", out.len > 1 ? "," : "", BYTES_ARG(each->name));
        shape_json_write(&out, each);
    }
    buf_append_char(&out, '}');
    bool is_kept = !out.failed && arena_dup(&reader->definition->arena, buf_bytes(&out),
                                            &reader->definition->text) == RC_OK;
    buf_release(&out);
    return is_kept || fail(reader, "no memory");
}

/* `revision` 0: the next one of the family. */
static bool number(struct definition *definition, const struct definitions *definitions,
                   unsigned revision)
{
    unsigned last = 0;
    for (const struct definition *each = definitions->first; each; each = each->next)
        if (strcmp(each->family, definition->family) == 0)
            last = each->revision;
    definition->revision = revision ? revision : last + 1;
    (void)snprintf(definition->arn, sizeof definition->arn,
                   "arn:aws:ecs:%s:%s:task-definition/%s:%u", definitions->region,
                   definitions->account, definition->family, definition->revision);
    return definition->revision > last;
}

static bool read_all(const struct reader *reader, const struct definitions *definitions,
                     const struct datum *input, unsigned revision)
{
    struct definition *definition = reader->definition;
    struct bytes family = datum_get_text(input, "family");
    if (!is_name(family))
        return fail(reader, family.len ? "Family contains invalid characters when it should only "
                                         "contain lowercase letters, uppercase letters, numbers, "
                                         "hyphens, and underscores."
                                       : "Family should not be null or empty.");
    definition->family = keep(reader, family);
    if (!definition->family || !read_container(reader, definitions, input) ||
        !keep_text(reader, input))
        return false;
    return number(definition, definitions, revision) ||
           fail(reader, "The revision is not over those before it.");
}

/* --- the registry --- */

static void definition_free(struct definition *definition)
{
    arena_release(&definition->arena);
    free(definition);
}

static struct definition *add(struct definitions *definitions, const struct datum *input,
                              unsigned revision, char *error, size_t error_len)
{
    struct definition **last = &definitions->first;
    struct reader reader = {calloc(1, sizeof(struct definition)), error, error_len};
    if (!reader.definition) {
        (void)fail(&reader, "no memory");
        return NULL;
    }
    arena_init(&reader.definition->arena, LIMIT_STATE_BYTES);
    if (!read_all(&reader, definitions, input, revision)) {
        definition_free(reader.definition);
        return NULL;
    }
    reader.definition->is_active = true;
    while (*last)
        last = &(*last)->next;
    *last = reader.definition;
    return reader.definition;
}

struct definition *definition_register(struct definitions *definitions, const struct datum *input,
                                       int64_t now_ms, char *error, size_t error_len)
{
    struct definition *definition = add(definitions, input, 0, error, error_len);
    if (definition)
        definition->registered_ms = now_ms;
    return definition;
}

struct definition *definition_restore(struct definitions *definitions, const struct datum *input,
                                      unsigned revision, char *error, size_t error_len)
{
    return add(definitions, input, revision, error, error_len);
}

/* The newest one of the rig's own in the family of `definition`, which is the last of all. */
static struct definition *find_given(const struct definitions *definitions,
                                     const struct definition *definition)
{
    struct definition *found = NULL;
    for (struct definition *each = definitions->first; each != definition; each = each->next)
        if (each->is_given && each->is_active && strcmp(each->family, definition->family) == 0)
            found = each;
    return found;
}

static void remove_last(struct definitions *definitions)
{
    struct definition **last = &definitions->first;
    while ((*last)->next)
        last = &(*last)->next;
    definition_free(*last);
    *last = NULL;
}

struct definition *definition_give(struct definitions *definitions, const struct datum *input,
                                   int64_t now_ms, char *error, size_t error_len)
{
    struct definition *definition =
        definition_register(definitions, input, now_ms, error, error_len);
    struct definition *given = definition ? find_given(definitions, definition) : NULL;
    if (given && bytes_eq(given->text, definition->text)) {
        remove_last(definitions);
        return given;
    }
    if (definition)
        definition->is_given = true;
    return definition;
}

struct definition *definition_find(const struct definitions *definitions, struct bytes name)
{
    struct definition *found = NULL;
    const char *slash = memmem(name.ptr ? name.ptr : "", name.len, ":task-definition/", 17);
    if (slash)
        name = bytes_skip(name, (size_t)(slash - name.ptr) + 17);
    size_t colon = bytes_find(name, ':');
    struct bytes family = bytes_make(name.ptr, colon);
    uint64_t revision = 0;
    if (colon < name.len && !bytes_to_u64(bytes_skip(name, colon + 1), UINT32_MAX, &revision))
        return NULL;
    for (struct definition *each = definitions->first; each; each = each->next)
        if (bytes_eq(bytes_from_str(each->family), family) &&
            (colon < name.len ? each->revision == revision : each->is_active))
            found = each;
    return found;
}

void definitions_release(struct definitions *definitions)
{
    while (definitions->first) {
        struct definition *next = definitions->first->next;
        definition_free(definitions->first);
        definitions->first = next;
    }
}
