#include "runtime/functions/function_texts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char *absolute_path(const char *path)
{
    char *absolute = NULL, *folder = path[0] == '/' ? NULL : getcwd(NULL, 0);
    if (path[0] == '/')
        return strdup(path);
    if (folder && asprintf(&absolute, "%s/%s", folder, path) < 0)
        absolute = NULL;
    free(folder);
    return absolute;
}

static bool copy_env(struct function_texts *texts, const char *const *env)
{
    size_t count = 0;
    while (env && env[count])
        count++;
    texts->env = calloc(count + 1, sizeof(char *));
    if (!texts->env)
        return false;
    for (size_t i = 0; i < count; i++) {
        texts->env[i] = strdup(env[i]);
        if (!texts->env[i])
            return false;
    }
    return true;
}

static char *folder_of(const char *absolute)
{
    size_t len = (size_t)(strrchr(absolute, '/') - absolute);
    return strndup(absolute, len ? len : 1);
}

static char *arn_of(const struct function_options *options)
{
    char *arn = NULL;
    if (options->arn)
        return strdup(options->arn);
    if (asprintf(&arn, "arn:aws:lambda:us-east-1:000000000000:function:%s", options->name) < 0)
        return NULL;
    return arn;
}

static bool copy_texts(struct function_texts *texts, const struct function_options *options)
{
    texts->name = strdup(options->name);
    texts->version = strdup(options->version ? options->version : "$LATEST");
    texts->handler = strdup(options->handler ? options->handler : "bootstrap");
    texts->arn = arn_of(options);
    texts->program = absolute_path(options->program);
    texts->opt = options->opt ? strdup(options->opt) : NULL;
    if (!texts->name || !texts->version || !texts->handler || !texts->arn || !texts->program ||
        !texts->opt != !options->opt || !copy_env(texts, options->env))
        return false;
    texts->task_root =
        options->task_root ? absolute_path(options->task_root) : folder_of(texts->program);
    return texts->task_root != NULL;
}

/* 0, or the errno of what keeps `program` from being run. */
static int check_program(const char *program)
{
    struct stat info;
    if (stat(program, &info) != 0 || access(program, X_OK) != 0)
        return errno;
    return S_ISREG(info.st_mode) ? 0 : EACCES;
}

void function_texts_release(struct function_texts *texts)
{
    for (char **entry = texts->env; entry && *entry; entry++)
        free(*entry);
    free(texts->env);
    free(texts->name);
    free(texts->program);
    free(texts->task_root);
    free(texts->version);
    free(texts->handler);
    free(texts->arn);
    free(texts->opt);
    *texts = (struct function_texts){.name = NULL};
}

bool function_texts_init(struct function_texts *texts, const struct function_options *options,
                         char *error, size_t error_len)
{
    int reason = check_program(options->program);
    *texts = (struct function_texts){.name = NULL};
    if (!reason && copy_texts(texts, options))
        return true;
    function_texts_release(texts);
    (void)snprintf(error, error_len, "cannot run '%s': %s", options->program,
                   strerror(reason ? reason : ENOMEM));
    return false;
}
