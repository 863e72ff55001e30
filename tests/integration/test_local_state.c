#include <criterion/criterion.h>
#include <stdio.h>
#include <sys/wait.h>

#include "runtime/alb/state_file.h"
#include "tests/support/client.h"
#include "tests/support/rig_program.h"

/* `duet local --state DIR`, started again. */

static struct rig_program rig;
static char folder[2 * TEMPDIR_PATH_MAX];

static void run(void)
{
    char store[2 * TEMPDIR_PATH_MAX];
    const char *argv[] = {"duet",
                          "local",
                          "--port",
                          "0",
                          "--control-port",
                          "0",
                          "--weights",
                          "lambda=0,fargate=123",
                          "--store",
                          tempdir_join(&rig.folder, "sqlite:", "store.db", store),
                          "--state",
                          folder,
                          NULL};
    program_start(&rig.duet, argv, NULL);
}

static int get_hello(void)
{
    struct client client;
    struct http1_response res = {0};
    cr_assert(client_open(&client, rig.port));
    cr_assert(client_send(&client, BYTES_LIT("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")));
    enum rc rc = client_read(&client, HTTP_GET, &res);
    client_close(&client);
    return rc == RC_OK ? res.status : -1;
}

/* Has it up, asks once, and stops it. */
static void use(int status)
{
    run();
    rig.port = program_number(&rig.duet, "http://127.0.0.1:");
    cr_assert(rig.port, "%s", rig.duet.out.data ? rig.duet.out.data : "no output");
    cr_assert_not_null(program_wait_for(&rig.duet, "Ctrl-C"));
    cr_expect_eq(get_hello(), status);
    cr_expect(WIFEXITED(program_stop(&rig.duet)));
    program_release(&rig.duet);
}

static void change(const char *from, const char *to)
{
    struct buf text;
    char path[2 * TEMPDIR_PATH_MAX];
    buf_init(&text, 1 << 20);
    cr_assert_eq(state_file_read(folder, "state.json", &text), RC_OK);
    buf_append_char(&text, '\0');
    char *at = strstr(text.data, from);
    cr_assert_not_null(at, "%s", text.data);
    cr_assert_eq(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
    tempdir_write(tempdir_join(&rig.folder, "", "state/state.json", path), text.data);
    buf_release(&text);
}

Test(local_state, rules_survive_a_restart_and_a_damaged_file_is_an_error)
{
    tempdir_init(&rig.folder);
    (void)tempdir_join(&rig.folder, "", "state", folder);
    use(200);
    change("\"weight\":123", "\"weight\":  0");
    use(503); /* no weight is left: the file's word counts, not the flag's */
    change("\"version\":1", "\"version\":9");
    run();
    int status = program_wait(&rig.duet);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1, "status %d", status);
    cr_expect_not_null(strstr(rig.duet.out.data, "state/state.json: version 9 is unknown"), "%s",
                       rig.duet.out.data);
    program_release(&rig.duet);
    tempdir_release(&rig.folder);
}
