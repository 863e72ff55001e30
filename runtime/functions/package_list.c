#include "runtime/functions/package_list.h"

#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/limits.h"

enum { SHOWN_MAX = 256, LINE_MAX_BYTES = 16 * 1024 };

void package_list_init(struct package_list *list)
{
    *list = (struct package_list){.count = 0};
    buf_init(&list->names, LIMIT_STATE_BYTES);
}

void package_list_release(struct package_list *list)
{
    buf_release(&list->names);
}

static void refuse(struct package_list *list, const char *before, struct bytes name,
                   const char *behind)
{
    int shown = name.len < SHOWN_MAX ? (int)name.len : SHOWN_MAX;
    if (!list->refusal[0])
        (void)snprintf(list->refusal, sizeof list->refusal, "%s'%.*s'%s", before, shown, name.ptr,
                       behind);
}

static bool leads_out(struct bytes name)
{
    if (name.len == 0 || name.ptr[0] == '/' || bytes_find(name, '\\') < name.len)
        return true;
    while (name.len) {
        size_t len = bytes_find(name, '/');
        if (bytes_eq(bytes_make(name.ptr, len), BYTES_LIT("..")))
            return true;
        name = bytes_skip(name, len < name.len ? len + 1 : len);
    }
    return false;
}

static void check_size(struct package_list *list, struct bytes name, unsigned long long bytes)
{
    char limit[96];
    (void)snprintf(limit, sizeof limit,
                   "Unzipped size must be smaller than %d bytes, and is not with ",
                   LIMIT_PACKAGE_BYTES);
    if (bytes > LIMIT_PACKAGE_BYTES || list->total_bytes + bytes > LIMIT_PACKAGE_BYTES)
        refuse(list, limit, name, "");
    else
        list->total_bytes += bytes;
}

static void take_member(struct package_list *list, struct bytes name, unsigned long long bytes,
                        char type)
{
    if (leads_out(name))
        refuse(list, "the package has a file ", name, ", whose name leads out of it");
    if (type == 'T' || type == 'B')
        refuse(list, "", name, " is encrypted, and there is no password for a package");
    check_size(list, name, bytes);
    if (name.len &&
        name.ptr[name.len - 1] == '/') /* a folder; a file may not have its name either */
        name.len--;
    buf_append(&list->names, name);
    buf_append_char(&list->names, '\0');
    list->count++;
}

void package_list_line(struct package_list *list, struct bytes line)
{
    char text[LINE_MAX_BYTES], type;
    unsigned long long bytes;
    int end = 0;
    if (list->refusal[0] || line.len >= sizeof text)
        return; /* a line that is left out is missed in the end */
    memcpy(text, line.ptr ? line.ptr : "", line.len);
    text[line.len] = '\0';
    if (sscanf(text, "%*s %*[0-9.] %*s %llu %c%*c %*s %*s %*[0-9:]%n", &bytes, &type, &end) == 2 &&
        end > 0 && text[end] == ' ')
        take_member(list, bytes_skip(line, (size_t)end + 1), bytes, type);
    else if (sscanf(text, "%u file%*[s,] %*u bytes uncompressed", &list->said) != 1)
        list->said = 0;
}

/* --- the end --- */

static int compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has_twins(struct package_list *list)
{
    const char **names = malloc((list->count + 1) * sizeof *names);
    const char *at = list->names.data;
    for (size_t i = 0; names && i < list->count; i++, at += strlen(at) + 1)
        names[i] = at;
    if (names)
        qsort(names, list->count, sizeof *names, compare);
    for (size_t i = 1; names && i < list->count; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            refuse(list, "the package has ", bytes_from_str(names[i]), " twice");
    bool is_known = names != NULL;
    free(names);
    return !is_known || list->refusal[0];
}

bool package_list_end(struct package_list *list)
{
    return !list->refusal[0] && !list->names.failed && list->count > 0 &&
           list->count == list->said && !has_twins(list);
}
