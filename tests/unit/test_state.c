#include <criterion/criterion.h>
#include <stdio.h>

#include "runtime/alb/certificates.h"
#include "runtime/alb/state.h"
#include "runtime/alb/tag.h"

#define CERTIFICATES "arn:aws:acm:us-east-1:000000000000:certificate/"
#define FUNCTION_ARN "arn:aws:lambda:us-east-1:000000000000:function:f"

static bool has_function = true;
static struct buf text, again;
static struct alb_model *model, *fresh;
static struct alb_why why;

static bool find_function(void *context, struct bytes arn, struct alb_function *function)
{
    (void)context;
    *function = (struct alb_function){0};
    return has_function && bytes_eq(arn, BYTES_LIT(FUNCTION_ARN));
}

static struct alb_model *make_model(uint64_t seed)
{
    struct alb_model_options options = {.name = "test",
                                        .dns_name = "localhost",
                                        .seed = seed,
                                        .interval_min_s = 1,
                                        .certificate_arn = CERTIFICATES "c",
                                        .find_function = find_function};
    struct alb_model *made = alb_model_new(&options);
    cr_assert_not_null(made);
    return made;
}

static void setup(void)
{
    buf_init(&text, 1 << 20);
    buf_init(&again, 1 << 20);
    model = make_model(1);
    fresh = make_model(2);
}

static void teardown(void)
{
    alb_model_free(model);
    alb_model_free(fresh);
    buf_release(&text);
    buf_release(&again);
}

TestSuite(state, .init = setup, .fini = teardown);

static struct alb_group *add_group(const char *name, enum alb_target_type type)
{
    struct alb_group *group;
    struct alb_group_options made = {
        .name = bytes_from_str(name), .type = type, .port = type == ALB_TARGET_IP ? 8080 : 0};
    cr_assert_eq(alb_group_create(model, &made, &group, &why), ALB_OK, "%s", why.text);
    return group;
}

static void add_rules(struct alb_listener *listener, struct alb_group *group)
{
    struct alb_rule *rule;
    struct alb_condition conditions[2] = {
        {.field = ALB_PATH_PATTERN,
         .values = {{.text = "/a/*"}, {.text = "/\"b\"?"}},
         .value_count = 2},
        {.field = ALB_QUERY_STRING, .values = {{.key = "k", .text = "v"}}, .value_count = 1}};
    struct alb_action redirect = {.type = ALB_REDIRECT,
                                  .order = 1,
                                  .redirect = {.protocol = "HTTPS",
                                               .port = "443",
                                               .host = "#{host}",
                                               .path = "/#{path}",
                                               .query = "#{query}",
                                               .status = 301}};
    struct alb_action fixed = {
        .type = ALB_FIXED_RESPONSE,
        .order = 1,
        .fixed = {.status = 404, .content_type = "text/plain", .body = "no \"such\"\r\nthing"}};
    cr_assert_eq(alb_rule_create(listener, 20, conditions, 2, &redirect, &rule, &why), ALB_OK, "%s",
                 why.text);
    conditions[0] = (struct alb_condition){.field = ALB_HTTP_HEADER,
                                           .header_name = "X-Home",
                                           .values = {{.text = "x*"}},
                                           .value_count = 1};
    cr_assert_eq(alb_rule_create(listener, 10, conditions, 1, &fixed, &rule, &why), ALB_OK, "%s",
                 why.text);
    conditions[0] = (struct alb_condition){.field = ALB_HOST_HEADER,
                                           .values = {{.text = "^a.*z$"}},
                                           .value_count = 1,
                                           .is_regex = true};
    struct alb_transforms transforms = {
        .rewrites = {[ALB_HOST_REWRITE] = {"^a", "b"}, [ALB_URL_REWRITE] = {"^/(.*)", "/x/$1"}}};
    struct alb_transformer made;
    cr_assert_eq(alb_transformer_init(&made, &transforms, &why), ALB_OK, "%s", why.text);
    cr_assert_eq(alb_rule_create(listener, 30, conditions, 1, &fixed, &rule, &why), ALB_OK, "%s",
                 why.text);
    alb_rule_take_transforms(rule, &transforms, &made);
    (void)group;
}

static void fill(void)
{
    struct alb_pair_text pairs[] = {{BYTES_LIT("stickiness.enabled"), BYTES_LIT("true")},
                                    {BYTES_LIT("slow_start.duration_seconds"), BYTES_LIT("30")}};
    struct alb_pair_text idle = {BYTES_LIT("idle_timeout.timeout_seconds"), BYTES_LIT("7")};
    struct alb_group *ip = add_group("ip", ALB_TARGET_IP),
                     *lambda = add_group("fn", ALB_TARGET_LAMBDA);
    const struct bytes certificates[] = {BYTES_LIT(CERTIFICATES "a.localhost"),
                                         BYTES_LIT(CERTIFICATES "*.b.localhost")};
    struct alb_listener *listener;
    struct alb_target_owner owner = {.context = &owner};
    struct alb_action action = {
        .type = ALB_FORWARD,
        .forward = {
            .shares = {{ip, 90}, {lambda, 10}}, .count = 2, .is_sticky = true, .sticky_s = 60}};
    cr_assert_eq(alb_model_set_attributes(model, &idle, 1, &why), ALB_OK, "%s", why.text);
    cr_assert_eq(alb_group_set_attributes(ip, pairs, 2, &why), ALB_OK, "%s", why.text);
    cr_assert_eq(alb_listener_create(model, 8443, ALB_HTTPS, &action, &listener, &why), ALB_OK);
    (void)snprintf(listener->ssl_policy, sizeof listener->ssl_policy, "ELBSecurityPolicy-X");
    cr_assert_eq(alb_certificates_add(listener, certificates, 2, &why), ALB_OK, "%s", why.text);
    cr_assert(alb_tag_set(model, bytes_from_str(ip->arn), BYTES_LIT("k"), BYTES_LIT("v")));
    cr_assert(alb_tag_set(model, bytes_from_str(ip->arn), BYTES_LIT("l"), BYTES_LIT("w")));
    add_rules(listener, ip);
    cr_assert_eq(alb_target_register(ip, BYTES_LIT("10.0.0.1"), 81, NULL, NULL, &why), ALB_OK);
    cr_assert_eq(alb_target_register(ip, BYTES_LIT("10.0.0.2"), 82, &owner, NULL, &why), ALB_OK);
    cr_assert_eq(alb_target_register(lambda, BYTES_LIT(FUNCTION_ARN), 0, NULL, NULL, &why), ALB_OK);
    alb_state_print(model, &text);
    cr_assert_not(text.failed);
}

Test(state, all_of_a_model_comes_back)
{
    fill();
    cr_assert(alb_state_parse(fresh, buf_bytes(&text), &why), "%s", why.text);
    alb_state_print(fresh, &again);
    cr_expect(bytes_eq(buf_bytes(&text), buf_bytes(&again)), "%.*s\n%.*s",
              BYTES_ARG(buf_bytes(&text)), BYTES_ARG(buf_bytes(&again)));
    cr_expect_str_eq(fresh->arn, model->arn);
    cr_expect_eq(fresh->attributes.idle_timeout_s, 7);
    const struct alb_group *ip = fresh->groups;
    cr_expect_str_eq(ip->arn, model->groups->arn);
    cr_expect_eq(ip->attributes.slow_start_s, 30);
    cr_expect_eq(ip->attributes.is_sticky, 1);
    cr_expect(ip->is_used);
    cr_expect_eq(fresh->listeners->protocol, ALB_HTTPS);
    cr_expect_str_eq(fresh->listeners->ssl_policy, "ELBSecurityPolicy-X");
    cr_expect_str_eq(fresh->listeners->certificates->next->arn, CERTIFICATES "*.b.localhost");
    cr_assert_not_null(fresh->tags);
    cr_expect_str_eq(fresh->tags->arn, ip->arn);
    const struct alb_rule *rule = fresh->listeners->rules;
    cr_expect_eq(rule->priority, 10);
    cr_expect_eq(rule->next->priority, 20);
    const struct alb_rule *third = rule->next->next;
    cr_expect_eq(third->priority, 30);
    cr_expect(third->conditions[0].is_regex);
    cr_expect_not_null(third->regexes[0]);
    cr_expect_str_eq(third->transforms.rewrites[ALB_URL_REWRITE].replace, "/x/$1");
    cr_expect_not_null(third->transformer.regexes[ALB_HOST_REWRITE]);
    cr_expect_str_eq(rule->arn, model->listeners->rules->arn);
    const struct alb_action *action = &alb_listener_default(fresh->listeners)->action;
    cr_expect_eq(action->forward.shares[0].weight, 90);
    cr_expect_eq(action->forward.shares[0].group, ip);
    cr_expect(action->forward.is_sticky);
}

Test(state, a_target_with_an_owner_is_not_kept)
{
    fill();
    cr_assert(alb_state_parse(fresh, buf_bytes(&text), &why), "%s", why.text);
    cr_expect_str_eq(fresh->groups->targets->id, "10.0.0.1");
    cr_expect_eq(fresh->groups->targets->port, 81);
    cr_expect_null(fresh->groups->targets->next);
    cr_expect_str_eq(fresh->groups->next->targets->id, FUNCTION_ARN);
}

Test(state, a_function_that_is_gone_is_named)
{
    fill();
    has_function = false;
    cr_expect_not(alb_state_parse(fresh, buf_bytes(&text), &why));
    cr_expect_neq(why.text[0], '\0');
}

/* Replaces the first `from` of the text. */
static struct bytes with(struct arena *arena, const char *from, const char *to)
{
    struct bytes copy, out;
    cr_assert_eq(arena_dup(arena, buf_bytes(&text), &copy), RC_OK);
    const char *at = strstr(copy.ptr, from);
    cr_assert_not_null(at, "%s", from);
    cr_assert_eq(arena_printf(arena, &out, "%.*s%s%s", (int)(at - copy.ptr), copy.ptr, to,
                              at + strlen(from)),
                 RC_OK);
    return out;
}

struct bad_row {
    const char *from, *to, *says;
};

static const struct bad_row bad_rows[] = {
    {"\"version\":1", "\"version\":2", "version 2 is unknown"},
    {"\"version\":1", "\"edition\":1", "'version' is missing"},
    {"{\"version\"", "[\"version\"", "line 1, column"},
    {"\"targetGroups\"", "\"groups\"", "'targetGroups' is missing"},
    {"\"intervalSeconds\":30", "\"intervalSeconds\":-1", "'intervalSeconds'"},
    {"\"intervalSeconds\":30", "\"intervalSeconds\":3.5", "'intervalSeconds'"},
    {"\"intervalSeconds\":30", "\"intervalSeconds\":3000", "interval"},
    {"\"matcher\":\"200\"", "\"matcher\":7", "'matcher' is no text"},
    {"\"id\":\"10.0.0.1\"", "\"id\":\"nowhere\"", "nowhere"},
    {"\"weight\":90", "\"weight\":1000", "'weight'"},
    {"\"stickiness.enabled\"", "\"stickiness.enable\"", "stickiness.enable"},
    {"\"priority\":0", "\"priority\":5", "'rules' have no default"},
    {"\"conditions\":[{", "\"conditions\":[{\"field\":9,", "'field'"},
};

Test(state, what_is_wrong_is_named_and_never_passed_over)
{
    struct arena arena;
    arena_init(&arena, 1 << 24);
    fill();
    for (size_t i = 0; i < sizeof bad_rows / sizeof *bad_rows; i++) {
        const struct bad_row *row = &bad_rows[i];
        struct alb_model *other = make_model(3);
        cr_expect_not(alb_state_parse(other, with(&arena, row->from, row->to), &why), "%s",
                      row->to);
        cr_expect_not_null(strstr(why.text, row->says), "%s: %s", row->to, why.text);
        alb_model_free(other);
    }
    arena_release(&arena);
}

Test(state, no_beginning_of_the_text_is_taken)
{
    fill();
    for (size_t len = 0; len + 1 < text.len; len++) {
        struct alb_model *other = make_model(3);
        cr_expect_not(alb_state_parse(other, bytes_make(text.data, len), &why), "%zu", len);
        alb_model_free(other);
    }
}
