#include "tests/support/data.h"

#include <stdio.h>
#include <stdlib.h>

struct bytes data_read(const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof path, "tests/data/%s", name);
    FILE *file = fopen(path, "re");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        abort();
    }
    size_t len = (size_t)ftell(file);
    char *text = malloc(len + 1);
    rewind(file);
    if (!text || fread(text, 1, len, file) != len)
        abort();
    text[len] = '\0';
    (void)fclose(file);
    return bytes_make(text, len);
}
