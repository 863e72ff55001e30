#include "runtime/alb/pick.h"

#include <stdio.h>

#include "runtime/alb/health.h"
#include "runtime/alb/model.h"

static bool is_good(const struct alb_target *target)
{
    return target->state == ALB_HEALTHY || target->state == ALB_UNAVAILABLE;
}

static bool may_serve(const struct alb_target *target)
{
    return target->state != ALB_UNUSED && target->state != ALB_DRAINING;
}

bool pick_is_enough(const struct alb_group *group, const struct alb_least *least)
{
    unsigned good = 0, all = 0;
    for (const struct alb_target *target = group->targets; target; target = target->next) {
        good += is_good(target);
        all += may_serve(target);
        if (!least->percent && good >= least->count && good)
            return true;
    }
    return good && good >= least->count && (uint64_t)good * 100 >= (uint64_t)all * least->percent;
}

static size_t gather(struct alb_group *group, bool (*fits)(const struct alb_target *),
                     struct choice *all[ALB_TARGETS_MAX])
{
    size_t count = 0;
    for (struct alb_target *target = group->targets; target; target = target->next) {
        target->choice.is_eligible = fits(target);
        target->choice.in_flight = (unsigned)target->in_flight;
        all[count++] = &target->choice;
    }
    return count;
}

static struct alb_target *pick(struct alb_group *group, bool (*fits)(const struct alb_target *),
                               int64_t now_ms)
{
    struct choice *all[ALB_TARGETS_MAX];
    size_t count = gather(group, fits, all);
    struct choice *choice =
        choice_pick(all, count, (enum alb_algorithm)group->attributes.algorithm,
                    group->attributes.slow_start_s, now_ms, &group->model->random);
    return choice ? (void *)((char *)choice - offsetof(struct alb_target, choice)) : NULL;
}

struct alb_target *pick_good(struct alb_group *group, int64_t now_ms)
{
    return pick(group, is_good, now_ms);
}

struct alb_target *pick_any(struct alb_group *group, int64_t now_ms)
{
    return pick(group, may_serve, now_ms);
}

struct alb_target *pick_bound(struct alb_group *group, struct bytes name)
{
    char its[PICK_NAME_MAX];
    bool is_fail_open = !pick_is_enough(group, &group->attributes.least_healthy.routing);
    for (struct alb_target *target = group->targets; target; target = target->next) {
        pick_name(target, its);
        if (bytes_eq(name, bytes_from_str(its)))
            return (is_fail_open ? may_serve(target) : is_good(target)) ? target : NULL;
    }
    return NULL;
}

void pick_name(const struct alb_target *target, char name[PICK_NAME_MAX])
{
    (void)snprintf(name, PICK_NAME_MAX, "%.15s:%u", target->id, target->port);
}

void pick_turned(struct alb_target *target, int64_t now_ms)
{
    struct choice *all[ALB_TARGETS_MAX];
    struct alb_group *group = target->group;
    if (!is_good(target)) {
        choice_slow_end(&target->choice);
        return;
    }
    size_t count = gather(group, is_good, all);
    choice_slow_start(&target->choice, all, count, (enum alb_algorithm)group->attributes.algorithm,
                      group->attributes.slow_start_s, now_ms);
}
