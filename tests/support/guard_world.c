#include "tests/support/guard_world.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

enum { BEGIN_MS = 1000 * 1000 * 1000 };

static void set_health(struct guard_world *world, enum guard_home home, unsigned healthy)
{
    world->seen.homes[home].has_health = true;
    world->seen.homes[home].healthy = healthy;
    world->seen.homes[home].total = healthy;
}

void guard_world_init(struct guard_world *world, const char *policy, unsigned lambda,
                      unsigned fargate)
{
    char error[512] = "";
    *world = (struct guard_world){.seen = {.now_ms = BEGIN_MS, .has_rule = true}};
    cr_assert(
        guard_policy_parse(&world->policy, "policy", bytes_from_str(policy), error, sizeof error),
        "%s", error);
    struct guard_state *state = &world->state;
    state->count = 2;
    (void)snprintf(state->groups[0], GUARD_NAME_MAX, "duet-dev-lambda-a");
    (void)snprintf(state->groups[1], GUARD_NAME_MAX, "duet-dev-fargate-a");
    (void)snprintf(state->owner, sizeof state->owner, "host:1");
    world->seen.weights[0] = lambda;
    world->seen.weights[1] = fargate;
    memcpy(state->wished, world->seen.weights, sizeof state->wished);
    memcpy(state->tried, world->seen.weights, sizeof state->tried);
    set_health(world, GUARD_LAMBDA, 1);
    set_health(world, GUARD_FARGATE, fargate ? 2 : 0);
    guard_world_turn(world, 0);
}

void guard_world_release(struct guard_world *world)
{
    guard_policy_release(&world->policy);
}

void guard_world_turn(struct guard_world *world, int64_t ms)
{
    struct guard_act *act = &world->act;
    world->seen.now_ms += ms;
    guard_decide(&world->policy, &world->seen, &world->state, act);
    for (int i = 0; i < GUARD_HOMES; i++)
        world->seen.homes[i] = (struct guard_home_seen){.probe = GUARD_NONE};
    if (act->kind == GUARD_MOVE && world->moves < GUARD_WORLD_MOVES)
        world->moved_ms[world->moves] = world->seen.now_ms;
    world->moves += act->kind == GUARD_MOVE;
    world->steps += act->kind == GUARD_STEP;
    world->alarms += act->kind == GUARD_ALARM;
    world->scales += act->kind == GUARD_SCALE;
    world->costs += act->kind == GUARD_COST;
    world->shrinks += act->kind == GUARD_SHRINK;
    world->unscales += act->kind == GUARD_UNSCALE;
    if (act->kind == GUARD_SCALE && !act->is_lasting && !world->state.scaled.is_set)
        world->state.scaled = (struct guard_scaled){
            .is_set = true,
            .share = guard_share(&world->state, world->state.normal, GUARD_FARGATE)};
    if (act->kind == GUARD_UNSCALE)
        world->state.scaled.is_set = false;
    world->yields += act->kind == GUARD_YIELD;
    bool is_write = act->kind == GUARD_MOVE || act->kind == GUARD_STEP ||
                    act->kind == GUARD_AGAIN || act->kind == GUARD_COST;
    if (is_write && !world->is_deaf)
        memcpy(world->seen.weights, act->weights, sizeof world->seen.weights);
}

double guard_world_share(const struct guard_world *world, enum guard_home home)
{
    return guard_share(&world->state, world->seen.weights, home);
}

void guard_world_expect(const struct guard_world *world, double lambda, double fargate)
{
    double to_lambda = guard_world_share(world, GUARD_LAMBDA);
    double to_fargate = guard_world_share(world, GUARD_FARGATE);
    cr_expect(fabs(to_lambda - lambda) < 0.001 && fabs(to_fargate - fargate) < 0.001, "%g and %g",
              to_lambda, to_fargate);
}

void guard_world_probe(struct guard_world *world, int seconds, enum guard_sign lambda,
                       enum guard_sign fargate)
{
    for (int i = 0; i < seconds; i++) {
        world->seen.homes[GUARD_LAMBDA].probe = lambda;
        world->seen.homes[GUARD_FARGATE].probe = fargate;
        guard_world_turn(world, 1000);
    }
}
