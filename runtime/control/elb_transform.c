#include "runtime/control/elb_internal.h"

/* What a rule makes of a request: the API's RuleTransform on one side, struct alb_rewrite on the
 * other. */

static const struct {
    const char *name, *config;
} types[ALB_TRANSFORM_TYPES] = {
    [ALB_HOST_REWRITE] = {"host-header-rewrite", "HostHeaderRewriteConfig"},
    [ALB_URL_REWRITE] = {"url-rewrite", "UrlRewriteConfig"},
};

static enum alb_error read_rewrite(struct elb_call *call, const struct datum *map, int type,
                                   struct alb_rewrite *rewrite)
{
    const struct datum *list, *config = datum_get(map, types[type].config);
    if (rewrite->regex[0])
        return elb_invalid(call, map, "Type", "A rule can have one transform of each type");
    enum alb_error error = elb_list(call, config, "Rewrites", true, &list);
    if (error == ALB_OK && list->count > 1)
        error = elb_invalid(call, config, "Rewrites", "A transform has one rewrite");
    if (error == ALB_OK)
        error = elb_copy(call, list->first, "Regex", rewrite->regex, sizeof rewrite->regex);
    if (error == ALB_OK)
        error = elb_copy(call, list->first, "Replace", rewrite->replace, sizeof rewrite->replace);
    if (error == ALB_OK && (!rewrite->regex[0] || !datum_get(list->first, "Replace")))
        error = elb_invalid(call, list->first, rewrite->regex[0] ? "Replace" : "Regex",
                            "Member must not be null");
    return error;
}

static enum alb_error read_transform(struct elb_call *call, const struct datum *map,
                                     struct alb_transforms *transforms)
{
    struct bytes name;
    enum alb_error error = elb_text(call, map, "Type", true, &name);
    if (error != ALB_OK)
        return error;
    for (int i = 0; i < ALB_TRANSFORM_TYPES; i++)
        if (bytes_eq(name, bytes_from_str(types[i].name)))
            return read_rewrite(call, map, i, &transforms->rewrites[i]);
    return elb_invalid(call, map, "Type",
                       "Member must satisfy enum value set: [host-header-rewrite, url-rewrite]");
}

enum alb_error elb_read_transforms(struct elb_call *call, struct alb_transforms *transforms,
                                   struct alb_transformer *made)
{
    const struct datum *list;
    enum alb_error error = elb_list(call, call->input, "Transforms", false, &list);
    *transforms = (struct alb_transforms){0};
    for (const struct datum *item = error == ALB_OK ? list->first : NULL; item && error == ALB_OK;
         item = item->next)
        error = read_transform(call, item, transforms);
    return error == ALB_OK ? alb_transformer_init(made, transforms, call->why) : error;
}

void elb_write_transforms(struct elb_call *call, struct datum *map, const struct alb_rule *rule)
{
    struct datum *list = datum_list(call->maker, map, "Transforms");
    for (int i = 0; i < ALB_TRANSFORM_TYPES; i++) {
        const struct alb_rewrite *rewrite = &rule->transforms.rewrites[i];
        if (!rewrite->regex[0])
            continue;
        struct datum *item = datum_map(call->maker, list, NULL);
        datum_string(call->maker, item, "Type", types[i].name);
        struct datum *config = datum_map(call->maker, item, types[i].config);
        struct datum *rewrites = datum_list(call->maker, config, "Rewrites");
        struct datum *pair = datum_map(call->maker, rewrites, NULL);
        datum_string(call->maker, pair, "Regex", rewrite->regex);
        datum_string(call->maker, pair, "Replace", rewrite->replace);
    }
}
