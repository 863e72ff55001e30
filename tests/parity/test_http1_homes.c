#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/client.h"
#include "tests/support/http1_files.h"
#include "tests/support/rig_program.h"

/*
 * The requests of tests/data/http1 through the load balancer to each home: neither takes what the
 * other refuses. The load balancer is set as design says: it refuses what is malformed, drops
 * header fields of odd names, and gives functions all values of a field.
 */

enum { HOMES = 2, LAMBDA = 0, FARGATE = 1 };

static struct rig_program rigs[HOMES];

static void start_both(void)
{
    rig_program_start_quiet(&rigs[LAMBDA], "lambda=1,fargate=0");
    rig_program_start_quiet(&rigs[FARGATE], "lambda=0,fargate=1");
}

static void stop_both(void)
{
    for (int i = 0; i < HOMES; i++)
        rig_program_stop(&rigs[i]);
}

#define ALBS_400 "an ALB's own status for a head over its limits is 400"
#define STRICTEST \
    "an ALB in its strictest mode takes no GET or HEAD with a body, and no name like a length's"
#define TOO_LARGE                                                                              \
    "of a body for a function the load balancer itself says that it is too large, of one for " \
    "a container the container"
#define NOT_TOLD \
    "the load balancer takes a chunk's bytes as they come: it waits for those that do not"
#define NO_JSON "what is not UTF-8 cannot be in an event, which is JSON; a container gets its bytes"

/* Where a client gets something else than from a server by itself, or the homes differ. */
struct difference {
    const char *file;
    int lambda, fargate; /* status of the last answer; both 0: they are not asked */
    const char *why;
    bool is_other_body; /* of equal statuses */
};

static const struct difference differences[] = {
    {"limits/field.431", 400, 400, ALBS_400, false},
    {"limits/field_name.431", 400, 400, ALBS_400, false},
    {"limits/fields.431", 400, 400, ALBS_400, false},
    {"limits/head.431", 400, 400, ALBS_400, false},
    {"trailer/too_many.431", 400, 400, ALBS_400, false},
    {"valid/fields_up_to_the_limit.200", 431, 431, "with the load balancer's own there are more",
     false},
    {"valid/body_of_a_get.200", 400, 400, STRICTEST, false},
    {"valid/chunked_body_of_a_get.200", 400, 400, STRICTEST, false},
    {"valid/head_with_a_body.200", 400, 400, STRICTEST, false},
    {"valid/underscore_in_a_name.200", 400, 400, STRICTEST, false},
    {"valid/trace.501", 405, 405, "an ALB refuses TRACE itself", false},
    {"valid/upgrade_that_is_not_taken.200", 400, 200, "an ALB hands no upgrade to a function",
     false},
    {"content_length/of_32_bits_and_five.413", 413, 413, TOO_LARGE, true},
    {"content_length/of_32_bits_and_one.413", 413, 413, TOO_LARGE, true},
    {"content_length/over_the_limit.413", 413, 413, TOO_LARGE, true},
    {"chunk_size/of_31_bits_and_one.413", 0, 0, NOT_TOLD, false},
    {"chunk_size/of_32_bits_and_one.413", 0, 0, NOT_TOLD, false},
    {"chunk_size/of_32_bits_and_two.413", 0, 0, NOT_TOLD, false},
    {"chunk_size/over_the_limit.413", 0, 0, NOT_TOLD, false},
    {"valid/latin_1_in_a_value.200", 400, 200, NO_JSON, false},
    {"valid/latin_1_in_target.404", 400, 404, NO_JSON, false},
};

static const struct difference *find_difference(const char *name)
{
    for (size_t i = 0; i < sizeof differences / sizeof *differences; i++)
        if (strcmp(differences[i].file, name) == 0)
            return &differences[i];
    return NULL;
}

/* What a client sees, in one line for each answer: the status, whether it closes, the body. */
static void ask(int home, const struct http1_file *file, struct buf *seen, int *last_status)
{
    struct client client;
    struct http1_response res = {.status = 0};
    buf_reset(seen);
    cr_assert(client_open(&client, rigs[home].port));
    /* A refusal may come before all is sent; what can be read decides. */
    bool is_sent = client_send(&client, file->text);
    for (size_t i = 0; i < file->answer_count; i++) {
        enum rc rc = client_read(&client, file->methods[i], &res);
        cr_expect_eq(rc, RC_OK, "%s, home %d, answer %zu: %s, request %ssent", file->name, home, i,
                     rc_name(rc), is_sent ? "" : "not whole ");
        if (rc != RC_OK)
            break;
        buf_printf(seen, "%d%s %.*s\n", res.status, res.keep_alive ? "" : " closes",
                   BYTES_ARG(res.body));
    }
    *last_status = res.status;
    if (!res.keep_alive)
        cr_expect(client_is_closed(&client), "%s, home %d: still open", file->name, home);
    client_close(&client);
}

static void compare(const struct http1_file *file, struct buf seen[HOMES])
{
    const struct difference *known = find_difference(file->name);
    int wanted = file->statuses[file->answer_count - 1], status[HOMES];
    if (known && known->lambda == 0)
        return;
    for (int home = 0; home < HOMES; home++)
        ask(home, file, &seen[home], &status[home]);
    cr_expect_eq(status[LAMBDA], known ? known->lambda : wanted, "%s: %d from lambda; %s",
                 file->name, status[LAMBDA], known ? known->why : "");
    cr_expect_eq(status[FARGATE], known ? known->fargate : wanted, "%s: %d from fargate; %s",
                 file->name, status[FARGATE], known ? known->why : "");
    if (!known || (known->lambda == known->fargate && !known->is_other_body))
        cr_expect(bytes_eq(buf_bytes(&seen[LAMBDA]), buf_bytes(&seen[FARGATE])), "%s: %.*s\n%.*s",
                  file->name, BYTES_ARG(buf_bytes(&seen[LAMBDA])),
                  BYTES_ARG(buf_bytes(&seen[FARGATE])));
}

Test(http1_homes, neither_takes_what_the_other_refuses, .init = start_both, .fini = stop_both)
{
    struct buf seen[HOMES];
    size_t count;
    const struct http1_file *files = http1_files(&count);
    for (int home = 0; home < HOMES; home++)
        buf_init(&seen[home], 1 << 20);
    for (size_t i = 0; i < count; i++)
        if (files[i].kind != HTTP1_FILE_INCOMPLETE)
            compare(&files[i], seen);
    for (int home = 0; home < HOMES; home++)
        buf_release(&seen[home]);
}

/* A file that was renamed would leave its difference behind. */
Test(http1_homes, each_known_difference_is_of_a_file_that_is_there)
{
    size_t count, found = 0;
    const struct http1_file *files = http1_files(&count);
    for (size_t i = 0; i < count; i++)
        found += find_difference(files[i].name) != NULL;
    cr_expect_eq(found, sizeof differences / sizeof *differences);
}
