#ifndef TESTS_SUPPORT_TEMPDIR_H
#define TESTS_SUPPORT_TEMPDIR_H

/* tempdir — a folder of a test's own, under TMPDIR or /tmp. */

enum { TEMPDIR_PATH_MAX = 256 };

struct tempdir {
    char path[TEMPDIR_PATH_MAX];
};

/* Makes the folder; aborts the test when that cannot be. */
void tempdir_init(struct tempdir *dir);

/* Removes it with all that is in it. */
void tempdir_release(struct tempdir *dir);

/* Writes into `out`: `prefix` (such as "sqlite:"), the folder, a slash, `name`. Aborts when it does
 * not fit. Returns `out`. */
const char *tempdir_join(const struct tempdir *dir, const char *prefix, const char *name,
                         char out[2 * TEMPDIR_PATH_MAX]);

/* Makes or replaces the file `path`; aborts on failure. */
void tempdir_write(const char *path, const char *text);

#endif
