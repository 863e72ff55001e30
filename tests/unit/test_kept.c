#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/control/kept.h"
#include "tests/support/tempdir.h"

static struct tempdir dir;
static struct kept kept;
static char path[2 * TEMPDIR_PATH_MAX], error[512];

static void setup(void)
{
    tempdir_init(&dir);
    kept_init(&kept, dir.path, "things.json");
    (void)tempdir_join(&dir, "", "things.json", path);
}

static void teardown(void)
{
    kept_release(&kept);
    tempdir_release(&dir);
}

TestSuite(kept, .init = setup, .fini = teardown);

static bool save(const char *text)
{
    struct buf fresh;
    buf_init(&fresh, 1 << 20);
    buf_printf(&fresh, "%s", text);
    return kept_save(&kept, &fresh, error, sizeof error);
}

Test(kept, what_is_saved_is_loaded_and_written_only_when_it_changes)
{
    bool is_there = true;
    cr_assert(kept_load(&kept, &is_there, error, sizeof error));
    cr_expect(!is_there);
    cr_assert(save("one"));
    cr_assert_eq(unlink(path), 0);
    cr_assert(save("one"));
    cr_expect_neq(access(path, F_OK), 0, "it was written again");
    cr_assert(save("two"));
    kept_release(&kept);
    kept_init(&kept, dir.path, "things.json");
    cr_assert(kept_load(&kept, &is_there, error, sizeof error));
    cr_expect(is_there && bytes_eq(buf_bytes(&kept.text), BYTES_LIT("two")));
}

Test(kept, a_file_that_cannot_be_read_or_written_is_named)
{
    bool is_there;
    cr_assert_eq(mkdir(path, 0700), 0);
    cr_expect(!kept_load(&kept, &is_there, error, sizeof error));
    cr_expect_not_null(strstr(error, "/things.json: Is a directory"), "%s", error);
    cr_expect(!save("one"));
    cr_expect_not_null(strstr(error, "/things.json: Is a directory"), "%s", error);
    cr_expect_eq(kept.text.len, 0, "what is not on the disk is not said to be");
}

static void read_one(const char *text, const char *wrong)
{
    struct kept_reader reader;
    char copy[4];
    const cJSON *root = kept_parse(&reader, bytes_from_str(text), 3);
    if (root) {
        const cJSON *item = kept_list(&reader, root, "list");
        (void)kept_number(&reader, item, "number", 1, 9);
        (void)kept_flag(&reader, item, "flag");
        kept_copy(&reader, item, "text", copy, sizeof copy);
    }
    cr_expect_eq(reader.has_failed, *wrong != '\0', "%s: %s", text, reader.wrong);
    cr_expect(strcmp(reader.wrong, wrong) == 0, "%s: %s", text, reader.wrong);
    kept_reader_release(&reader);
}

#define LIST(members) "{\"version\":3,\"list\":[{" members "}]}"

Test(kept, the_first_thing_that_is_wrong_is_told)
{
    read_one(LIST("\"number\":9,\"flag\":true,\"text\":\"abc\""), "");
    read_one("{\"version\":3,", "it is no JSON from line 1, column 13 on");
    read_one("[]", "it is no object");
    read_one("{}", "version 0 is unknown");
    read_one("{\"version\":4}", "version 4 is unknown");
    read_one("{\"version\":3}", "'list' is missing");
    read_one("{\"version\":3,\"list\":{}}", "'list' is no list");
    read_one(LIST("\"flag\":0"), "'number' is missing");
    read_one(LIST("\"number\":10"), "'number' is no number that it may be");
    read_one(LIST("\"number\":1.5"), "'number' is no number that it may be");
    read_one(LIST("\"number\":\"1\""), "'number' is no number that it may be");
    read_one(LIST("\"number\":1,\"flag\":1"), "'flag' is neither true nor false");
    read_one(LIST("\"number\":1,\"flag\":false,\"text\":7"), "'text' is no text");
    read_one(LIST("\"number\":1,\"flag\":false,\"text\":\"abcd\""), "'text' is too long");
}
