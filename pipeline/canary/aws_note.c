#include <math.h>
#include <stdio.h>

#include "pipeline/canary/aws_internal.h"
#include "runtime/core/buf.h"
#include "runtime/core/json_text.h"

static void begin(struct buf *body, const char *name)
{
    buf_init(body, AWS_FORM_MAX);
    buf_printf(body, "{\"Name\":");
    json_text_string(body, bytes_from_str(name));
}

static enum rc call(struct aws_driver *driver, const char *target, struct buf *body,
                    const cJSON **root, char *why)
{
    enum rc rc = body->failed
                     ? RC_NOMEM
                     : api_json(&driver->api, API_SSM, target, buf_bytes(body), true, root, why);
    buf_release(body);
    return rc;
}

enum rc aws_note_read(void *context, const char *name, struct canary_note *note, char *why)
{
    struct aws_driver *driver = context;
    const cJSON *root, *parameter, *version, *modified;
    struct buf body;
    api_begin(&driver->api);
    begin(&body, name);
    buf_append_char(&body, '}');
    enum rc rc = call(driver, "AmazonSSM.GetParameter", &body, &root, why);
    if (rc == RC_REFUSED && api_is(&driver->api, "ParameterNotFound"))
        return RC_NOT_FOUND;
    if (rc != RC_OK)
        return rc;
    parameter = cJSON_GetObjectItemCaseSensitive(root, "Parameter");
    version = cJSON_GetObjectItemCaseSensitive(parameter, "Version");
    modified = cJSON_GetObjectItemCaseSensitive(parameter, "LastModifiedDate");
    struct bytes text = json_bytes(cJSON_GetObjectItemCaseSensitive(parameter, "Value"));
    if (!cJSON_IsNumber(version) || !text.ptr || !cJSON_IsNumber(modified)) {
        (void)snprintf(why, CANARY_WHY_MAX, "GetParameter gave no parameter");
        return RC_SYNTAX;
    }
    *note = (struct canary_note){.text = text.ptr,
                                 .len = text.len,
                                 .version = (int64_t)version->valuedouble,
                                 .modified_ms = llround(modified->valuedouble * 1000)};
    return RC_OK;
}

enum rc aws_note_write(void *context, const char *name, struct bytes text, bool overwrite,
                       int64_t *version, char *why)
{
    struct aws_driver *driver = context;
    const cJSON *root;
    struct buf body;
    api_begin(&driver->api);
    begin(&body, name);
    buf_printf(&body,
               ",\"Type\":\"String\",\"Overwrite\":%s,\"Value\":", overwrite ? "true" : "false");
    json_text_string(&body, text);
    buf_append_char(&body, '}');
    enum rc rc = call(driver, "AmazonSSM.PutParameter", &body, &root, why);
    if (rc == RC_REFUSED && api_is(&driver->api, "ParameterAlreadyExists"))
        return RC_EXISTS;
    if (rc != RC_OK)
        return rc;
    root = cJSON_GetObjectItemCaseSensitive(root, "Version");
    if (!cJSON_IsNumber(root)) {
        (void)snprintf(why, CANARY_WHY_MAX, "PutParameter gave no version");
        return RC_SYNTAX;
    }
    *version = (int64_t)root->valuedouble;
    return RC_OK;
}

enum rc aws_note_remove(void *context, const char *name, char *why)
{
    struct aws_driver *driver = context;
    const cJSON *root;
    struct buf body;
    api_begin(&driver->api);
    begin(&body, name);
    buf_append_char(&body, '}');
    enum rc rc = call(driver, "AmazonSSM.DeleteParameter", &body, &root, why);
    return rc == RC_REFUSED && api_is(&driver->api, "ParameterNotFound") ? RC_NOT_FOUND : rc;
}

enum rc aws_driver_notes(struct aws_driver *driver, const char *path, aws_driver_note_fn *on_note,
                         void *context, char *why)
{
    struct bytes token = {NULL, 0};
    enum rc rc;
    api_begin(&driver->api);
    do {
        const cJSON *root = NULL, *item, *list;
        struct buf body;
        buf_init(&body, AWS_FORM_MAX);
        buf_printf(&body, "{\"MaxResults\":10,\"Path\":");
        json_text_string(&body, bytes_from_str(path));
        if (token.len) {
            buf_printf(&body, ",\"NextToken\":");
            json_text_string(&body, token);
        }
        buf_append_char(&body, '}');
        rc = call(driver, "AmazonSSM.GetParametersByPath", &body, &root, why);
        list = rc == RC_OK ? cJSON_GetObjectItemCaseSensitive(root, "Parameters") : NULL;
        cJSON_ArrayForEach(item, list)
            on_note(context, json_bytes(cJSON_GetObjectItemCaseSensitive(item, "Name")),
                    json_bytes(cJSON_GetObjectItemCaseSensitive(item, "Value")));
        token = rc == RC_OK ? json_bytes(cJSON_GetObjectItemCaseSensitive(root, "NextToken"))
                            : bytes_make(NULL, 0);
    } while (rc == RC_OK && token.len);
    return rc;
}
