#ifndef TESTS_SUPPORT_AWS_RIG_H
#define TESTS_SUPPORT_AWS_RIG_H

/* aws_rig — a client of AWS and the fake service that it calls. */

#include "tests/support/aws_env.h"
#include "tests/support/fake_rapi.h"

struct aws_rig {
    struct arena arena;
    struct fake_rapi *fake;
    struct fake_script script;
    struct aws_client *client;
    struct aws_response response; /* of the last call */
};

extern struct aws_rig aws_rig;

/* For a suite's .init and .fini. The environment is aws_env's example. */
void aws_rig_init(void);
void aws_rig_release(void);

/* Starts a fake that plays the steps (they must stay), and a DynamoDB client of it. */
void aws_rig_start(const struct fake_step *steps, size_t count);
#define AWS_RIG_START(...)                                 \
    aws_rig_start((const struct fake_step[]){__VA_ARGS__}, \
                  sizeof((const struct fake_step[]){__VA_ARGS__}) / sizeof(struct fake_step))

/* Steps of a script. */
#define AWS_OK                      \
    {                               \
        .text = "{}", .status = 200 \
    }
#define AWS_ERROR(status_, code_)                                                     \
    {                                                                                 \
        .text = "{\"__type\":\"com.amazonaws.x#" code_ "\",\"message\":\"told so\"}", \
        .status = (status_)                                                           \
    }
#define AWS_DROP                      \
    {                                 \
        .text = "", .end = FAKE_CLOSE \
    }

/* Calls "Op" with the body "{}" within half a minute; aws_rig.response has what came. */
enum rc aws_rig_call(void) MUST_CHECK;

/* The same with another deadline, of something that may be done once alone. */
enum rc aws_rig_call_until(int64_t deadline_ms, bool is_once) MUST_CHECK;

/* How many requests the fake has received. */
size_t aws_rig_count(void);

/* The value of the field `name` of the request `index`, and a NUL, in the arena; empty when it is
 * not there. Read by itself, not by the code under test. */
const char *aws_rig_field(size_t index, const char *name);

#endif
