/*
 * service - the log groups, as four front ends show them.
 *
 * Creates and deletes take effect at one moment; each front end's listing shows it up to
 * plan.lag_ms later (or creates and deletes by lags of their own), each at its own time. A name
 * that was deleted and made again is two groups, the newer shown in preference. Creation times come
 * from the front end's clock, read up to plan.create_ms before the create takes effect.
 */
#ifndef SIM_SERVICE_H
#define SIM_SERVICE_H

#include <stddef.h>

#include "plan.h"
#include "world.h"

#define SERVICE_PAGE   50
#define SERVICE_NOBODY UINT32_MAX

#define SERVICE_REMEMBERED_MS 60000 /* what was deleted, and is shown no more: for the checker */

struct group {
    const char *name; /* lives as long as the world */
    size_t name_bytes;
    uint32_t actor;     /* who made it, SERVICE_NOBODY for strangers and the service itself */
    uint32_t run;       /* which run of the actor */
    uint32_t maker;     /* as actor, also when that run is over, and of a ghost's first life */
    bool content;       /* stored bytes, as listings show them */
    bool streams;       /* it has log streams: no attempt, whatever listings show */
    bool ghost;         /* made again by the service */
    int64_t created_ms; /* creationTime, by a front end's clock */
    int64_t applied_ms; /* true times */
    int64_t deleted_ms; /* WORLD_NEVER while it stands */
    int64_t shown_ms[FRONT_ENDS_MAX];
    int64_t hidden_ms[FRONT_ENDS_MAX];
};

struct service {
    struct world *world;
    const struct plan *plan;
    struct group **groups; /* by name, then by age; also those a front end still shows */
    uint32_t group_count;
    uint32_t group_room, forget_at;
};

void service_start(struct service *service, struct world *world, const struct plan *plan);
void service_free(struct service *service);

/* The group of that name which stands, or NULL. */
struct group *service_find(const struct service *service, const char *name);

/* Makes one, or returns NULL if it stands already. */
struct group *service_create(struct service *service, uint32_t front_end, const char *name);
/* One that has stood for age_ms and is in everybody's sight. */
struct group *service_plant(struct service *service, const char *name, int64_t age_ms);
void service_delete(struct service *service, struct group *group);

/* One page of PREFIX/ behind `after` (NULL: from the start), as a front end shows it now. */
struct service_page {
    struct group *groups[SERVICE_PAGE];
    uint32_t count;
    bool more;
};
void service_list(const struct service *service, uint32_t front_end, const char *after,
                  struct service_page *ret_page);

/* That name as a front end shows it now, or NULL. */
struct group *service_show(const struct service *service, uint32_t front_end, const char *name);

/* When every front end shows it; from when on one may not. */
int64_t service_shown_by(const struct service *service, const struct group *group);
int64_t service_hidden_from(const struct service *service, const struct group *group);

#endif
