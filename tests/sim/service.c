#include "service.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define FORGET_FROM 64 /* groups; for each world anew: it must not matter what came before */

void service_start(struct service *service, struct world *world, const struct plan *plan)
{
    service->world = world;
    service->plan = plan;
    service->group_count = 0;
    service->forget_at = FORGET_FROM;
}

void service_free(struct service *service)
{
    free(service->groups);
    *service = (struct service){0};
}

/* The first group whose name is not smaller (or, with `behind`, is larger). */
static uint32_t position(const struct service *service, const char *name, bool behind)
{
    uint32_t low = 0, high = service->group_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(service->groups[middle]->name, name);
        if (order < 0 || (behind && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct group *service_find(const struct service *service, const char *name)
{
    uint32_t i = position(service, name, true);
    if (i == 0)
        return NULL;
    struct group *group = service->groups[i - 1];
    bool stands = group->deleted_ms == WORLD_NEVER && strcmp(group->name, name) == 0;
    return stands ? group : NULL;
}

static int64_t lag(const struct service *service, const struct plan_lag *apart)
{
    struct prng *prng = &service->world->prng;
    if (service->plan->lags_apart)
        return prng_range(prng, apart->least_ms, apart->most_ms);
    double fate = prng_unit(prng);
    if (fate < service->plan->lag_full)
        return service->plan->lag_ms;
    return fate > 0.8 ? 0 : prng_range(prng, 0, service->plan->lag_ms);
}

/* Forgets what no front end has shown for a while, now and then. */
static void forget(struct service *service)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < service->group_count; i++) {
        struct group *group = service->groups[i];
        if (group->deleted_ms == WORLD_NEVER ||
            group->deleted_ms + service->plan->lag_ms + SERVICE_REMEMBERED_MS >
                service->world->now_ms)
            service->groups[kept++] = group;
    }
    service->group_count = kept;
}

struct group *service_create(struct service *service, uint32_t front_end, const char *name)
{
    struct world *world = service->world;
    if (service_find(service, name))
        return NULL;
    if (service->group_count == service->forget_at) {
        forget(service);
        if (service->group_count * 4 >= service->forget_at * 3)
            service->forget_at *= 2;
    }
    if (service->group_room < service->forget_at) {
        service->group_room = service->forget_at;
        service->groups = realloc(service->groups, service->group_room * sizeof(*service->groups));
        assert(service->groups);
    }
    struct group *group = world_keep(world, sizeof(*group));
    size_t length = strlen(name);
    *group = (struct group){
        .name = world_keep_text(world, name, length),
        .name_bytes = length,
        .actor = SERVICE_NOBODY,
        .maker = SERVICE_NOBODY,
        .created_ms = WORLD_EPOCH_MS + world->now_ms + service->plan->skew_ms[front_end] -
                      prng_range(&world->prng, 0, service->plan->create_ms),
        .applied_ms = world->now_ms,
        .deleted_ms = WORLD_NEVER,
    };
    for (uint32_t i = 0; i < service->plan->front_ends; i++) {
        group->shown_ms[i] = world->now_ms + lag(service, &service->plan->create_lag);
        group->hidden_ms[i] = WORLD_NEVER;
    }
    uint32_t at = position(service, name, true);
    memmove(service->groups + at + 1, service->groups + at,
            (service->group_count - at) * sizeof(*service->groups));
    service->groups[at] = group;
    service->group_count++;
    return group;
}

struct group *service_plant(struct service *service, const char *name, int64_t age_ms)
{
    struct group *group = service_create(service, 0, name);
    if (!group)
        return NULL;
    group->created_ms -= age_ms;
    group->applied_ms -= age_ms;
    for (uint32_t i = 0; i < service->plan->front_ends; i++)
        group->shown_ms[i] = group->applied_ms;
    return group;
}

void service_delete(struct service *service, struct group *group)
{
    group->deleted_ms = service->world->now_ms;
    for (uint32_t i = 0; i < service->plan->front_ends; i++)
        group->hidden_ms[i] = service->world->now_ms + lag(service, &service->plan->delete_lag);
}

static bool shows(const struct group *group, uint32_t front_end, int64_t now_ms)
{
    return group->shown_ms[front_end] <= now_ms && now_ms < group->hidden_ms[front_end];
}

void service_list(const struct service *service, uint32_t front_end, const char *after,
                  struct service_page *ret_page)
{
    int64_t now_ms = service->world->now_ms;
    uint32_t i = after ? position(service, after, true) : 0;
    ret_page->count = 0;
    for (; i < service->group_count; i++) {
        struct group *group = service->groups[i];
        if (!shows(group, front_end, now_ms))
            continue;
        uint32_t count = ret_page->count;
        if (count > 0 && strcmp(ret_page->groups[count - 1]->name, group->name) == 0) {
            ret_page->groups[count - 1] = group;
            continue;
        }
        if (count == SERVICE_PAGE)
            break;
        ret_page->groups[ret_page->count++] = group;
    }
    ret_page->more =
        i < service->group_count ||
        (ret_page->count > 0 && prng_chance(&service->world->prng, service->plan->empty_page));
}

struct group *service_show(const struct service *service, uint32_t front_end, const char *name)
{
    for (uint32_t i = position(service, name, true); i > 0; i--) {
        struct group *group = service->groups[i - 1];
        if (strcmp(group->name, name) != 0)
            break;
        if (shows(group, front_end, service->world->now_ms))
            return group;
    }
    return NULL;
}

int64_t service_shown_by(const struct service *service, const struct group *group)
{
    int64_t by_ms = 0;
    for (uint32_t i = 0; i < service->plan->front_ends; i++)
        if (group->shown_ms[i] > by_ms)
            by_ms = group->shown_ms[i];
    return by_ms;
}

int64_t service_hidden_from(const struct service *service, const struct group *group)
{
    int64_t from_ms = WORLD_NEVER;
    for (uint32_t i = 0; i < service->plan->front_ends; i++)
        if (group->hidden_ms[i] < from_ms)
            from_ms = group->hidden_ms[i];
    return from_ms;
}
