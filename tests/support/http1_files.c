#include "tests/support/http1_files.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/data.h"
#include "tests/support/request_probe.h"

enum { SMALL_BYTES = 1000 };

static struct http1_file files[HTTP1_FILES_MAX];
static size_t file_count;

/* "NAME.200-404.close" */
static void read_name(struct http1_file *file, const char *name)
{
    const char *at = strchr(name, '.');
    cr_assert_not_null(at, "%s", name);
    do {
        char *end;
        cr_assert_lt(file->answer_count, (size_t)HTTP1_FILE_ANSWERS_MAX, "%s", name);
        file->statuses[file->answer_count] = (int)strtol(at + 1, &end, 10);
        cr_assert_eq(end, at + 4, "%s", name);
        file->answer_count++;
        at = end;
    } while (*at == '-');
    cr_assert(*at == '\0' || strcmp(at, ".close") == 0, "%s", name);
    file->closes = file->kind != HTTP1_FILE_VALID || *at;
}

/* Those that the codec can tell. */
static void read_methods(struct http1_file *file)
{
    struct request_probe probe;
    struct bytes rest = file->text;
    request_probe_init(&probe);
    for (size_t i = 0; i < file->answer_count; i++) {
        request_probe_begin(&probe);
        file->methods[i] = HTTP_GET;
        if (request_probe_feed(&probe, rest) != RC_OK)
            continue;
        file->methods[i] = probe.req.method;
        rest = bytes_skip(rest, probe.consumed);
    }
    request_probe_release(&probe);
}

static void add_file(const char *topic, const char *name)
{
    char path[600];
    cr_assert_lt(file_count, (size_t)HTTP1_FILES_MAX);
    struct http1_file *file = &files[file_count++];
    (void)snprintf(file->name, sizeof file->name, "%s/%s", topic, name);
    (void)snprintf(path, sizeof path, "http1/%s", file->name);
    file->kind = strcmp(topic, "valid") == 0        ? HTTP1_FILE_VALID
                 : strcmp(topic, "incomplete") == 0 ? HTTP1_FILE_INCOMPLETE
                                                    : HTTP1_FILE_MALFORMED;
    file->text = data_read(path);
    read_name(file, name);
    read_methods(file);
}

static void add_topic(const char *topic)
{
    char path[600];
    (void)snprintf(path, sizeof path, "tests/data/http1/%s", topic);
    DIR *dir = opendir(path);
    cr_assert_not_null(dir, "%s", path);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        if (entry->d_name[0] != '.')
            add_file(topic, entry->d_name);
    (void)closedir(dir);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct http1_file *)a)->name, ((const struct http1_file *)b)->name);
}

const struct http1_file *http1_files(size_t *count)
{
    if (file_count == 0) {
        DIR *dir = opendir("tests/data/http1");
        cr_assert_not_null(dir);
        for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
            if (!strchr(entry->d_name, '.'))
                add_topic(entry->d_name);
        (void)closedir(dir);
        qsort(files, file_count, sizeof *files, by_name);
    }
    *count = file_count;
    return files;
}

/* From a number on, the next one that fits. */
static const struct http1_file *find(enum http1_file_kind kind, bool may_close, unsigned number)
{
    size_t count;
    const struct http1_file *all = http1_files(&count);
    for (size_t i = 0; i < count; i++) {
        const struct http1_file *file = &all[(number + i) % count];
        if (file->kind == kind && file->text.len <= SMALL_BYTES && (may_close || !file->closes))
            return file;
    }
    cr_assert_fail("no such file");
    return NULL;
}

const struct http1_file *http1_files_kept(unsigned number)
{
    return find(HTTP1_FILE_VALID, false, number);
}

const struct http1_file *http1_files_of(enum http1_file_kind kind, unsigned number)
{
    return find(kind, true, number);
}
