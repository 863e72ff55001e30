#include <stdio.h>

#include "runtime/control/shape_json.h"
#include "runtime/core/clock.h"
#include "runtime/tasks/ecs_internal.h"

enum { ERROR_MAX = 512 };

/* --- the shape: what was registered, and what AWS adds --- */

static void add_list(struct control_call *call, struct datum *map, const char *name)
{
    if (!datum_get(map, name))
        (void)datum_list(&call->maker, map, name);
}

static void add_defaults(struct control_call *call, struct datum *map)
{
    static const char *const of_container[] = {"portMappings", "environment", "mountPoints",
                                               "volumesFrom", "systemControls"};
    struct datum *containers = map->first;
    while (!bytes_eq(containers->name, BYTES_LIT("containerDefinitions")))
        containers = containers->next; /* no definition is registered without */
    for (struct datum *each = containers->first; each; each = each->next) {
        for (size_t i = 0; i < sizeof of_container / sizeof *of_container; i++)
            add_list(call, each, of_container[i]);
        if (!datum_get(each, "cpu"))
            datum_int(&call->maker, each, "cpu", 0);
        if (!datum_get(each, "essential"))
            datum_bool(&call->maker, each, "essential", true);
    }
    add_list(call, map, "volumes");
    add_list(call, map, "placementConstraints");
    add_list(call, map, "requiresAttributes");
}

static void write_definition(struct control_call *call, struct datum *result,
                             const struct definition *definition)
{
    struct datum *map = NULL;
    if (shape_json_parse(call->arena, definition->text, &map) != RC_OK) {
        call->maker.failed = true;
        return;
    }
    add_defaults(call, map);
    datum_string(&call->maker, map, "taskDefinitionArn", definition->arn);
    datum_int(&call->maker, map, "revision", definition->revision);
    datum_string(&call->maker, map, "status", definition->is_active ? "ACTIVE" : "INACTIVE");
    ecs_write_time(call, map, "registeredAt", definition->registered_ms);
    ecs_write_time(call, map, "deregisteredAt", definition->deregistered_ms);
    struct datum *kinds = datum_list(&call->maker, map, "compatibilities");
    datum_string(&call->maker, kinds, NULL, "EC2");
    datum_string(&call->maker, kinds, NULL, "FARGATE");
    datum_put(result, "taskDefinition", map);
}

static void answer(struct control_call *call, const struct definition *definition)
{
    struct datum *result = control_result(call);
    write_definition(call, result, definition);
    control_answer(call, result);
}

/* --- the actions --- */

void ecs_register_task_definition(void *context, struct control_call *call)
{
    const struct ecs *ecs = context;
    char error[ERROR_MAX];
    const struct definition *definition = definition_register(
        &ecs->cluster->definitions, call->input, clock_ms_epoch(), error, sizeof error);
    if (definition)
        answer(call, definition);
    else
        control_fail(call, 400, "ClientException", "%s", error);
}

void ecs_describe_task_definition(void *context, struct control_call *call)
{
    const struct ecs *ecs = context;
    struct bytes name;
    if (!input_text(call, call->input, "taskDefinition", true, &name))
        return;
    const struct definition *definition = definition_find(&ecs->cluster->definitions, name);
    if (definition)
        answer(call, definition);
    else
        control_fail(call, 400, "ClientException", "Unable to describe task definition.");
}

void ecs_deregister_task_definition(void *context, struct control_call *call)
{
    const struct ecs *ecs = context;
    struct bytes name;
    if (!input_text(call, call->input, "taskDefinition", true, &name))
        return;
    struct definition *definition =
        bytes_find(name, ':') < name.len ? definition_find(&ecs->cluster->definitions, name) : NULL;
    if (!definition) {
        control_fail(call, 400, "ClientException",
                     "The specified task definition does not exist. Specify a valid account, "
                     "family, revision and try again.");
        return;
    }
    if (definition->is_active)
        definition->deregistered_ms = clock_ms_epoch();
    definition->is_active = false;
    answer(call, definition);
}

/* --- lists --- */

static const char *const states[] = {"ACTIVE", "INACTIVE", NULL};
static const char *const orders[] = {"ASC", "DESC", NULL};

static bool is_listed(const struct definition *definition, struct bytes family, unsigned state)
{
    return definition->is_active == (state == 0) &&
           (family.len == 0 || bytes_eq(bytes_from_str(definition->family), family));
}

/* The one at `at` of `count`, in the order in which they came. */
static const struct definition *definition_at(const struct definitions *definitions,
                                              struct bytes family, unsigned state, size_t at)
{
    for (const struct definition *each = definitions->first; each; each = each->next)
        if (is_listed(each, family, state) && at-- == 0)
            return each;
    return NULL;
}

void ecs_list_task_definitions(void *context, struct control_call *call)
{
    const struct ecs *ecs = context;
    const struct definitions *definitions = &ecs->cluster->definitions;
    struct bytes family = {NULL, 0};
    struct input_page page;
    unsigned state = 0, order = 0;
    size_t count = 0;
    if (!input_text(call, call->input, "familyPrefix", false, &family) ||
        !input_choice(call, call->input, "status", states, &state) ||
        !input_choice(call, call->input, "sort", orders, &order))
        return;
    while (definition_at(definitions, family, state, count))
        count++;
    if (!input_page(call, "maxResults", ECS_PAGE_MAX, ECS_PAGE_MAX, "nextToken",
                    "InvalidParameterException", count, &page))
        return;
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "taskDefinitionArns");
    for (size_t i = page.from; i < page.to; i++)
        datum_string(&call->maker, list, NULL,
                     definition_at(definitions, family, state, order ? count - 1 - i : i)->arn);
    input_page_next(call, result, "nextToken", &page, count);
    control_answer(call, result);
}

void ecs_list_task_definition_families(void *context, struct control_call *call)
{
    const struct ecs *ecs = context;
    struct bytes prefix = {NULL, 0};
    if (!input_text(call, call->input, "familyPrefix", false, &prefix))
        return;
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "families");
    for (const struct definition *each = ecs->cluster->definitions.first; each; each = each->next)
        if (each->revision == 1 && bytes_starts_with(bytes_from_str(each->family), prefix))
            datum_string(&call->maker, list, NULL, each->family);
    control_answer(call, result);
}
