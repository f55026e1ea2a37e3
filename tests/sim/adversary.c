#include "adversary.h"

#include <string.h>

#include "lock/attempt.h"

#define PAUSE_MIN_MS  200
#define PAUSE_MAX_MS  20000
#define BURST_MAX     1500 /* names of one run */
#define BURST_CHANCE  0.05
#define AHEAD_MAX     9 /* generations of somebody else's that it makes before him */
#define MEET_A_RUN    0.8
#define TAGS_BYTES    256
#define FAR_FUTURE_MS (WORLD_EPOCH_MS + 1000LL * 365 * 24 * 3600 * 1000)

/* One that a living contender has made, or NULL. */
static const struct group *pick_victim(struct adversary *self)
{
    const struct group *picked = NULL;
    uint32_t met = 0;
    for (uint32_t i = 0; i < self->service->group_count; i++) {
        const struct group *group = self->service->groups[i];
        if (group->actor != SERVICE_NOBODY && group->deleted_ms == WORLD_NEVER &&
            prng_range(&self->world->prng, 0, met++) == 0)
            picked = group;
    }
    return picked;
}

static void make(struct adversary *self, const char *name)
{
    if (strlen(name) > ATTEMPT_NAME_BYTES || !service_create(self->service, 0, name))
        return;
    world_say(self->world, "evil", "makes %s", name);
}

/* What stands behind PREFIX/ID#tT in a name that no contender would make. */
static void draw_tags(struct adversary *self, const struct attempt *victim, char out[TAGS_BYTES])
{
    static const char *const odd[] = {
        "#h",
        "#h0",
        "#h#k999999999999990",
        "#h#k9223372036854775807",
        "#k999999999999990",
        "#g4294967295#h",
        "#g4294967295",
        "#g4294967294",
        "#g4294967296#h",
        "#g-1",
        "#g99999999999999999999",
        "#q0#h",
        "#q0",
        "#q-1",
        "#q999999999999999#h",
        "#q9223372036854775807",
        "#n0#h",
        "#n4294967295#h",
        "#s#n2#h",
        "#s#h",
        "#u",
        "#u#h",
        "##",
        "#",
        "#h#m4294967295",
        "#n2#h#m1#h1",
        "#lwho#h",
        "#x",
    };
    struct prng *prng = &self->world->prng;
    size_t which = (size_t)prng_range(prng, 0, sizeof(odd) / sizeof(odd[0]) - 1);
    bool nonce = victim->nonce.length && prng_chance(prng, 0.7);
    int used = nonce ? snprintf(out, TAGS_BYTES, "#u%.*s", TEXT_ARGS(victim->nonce)) : 0;
    if (prng_chance(prng, 0.4) && victim->ticket_ms != ATTEMPT_UNKNOWN)
        used += snprintf(out + used, TAGS_BYTES - (size_t)used, "#q%lld",
                         (long long)victim->ticket_ms - (long long)prng_range(prng, 0, 1));
    if (prng_chance(prng, 0.3))
        used += snprintf(out + used, TAGS_BYTES - (size_t)used, "#h%lld",
                         (long long)prng_range(prng, WORLD_EPOCH_MS - 1, FAR_FUTURE_MS));
    (void)snprintf(out + used, TAGS_BYTES - (size_t)used, "%s", odd[which]);
}

/* The names that a run will make next, as far as anybody can guess them. */
static void forestall(struct adversary *self, const struct attempt *victim)
{
    int64_t count = prng_range(&self->world->prng, 1, AHEAD_MAX);
    char name[ATTEMPT_NAME_BYTES + 1];
    struct attempt next = *victim;
    for (int64_t i = 0; i < count; i++) {
        next.generation++;
        next.claim |= prng_chance(&self->world->prng, 0.3);
        attempt_format(PLAN_PREFIX, &next, name);
        make(self, name);
    }
}

static void make_burst(struct adversary *self, struct text id, int64_t timeout_s)
{
    int64_t count = prng_range(&self->world->prng, BURST_MAX / 10, BURST_MAX);
    char name[ATTEMPT_NAME_BYTES + 1];
    self->burst_over = true;
    for (int64_t i = 0; i < count; i++) {
        (void)snprintf(name, sizeof(name), PLAN_PREFIX "/%.*s#t%lld#g%lld#q%lld", TEXT_ARGS(id),
                       (long long)timeout_s, (long long)i, (long long)WORLD_EPOCH_MS);
        make(self, name);
    }
}

/* Without anybody's name: what all share, other locks' names, timeouts that are none. */
static void make_anything(struct adversary *self)
{
    static const char *const odd[] = {"#mutex",
                                      "#mutex.1",
                                      "#mutex.0",
                                      "#mutex.99999999999",
                                      "#mutex#t15#h",
                                      "#break",
                                      "#break.2",
                                      "#break.",
                                      "#t15#h",
                                      "x#t#h",
                                      "x#t-1#h",
                                      "x#t0#h",
                                      "x#t#t15#h",
                                      "#",
                                      "##mutex",
                                      "0#t15x#h",
                                      "-",
                                      "other/x#t15#h",
                                      "other/#mutex"};
    char name[ATTEMPT_NAME_BYTES + 1];
    size_t which = (size_t)prng_range(&self->world->prng, 0, sizeof(odd) / sizeof(odd[0]) - 1);
    (void)snprintf(name, sizeof(name), PLAN_PREFIX "/%s", odd[which]);
    make(self, name);
}

static void act(void *object, uint64_t argument)
{
    struct adversary *self = object;
    struct prng *prng = &self->world->prng;
    const struct group *group = pick_victim(self);
    struct attempt victim;
    (void)argument;
    if (self->world->calm)
        return;
    if (!group || !prng_chance(prng, MEET_A_RUN) ||
        attempt_parse(text_from(PLAN_PREFIX), text_from(group->name), &victim) != ATTEMPT_MARKED) {
        make_anything(self);
    } else if (prng_chance(prng, 0.3)) {
        forestall(self, &victim);
    } else if (!self->burst_over && prng_chance(prng, BURST_CHANCE)) {
        make_burst(self, victim.id, victim.lock_timeout_ms / 1000);
    } else {
        char name[ATTEMPT_NAME_BYTES + 1], tags[TAGS_BYTES];
        draw_tags(self, &victim, tags);
        (void)snprintf(name, sizeof(name), PLAN_PREFIX "/%.*s#t%lld%s", TEXT_ARGS(victim.id),
                       (long long)victim.lock_timeout_ms / 1000, tags);
        make(self, name);
    }
    world_at(self->world,
             self->world->now_ms + (int64_t)prng_scale(prng, PAUSE_MIN_MS, PAUSE_MAX_MS), act, self,
             0);
}

void adversary_start(struct adversary *self, struct world *world, struct service *service)
{
    *self = (struct adversary){.world = world, .service = service};
    world_at(world, PAUSE_MIN_MS, act, self, 0);
}
