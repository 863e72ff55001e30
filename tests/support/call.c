#include "tests/support/call.h"

#include <criterion/criterion.h>

#include "handlers/app_definition.h"
#include "runtime/core/limits.h"
#include "runtime/core/log.h"
#include "runtime/store/store.h"

void call_home_init(struct call_home *home, enum home kind, const char *store_url)
{
    char error[512] = "";
    *home = (struct call_home){.config = {.home = kind}};
    log_set_fd(-1);
    cr_assert(app_init(&home->app, &app_definition, &home->config, error, sizeof error), "%s",
              error);
    if (!store_url)
        return;
    home->store = store_open(store_url, error, sizeof error);
    cr_assert_not_null(home->store, "%s", error);
    app_set_store(&home->app, home->store, store_is_blocking(home->store));
}

void call_home_release(struct call_home *home)
{
    store_close(home->store);
    home->store = NULL;
}

void call_init(struct call *call)
{
    *call = (struct call){.req = {.method = HTTP_GET}};
    arena_init(&call->arena, LIMIT_REQUEST_ARENA_BYTES);
}

void call_release(struct call *call)
{
    arena_release(&call->arena);
}

int call_send(struct call *call, struct call_home *home, const char *method, const char *target,
              struct bytes body)
{
    struct bytes text = bytes_from_str(target);
    size_t question = bytes_find(text, '?');
    arena_reset(&call->arena);
    call->req = (struct http_request){
        .method = http_method_parse(bytes_from_str(method)),
        .method_text = bytes_from_str(method),
        .path = bytes_make(target, question),
        .query = bytes_skip(text, question < text.len ? question + 1 : question),
        .fields = call->req.fields,
        .field_count = call->req.field_count,
        .body = body,
        .deadline_ms = call->req.deadline_ms,
        .arena = &call->arena,
    };
    cr_assert_eq(app_handle(&home->app, &call->req, &call->res, APP_MAY_WAIT), RC_OK);
    return call->res.status;
}

int call_get(struct call *call, struct call_home *home, const char *target)
{
    return call_send(call, home, "GET", target, bytes_make(NULL, 0));
}

static const char *as_text(struct call *call, struct bytes view)
{
    struct bytes copy;
    cr_assert_eq(arena_dup(&call->arena, view, &copy), RC_OK);
    return copy.ptr;
}

const char *call_field(struct call *call, const char *name)
{
    const struct bytes *value = http_response_header(&call->res, name);
    return value ? as_text(call, *value) : "";
}

const char *call_body(struct call *call)
{
    return as_text(call, call->res.body);
}

bool call_body_has(struct call *call, const char *text)
{
    return strstr(call_body(call), text) != NULL;
}

void call_set_deadline(struct call *call, int64_t deadline_ms)
{
    call->req.deadline_ms = deadline_ms;
}

void call_set_fields(struct call *call, const struct http_field *fields, size_t count)
{
    call->req.fields = fields;
    call->req.field_count = count;
}
