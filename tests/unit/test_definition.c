#include <criterion/criterion.h>

#include "runtime/control/shape_json.h"
#include "runtime/tasks/definition.h"

static const char *const rig_env[] = {"DUET_STORE=memory", "DUET_METRICS=off", NULL};
static struct definitions definitions;
static struct arena arena;
static char error[512];

static void begin(void)
{
    definitions = (struct definitions){.region = "us-east-1",
                                       .account = "000000000000",
                                       .env = rig_env,
                                       .image = "file:///build/server",
                                       .program = "build/.copy"};
    arena_init(&arena, 1 << 20);
}

static void end(void)
{
    definitions_release(&definitions);
    arena_release(&arena);
}

TestSuite(definition, .init = begin, .fini = end);

static struct definition *put(const char *text)
{
    struct datum *input = NULL;
    cr_assert_eq(shape_json_parse(&arena, bytes_from_str(text), &input), RC_OK);
    return definition_register(&definitions, input, 1000, error, sizeof error);
}

#define ONE(members) \
    "{\"family\":\"f\",\"containerDefinitions\":[{\"name\":\"server\"," members "}]}"

static bool has(const struct definition *definition, const char *assignment)
{
    for (size_t i = 0; definition->env[i]; i++)
        if (strcmp(definition->env[i], assignment) == 0)
            return true;
    return false;
}

Test(definition, counts_revisions_of_each_family)
{
    struct definition *first = put(ONE("\"image\":\"/x\"")), *second = put(ONE("\"image\":\"/y\""));
    cr_assert(first && second, "%s", error);
    cr_expect_str_eq(second->arn, "arn:aws:ecs:us-east-1:000000000000:task-definition/f:2");
    cr_expect_eq(definition_find(&definitions, BYTES_LIT("f")), second);
    cr_expect_eq(definition_find(&definitions, BYTES_LIT("f:1")), first);
    cr_expect_eq(definition_find(&definitions, bytes_from_str(second->arn)), second);
    cr_expect_null(definition_find(&definitions, BYTES_LIT("f:3")));
    cr_expect_null(definition_find(&definitions, BYTES_LIT("f:x")));
    cr_expect_null(definition_find(&definitions, BYTES_LIT("g")));
    second->is_active = false;
    cr_expect_eq(definition_find(&definitions, BYTES_LIT("f")), first);
    cr_expect_eq(definition_find(&definitions, BYTES_LIT("f:2")), second);
}

Test(definition, its_environment_stands_over_the_rigs)
{
    const struct definition *made =
        put(ONE("\"image\":\"/x\",\"environment\":[{\"name\":\"DUET_METRICS\",\"value\":\"on\"},"
                "{\"name\":\"MINE\",\"value\":\"\"},{\"name\":\"PORT\",\"value\":\"8080\"}]"));
    cr_assert_not_null(made, "%s", error);
    cr_expect(has(made, "DUET_STORE=memory"));
    cr_expect(has(made, "DUET_METRICS=on") && !has(made, "DUET_METRICS=off"));
    cr_expect(has(made, "MINE="));
    cr_expect_not(has(made, "PORT=8080")); /* each task has its own */
}

Test(definition, an_image_may_be_a_program)
{
    cr_expect_str_eq(put(ONE("\"image\":\"/a/server\""))->program, "/a/server");
    cr_expect_str_eq(put(ONE("\"image\":\"file:///a/server\""))->program, "/a/server");
    cr_expect_str_eq(put(ONE("\"image\":\"file:///build/server\""))->program, "build/.copy");
    cr_expect_null(put(ONE("\"image\":\"repository/server:1\""))->program);
    cr_expect_null(put(ONE("\"image\":\"file://server\""))->program);
}

Test(definition, runs_the_server_of_several_containers)
{
    const struct definition *made =
        put("{\"family\":\"f\",\"containerDefinitions\":[{\"name\":\"agent\",\"image\":\"/a\"},"
            "{\"name\":\"server\",\"image\":\"/s\",\"stopTimeout\":7,\"command\":[\"-x\",\"y\"]}],"
            "\"tags\":[{\"key\":\"k\",\"value\":\"v\"}]}");
    cr_assert_not_null(made, "%s", error);
    cr_expect_str_eq(made->container, "server");
    cr_expect_eq(made->stop_timeout_s, 7);
    cr_expect(strcmp(made->argv[0], "/s") == 0 && strcmp(made->argv[1], "-x") == 0 &&
              strcmp(made->argv[2], "y") == 0 && !made->argv[3]);
    cr_expect_null(memmem(made->text.ptr, made->text.len, "tags", 4));
    cr_expect_not_null(memmem(made->text.ptr, made->text.len, "\"agent\"", 7));
}

Test(definition, says_what_is_wrong)
{
    static const char *const rows[][2] = {
        {"{}", "Family should not be null or empty."},
        {"{\"family\":\"a b\"}", "Family contains invalid characters"},
        {"{\"family\":\"f\"}", "Container list cannot be empty."},
        {"{\"family\":\"f\",\"containerDefinitions\":[{\"image\":\"/x\"}]}", "Container.name"},
        {ONE("\"cpu\":1"), "Container.image"},
        {ONE("\"image\":\"/x\",\"stopTimeout\":121"), "Container.stopTimeout"},
        {ONE("\"image\":\"/x\",\"command\":[1]"), "Container.command"},
        {ONE("\"image\":\"/x\",\"portMappings\":[{\"containerPort\":0}]"), "containerPort"},
        {ONE("\"image\":\"/x\",\"environment\":[{\"value\":\"v\"}]"), "Container.environment"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_expect_null(put(rows[i][0]));
        cr_expect_not_null(strstr(error, rows[i][1]), "%s: %s", rows[i][0], error);
    }
    cr_expect_null(definitions.first);
}

Test(definition, the_rigs_own_is_registered_anew_only_when_it_says_something_new)
{
    struct datum *same = NULL, *other = NULL;
    cr_assert_eq(shape_json_parse(&arena, BYTES_LIT(ONE("\"image\":\"/x\"")), &same), RC_OK);
    cr_assert_eq(shape_json_parse(&arena, BYTES_LIT(ONE("\"image\":\"/y\"")), &other), RC_OK);
    cr_assert_not_null(put(ONE("\"image\":\"/x\"")), "%s", error);
    const struct definition *given = definition_give(&definitions, same, 1, error, sizeof error);
    cr_assert_not_null(given, "%s", error);
    cr_expect(given->revision == 2 && given->is_given, "one of a call is none of the rig's");
    cr_expect_eq(definition_give(&definitions, same, 1, error, sizeof error), given);
    cr_expect_null(given->next);
    const struct definition *next = definition_give(&definitions, other, 1, error, sizeof error);
    cr_assert_not_null(next, "%s", error);
    cr_expect_eq(next->revision, 3);
}

Test(definition, one_that_was_kept_has_its_number_again)
{
    struct datum *input = NULL;
    cr_assert_eq(shape_json_parse(&arena, BYTES_LIT(ONE("\"image\":\"/x\"")), &input), RC_OK);
    const struct definition *kept = definition_restore(&definitions, input, 7, error, sizeof error);
    cr_assert_not_null(kept, "%s", error);
    cr_expect_eq(kept->revision, 7);
    cr_expect_null(definition_restore(&definitions, input, 7, error, sizeof error));
    cr_expect_not_null(strstr(error, "not over those before it"), "%s", error);
    const struct definition *next = put(ONE("\"image\":\"/x\""));
    cr_assert_not_null(next, "%s", error);
    cr_expect_eq(next->revision, 8);
}
