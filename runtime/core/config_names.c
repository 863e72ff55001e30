#include <stdio.h>

#include "runtime/core/config_rows.h"

#define PREFIX "DUET_"

/* What Duet's own build and tests keep in the environment, which the programs inherit. */
static const char *const foreign_names[] = {"DUET_BUILD",        "DUET_CACHE",
                                            "DUET_CI_DOCKER",    "DUET_IMAGE_TESTS",
                                            "DUET_PACKAGE_TEST", "DUET_TF_STAND_IN"};

enum { NAME_MAX_BYTES = 64 }; /* longer names are compared by their beginning */

static bool is_known(struct bytes name)
{
    for (size_t i = 0; i < config_row_count; i++)
        if (bytes_eq(name, bytes_from_str(config_rows[i].name)))
            return true;
    for (size_t i = 0; i < sizeof foreign_names / sizeof *foreign_names; i++)
        if (bytes_eq(name, bytes_from_str(foreign_names[i])))
            return true;
    return false;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;
    return ab < c ? ab : c;
}

/* How many letters must be changed, put in or taken out to make `b` of `a`: Levenshtein's distance,
 * row by row of its table. */
static unsigned distance(struct bytes a, struct bytes b)
{
    unsigned row[NAME_MAX_BYTES + 1];
    for (unsigned j = 0; j <= b.len; j++)
        row[j] = j;
    for (unsigned i = 1; i <= a.len; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= b.len; j++) {
            unsigned above = row[j];
            unsigned change = a.ptr[i - 1] != b.ptr[j - 1];
            row[j] = least(above + 1, row[j - 1] + 1, diagonal + change);
            diagonal = above;
        }
    }
    return row[b.len];
}

/* What tells names apart: they are compared without DUET_, so that DUET_PORT is near to PORT. */
static struct bytes stem(struct bytes name)
{
    if (bytes_starts_with(name, BYTES_LIT(PREFIX)))
        name = bytes_skip(name, strlen(PREFIX));
    if (name.len > NAME_MAX_BYTES)
        name.len = NAME_MAX_BYTES;
    return name;
}

static const char *nearest(struct bytes name)
{
    const char *best = NULL;
    unsigned best_distance = 0;
    for (size_t i = 0; i < config_row_count; i++) {
        unsigned d = distance(stem(name), stem(bytes_from_str(config_rows[i].name)));
        if (!best || d < best_distance) {
            best = config_rows[i].name;
            best_distance = d;
        }
    }
    return best;
}

bool config_check_names(const char *const *environment, char *error, size_t error_len)
{
    for (; *environment; environment++) {
        struct bytes name = bytes_from_str(*environment);
        name.len = bytes_find(name, '=');
        if (!bytes_starts_with(name, BYTES_LIT(PREFIX)) || is_known(name))
            continue;
        (void)snprintf(error, error_len, "%.*s is no setting: the nearest one is %s",
                       BYTES_ARG(name), nearest(name));
        return false;
    }
    return true;
}
