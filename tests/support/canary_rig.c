#include "tests/support/canary_rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "pipeline/canary/state.h"
#include "tests/support/aws_env.h"

enum { FORM_MAX = 4096 };

bool canary_rig_start_moto(struct program *moto, const char *claim)
{
    const char *argv[] = {"./tests/support/python_venv.sh", "tests/support/moto/requirements.txt",
                          "tests/support/moto/serve.py", NULL};
    const char *ci = getenv("CI");
    program_start(moto, argv, NULL);
    for (int i = 0; i < 9 && !(moto->out.len && strstr(moto->out.data, "missing: ")); i++)
        if (program_wait_for(moto, "listening on "))
            return true;
    cr_assert(!ci || strcmp(ci, "true") != 0, "moto: %s", moto->out.data);
    (void)printf("skip %s: %s", claim, moto->out.len ? moto->out.data : "it is silent\n");
    (void)fflush(stdout);
    return false;
}

void canary_rig_init(struct canary_rig *rig, unsigned port)
{
    (void)snprintf(rig->endpoint, sizeof rig->endpoint, "http://127.0.0.1:%u", port);
    aws_env_set_example();
    aws_env_set("AWS_ENDPOINT_URL", rig->endpoint);
    api_init(&rig->api, aws_env_lookup);
    tempdir_init(&rig->folder);
}

void canary_rig_release(struct canary_rig *rig)
{
    api_release(&rig->api);
    tempdir_release(&rig->folder);
    aws_env_clear();
}

const struct xml_node *canary_rig_query(struct canary_rig *rig, enum api_service service,
                                        const char *form)
{
    const struct xml_node *root = NULL;
    char why[CANARY_WHY_MAX] = "";
    api_begin(&rig->api);
    enum rc rc = api_query(&rig->api, service, bytes_from_str(form), &root, why);
    cr_assert_eq(rc, RC_OK, "%s: %s", form, why);
    return root;
}

const struct xml_node *canary_rig_query_other(struct canary_rig *rig, const char *service,
                                              const char *form)
{
    static const struct aws_field fields[] = {
        {BYTES_INIT("Content-Type"), BYTES_INIT("application/x-www-form-urlencoded")}};
    const struct aws_request request = {.method = BYTES_LIT("POST"),
                                        .path = BYTES_LIT("/"),
                                        .fields = fields,
                                        .field_count = 1,
                                        .body = bytes_from_str(form)};
    struct aws_response response;
    struct xml_node *root;
    struct aws_client *client = aws_env_client(service);
    cr_assert_eq(aws_call(client, &request, 0, &rig->api.arena, &response), RC_OK, "%s", form);
    aws_client_free(client);
    cr_assert_eq(xml_tree_parse(&rig->api.arena, response.body, &root), RC_OK, "%.*s",
                 BYTES_ARG(response.body));
    return root;
}

const char *canary_rig_group(struct canary_rig *rig, const char *name)
{
    char form[FORM_MAX];
    struct bytes arn;
    (void)snprintf(form, sizeof form,
                   "Action=DescribeTargetGroups&Version=2015-12-01&Names.member.1=%s", name);
    const struct xml_node *root = canary_rig_query(rig, API_ELB, form);
    cr_assert_eq(arena_dup(&rig->api.arena,
                           xml_tree_text(root, "DescribeTargetGroupsResult/TargetGroups/member/"
                                               "TargetGroupArn"),
                           &arn),
                 RC_OK);
    cr_assert(arn.len, "no group %s", name);
    return arn.ptr;
}

/* Of the load balancer "duet-local", the rule of production. */
static const struct xml_node *find_rule(struct canary_rig *rig)
{
    char form[FORM_MAX];
    const struct xml_node *root = canary_rig_query(
        rig, API_ELB, "Action=DescribeLoadBalancers&Version=2015-12-01&Names.member.1=duet-local");
    (void)snprintf(form, sizeof form,
                   "Action=DescribeListeners&Version=2015-12-01&LoadBalancerArn=%.*s",
                   BYTES_ARG(xml_tree_text(
                       root, "DescribeLoadBalancersResult/LoadBalancers/member/LoadBalancerArn")));
    root = canary_rig_query(rig, API_ELB, form);
    (void)snprintf(
        form, sizeof form, "Action=DescribeRules&Version=2015-12-01&ListenerArn=%.*s",
        BYTES_ARG(xml_tree_text(root, "DescribeListenersResult/Listeners/member/ListenerArn")));
    root = canary_rig_query(rig, API_ELB, form);
    const struct xml_node *rule = xml_tree_find(root, "DescribeRulesResult/Rules/member");
    while (rule && !bytes_eq(xml_tree_text(rule, "Priority"), BYTES_LIT("40000")))
        rule = xml_tree_next(rule);
    cr_assert_not_null(rule, "the rig has no rule of production");
    return rule;
}

static const char forward_path[] = "Actions/member/ForwardConfig";

static const struct xml_node *first_group(const struct xml_node *rule)
{
    return xml_tree_find(xml_tree_find(rule, forward_path), "TargetGroups/member");
}

unsigned canary_rig_share(struct canary_rig *rig, const char *group)
{
    char arn[256];
    uint64_t sum = 0, own = 0, weight;
    (void)snprintf(arn, sizeof arn, "%s", canary_rig_group(rig, group));
    const struct xml_node *tuple = first_group(find_rule(rig));
    for (; tuple; tuple = xml_tree_next(tuple)) {
        cr_assert(bytes_to_u64(xml_tree_text(tuple, "Weight"), 999, &weight));
        sum += weight;
        if (bytes_eq(xml_tree_text(tuple, "TargetGroupArn"), bytes_from_str(arn)))
            own = weight;
    }
    cr_assert_gt(sum, 0u);
    return (unsigned)((own * 1000 + sum / 2) / sum);
}

bool canary_rig_is_sticky(struct canary_rig *rig)
{
    const struct xml_node *config =
        xml_tree_find(xml_tree_find(find_rule(rig), forward_path), "TargetGroupStickinessConfig");
    return bytes_eq(xml_tree_text(config, "Enabled"), BYTES_LIT("true"));
}

void canary_rig_make_sticky(struct canary_rig *rig)
{
    const struct xml_node *rule = find_rule(rig), *tuple = first_group(rule);
    struct buf form;
    buf_init(&form, FORM_MAX);
    buf_printf(&form,
               "Action=ModifyRule&Version=2015-12-01&RuleArn=%.*s&Actions.member.1.Type=forward"
               "&Actions.member.1.ForwardConfig.TargetGroupStickinessConfig.Enabled=true"
               "&Actions.member.1.ForwardConfig.TargetGroupStickinessConfig.DurationSeconds=3600",
               BYTES_ARG(xml_tree_text(rule, "RuleArn")));
    for (unsigned i = 1; tuple; tuple = xml_tree_next(tuple), i++)
        buf_printf(&form,
                   "&Actions.member.1.ForwardConfig.TargetGroups.member.%u.TargetGroupArn=%.*s"
                   "&Actions.member.1.ForwardConfig.TargetGroups.member.%u.Weight=%.*s",
                   i, BYTES_ARG(xml_tree_text(tuple, "TargetGroupArn")), i,
                   BYTES_ARG(xml_tree_text(tuple, "Weight")));
    cr_assert(!form.failed);
    buf_append_char(&form, '\0');
    (void)canary_rig_query(rig, API_ELB, form.data);
    buf_release(&form);
}

unsigned canary_rig_tasks(struct canary_rig *rig, const char *service)
{
    char body[256], why[CANARY_WHY_MAX] = "";
    const cJSON *root;
    (void)snprintf(body, sizeof body, "{\"cluster\":\"duet-local\",\"services\":[\"%s\"]}",
                   service);
    api_begin(&rig->api);
    cr_assert_eq(api_json(&rig->api, API_ECS, "AmazonEC2ContainerServiceV20141113.DescribeServices",
                          bytes_from_str(body), false, &root, why),
                 RC_OK, "%s", why);
    const cJSON *count = cJSON_GetObjectItemCaseSensitive(
        cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(root, "services"), 0), "desiredCount");
    cr_assert(cJSON_IsNumber(count), "no service %s", service);
    return (unsigned)count->valuedouble;
}

void canary_rig_target(struct canary_rig *rig, const char *action, const char *group, unsigned port)
{
    char form[FORM_MAX];
    (void)snprintf(form, sizeof form,
                   "Action=%s&Version=2015-12-01&TargetGroupArn=%s&Targets.member.1.Id=127.0.0.1"
                   "&Targets.member.1.Port=%u",
                   action, canary_rig_group(rig, group), port);
    (void)canary_rig_query(rig, API_ELB, form);
}

void canary_rig_plan(struct canary_rig *rig, const char *text)
{
    tempdir_write(tempdir_join(&rig->folder, "", "plan.json", rig->plan), text);
}

void canary_rig_command(struct canary_rig *rig, struct program *program, const char *tool,
                        const char *command, const char *option)
{
    char endpoint[128];
    const char *argv[] = {"duet", tool, command, rig->plan, option, NULL};
    const char *env[] = {endpoint,
                         "AWS_REGION=eu-west-1",
                         "AWS_ACCESS_KEY_ID=AKIDEXAMPLE",
                         "AWS_SECRET_ACCESS_KEY=example",
                         "DUET_PIN_SECRET=open-sesame-open-sesame",
                         NULL};
    (void)snprintf(endpoint, sizeof endpoint, "AWS_ENDPOINT_URL=%s", rig->endpoint);
    program_start(program, argv, env);
}

void canary_rig_start(struct canary_rig *rig, struct program *program, const char *command,
                      const char *option)
{
    canary_rig_command(rig, program, "canary", command, option);
}

int canary_rig_run(struct canary_rig *rig, const char *command, const char *option)
{
    struct program program;
    canary_rig_start(rig, &program, command, option);
    int status = program_wait(&program);
    (void)printf("%s", program.out.len ? program.out.data : "");
    program_release(&program);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
