#ifndef RUNTIME_FUNCTIONS_LAMBDA_INTERNAL_H
#define RUNTIME_FUNCTIONS_LAMBDA_INTERNAL_H

/* lambda_internal — what the files of Lambda's API share: lambda_*.c. */

#include "runtime/control/input.h"
#include "runtime/functions/lambda_api.h"

struct lambda_update;
struct lambda_event;

/* Does what the call wants with its package: answers it. `code` is borrowed. */
typedef void lambda_finish_fn(const struct lambda_update *update, struct code *code);

/* A call that brings a package. */
struct lambda_update {
    struct lambda_api *api;
    struct control_call *call;
    struct registry_function *function; /* NULL: it is to be made, or a layer's */
    struct settings settings;           /* of $LATEST after it; texts live in the call's arena */
    struct package *package;            /* while it is unpacked */
    lambda_finish_fn *finish;
    bool is_dry, publishes, is_layer;
    struct lambda_update *next;
};

struct lambda_api {
    struct lambda_api_options options;
    struct control_service service;
    struct lambda_update *updates; /* code on its way */
    struct lambda_event *events;   /* calls of type Event that wait to be tried again */
};

/* --- what a call names: NULL: it is answered --- */

/* The function of the parameter FunctionName, and the qualifier that it or the parameter Qualifier
 * has, empty where there is none. */
struct registry_function *lambda_function(const struct lambda_api *api, struct control_call *call,
                                          struct bytes *qualifier);

/* The same where a qualifier makes no sense. */
struct registry_function *lambda_plain_function(const struct lambda_api *api,
                                                struct control_call *call);

/* The version of a qualifier: of an alias, its first. */
struct registry_version *lambda_version(struct control_call *call,
                                        struct registry_function *function, struct bytes qualifier);

/* The alias of that name. */
struct registry_alias *lambda_alias(struct control_call *call, struct registry_function *function,
                                    struct bytes name);

/* The published version whose number is the parameter `name`, which is required. */
struct registry_version *lambda_published(struct control_call *call,
                                          struct registry_function *function, const char *name);

/* --- checks: false: it is answered --- */

/* The parameter RevisionId, when it is there, is `revision_id`. */
bool lambda_is_revision(struct control_call *call, const char *revision_id) MUST_CHECK;

/* No code is on its way to the function. */
bool lambda_is_settled(struct control_call *call,
                       const struct registry_function *function) MUST_CHECK;

/* Answers that there is no memory. */
void lambda_no_memory(struct control_call *call);

/* --- results --- */

/* A version as FunctionConfiguration. `code` as registry_version.code; is_qualified: its ARN names
 * the version. */
void lambda_show_version(struct control_call *call, struct datum *result,
                         const struct registry_version *version, const struct code *code,
                         bool is_qualified);
void lambda_show_alias(struct control_call *call, struct datum *result,
                       const struct registry_function *function,
                       const struct registry_alias *alias);

/* A copy in the call's arena, for results. */
struct bytes lambda_keep(struct control_call *call, const char *text);

/* As Lambda writes times: "2026-11-21T17:00:00.000+0000". */
struct bytes lambda_time(struct control_call *call, int64_t epoch_ms);

/* --- tags --- */

/* The parameter Tags is none, or one that may be taken. false: it is answered. */
bool lambda_check_tags(struct control_call *call) MUST_CHECK;

/* Sets what it has. false: it is answered. */
bool lambda_take_tags(struct control_call *call, struct registry_function *function) MUST_CHECK;

/* A member "Tags" of the result. */
void lambda_show_tags(struct control_call *call, struct datum *result,
                      const struct registry_function *function);

/* --- settings --- */

/* Changes `settings` as the parameters of CreateFunction and UpdateFunctionConfiguration say; what
 * it borrows is in the call. false: it is answered. */
bool lambda_read_settings(const struct lambda_api *api, struct control_call *call,
                          struct settings *settings) MUST_CHECK;

/* The same for Layers alone (lambda_layer.c). */
bool lambda_read_layers(const struct lambda_api *api, struct control_call *call,
                        struct settings *settings) MUST_CHECK;

/* The member "Layers" of a version's result. */
void lambda_show_layers(struct control_call *call, struct datum *result,
                        const struct registry_version *version);

/* --- packages --- */

/* Begins to look after a call; a `function` takes no other until it is over. NULL: it is answered.
 */
struct lambda_update *lambda_update_new(struct lambda_api *api, struct control_call *call,
                                        struct registry_function *function,
                                        lambda_finish_fn *finish);

/* Takes what `source` says: Code of CreateFunction, Content of PublishLayerVersion, the input of
 * UpdateFunctionCode. The call is answered, by `finish` or with what is wrong. */
void lambda_update_begin(struct lambda_update *update, const struct datum *source);

/* --- invoking --- */

enum lambda_invoke_type { LAMBDA_INVOKE_WAIT, LAMBDA_INVOKE_EVENT, LAMBDA_INVOKE_DRY };

/* What a call of Invoke is; in its arena. */
struct lambda_invoke {
    struct control_call *call;
    struct registry_function *function;
    struct registry_version *target; /* only until the function is called */
    struct bytes qualifier, client_context;
    enum lambda_invoke_type type;
    bool wants_log;
    char version[16]; /* the target's name */
};

/* Reads it, and fills `function_call` but for its callbacks. NULL: it is answered. */
struct lambda_invoke *lambda_invoke_read(struct lambda_api *api, struct control_call *call,
                                         struct function_call *function_call);

/* Answers that a call is throttled. */
void lambda_throttled(struct control_call *call, struct bytes payload);

/* --- the actions --- */

control_action_fn lambda_create_function, lambda_update_function_code; /* _code */
control_action_fn lambda_update_function_configuration;                /* _settings */
control_action_fn lambda_get_function, lambda_get_function_configuration, lambda_list_functions,
    lambda_delete_function, lambda_publish_version, lambda_list_versions,
    lambda_get_code_signing; /* _function */
control_action_fn lambda_publish_layer, lambda_get_layer, lambda_list_layers,
    lambda_list_layer_versions, lambda_delete_layer;                            /* _layer */
control_action_fn lambda_list_tags, lambda_tag_resource, lambda_untag_resource; /* _tag */
control_action_fn lambda_create_alias, lambda_update_alias, lambda_get_alias, lambda_list_aliases,
    lambda_delete_alias;                                                              /* _alias */
control_action_fn lambda_add_permission, lambda_remove_permission, lambda_get_policy; /* _policy */
control_action_fn lambda_put_concurrency, lambda_get_concurrency, lambda_delete_concurrency,
    lambda_put_provisioned, lambda_get_provisioned, lambda_delete_provisioned; /* _concurrency */
control_action_fn lambda_invoke_stream;                                        /* _stream */
control_action_fn lambda_invoke;                                               /* _invoke */

/* --- life --- */

/* Answers what brings code with an error. */
void lambda_updates_end(struct lambda_api *api);

/* A call of type Event: made now, and again twice when it fails. false: no memory. */
bool lambda_event_add(struct lambda_api *api, struct registry_function *function,
                      struct bytes qualifier, const struct function_call *call) MUST_CHECK;
void lambda_events_end(struct lambda_api *api);

#endif
