/* scene - one world with all its parts, from the first arrival until everybody is through. */
#ifndef SIM_SCENE_H
#define SIM_SCENE_H

#include "adversary.h"
#include "checker.h"
#include "contender_s.h"
#include "contender_w.h"
#include "plan.h"
#include "service.h"
#include "wire.h"
#include "world.h"

struct scene {
    struct world world;
    struct plan plan;
    struct service service;
    struct wire wire;
    struct checker checker;
    struct adversary adversary;
    struct checker_actor *actors;
    struct contender_w *w;
    struct contender_s *s;
    uint32_t w_room, s_room, actor_room;
    bool over;
    int64_t stop_ms; /* crowd: when to stop looking; else WORLD_NEVER */
};

/* Plays scene->plan; true if nothing was violated, else world.failure says what. */
bool scene_play(struct scene *scene);
/* A crowd's scene, from where stop_ms ended it. */
bool scene_go_on(struct scene *scene);
void scene_free(struct scene *scene);

#endif
