#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/functions/layers.h"
#include "tests/support/tempdir.h"

/* Layers and their versions, and the folder that several make together. */

static struct tempdir dir;
static struct layers layers;
static char error[512];

static void setup(void)
{
    tempdir_init(&dir);
    layers = (struct layers){"us-east-1", "000000000000", NULL};
}

static void teardown(void)
{
    layers_release(&layers);
    tempdir_release(&dir);
}

TestSuite(layers, .init = setup, .fini = teardown);

static void make_folder(const char *name)
{
    char path[2 * TEMPDIR_PATH_MAX];
    cr_assert_eq(mkdir(tempdir_join(&dir, "", name, path), 0755), 0);
}

static void make_file(const char *name, const char *text)
{
    char path[2 * TEMPDIR_PATH_MAX];
    tempdir_write(tempdir_join(&dir, "", name, path), text);
}

/* A version of the layer `name`, whose files are in the folder of the same name. */
static struct layer_version *add(const char *name)
{
    char path[2 * TEMPDIR_PATH_MAX];
    struct layer *layer = layers_have(&layers, bytes_from_str(name));
    struct code *code = code_of_folder(tempdir_join(&dir, "", name, path), "", 1);
    cr_assert(layer && code);
    struct layer_version *version = layer_add(layer, layer->published + 1, code);
    cr_assert_not_null(version);
    code_unref(code);
    return version;
}

static void expect_text(const char *folder, const char *name, const char *wanted)
{
    char path[4 * TEMPDIR_PATH_MAX], text[64] = "";
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file, "%s", path);
    size_t n = fread(text, 1, sizeof text - 1, file);
    (void)fclose(file);
    cr_expect(n == strlen(wanted) && strcmp(text, wanted) == 0, "%s: %s", path, text);
}

Test(layers, names_numbers_and_arns)
{
    char name[LAYER_NAME_MAX + 2];
    memset(name, 'a', sizeof name);
    cr_expect(layer_is_name(BYTES_LIT("a-B_1")));
    cr_expect(layer_is_name(bytes_make(name, LAYER_NAME_MAX)));
    cr_expect_not(layer_is_name(bytes_make(name, LAYER_NAME_MAX + 1)));
    cr_expect_not(layer_is_name(BYTES_LIT("")));
    cr_expect_not(layer_is_name(BYTES_LIT("a/b")));
    make_folder("one");
    struct layer_version *first = add("one"), *second = add("one");
    cr_expect_str_eq(second->arn, "arn:aws:lambda:us-east-1:000000000000:layer:one:2");
    cr_expect_eq(layers_find_arn(&layers, bytes_from_str(first->arn)), first);
    cr_expect_null(layers_find_arn(&layers, bytes_from_str(first->layer->arn)));
    second->is_deleted = true;
    cr_expect_null(layer_version_find(second->layer, 2), "nobody finds it");
    cr_expect_eq(layers_find_arn(&layers, bytes_from_str(second->arn)), second,
                 "who has it has it still");
    cr_expect_eq(add("one")->number, 3);
}

Test(layers, a_later_one_takes_the_place_of_what_is_before_it)
{
    make_folder("one");
    make_folder("one/in");
    make_folder("one/gone");
    make_file("one/in/a", "a of one");
    make_file("one/in/b", "b of one");
    make_file("one/gone/x", "x");
    make_file("one/file", "file");
    make_folder("two");
    make_folder("two/in");
    make_folder("two/file");
    make_file("two/in/a", "a of two");
    make_file("two/gone", "a file now");
    make_file("two/file/y", "a folder now");
    char link[2 * TEMPDIR_PATH_MAX];
    cr_assert_eq(symlink("in/a", tempdir_join(&dir, "", "two/link", link)), 0);
    const char *const arns[] = {add("one")->arn, add("two")->arn, NULL};
    char *opt = layers_merge(&layers, arns, error, sizeof error);
    cr_assert_not_null(opt, "%s", error);
    expect_text(opt, "in/a", "a of two");
    expect_text(opt, "in/b", "b of one");
    expect_text(opt, "gone", "a file now");
    expect_text(opt, "file/y", "a folder now");
    expect_text(opt, "link", "a of two");
    code_remove_folder(opt);
    free(opt);
    expect_text(dir.path, "one/in/a", "a of one");
    expect_text(dir.path, "two/in/a", "a of two");
}

Test(layers, what_cannot_be_merged_is_named)
{
    const char *arns[] = {"arn:x", NULL};
    cr_expect_null(layers_merge(&layers, arns, error, sizeof error));
    cr_expect_str_eq(error, "cannot make /opt of the layer arn:x: No such file or directory");
    char path[2 * TEMPDIR_PATH_MAX];
    make_folder("one");
    arns[0] = add("one")->arn;
    cr_assert_eq(rmdir(tempdir_join(&dir, "", "one", path)), 0);
    cr_expect_null(layers_merge(&layers, arns, error, sizeof error));
    cr_expect(strstr(error, "layer:one:1: No such file"), "%s", error);
}
