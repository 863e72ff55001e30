#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline/guard/guard_engine.h"
#include "runtime/core/buf.h"
#include "runtime/core/clock.h"
#include "tests/support/aws_env.h"
#include "tests/support/canary_rig.h"

/* What a guard tells a topic, as a subscriber of somebody else's SNS gets it. */

static struct program moto;
static struct canary_rig world;
static const char listening[] = "listening on ";

/* One call of SQS; the text at `path` of its answer, which lives until the test's end. */
static struct bytes sqs(const char *form, const char *path)
{
    return xml_tree_text(canary_rig_query_other(&world, "sqs", form), path);
}

/* A topic with a queue that gets its messages. */
static void make_topic(char *topic, size_t len)
{
    char form[1024];
    (void)sqs("Action=CreateQueue&Version=2012-11-05&QueueName=told", "CreateQueueResult/QueueUrl");
    const struct xml_node *root =
        canary_rig_query(&world, API_SNS, "Action=CreateTopic&Version=2010-03-31&Name=alarms");
    (void)snprintf(topic, len, "%.*s",
                   BYTES_ARG(xml_tree_text(root, "CreateTopicResult/TopicArn")));
    (void)snprintf(form, sizeof form,
                   "Action=Subscribe&Version=2010-03-31&TopicArn=%s&Protocol=sqs"
                   "&Endpoint=arn:aws:sqs:eu-west-1:123456789012:told",
                   topic);
    (void)canary_rig_query(&world, API_SNS, form);
}

/* Tells of a move to the policy's topic; gives the lines that the guard has printed. */
static void tell_move(const char *topic, struct buf *lines)
{
    char text[512], error[640] = "", *printed = NULL;
    size_t printed_len = 0;
    struct guard_policy policy;
    struct guard_engine engine;
    (void)snprintf(text, sizeof text, "{\"topic\":\"%s\"}", topic);
    cr_assert(guard_policy_parse(&policy, "policy", bytes_from_str(text), error, sizeof error),
              "%s", error);
    struct aws_driver *driver = aws_driver_new(
        &(struct aws_driver_options){.plan = &policy.plan, .lookup = aws_env_lookup});
    cr_assert_not_null(driver);
    struct guard_out out = {.stream = open_memstream(&printed, &printed_len)};
    cr_assert(guard_engine_init(&engine, &policy, driver, out, aws_env_lookup, error, sizeof error),
              "%s", error);
    engine.state = (struct guard_state){
        .count = 2, .groups = {"lambda-a", "fargate-a"}, .normal = {50, 50}, .wished = {1, 0}};
    engine.state.untold = (struct guard_untold){.at_ms = clock_ms_epoch(),
                                                .act = "move",
                                                .home = GUARD_FARGATE,
                                                .why = "fargate fails: \"no\" answer & more"};
    guard_tell_act(&engine);
    (void)fclose(out.stream);
    buf_append(lines, bytes_make(printed, printed_len));
    buf_append_char(lines, '\0');
    free(printed);
    guard_engine_release(&engine);
    aws_driver_free(driver);
    guard_policy_release(&policy);
}

/* The envelope that SNS puts around a message. */
static const cJSON *receive(void)
{
    cJSON *json = NULL;
    struct bytes body = sqs("Action=ReceiveMessage&Version=2012-11-05&WaitTimeSeconds=20"
                            "&QueueUrl=http://127.0.0.1/123456789012/told",
                            "ReceiveMessageResult/Message/Body");
    cr_assert_eq(json_parse(&world.api.arena, body, &json, NULL), RC_OK, "%.*s", BYTES_ARG(body));
    return json;
}

static const char *text_of(const cJSON *json, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, name);
    cr_assert(cJSON_IsString(item), "no %s", name);
    return item->valuestring;
}

static void check_all(void)
{
    char topic[256];
    cJSON *message;
    struct buf lines;
    buf_init(&lines, 4096);
    make_topic(topic, sizeof topic);

    tell_move("arn:aws:sns:eu-west-1:123456789012:nobody", &lines);
    cr_expect(strstr(lines.data, "  move: fargate fails: ") && strstr(lines.data, "  publish: "),
              "it says that nobody was told: %s", lines.data);
    buf_reset(&lines);
    tell_move(topic, &lines);
    cr_expect_null(strstr(lines.data, "publish: "), "%s", lines.data);

    const cJSON *envelope = receive();
    cr_expect_str_eq(text_of(envelope, "TopicArn"), topic);
    cr_expect_str_eq(text_of(envelope, "Subject"), "duet guard: move fargate");
    struct bytes text = bytes_from_str(text_of(envelope, "Message"));
    cr_assert_eq(json_parse(&world.api.arena, text, &message, NULL), RC_OK, "%.*s",
                 BYTES_ARG(text));
    cr_expect_str_eq(text_of(message, "act"), "move");
    cr_expect_str_eq(text_of(message, "home"), "fargate");
    cr_expect_str_eq(text_of(message, "phase"), "watch");
    cr_expect_eq(cJSON_GetObjectItemCaseSensitive(message, "lambda")->valuedouble, 100);
    cr_expect_str_eq(text_of(message, "why"), "fargate fails: \"no\" answer & more");

    buf_release(&lines);
}

Test(guard_moto, a_topics_subscriber_is_told_what_was_done_and_why, .timeout = 600)
{
    if (canary_rig_start_moto(&moto, "the guard before moto")) {
        canary_rig_init(&world, program_number(&moto, listening));
        check_all();
        canary_rig_release(&world);
        (void)program_stop(&moto);
    }
    program_release(&moto);
}
