#include "runtime/control/parameter.h"

#include <stdlib.h>

#include "runtime/control/parameter_file.h"

const char *const parameter_types[] = {"String", "StringList", "SecureString", NULL};
const char *const parameter_tiers[] = {"Standard", "Advanced", NULL};

/* --- pieces --- */

static bool copy(struct bytes view, struct bytes *out)
{
    char *data = malloc(view.len + 1);
    if (!data)
        return false;
    memcpy(data, view.len ? view.ptr : "", view.len);
    data[view.len] = '\0';
    *out = bytes_make(data, view.len);
    return true;
}

static void drop(struct bytes *view)
{
    free((char *)(uintptr_t)view->ptr);
    *view = bytes_make(NULL, 0);
}

static void version_free(struct parameter_version *version)
{
    if (!version)
        return;
    drop(&version->value);
    drop(&version->description);
    free(version);
}

static void parameter_free(struct parameter *parameter)
{
    while (parameter->newest) {
        struct parameter_version *older = parameter->newest->older;
        version_free(parameter->newest);
        parameter->newest = older;
    }
    drop(&parameter->name);
    drop(&parameter->key_id);
    free(parameter);
}

static struct parameter_version *version_new(const struct parameter_put *put, int64_t number)
{
    struct parameter_version *version = calloc(1, sizeof *version);
    if (version && copy(put->value, &version->value) &&
        copy(put->description, &version->description)) {
        version->number = number;
        version->modified_ms = put->now_ms;
        return version;
    }
    version_free(version);
    return NULL;
}

/* Where the parameter of that name stands, or would. */
static struct parameter **place_of(struct parameters *parameters, struct bytes name)
{
    struct parameter **at = &parameters->first;
    while (*at) {
        size_t len = (*at)->name.len < name.len ? (*at)->name.len : name.len;
        int order = memcmp((*at)->name.ptr, name.ptr ? name.ptr : "", len);
        if (order > 0 || (order == 0 && (*at)->name.len >= name.len))
            break;
        at = &(*at)->next;
    }
    return at;
}

struct parameter *parameters_find(const struct parameters *parameters, struct bytes name)
{
    for (struct parameter *each = parameters->first; each; each = each->next)
        if (bytes_eq(each->name, name))
            return each;
    return NULL;
}

const struct parameter_version *parameter_version_find(const struct parameter *parameter,
                                                       int64_t number)
{
    for (const struct parameter_version *each = parameter->newest; each; each = each->older)
        if (each->number == number)
            return each;
    return NULL;
}

/* --- changes --- */

static struct parameter *insert(struct parameters *parameters, const struct parameter_put *put)
{
    struct parameter **at = place_of(parameters, put->name);
    struct parameter *parameter = calloc(1, sizeof *parameter);
    if (!parameter || !copy(put->name, &parameter->name)) {
        free(parameter);
        return NULL;
    }
    parameter->next = *at;
    *at = parameter;
    parameters->count++;
    return parameter;
}

static void take_out(struct parameters *parameters, struct parameter *parameter)
{
    *place_of(parameters, parameter->name) = parameter->next;
    parameters->count--;
}

static void drop_oldest(struct parameter *parameter)
{
    struct parameter_version **last = &parameter->newest;
    while ((*last)->older)
        last = &(*last)->older;
    version_free(*last);
    *last = NULL;
    parameter->version_count--;
}

/* What is there before, so that a change that is not kept can be taken back. */
static enum rc keep_or_undo(struct parameters *parameters, struct parameter *parameter,
                            const struct parameter *before, struct parameter_version *version)
{
    enum rc rc = parameter_file_write(parameters);
    if (rc == RC_OK)
        return rc;
    struct bytes key_id = parameter->key_id;
    struct parameter *next = parameter->next;
    *parameter = *before;
    parameter->next = next;
    drop(&key_id);
    version_free(version);
    if (!parameter->newest) {
        take_out(parameters, parameter);
        parameter_free(parameter);
    }
    return rc;
}

enum rc parameters_put(struct parameters *parameters, const struct parameter_put *put,
                       const struct parameter **out)
{
    struct bytes key_id = {NULL, 0};
    struct parameter *parameter = parameters_find(parameters, put->name);
    int64_t number = parameter ? parameter->newest->number + 1 : 1;
    struct parameter_version *version = version_new(put, number);
    bool is_made = version && copy(put->key_id, &key_id);
    if (is_made && !parameter)
        is_made = (parameter = insert(parameters, put)) != NULL;
    if (!is_made) {
        version_free(version);
        drop(&key_id);
        return RC_NOMEM;
    }
    struct parameter before = *parameter;
    version->older = parameter->newest;
    parameter->newest = version;
    parameter->version_count++;
    parameter->type = put->type;
    parameter->tier = put->tier;
    parameter->key_id = key_id;
    enum rc rc = keep_or_undo(parameters, parameter, &before, version);
    if (rc != RC_OK)
        return rc;
    drop(&before.key_id);
    if (parameter->version_count > PARAMETER_VERSIONS_MAX)
        drop_oldest(parameter);
    *out = parameter;
    return RC_OK;
}

enum rc parameters_delete(struct parameters *parameters, const struct bytes *names, size_t count,
                          bool *is_deleted)
{
    struct parameter *gone = NULL;
    for (size_t i = 0; i < count; i++) {
        struct parameter *parameter = parameters_find(parameters, names[i]);
        is_deleted[i] = parameter != NULL;
        if (!parameter)
            continue;
        take_out(parameters, parameter);
        parameter->next = gone;
        gone = parameter;
    }
    enum rc rc = gone ? parameter_file_write(parameters) : RC_OK;
    while (gone) {
        struct parameter *next = gone->next, **at = place_of(parameters, gone->name);
        if (rc == RC_OK) {
            parameter_free(gone);
        } else {
            gone->next = *at;
            *at = gone;
            parameters->count++;
        }
        gone = next;
    }
    return rc;
}

/* --- life --- */

bool parameters_init(struct parameters *parameters, const char *dir, char *error, size_t error_len)
{
    *parameters = (struct parameters){.dir = NULL};
    if (!dir)
        return true;
    bool is_read = parameter_file_read(dir, parameters, error, error_len);
    parameters->dir = dir;
    return is_read;
}

void parameters_release(struct parameters *parameters)
{
    while (parameters->first) {
        struct parameter *next = parameters->first->next;
        parameter_free(parameters->first);
        parameters->first = next;
    }
    *parameters = (struct parameters){.dir = NULL};
}
