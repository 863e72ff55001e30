/* What `duet guard history` prints, where pages of parameters come in no order, as AWS gives them.
 *
 * link: -Wl,--wrap=aws_driver_notes
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "pipeline/canary/aws_driver.h"
#include "pipeline/guard/guard_command.h"
#include "pipeline/guard/guard_picture.h"
#include "runtime/core/arena.h"
#include "tests/support/captured.h"
#include "tests/support/tempdir.h"

enum rc __wrap_aws_driver_notes(struct aws_driver *driver, const char *path,
                                aws_driver_note_fn *on_note, void *context, char *why);

enum rc __wrap_aws_driver_notes(struct aws_driver *driver, const char *path,
                                aws_driver_note_fn *on_note, void *context, char *why)
{
    (void)driver;
    (void)why;
    cr_expect_str_eq(path, "/duet/guard/history");
    on_note(context, BYTES_LIT("/duet/guard/history/001795297237269"),
            BYTES_LIT("{\"act\":\"c\"}"));
    on_note(context, BYTES_LIT("/duet/guard/history/001795297217061"),
            BYTES_LIT("{\"act\":\"a\"}"));
    on_note(context, BYTES_LIT("/duet/guard/history/001795297232495"),
            BYTES_LIT("{\"act\":\"b\"}"));
    return RC_OK;
}

Test(guard_history, is_told_from_the_oldest_act_on)
{
    static struct captured captured;
    captured_run(&captured, guard_command, "guard history");
    cr_expect_eq(captured.status, 0, "%s", captured.err);
    cr_expect_str_eq(captured.out, "{\"act\":\"a\"}\n{\"act\":\"b\"}\n{\"act\":\"c\"}\n");
}

/* --- its picture --- */

static struct buf picture;

static const char *drawn(const char *const *acts, size_t count, int64_t now_ms)
{
    struct guard_picture_act read[4];
    struct arena arena;
    arena_init(&arena, 1 << 16);
    buf_init(&picture, 1 << 16);
    for (size_t i = 0; i < count; i++)
        cr_assert(guard_picture_read(&arena, bytes_from_str(acts[i]), &read[i]), "%s", acts[i]);
    guard_picture_draw(read, count, now_ms, &picture);
    buf_append_char(&picture, 0);
    cr_assert_not(picture.failed);
    arena_release(&arena);
    return picture.data;
}

static void expect_parts(const char *text, const char *const *parts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        cr_expect_not_null(strstr(text, parts[i]), "no '%s' in %s", parts[i], text);
}

#define TEN "0123456789"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN "123456789"

/* Ten seconds from the first act to now: one second is 88 pixels. */
Test(guard_history, has_a_picture_of_the_shares_over_time)
{
    static const char *const acts[] = {
        "{\"at\":\"1970-01-01T00:00:10.000Z\",\"act\":\"move\",\"home\":\"fargate\",\"lambda\":100,"
        "\"fargate\":0,\"why\":\"a \\\"<b>\\\" & c\"}",
        "{\"at\":\"1970-01-01T00:00:15.000Z\",\"act\":\"step\",\"home\":\"fargate\",\"lambda\":50,"
        "\"fargate\":50,\"why\":\"" LONG "\u00fc\"}"};
    static const char *const parts[] = {
        "2 acts; now Lambda has 50 %, Fargate 50 %.",
        "<path class=\"fargate\" d=\"M64 196V196.0H504.0V126.0H944.0V196Z\"/>",
        "x=\"64.0\" y=\"48\">1</text>",
        "x=\"504.0\" y=\"48\">2</text>",
        "1970-01-01 00:00:10</text>",
        "1970-01-01 00:00:20</text>",
        ">" LONG "...</tspan>",
        ">move fargate</tspan><tspan x=\"310\">a &#34;&#60;b&#62;&#34; &#38; c</tspan>",
    };
    expect_parts(drawn(acts, 2, 20000), parts, sizeof parts / sizeof *parts);
    buf_release(&picture);
}

Test(guard_history, without_acts_its_picture_says_so)
{
    static const char *const parts[] = {"It has done nothing yet.</desc>"};
    expect_parts(drawn(NULL, 0, 20000), parts, 1);
    buf_release(&picture);
}

/* Acts without a time are not drawn. */
Test(guard_history, its_picture_is_a_file)
{
    static struct captured captured;
    char command[TEMPDIR_PATH_MAX + 64], path[2 * TEMPDIR_PATH_MAX];
    struct tempdir folder;
    tempdir_init(&folder);
    (void)snprintf(command, sizeof command, "guard history --svg %s",
                   tempdir_join(&folder, "", "guard.svg", path));
    captured_run(&captured, guard_command, command);
    cr_expect_eq(captured.status, 0, "%s", captured.err);
    FILE *file = fopen(path, "re");
    cr_assert_not_null(file);
    cr_expect(fgets(command, 5, file) && strcmp(command, "<svg") == 0, "%s", command);
    (void)fclose(file);
    captured_run(&captured, guard_command, "guard history --svg /nowhere/guard.svg");
    cr_expect_eq(captured.status, 2);
    cr_expect(strstr(captured.err, "cannot write '/nowhere/guard.svg': No such"), "%s",
              captured.err);
    captured_run(&captured, guard_command, "guard history --svg");
    cr_expect(captured.status == 2 && strstr(captured.err, "--svg wants a value"), "%s",
              captured.err);
    tempdir_release(&folder);
}
