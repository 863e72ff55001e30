#include "runtime/functions/settings.h"

#include "runtime/functions/package_tree.h"

enum { ARENA_BYTES = 1 << 20 };

static const char *const no_texts[] = {NULL};

const char *const settings_log_levels[] = {"TRACE", "DEBUG", "INFO", "WARN",
                                           "ERROR", "FATAL", NULL};
const char *const settings_system_levels[] = {"DEBUG", "INFO", "WARN", NULL};
enum { LOG_INFO = 2, SYSTEM_INFO = 1 };

void settings_init(struct settings *settings)
{
    *settings = (struct settings){.description = "",
                                  .role = "arn:aws:iam::000000000000:role/duet-local",
                                  .handler = "bootstrap",
                                  .runtime = "provided.al2023",
                                  .architecture = package_tree_architecture(),
                                  .env = no_texts,
                                  .layers = no_texts,
                                  .memory_mb = 128,
                                  .timeout_s = 3,
                                  .log_level = LOG_INFO,
                                  .system_level = SYSTEM_INFO};
}

static bool copy_text(struct arena *arena, const char **text)
{
    struct bytes copy;
    if (arena_dup(arena, bytes_from_str(*text), &copy) != RC_OK)
        return false;
    *text = copy.ptr;
    return true;
}

static bool copy_texts(struct arena *arena, const char *const **texts)
{
    size_t count = 0;
    while ((*texts)[count])
        count++;
    const char **copy = arena_zalloc(arena, (count + 1) * sizeof *copy);
    for (size_t i = 0; copy && i < count; i++) {
        copy[i] = (*texts)[i];
        if (!copy_text(arena, &copy[i]))
            return false;
    }
    *texts = copy;
    return copy != NULL;
}

bool settings_copy(struct settings *to, const struct settings *from)
{
    *to = *from;
    arena_init(&to->_arena, ARENA_BYTES);
    const char **texts[] = {&to->description, &to->role, &to->handler, &to->runtime,
                            &to->architecture};
    bool is_whole = copy_texts(&to->_arena, &to->env) && copy_texts(&to->_arena, &to->layers);
    for (size_t i = 0; is_whole && i < sizeof texts / sizeof *texts; i++)
        is_whole = copy_text(&to->_arena, texts[i]);
    if (!is_whole)
        settings_release(to);
    return is_whole;
}

static bool texts_equal(const char *const *a, const char *const *b)
{
    while (*a && *b && strcmp(*a, *b) == 0) {
        a++;
        b++;
    }
    return !*a && !*b;
}

bool settings_equal(const struct settings *a, const struct settings *b)
{
    return a->memory_mb == b->memory_mb && a->timeout_s == b->timeout_s &&
           a->logs_json == b->logs_json && a->log_level == b->log_level &&
           a->system_level == b->system_level && strcmp(a->description, b->description) == 0 &&
           strcmp(a->role, b->role) == 0 && strcmp(a->handler, b->handler) == 0 &&
           strcmp(a->runtime, b->runtime) == 0 && strcmp(a->architecture, b->architecture) == 0 &&
           texts_equal(a->env, b->env) && texts_equal(a->layers, b->layers);
}

void settings_release(struct settings *settings)
{
    arena_release(&settings->_arena);
}
