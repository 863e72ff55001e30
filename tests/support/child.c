#include "tests/support/child.h"

#include <criterion/criterion.h>

static void on_line(void *context, bool is_error, struct bytes line)
{
    struct child *child = context;
    struct buf *text = is_error ? &child->err : &child->out;
    buf_append(text, line);
    buf_append_char(text, '\n');
    child->line_count++;
    child->longest = line.len > child->longest ? line.len : child->longest;
    if (child->line_count == 1 && child->on_first_line)
        child->on_first_line(child);
}

static void on_exit_of(void *context, int status)
{
    struct child *child = context;
    child->exit_count++;
    child->status = status;
}

void child_init(struct child *child)
{
    *child = (struct child){.exit_count = 0};
    cr_assert_eq(loop_init(&child->loop), RC_OK);
    buf_init(&child->out, 1 << 24);
    buf_init(&child->err, 1 << 24);
}

void child_release(struct child *child)
{
    buf_release(&child->out);
    buf_release(&child->err);
    loop_release(&child->loop);
}

void child_start(struct child *child, const char *directory, const char *const *argv)
{
    static const char *const env[] = {"PATH=/usr/local/bin:/usr/bin:/bin", "ONLY=this", NULL};
    struct process_options options = {
        .loop = &child->loop,
        .argv = argv,
        .env = env,
        .directory = directory,
        .on_line = child->has_no_reader ? NULL : on_line,
        .on_exit = on_exit_of,
        .context = child,
    };
    child->process = process_start(&options, child->error, sizeof child->error);
}

void child_start_script(struct child *child, const char *script)
{
    const char *argv[] = {"/bin/sh", "-c", script, NULL};
    child_start(child, NULL, argv);
    cr_assert_not_null(child->process, "%s", child->error);
}

void child_run_to_end(struct child *child)
{
    while (child->exit_count == 0)
        cr_assert_eq(loop_step(&child->loop, -1), RC_OK);
}

void child_run_until_line(struct child *child)
{
    while (child->line_count == 0)
        cr_assert_eq(loop_step(&child->loop, -1), RC_OK);
}

void child_expect_out(const struct child *child, const char *text)
{
    cr_expect(bytes_eq(buf_bytes(&child->out), bytes_from_str(text)), "got '%.*s'",
              BYTES_ARG(buf_bytes(&child->out)));
}
