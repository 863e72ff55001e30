#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/functions/package_list.h"

#define MEMBER(bytes, type, name) \
    "-rwxr-xr-x  3.0 unx " bytes " " type " defN 26-Nov-21 09:30 " name
#define SUM(files) files ", 12 bytes uncompressed, 8 bytes compressed:  33.3%"

/* The lines, ended by NULL; what is refused, or "" for what is no zip, or "ok". */
static void read_list(const char *const *lines, const char *wanted)
{
    struct package_list list;
    package_list_init(&list);
    package_list_line(&list, BYTES_LIT("Archive:  x.zip"));
    package_list_line(&list, BYTES_LIT("Zip file size: 829 bytes, number of entries: 2"));
    for (size_t i = 0; lines[i]; i++)
        package_list_line(&list, bytes_from_str(lines[i]));
    const char *got = package_list_end(&list) ? "ok" : list.refusal;
    cr_expect(strcmp(got, wanted) == 0, "%s: '%s', not '%s'", lines[0], got, wanted);
    package_list_release(&list);
}

#define READ(wanted, ...) read_list((const char *const[]){__VA_ARGS__, NULL}, wanted)

Test(package_list, takes_what_may_be_unpacked)
{
    READ("ok", MEMBER("     10", "tx", "bootstrap"), SUM("1 file"));
    READ("ok", MEMBER("     10", "b-", "a"), MEMBER("2", "bX", " a  b"), SUM("2 files"));
    READ("ok", "drwxr-xr-x  2.0 fat        0 b- stor 80-Jan-01 00:00 in/",
         MEMBER("262144000", "bx", "in/\xc3\xa4"), SUM("2 files"));
}

Test(package_list, names_what_may_not)
{
    READ("the package has a file '../x', whose name leads out of it", MEMBER("1", "b-", "../x"),
         SUM("1 file"));
    READ("the package has a file '/x', whose name leads out of it", MEMBER("1", "b-", "/x"),
         SUM("1 file"));
    READ("the package has a file 'a\\x', whose name leads out of it", MEMBER("1", "b-", "a\\x"),
         SUM("1 file"));
    READ("'x' is encrypted, and there is no password for a package", MEMBER("1", "Tx", "x"),
         SUM("1 file"));
    READ("'x' is encrypted, and there is no password for a package", MEMBER("1", "B-", "x"),
         SUM("1 file"));
    READ("the package has 'x' twice", MEMBER("1", "b-", "x"), MEMBER("1", "b-", "y"),
         MEMBER("1", "b-", "x/"), SUM("3 files"));
    READ("Unzipped size must be smaller than 262144000 bytes, and is not with 'y'",
         MEMBER("262143999", "b-", "x"), MEMBER("2", "b-", "y"), SUM("2 files"));
    READ("Unzipped size must be smaller than 262144000 bytes, and is not with 'y'",
         MEMBER("1", "b-", "x"), MEMBER("18446744073709551615", "b-", "y"), SUM("2 files"));
}

Test(package_list, what_is_not_whole_is_no_zip)
{
    READ("", SUM("0 files"));
    READ("", MEMBER("1", "b-", "x"), SUM("2 files"));
    READ("", MEMBER("1", "b-", "x"), "error: the end is missing");
    READ("", MEMBER("1", "b-", "x"), SUM("1 file"), "error: the end is missing");
    READ("", "-rwxr-xr-x  3.0 unx 1 b- defN 26-Nov-21 09:30", SUM("1 file"));
}
