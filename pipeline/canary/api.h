#ifndef PIPELINE_CANARY_API_H
#define PIPELINE_CANARY_API_H

/*
 * api — calls of AWS's services in their protocols, with answers as trees.
 *
 * Layer:   canary.
 * Memory:  answers live in the api's arena until api_begin.
 * Threads: one thread.
 *
 * Clients are made when they are first needed. All calls fail as struct canary_driver says; `why`
 * has CANARY_WHY_MAX bytes and names service, action, code and message. The service's own code
 * stays in `code`, for those who can do something about it.
 */

#include "pipeline/canary/xml_tree.h"
#include "runtime/aws/client.h"
#include "runtime/json/json.h"

enum api_service {
    API_ELB,
    API_CLOUDWATCH,
    API_SSM,
    API_ECS,
    API_SCALING,
    API_LAMBDA,
    API_SNS,
    API_COUNT
};

struct api {
    struct aws_client *clients[API_COUNT];
    const char *(*lookup)(const char *name); /* the environment; NULL: getenv */
    struct arena arena;
    struct bytes code; /* of the last error */
};

void api_init(struct api *api, const char *(*lookup)(const char *name));
void api_release(struct api *api);

/* Before the first of some calls whose answers are used together. */
void api_begin(struct api *api);

/* The Query protocol: `form` begins with "Action=ACTION&Version=..". */
enum rc api_query(struct api *api, enum api_service service, struct bytes form,
                  const struct xml_node **root, char *why) MUST_CHECK;

/* AWS's JSON protocol 1.1: `target` is "AmazonSSM.GetParameter". is_once: see struct aws_request.
 */
enum rc api_json(struct api *api, enum api_service service, const char *target, struct bytes body,
                 bool is_once, const cJSON **root, char *why) MUST_CHECK;

/* REST with JSON; `qualifier` is the parameter Qualifier. */
enum rc api_rest(struct api *api, enum api_service service, const char *method, const char *path,
                 const char *qualifier, struct bytes body, const cJSON **root,
                 char *why) MUST_CHECK;

/* true when the last error's code is `code`. */
bool api_is(const struct api *api, const char *code);

/* Appends "&NAME=VALUE", the value percent-encoded. */
struct buf;
void api_form(struct buf *form, const char *name, struct bytes value);

#endif
