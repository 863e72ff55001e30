#include <criterion/criterion.h>

#include <stdio.h>
#include <stdlib.h>

#include "runtime/core/base64.h"
#include "runtime/core/limits.h"
#include "runtime/lambda/alb_codec.h"

/* The maxima of a request, where the server home has them too: just at one, and just over it. */

static struct arena arena;
static struct http_request req;
static struct alb_context context;
static const char *fault;

static void setup(void)
{
    arena_init(&arena, LIMIT_REQUEST_ARENA_BYTES);
}

static void teardown(void)
{
    arena_release(&arena);
}

TestSuite(alb_limits, .init = setup, .fini = teardown);

static enum rc decode_printf(const char *format, ...) PRINTF_LIKE(1, 2);

static enum rc decode_printf(const char *format, ...)
{
    struct bytes event;
    va_list args;
    va_start(args, format);
    cr_assert_eq(arena_vprintf(&arena, &event, format, args), RC_OK);
    va_end(args);
    return alb_decode(event, &arena, &req, &context, &fault);
}

#define EVENT(members) \
    "{\"requestContext\":{\"elb\":{}},\"multiValueHeaders\":{},\"httpMethod\":\"POST\"," members "}"

static char *filled(size_t len)
{
    char *text = malloc(len + 1);
    cr_assert_not_null(text);
    memset(text, 'A', len);
    text[len] = '\0';
    return text;
}

Test(alb_limits, bodies_at_the_limit_pass_and_over_it_are_told)
{
    size_t over = LIMIT_BODY_BYTES + 1;
    char *text = filled(over);
    cr_expect_eq(decode_printf(EVENT("\"path\":\"/\",\"body\":\"%s\""), text + 1), RC_OK);
    cr_expect_eq(req.body.len, (size_t)LIMIT_BODY_BYTES);
    cr_expect_eq(decode_printf(EVENT("\"path\":\"/\",\"body\":\"%s\""), text), RC_BODY_LIMIT);
    cr_expect(context.is_multi_value);
    char *encoded = filled(base64_encoded_len(over));
    base64_encode(bytes_make(text, LIMIT_BODY_BYTES), encoded);
    encoded[base64_encoded_len(LIMIT_BODY_BYTES)] = '\0';
    cr_expect_eq(
        decode_printf(EVENT("\"path\":\"/\",\"isBase64Encoded\":true,\"body\":\"%s\""), encoded),
        RC_OK);
    cr_expect_eq(req.body.len, (size_t)LIMIT_BODY_BYTES);
    base64_encode(bytes_make(text, over), encoded);
    cr_expect_eq(
        decode_printf(EVENT("\"path\":\"/\",\"isBase64Encoded\":true,\"body\":\"%s\""), encoded),
        RC_BODY_LIMIT);
    free(text);
    free(encoded);
}

/* "POST /... HTTP/1.1" */
Test(alb_limits, the_request_line_has_the_servers_limit)
{
    size_t room = LIMIT_REQUEST_LINE_BYTES - strlen("POST / HTTP/1.1");
    char *text = filled(room + 1);
    cr_expect_eq(decode_printf(EVENT("\"path\":\"/%s\""), text + 1), RC_OK);
    cr_expect_eq(decode_printf(EVENT("\"path\":\"/%s\""), text), RC_URI_LIMIT);
    text[room - 1] = '\0'; /* leaves room for "?" and "=" */
    cr_expect_eq(
        decode_printf(EVENT("\"path\":\"/\",\"queryStringParameters\":{\"%s\":\"\"}"), text + 1),
        RC_OK);
    cr_expect_eq(
        decode_printf(EVENT("\"path\":\"/\",\"queryStringParameters\":{\"%s\":\"\"}"), text),
        RC_URI_LIMIT);
    free(text);
}

#define HEADERS_EVENT(members)                                                                     \
    "{\"requestContext\":{\"elb\":{}},\"httpMethod\":\"GET\",\"path\":\"/\",\"headers\":{" members \
    "}}"

Test(alb_limits, fields_have_the_servers_limits)
{
    char *text = filled(LIMIT_FIELD_BYTES - strlen("a: ") + 1);
    cr_expect_eq(decode_printf(HEADERS_EVENT("\"a\":\"%s\""), text + 1), RC_OK);
    cr_expect_eq(decode_printf(HEADERS_EVENT("\"a\":\"%s\""), text), RC_HEAD_LIMIT);
    const char *big = text + 1; /* four such lines are the limit of the head by themselves */
    cr_expect_eq(
        decode_printf(HEADERS_EVENT("\"a\":\"%s\",\"b\":\"%s\",\"c\":\"%s\""), big, big, big),
        RC_OK);
    cr_expect_eq(decode_printf(HEADERS_EVENT("\"a\":\"%s\",\"b\":\"%s\",\"c\":\"%s\",\"d\":\"%s\""),
                               big, big, big, big),
                 RC_HEAD_LIMIT);
    free(text);
}

Test(alb_limits, fields_may_be_as_many_as_the_server_takes)
{
    char names[LIMIT_FIELD_COUNT * 16];
    size_t len = 0;
    for (int i = 0; i < LIMIT_FIELD_COUNT; i++)
        len += (size_t)snprintf(names + len, sizeof names - len, "%s\"h%d\":\"\"", i ? "," : "", i);
    cr_expect_eq(decode_printf(HEADERS_EVENT("%s"), names), RC_OK);
    cr_expect_eq(req.field_count, (size_t)LIMIT_FIELD_COUNT);
    cr_expect_eq(decode_printf(HEADERS_EVENT("%s,\"x\":\"\""), names), RC_HEAD_LIMIT);
}
