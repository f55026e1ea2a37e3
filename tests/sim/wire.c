#include "wire.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const char *const op_names[PLAN_OPS] = {"create", "delete", "list", "look", "start"};
static const char *const outcome_names[] = {"done",    "exists", "absent",
                                            "refused", "later",  "unknown"};

#define BURST_S 1 /* a bucket holds what comes in so long */

void wire_start(struct wire *wire, struct world *world, const struct plan *plan,
                struct service *service, struct checker *checker)
{
    *wire = (struct wire){.world = world,
                          .plan = plan,
                          .service = service,
                          .checker = checker}; /* flights live in the world's pages */
    for (int i = 0; i < PLAN_OPS; i++)
        wire->buckets[i].tokens = plan->quota * BURST_S;
}

const struct plan_step *wire_step(struct wire *wire, uint32_t actor, enum plan_op op)
{
    if (!wire->plan->step_count)
        return NULL;
    uint32_t nth = ++wire->counts[actor][op];
    for (uint32_t i = 0; i < wire->plan->step_count; i++) {
        const struct plan_step *step = &wire->plan->steps[i];
        if (step->actor == actor && step->op == op && step->nth == nth)
            return step;
    }
    return NULL;
}

struct flight *wire_flight(struct wire *wire)
{
    struct flight *flight = wire->free;
    if (flight)
        wire->free = flight->next_free;
    else
        flight = world_keep(wire->world, sizeof(*flight));
    flight->wire = wire;
    flight->holds = 0;
    flight->outcome = LOCK_UNKNOWN;
    flight->own = flight->throttled = flight->repeated = flight->streams = false;
    flight->group = NULL;
    flight->again_after_ms = flight->date_ms = 0;
    flight->page.count = 0;
    flight->page.more = false;
    flight->name[0] = '\0';
    return flight;
}

void wire_hold(struct flight *flight)
{
    flight->holds++;
}

void wire_let_go(struct flight *flight)
{
    assert(flight->holds > 0);
    if (--flight->holds == 0) {
        flight->next_free = flight->wire->free;
        flight->wire->free = flight;
    }
}

static void appear(void *object, uint64_t argument)
{
    struct wire *wire = object;
    const struct group *old = (const struct group *)(uintptr_t)argument; // NOLINT
    struct group *group = service_create(wire->service, 0, old->name);
    if (!group)
        return;
    group->ghost = true;
    group->maker = old->maker;
    group->run = old->run;
    world_say(wire->world, "svc", "makes %s again", group->name);
}

static void apply_create(struct flight *flight)
{
    struct wire *wire = flight->wire;
    struct group *group = service_create(wire->service, flight->front_end, flight->name);
    flight->outcome = group ? LOCK_DONE : LOCK_EXISTS;
    if (!group)
        return;
    group->actor = group->maker = flight->actor;
    group->run = flight->run;
    flight->group = group;
    checker_created(wire->checker, group);
}

static void apply_delete(struct flight *flight)
{
    struct wire *wire = flight->wire;
    struct world *world = wire->world;
    struct group *group = service_find(wire->service, flight->name);
    flight->outcome = group ? LOCK_DONE : LOCK_ABSENT;
    if (!group)
        return;
    checker_deleted(wire->checker, flight->actor, flight->run, flight->decided_ms, group);
    service_delete(wire->service, group);
    if (flight->again_after_ms)
        world_at(world, world->now_ms + flight->again_after_ms, appear, wire,
                 (uint64_t)(uintptr_t)group);
    if (!world->calm && prng_chance(&world->prng, wire->plan->recreate))
        world_at(world, world->now_ms + (int64_t)prng_scale(&world->prng, 100, 20000), appear, wire,
                 (uint64_t)(uintptr_t)group);
}

static void apply(void *object, uint64_t counts)
{
    struct flight *flight = object;
    struct wire *wire = flight->wire;
    enum lock_outcome before = flight->outcome;
    switch (flight->op) {
    case PLAN_CREATE:
        apply_create(flight);
        break;
    case PLAN_DELETE:
        apply_delete(flight);
        break;
    case PLAN_LIST:
        service_list(wire->service, flight->front_end, *flight->name ? flight->name : NULL,
                     &flight->page);
        flight->outcome = LOCK_DONE;
        break;
    default:
        flight->group = flight->own ? service_show(wire->service, flight->front_end, flight->name)
                                    : service_find(wire->service, flight->name);
        flight->outcome = flight->group ? LOCK_DONE : LOCK_ABSENT;
        flight->streams = flight->group && flight->group->streams;
        break;
    }
    flight->date_ms =
        (WORLD_EPOCH_MS + wire->world->now_ms + wire->plan->skew_ms[flight->front_end]) / 1000 *
        1000;
    if (wire->world->transcript && flight->op != PLAN_LIST)
        world_say(wire->world, "svc", "%s %s: %s%s", op_names[flight->op], flight->name,
                  outcome_names[flight->outcome], counts ? "" : " (not told)");
    if (!counts)
        flight->outcome = before;
    wire_let_go(flight);
}

static void answer(void *object, uint64_t argument)
{
    struct flight *flight = object;
    (void)argument;
    flight->answered(flight->object, flight);
    wire_let_go(flight);
}

/* What becomes of a request: when it takes effect, and what its sender hears. */
struct fate {
    int64_t apply_ms;  /* WORLD_NEVER: not at all */
    int64_t again_ms;  /* WORLD_NEVER: not twice */
    int64_t answer_ms; /* WORLD_NEVER: no answer */
    bool told;         /* the sender hears what came of it; else `outcome` */
    enum lock_outcome outcome;
    bool throttled;
};

static int64_t trip(struct wire *wire)
{
    struct prng *prng = &wire->world->prng;
    int64_t jitter_ms = wire->plan->jitter_ms;
    int64_t ms = wire->plan->latency_ms;
    if (jitter_ms)
        ms += prng_range(prng, 0, prng_chance(prng, 0.2) ? jitter_ms : jitter_ms / 8);
    return ms;
}

static bool cut_off(struct wire *wire, uint32_t actor)
{
    struct world *world = wire->world;
    const struct plan *plan = wire->plan;
    if (world->calm || actor >= PLAN_CONTENDERS_MAX)
        return false;
    if (prng_chance(&world->prng, plan->outage)) {
        int64_t until_ms =
            world->now_ms + (int64_t)prng_scale(&world->prng, 500, (double)plan->outage_max_ms);
        wire->outage_hangs = prng_chance(&world->prng, 0.5);
        if (prng_chance(&world->prng, 0.5))
            wire->outage_until_ms = until_ms;
        else
            wire->cut_until_ms[actor] = until_ms;
    }
    return world->now_ms < wire->outage_until_ms || world->now_ms < wire->cut_until_ms[actor];
}

static bool throttles(struct wire *wire)
{
    struct world *world = wire->world;
    const struct plan *plan = wire->plan;
    if (prng_chance(&world->prng, plan->burst))
        wire->burst_until_ms = world->now_ms + (int64_t)prng_scale(&world->prng, 200, 15000);
    double chance = world->now_ms < wire->burst_until_ms ? 0.8 : plan->throttle;
    return prng_chance(&world->prng, chance);
}

static void fill(const struct plan *plan, struct wire_bucket *bucket, int64_t now_ms)
{
    double most = plan->quota * BURST_S;
    bucket->tokens += (double)(now_ms - bucket->filled_ms) * plan->quota / 1000;
    if (bucket->tokens > most)
        bucket->tokens = most;
    bucket->filled_ms = now_ms;
}

/* One token for each call, the stranger's among them; an empty bucket lets nobody through. */
static bool is_over_quota(struct wire *wire, enum plan_op op)
{
    const struct plan *plan = wire->plan;
    struct wire_bucket *bucket = &wire->buckets[op];
    struct world *world = wire->world;
    while (plan->stranger > 0 && bucket->stranger_ms <= world->now_ms) {
        fill(plan, bucket, bucket->stranger_ms);
        if (bucket->tokens >= 1)
            bucket->tokens--;
        bucket->stranger_ms += prng_range(&world->prng, 1, (int64_t)(2000 / plan->stranger));
    }
    fill(plan, bucket, world->now_ms);
    if (bucket->tokens < 1) {
        wire->throttled[op]++;
        return true;
    }
    bucket->tokens--;
    return false;
}

/* By chance; `fate` comes in as the usual one. */
static void befall(struct wire *wire, const struct flight *flight, struct fate *fate)
{
    struct prng *prng = &wire->world->prng;
    const struct plan *plan = wire->plan;
    if (wire->world->calm || plan->story || plan->crowd)
        return;
    int64_t silence = prng_chance(prng, 0.5) ? WORLD_NEVER : fate->answer_ms;
    if (cut_off(wire, flight->actor)) {
        *fate =
            wire->outage_hangs
                ? (struct fate){WORLD_NEVER, WORLD_NEVER, WORLD_NEVER, false, LOCK_UNKNOWN, 0}
                : (struct fate){WORLD_NEVER, WORLD_NEVER, fate->answer_ms, false, LOCK_LATER, 0};
    } else if (throttles(wire)) {
        *fate = (struct fate){WORLD_NEVER, WORLD_NEVER, fate->answer_ms, false, LOCK_LATER, true};
    } else if (prng_chance(prng, plan->never_sent)) {
        *fate = (struct fate){WORLD_NEVER, WORLD_NEVER, fate->answer_ms, false, LOCK_LATER, false};
    } else if (prng_chance(prng, plan->lost_request)) {
        *fate = (struct fate){WORLD_NEVER, WORLD_NEVER, silence, false, LOCK_UNKNOWN, false};
    } else if (prng_chance(prng, plan->lost_answer)) {
        fate->told = false;
        fate->answer_ms = silence;
    } else if (prng_chance(prng, plan->error_before)) {
        fate->apply_ms = WORLD_NEVER;
        fate->told = false;
    } else if (prng_chance(prng, plan->error_after)) {
        fate->told = false;
    } else if (prng_chance(prng, plan->late)) {
        int64_t late_ms = (int64_t)prng_scale(prng, 300, (double)plan->late_max_ms);
        fate->apply_ms += late_ms;
        fate->told = prng_chance(prng, 0.5);
        if (fate->told)
            fate->answer_ms += late_ms;
    } else if (flight->op != PLAN_LIST && prng_chance(prng, plan->aborted)) {
        if (prng_chance(prng, 0.5))
            fate->apply_ms = WORLD_NEVER;
        fate->told = false;
    } else if (prng_chance(prng, plan->repeated)) {
        fate->again_ms = fate->apply_ms + prng_range(prng, 0, 100);
        fate->answer_ms = fate->again_ms + trip(wire);
    }
}

static void obey_step(struct wire *wire, struct flight *flight, const struct plan_step *step,
                      struct fate *fate)
{
    int64_t now_ms = wire->world->now_ms;
    uint32_t actor = flight->actor;
    if (now_ms < wire->cut_until_ms[actor])
        *fate = (struct fate){WORLD_NEVER, WORLD_NEVER, fate->answer_ms, false, LOCK_LATER, false};
    if (!step)
        return;
    switch (step->effect) {
    case PLAN_DELAY:
        fate->apply_ms += step->ms;
        fate->answer_ms += step->ms;
        break;
    case PLAN_LOSE:
        fate->answer_ms = WORLD_NEVER;
        break;
    case PLAN_ABORT:
        fate->told = false;
        break;
    case PLAN_AGAIN:
        flight->again_after_ms = step->ms;
        break;
    case PLAN_LATE:
        fate->apply_ms += step->ms;
        fate->told = false;
        break;
    case PLAN_CUT:
        wire->cut_until_ms[actor] = now_ms + step->ms;
        *fate = (struct fate){WORLD_NEVER, WORLD_NEVER, fate->answer_ms, false, LOCK_LATER, false};
        break;
    default:
        break;
    }
}

void wire_send(struct flight *flight, const struct plan_step *step)
{
    struct wire *wire = flight->wire;
    struct world *world = wire->world;
    wire->calls[flight->op]++;
    flight->front_end = wire->plan->story
                            ? flight->actor % wire->plan->front_ends
                            : (uint32_t)prng_range(&world->prng, 0, wire->plan->front_ends - 1);
    int64_t apply_ms = world->now_ms + trip(wire);
    struct fate fate = {apply_ms, WORLD_NEVER, apply_ms + trip(wire), true, LOCK_UNKNOWN, false};
    befall(wire, flight, &fate);
    if (wire->plan->quota > 0 && is_over_quota(wire, flight->op))
        fate = (struct fate){WORLD_NEVER, WORLD_NEVER, fate.answer_ms, false, LOCK_LATER, true};
    if (wire->plan->story)
        obey_step(wire, flight, step, &fate);
    flight->outcome = fate.outcome;
    flight->throttled = fate.throttled;
    flight->repeated = fate.again_ms != WORLD_NEVER;
    wire_hold(flight);
    if (fate.apply_ms != WORLD_NEVER) {
        wire_hold(flight);
        world_at(world, fate.apply_ms, apply, flight, fate.told);
    }
    if (fate.again_ms != WORLD_NEVER) {
        wire_hold(flight);
        world_at(world, fate.again_ms, apply, flight, fate.told);
    }
    if (fate.answer_ms != WORLD_NEVER) {
        wire_hold(flight);
        world_at(world, fate.answer_ms, answer, flight, 0);
    }
    wire_let_go(flight);
}
