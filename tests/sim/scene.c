#include "scene.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#define YEAR_MS (365LL * 24 * 3600 * 1000)

static void calm_down(void *object, uint64_t argument)
{
    struct scene *scene = object;
    (void)argument;
    scene->world.calm = true;
    scene->wire.outage_until_ms = 0;
    for (uint32_t i = 0; i < scene->plan.w_count; i++)
        if (scene->w[i].command == COMMAND_ALIVE)
            command_end_by(&scene->w[i], scene->world.now_ms + COMMAND_CALM_MS);
    for (uint32_t i = 0; i < scene->plan.s_count; i++)
        contender_s_hurry(&scene->s[i]);
    checker_calms(&scene->checker);
    world_say(&scene->world, "----", "no faults any more; all must get through");
}

static bool all_done(const struct scene *scene)
{
    for (uint32_t i = 0; i < scene->plan.w_count; i++)
        if (!scene->w[i].done)
            return false;
    for (uint32_t i = 0; i < scene->plan.s_count; i++)
        if (!scene->s[i].done)
            return false;
    return true;
}

/* I5, the wide bound: stops and late requests of before are over, the dead expire, all enter. */
static void out_of_patience(void *object, uint64_t argument)
{
    struct scene *scene = object;
    (void)argument;
    scene->over = true;
    if (scene->plan.outside && !scene->plan.sweep && !scene->plan.lagging && !scene->plan.evil)
        return; /* nothing is promised there */
    for (uint32_t i = 0; i < scene->plan.w_count; i++)
        if (!scene->w[i].done)
            world_fail(&scene->world, "I5", "%s has not got through in the calm", scene->w[i].who);
    for (uint32_t i = 0; i < scene->plan.s_count; i++)
        if (!scene->s[i].done)
            world_fail(&scene->world, "I5", "%s has not got through in the calm", scene->s[i].who);
}

/* Outside the promise: a job that deletes empty log groups comes by, and takes all of somebody's.
 * (Of a claim alone its holder takes no notice while another attempt of its stands.) */
static void sweep(void *object, uint64_t argument)
{
    struct scene *scene = object;
    struct world *world = &scene->world;
    struct service *service = &scene->service;
    (void)argument;
    if (world->calm)
        return;
    bool thorough = prng_chance(&world->prng, 0.5);
    uint32_t victim =
        (uint32_t)prng_range(&world->prng, 0, scene->plan.w_count + scene->plan.s_count - 1);
    for (uint32_t i = 0; i < service->group_count; i++) {
        struct group *group = service->groups[i];
        if (group->deleted_ms != WORLD_NEVER || group->content || group->streams ||
            !(thorough || group->maker == victim))
            continue;
        world_say(world, "job", "sweeps %s", group->name);
        checker_swept(&scene->checker, group);
        service_delete(service, group);
    }
    world_at(world, world->now_ms + prng_range(&world->prng, 1000, scene->plan.lock_timeout_ms),
             sweep, scene, 0);
}

/* One that is younger than a renewal, so that what has just been made is met often. */
static void pick(void *object, uint64_t argument)
{
    struct scene *scene = object;
    struct world *world = &scene->world;
    struct service *service = &scene->service;
    int64_t oldest_ms = world->now_ms - scene->plan.lock_timeout_ms / 3;
    struct group *picked = NULL;
    uint32_t met = 0;
    (void)argument;
    if (world->calm)
        return;
    for (uint32_t i = 0; i < service->group_count; i++) {
        struct group *group = service->groups[i];
        if (group->deleted_ms == WORLD_NEVER && group->applied_ms > oldest_ms &&
            prng_range(&world->prng, 0, met++) == 0)
            picked = group;
    }
    if (picked) {
        world_say(world, "job", "sweeps %s", picked->name);
        checker_swept(&scene->checker, picked);
        service_delete(service, picked);
    }
    world_at(world,
             world->now_ms +
                 (int64_t)prng_scale(&world->prng, 200, (double)scene->plan.lock_timeout_ms),
             pick, scene, 0);
}

static void stranger(void *object, uint64_t count)
{
    struct scene *scene = object;
    struct world *world = &scene->world;
    char name[64];
    if (world->calm)
        return;
    (void)snprintf(name, sizeof(name), PLAN_PREFIX "/%c-stranger-%llu",
                   "-mz"[prng_range(&world->prng, 0, 2)], (unsigned long long)count);
    struct group *group = service_create(&scene->service, 0, name);
    if (group && prng_chance(&world->prng, 0.6))
        group->content = group->streams = true;
    world_say(world, "user", "makes %s%s", name, group && group->content ? " with content" : "");
    double mean_ms = (double)scene->plan.lock_timeout_ms / (scene->plan.strangers * 10);
    world_at(world, world->now_ms + (int64_t)prng_scale(&world->prng, mean_ms / 5, mean_ms * 2),
             stranger, scene, count + 1);
}

/* What stands under the prefix before anybody comes: old, in some pages' number. */
static void plant(struct scene *scene)
{
    struct prng *prng = &scene->world.prng;
    for (uint32_t i = 0; i < scene->plan.planted; i++) {
        char name[64];
        uint32_t kind = (uint32_t)prng_range(prng, 0, 9);
        (void)snprintf(name, sizeof(name), PLAN_PREFIX "/%s-%03u%s",
                       i % 3 == 0   ? "-old"
                       : i % 3 == 1 ? "m-old"
                                    : "zz-old",
                       i, kind < 2 ? "/attempt" : "");
        struct group *group = service_plant(&scene->service, name, YEAR_MS);
        if (group) {
            group->content = kind >= 2 && kind < 8;
            group->streams = group->content || kind == 8;
        }
    }
}

/* Names of other locks, in front of ours and behind. */
static void plant_nested(struct scene *scene)
{
    for (uint32_t i = 0; i < scene->plan.nested; i++) {
        char name[64];
        (void)snprintf(name, sizeof(name), PLAN_PREFIX "/%s/%05u#t15#h", i % 2 ? "-" : "z", i);
        (void)service_plant(&scene->service, name, YEAR_MS);
    }
}

static void *make_room(void *old, uint32_t *room, uint32_t wanted, size_t bytes)
{
    if (*room >= wanted)
        return old;
    char *grown = realloc(old, wanted * bytes);
    assert(grown);
    memset(grown + *room * bytes, 0, (wanted - *room) * bytes);
    *room = wanted;
    return grown;
}

static void set_up(struct scene *scene)
{
    const struct plan *plan = &scene->plan;
    uint32_t actors = plan->w_count + plan->s_count;
    scene->actors = make_room(scene->actors, &scene->actor_room, actors, sizeof(*scene->actors));
    scene->w = make_room(scene->w, &scene->w_room, plan->w_count, sizeof(*scene->w));
    scene->s = make_room(scene->s, &scene->s_room, plan->s_count, sizeof(*scene->s));
    world_start(&scene->world, plan->seed);
    service_start(&scene->service, &scene->world, plan);
    checker_start(&scene->checker, &scene->world, plan, &scene->service, scene->actors, actors);
    wire_start(&scene->wire, &scene->world, plan, &scene->service, &scene->checker);
    plant(scene);
    plant_nested(scene);
    for (uint32_t i = 0; i < plan->w_count; i++)
        contender_w_start(&scene->w[i], &scene->wire, i);
    for (uint32_t i = 0; i < plan->s_count; i++)
        contender_s_start(&scene->s[i], &scene->wire, plan->w_count + i);
}

bool scene_play(struct scene *scene)
{
    struct world *world = &scene->world;
    const struct plan *plan = &scene->plan;
    int64_t timeout_ms = plan->role_age_ms;
    set_up(scene);
    if (!plan->story && !plan->crowd) {
        int64_t patience_ms =
            8 * timeout_ms + 60000 + (plan->w_count + plan->s_count) * (timeout_ms + 60000);
        world_at(world, plan->safety_ms, calm_down, scene, 0);
        world_at(world, plan->safety_ms + patience_ms, out_of_patience, scene, 0);
        if (plan->sweep)
            world_at(world, 1000, plan->picks ? pick : sweep, scene, 0);
        if (plan->evil)
            adversary_start(&scene->adversary, world, &scene->service);
        if (plan->strangers > 0)
            world_at(world, prng_range(&world->prng, 0, plan->safety_ms), stranger, scene, 0);
    }
    return scene_go_on(scene);
}

bool scene_go_on(struct scene *scene)
{
    struct world *world = &scene->world;
    const struct plan *plan = &scene->plan;
    scene->over = false;
    while (!world_failed(world) && !scene->over && world_step(world))
        if (plan->crowd && world->now_ms >= scene->stop_ms)
            return true;
    if (!world_failed(world) && !plan->crowd && all_done(scene))
        checker_end(&scene->checker);
    return !world_failed(world);
}

void scene_free(struct scene *scene)
{
    for (uint32_t i = 0; i < scene->w_room; i++)
        contender_w_free(&scene->w[i]);
    free(scene->w);
    free(scene->s);
    free(scene->actors);
    service_free(&scene->service);
    world_free(&scene->world);
    *scene = (struct scene){0};
}
