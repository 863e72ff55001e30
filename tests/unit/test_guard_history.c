/* What `duet guard history` prints, where pages of parameters come in no order, as AWS gives them.
 *
 * link: -Wl,--wrap=aws_driver_notes
 */
#include <criterion/criterion.h>
#include <string.h>

#include "pipeline/canary/aws_driver.h"
#include "pipeline/guard/guard_command.h"
#include "tests/support/captured.h"

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
