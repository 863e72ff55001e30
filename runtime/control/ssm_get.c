#include <openssl/evp.h>

#include "runtime/control/ssm_internal.h"
#include "runtime/core/base64.h"

/* --- shapes --- */

void ssm_write_arn(const struct ssm *ssm, struct control_call *call, struct datum *map,
                   const struct parameter *parameter)
{
    struct bytes arn = {NULL, 0};
    if (arena_printf(call->arena, &arn, "arn:aws:ssm:%s:%s:parameter%s%.*s", ssm->options.region,
                     ssm->options.account, parameter->name.ptr[0] == '/' ? "" : "/",
                     BYTES_ARG(parameter->name)) != RC_OK)
        call->maker.failed = true;
    datum_text(&call->maker, map, "ARN", arn);
}

/* What stands for a secret that nobody asked to see: the same for the same value, and no way back.
 */
static void write_sealed(const struct ssm *ssm, struct control_call *call, struct datum *map,
                         struct bytes value)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int len = 0;
    struct bytes salted = {NULL, 0};
    struct bytes salt = bytes_make((const char *)ssm->salt, sizeof ssm->salt);
    char *text = arena_alloc(call->arena, base64_encoded_len(sizeof digest));
    if (!text || arena_join(call->arena, salt, value, bytes_make(NULL, 0), &salted) != RC_OK ||
        EVP_Digest(salted.ptr, salted.len, digest, &len, EVP_sha512(), NULL) != 1) {
        call->maker.failed = true;
        return;
    }
    base64_encode(bytes_make((const char *)digest, len), text);
    datum_text(&call->maker, map, "Value", bytes_make(text, base64_encoded_len(len)));
}

void ssm_write_version(const struct ssm *ssm, struct control_call *call, struct datum *map,
                       const struct ssm_found *found, bool is_decrypted)
{
    const struct parameter *parameter = found->parameter;
    const struct parameter_version *version = found->version;
    datum_text(&call->maker, map, "Name", parameter->name);
    datum_string(&call->maker, map, "Type", parameter_types[parameter->type]);
    if (parameter->type == PARAMETER_SECURE && !is_decrypted)
        write_sealed(ssm, call, map, version->value);
    else
        datum_text(&call->maker, map, "Value", version->value);
    datum_int(&call->maker, map, "Version", version->number);
    if (found->selector.len)
        datum_text(&call->maker, map, "Selector", found->selector);
    datum_time(&call->maker, map, "LastModifiedDate", (double)version->modified_ms / 1000);
    datum_string(&call->maker, map, "DataType", "text");
}

static void write_found(const struct ssm *ssm, struct control_call *call, struct datum *map,
                        const struct ssm_found *found, bool is_decrypted)
{
    ssm_write_version(ssm, call, map, found, is_decrypted);
    ssm_write_arn(ssm, call, map, found->parameter);
}

/* --- GetParameter, GetParameters --- */

void ssm_get_parameter(void *context, struct control_call *call)
{
    const struct ssm *ssm = context;
    struct ssm_found found;
    struct bytes name;
    bool is_decrypted = false;
    if (!input_text(call, call->input, "Name", true, &name) ||
        !input_flag(call, call->input, "WithDecryption", &is_decrypted))
        return;
    enum rc rc = ssm_find(ssm, name, &found);
    if (rc == RC_NOT_FOUND) {
        ssm_fail_missing(call, name);
    } else if (rc != RC_OK) {
        control_fail(call, 400, "ParameterVersionNotFound",
                     "Systems Manager could not find version %.*s of %.*s. Verify the version and "
                     "try again.",
                     BYTES_ARG(bytes_skip(found.selector, 1)), BYTES_ARG(found.parameter->name));
    } else {
        struct datum *result = control_result(call);
        write_found(ssm, call, datum_map(&call->maker, result, "Parameter"), &found, is_decrypted);
        control_answer(call, result);
    }
}

void ssm_get_parameters(void *context, struct control_call *call)
{
    const struct ssm *ssm = context;
    const struct datum *names;
    bool is_decrypted = false;
    if (!input_texts(call, call->input, "Names", true, SSM_NAMES_MAX, &names) ||
        !input_flag(call, call->input, "WithDecryption", &is_decrypted))
        return;
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "Parameters");
    struct datum *invalid = datum_list(&call->maker, result, "InvalidParameters");
    for (const struct datum *name = names->first; name; name = name->next) {
        struct ssm_found found;
        if (ssm_find(ssm, name->text, &found) == RC_OK)
            write_found(ssm, call, datum_map(&call->maker, list, NULL), &found, is_decrypted);
        else
            datum_text(&call->maker, invalid, NULL, name->text);
    }
    control_answer(call, result);
}

/* --- GetParametersByPath --- */

/* Under `path`, which ends with a slash: one level down, or at any depth. */
static bool is_under(struct bytes name, struct bytes path, bool is_recursive)
{
    if (!bytes_starts_with(name, path))
        return false;
    struct bytes rest = bytes_skip(name, path.len);
    return is_recursive || bytes_find(rest, '/') == rest.len;
}

void ssm_get_parameters_by_path(void *context, struct control_call *call)
{
    const struct ssm *ssm = context;
    struct bytes path;
    struct input_page page;
    bool is_recursive = false, is_decrypted = false;
    size_t count = 0, at = 0;
    const struct datum *filters = datum_get(call->input, "ParameterFilters");
    if (!input_text(call, call->input, "Path", true, &path) || !ssm_check_path(call, path) ||
        !input_flag(call, call->input, "Recursive", &is_recursive) ||
        !input_flag(call, call->input, "WithDecryption", &is_decrypted))
        return;
    if (filters && filters->count) {
        control_fail(call, 400, "InvalidFilterKey", "ParameterFilters are not supported here");
        return;
    }
    if (path.ptr[path.len - 1] != '/' &&
        arena_printf(call->arena, &path, "%.*s/", BYTES_ARG(path)) != RC_OK)
        call->res->is_out_of_memory = true;
    for (const struct parameter *each = ssm->parameters.first; each; each = each->next)
        count += is_under(each->name, path, is_recursive);
    if (!input_page(call, "MaxResults", 10, 10, "NextToken", "InvalidNextToken", count, &page))
        return;
    struct datum *result = control_result(call);
    struct datum *list = datum_list(&call->maker, result, "Parameters");
    for (const struct parameter *each = ssm->parameters.first; each; each = each->next) {
        const struct ssm_found found = {.parameter = each, .version = each->newest};
        if (!is_under(each->name, path, is_recursive))
            continue;
        if (at >= page.from && at < page.to)
            write_found(ssm, call, datum_map(&call->maker, list, NULL), &found, is_decrypted);
        at++;
    }
    input_page_next(call, result, "NextToken", &page, count);
    control_answer(call, result);
}
