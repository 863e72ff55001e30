#include <criterion/criterion.h>

#include "runtime/alb/binding.h"
#include "runtime/alb/model.h"

static struct alb_model *model;
static struct alb_group *groups[2];
static struct alb_action action;
static struct sticky_key key;
static struct arena arena;
static struct http_response res;
static const char *reason;
static const int64_t now_ms = 1700000000000;

static void setup(void)
{
    struct alb_model_options options = {.name = "test", .dns_name = "localhost", .seed = 1};
    arena_init(&arena, 1 << 20);
    http_response_init(&res);
    cr_assert_eq(sticky_key_make(&key), RC_OK);
    model = alb_model_new(&options);
    for (size_t i = 0; i < 2; i++) {
        struct alb_group_options made = {.name = i ? BYTES_LIT("b") : BYTES_LIT("a"), .port = 80};
        cr_assert_eq(alb_group_create(model, &made, &groups[i], NULL), ALB_OK);
    }
    action = (struct alb_action){.type = ALB_FORWARD,
                                 .forward = {.shares = {{groups[0], 100}, {groups[1], 0}},
                                             .count = 2,
                                             .is_sticky = true,
                                             .sticky_s = 60}};
}

static void teardown(void)
{
    alb_model_free(model);
    arena_release(&arena);
}

TestSuite(binding, .init = setup, .fini = teardown);

static void make_sticky(const char *type, const char *algorithm)
{
    struct alb_pair_text pairs[] = {
        {BYTES_LIT("stickiness.enabled"), BYTES_LIT("true")},
        {BYTES_LIT("stickiness.type"), bytes_from_str(type)},
        {BYTES_LIT("stickiness.lb_cookie.duration_seconds"), BYTES_LIT("30")},
        {BYTES_LIT("load_balancing.algorithm.type"), bytes_from_str(algorithm)}};
    cr_assert_eq(alb_group_set_attributes(groups[1], pairs, 4, NULL), ALB_OK);
}

/* A request with the cookies of the answer, as a client sends them back. */
static struct http_request come_back(void)
{
    struct http_field *fields = arena_zalloc(&arena, res.field_count * sizeof *fields);
    for (size_t i = 0; i < res.field_count; i++) {
        struct bytes value = res.fields[i].value;
        fields[i] =
            (struct http_field){BYTES_LIT("cookie"), bytes_make(value.ptr, bytes_find(value, ';'))};
    }
    return (struct http_request){.fields = fields, .field_count = res.field_count};
}

Test(binding, a_client_comes_back_to_its_group_whatever_the_weights)
{
    binding_answer(&key, groups[1], 60, "", now_ms, &res, &arena);
    cr_expect_eq(res.field_count, 2);
    struct http_request req = come_back();
    cr_expect_eq(binding_group(&key, &action, &req, now_ms + 59000, &reason), 1);
    cr_expect_eq(binding_group(&key, &action, &req, now_ms + 60000, &reason), -1);
    cr_expect_null(reason);
}

Test(binding, a_group_that_the_rule_names_no_more_is_none)
{
    binding_answer(&key, groups[1], 60, "", now_ms, &res, &arena);
    struct http_request req = come_back();
    action.forward.count = 1;
    cr_expect_eq(binding_group(&key, &action, &req, now_ms, &reason), -1);
    cr_expect_null(reason);
}

Test(binding, a_cookie_is_not_looked_at_where_nobody_asked_for_it)
{
    binding_answer(&key, groups[1], 60, "127.0.0.1:80", now_ms, &res, &arena);
    cr_expect_eq(res.field_count, 2, "the group binds no targets");
    struct http_request req = come_back();
    action.forward.is_sticky = false;
    cr_expect_eq(binding_group(&key, &action, &req, now_ms, &reason), -1);
    action.type = ALB_REDIRECT;
    cr_expect_eq(binding_group(&key, &action, &req, now_ms, &reason), -1);
}

Test(binding, a_cookie_that_is_not_ours_is_told)
{
    struct http_field field = {BYTES_LIT("cookie"), BYTES_LIT("AWSALBTG=abc%2B")};
    struct http_request req = {.fields = &field, .field_count = 1};
    cr_expect_eq(binding_group(&key, &action, &req, now_ms, &reason), -1);
    cr_expect_str_eq(reason, "AWSALBTGCookieInvalid");
}

Test(binding, a_client_comes_back_to_its_target_for_the_groups_duration)
{
    char name[PICK_NAME_MAX];
    make_sticky("lb_cookie", "round_robin");
    binding_answer(&key, groups[1], 0, "127.0.0.1:8080", now_ms, &res, &arena);
    cr_expect_eq(res.field_count, 2);
    struct http_request req = come_back();
    binding_target(&key, groups[1], &req, now_ms + 29000, name);
    cr_expect_str_eq(name, "127.0.0.1:8080");
    binding_target(&key, groups[1], &req, now_ms + 30000, name);
    cr_expect_str_eq(name, "");
    binding_target(&key, groups[0], &req, now_ms, name);
    cr_expect_str_eq(name, "", "another group's");
}

Test(binding, both_bind_at_once)
{
    char name[PICK_NAME_MAX];
    make_sticky("lb_cookie", "round_robin");
    binding_answer(&key, groups[1], 60, "127.0.0.1:8080", now_ms, &res, &arena);
    cr_expect_eq(res.field_count, 4);
    struct http_request req = come_back();
    cr_expect_eq(binding_group(&key, &action, &req, now_ms, &reason), 1);
    binding_target(&key, groups[1], &req, now_ms, name);
    cr_expect_str_eq(name, "127.0.0.1:8080");
}

Test(binding, only_lb_cookie_binds_to_targets)
{
    make_sticky("app_cookie", "round_robin");
    binding_answer(&key, groups[1], 0, "127.0.0.1:8080", now_ms, &res, &arena);
    cr_expect_eq(res.field_count, 0);
    make_sticky("lb_cookie", "weighted_random");
    binding_answer(&key, groups[1], 0, "127.0.0.1:8080", now_ms, &res, &arena);
    cr_expect_eq(res.field_count, 0);
}

/* --- the application's own cookie --- */

static void make_app_sticky(void)
{
    struct alb_pair_text pairs[] = {
        {BYTES_LIT("stickiness.app_cookie.cookie_name"), BYTES_LIT("session")},
        {BYTES_LIT("stickiness.app_cookie.duration_seconds"), BYTES_LIT("20")}};
    make_sticky("app_cookie", "round_robin");
    cr_assert_eq(alb_group_set_attributes(groups[1], pairs, 2, NULL), ALB_OK);
}

Test(binding, the_applications_cookie_has_a_name_that_is_not_the_load_balancers)
{
    static const char *const bad[] = {"AWSALB", "AWSALBAPP-0", "AWSALBTG", "a b", "a=b", "a;b"};
    struct alb_pair_text pair = {BYTES_LIT("stickiness.app_cookie.cookie_name"), {NULL, 0}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pair.value = bytes_from_str(bad[i]);
        cr_expect_eq(alb_group_set_attributes(groups[1], &pair, 1, NULL), ALB_E_VALIDATION_ERROR,
                     "%s", bad[i]);
    }
    pair.value = BYTES_LIT("");
    cr_expect_eq(alb_group_set_attributes(groups[1], &pair, 1, NULL), ALB_OK);
}

static void set_cookie(const char *text)
{
    http_response_add(&res, &arena, BYTES_LIT("Set-Cookie"), bytes_from_str(text));
}

Test(binding, a_cookie_of_the_applications_own_binds_to_the_target_that_set_it)
{
    char name[PICK_NAME_MAX] = "";
    static const char attributes[] = "; Path=/app; HttpOnly";
    make_app_sticky();
    set_cookie("other=1; Path=/");
    set_cookie("session=abc; Path=/app; HttpOnly");
    binding_app_answer(&key, groups[1], "127.0.0.1:8080", now_ms, &res, &arena);
    cr_assert_eq(res.field_count, 3);
    struct bytes own = res.fields[2].value;
    cr_expect(bytes_starts_with(own, BYTES_LIT("AWSALBAPP-0=")));
    cr_expect(bytes_eq(bytes_skip(own, own.len - strlen(attributes)), bytes_from_str(attributes)));
    struct http_request req = come_back();
    binding_app_target(&key, groups[1], &req, now_ms + 19000, name);
    cr_expect_str_eq(name, "127.0.0.1:8080");
    name[0] = '\0';
    binding_app_target(&key, groups[1], &req, now_ms + 20000, name);
    cr_expect_str_eq(name, "", "its time is over");
    binding_app_target(&key, groups[0], &req, now_ms, name);
    cr_expect_str_eq(name, "", "it is another group's");
}

Test(binding, without_the_applications_cookie_nobody_is_bound)
{
    make_app_sticky();
    set_cookie("sessions=abc");
    set_cookie("session");
    binding_app_answer(&key, groups[1], "127.0.0.1:8080", now_ms, &res, &arena);
    cr_expect_eq(res.field_count, 2);
    set_cookie("session=abc");
    make_sticky("lb_cookie", "round_robin");
    binding_app_answer(&key, groups[1], "127.0.0.1:8080", now_ms, &res, &arena);
    cr_expect_eq(res.field_count, 3, "the group asks for the other kind");
    make_app_sticky();
    binding_app_answer(&key, groups[1], "127.0.0.1:8080", now_ms, &res, &arena);
    cr_expect_eq(res.field_count, 4);
}
