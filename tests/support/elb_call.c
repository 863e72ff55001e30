#include "tests/support/elb_call.h"

#include <criterion/criterion.h>

#include "runtime/control/door.h"
#include "runtime/control/elb.h"

struct elb_case elb_case;
static struct elb *elb;
static struct arena arena;

static bool find_function(void *context, struct bytes arn, struct alb_function *function)
{
    (void)context;
    *function = (struct alb_function){0};
    return bytes_eq(arn, BYTES_LIT(ELB_FUNCTION));
}

static struct alb_group *make_group(const char *name, enum alb_target_type type)
{
    struct alb_group *group = NULL;
    struct alb_group_options options = {
        .name = bytes_from_str(name), .type = type, .port = type == ALB_TARGET_IP ? 8080 : 0};
    cr_assert_eq(alb_group_create(elb_case.model, &options, &group, NULL), ALB_OK);
    return group;
}

void elb_case_init(void)
{
    struct alb_model_options options = {.name = "duet",
                                        .dns_name = "duet.local",
                                        .seed = 1,
                                        .certificate_arn = ELB_CERTIFICATE,
                                        .find_function = find_function};
    arena_init(&arena, 16 << 20);
    elb_case.model = alb_model_new(&options);
    cr_assert_not_null(elb_case.model);
    elb_case.a = make_group("a", ALB_TARGET_LAMBDA);
    elb_case.b = make_group("b", ALB_TARGET_IP);
    elb_case.c = make_group("c", ALB_TARGET_IP);
    struct alb_action action = {
        .type = ALB_FORWARD,
        .forward = {.shares = {{elb_case.a, 50}, {elb_case.b, 50}}, .count = 2}};
    cr_assert_eq(
        alb_listener_create(elb_case.model, 80, ALB_HTTP, &action, &elb_case.listener, NULL),
        ALB_OK);
    elb = elb_new(elb_case.model);
    cr_assert_not_null(elb);
}

void elb_case_release(void)
{
    elb_free(elb);
    alb_model_free(elb_case.model);
    arena_release(&arena);
}

static const char *meaning(char c)
{
    switch (c) {
    case 'L':
        return elb_case.listener->arn;
    case 'A':
        return elb_case.a->arn;
    case 'B':
        return elb_case.b->arn;
    case 'C':
        return elb_case.c->arn;
    case 'R':
        return elb_case.model->arn;
    default:
        return NULL;
    }
}

static void expand(struct buf *out, const char *text)
{
    for (; *text; text++) {
        const char *arn = *text == '$' ? meaning(text[1]) : NULL;
        if (arn) {
            buf_append(out, bytes_from_str(arn));
            text++;
        } else {
            buf_append_char(out, *text);
        }
    }
}

int elb_send(const char *action, const char *parameters)
{
    static const struct http_field fields[] = {
        {BYTES_INIT("Host"), BYTES_INIT("127.0.0.1:4566")},
        {BYTES_INIT("Authorization"),
         BYTES_INIT("AWS4-HMAC-SHA256 Credential=A/20261121/us-east-1/elasticloadbalancing/"
                    "aws4_request, SignedHeaders=host, Signature=00000000000000000000000000000000"
                    "00000000000000000000000000000000")}};
    struct buf form;
    struct http_response res;
    const struct control_service *service = elb_service(elb);
    arena_reset(&arena);
    buf_init(&form, 1 << 16);
    buf_printf(&form, "Action=%s&Version=2015-12-01&", action);
    expand(&form, parameters);
    cr_assert_not(form.failed);
    struct http_request req = {.method = HTTP_POST,
                               .path = BYTES_LIT("/"),
                               .fields = fields,
                               .field_count = 2,
                               .body = buf_bytes(&form),
                               .arena = &arena};
    struct control_call call = {.arena = &arena, .res = &res, .request_id = "id"};
    http_response_init(&res);
    door_call(&req, &service, 1, &call);
    cr_expect_not(res.is_out_of_memory);
    elb_case.status = res.status;
    elb_case.answer = res.body;
    buf_release(&form);
    return res.status;
}

bool elb_has(const char *text)
{
    struct buf wanted;
    buf_init(&wanted, 1 << 16);
    expand(&wanted, text);
    bool found = wanted.len == 0 ||
                 memmem(elb_case.answer.ptr, elb_case.answer.len, wanted.data, wanted.len) != NULL;
    buf_release(&wanted);
    return found;
}

const char *elb_element(const char *name)
{
    struct bytes open, text = {"", 0};
    cr_assert_eq(arena_printf(&arena, &open, "<%s>", name), RC_OK);
    const char *start = memmem(elb_case.answer.ptr, elb_case.answer.len, open.ptr, open.len);
    if (start) {
        struct bytes rest =
            bytes_skip(elb_case.answer, (size_t)(start - elb_case.answer.ptr) + open.len);
        cr_assert_eq(arena_dup(&arena, bytes_make(rest.ptr, bytes_find(rest, '<')), &text), RC_OK);
    }
    return text.ptr;
}
