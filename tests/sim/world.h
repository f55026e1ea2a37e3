/*
 * world - virtual time, the order of events, chance, and the transcript.
 *
 * Nothing here waits: world_step() jumps to the next event. Two events of one millisecond
 * happen in the order in which they were asked for. Memory from world_keep() lives until the
 * next world_start(); the pages are used again, so that a million worlds cost no allocation.
 * Times are true milliseconds since the world began; only contenders have clocks that err.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "prng.h"

#define WORLD_NEVER         INT64_MAX
#define WORLD_EPOCH_MS      1795330000000 /* the service's clock at the beginning: November 2026 */
#define WORLD_FAILURE_BYTES 400
#define WORLD_EVENTS_MAX    (4 * 1000 * 1000) /* per run; more means that something spins */

typedef void event_fn(void *object, uint64_t argument);

struct world_event;
struct world_page;

struct world {
    struct prng prng;
    int64_t now_ms;
    bool calm;                         /* the liveness phase: no faults any more */
    FILE *transcript;                  /* NULL for none */
    char failure[WORLD_FAILURE_BYTES]; /* the first violation; "" for none */
    uint64_t happened;                 /* events so far */

    struct world_event *events; /* a heap, earliest first */
    size_t event_count;
    size_t event_room;
    uint64_t next_order;
    struct world_page *pages, *page;
};

/* Begins anew; keeps memory of earlier runs. The first time the struct must be zero. */
void world_start(struct world *world, uint64_t seed);
void world_free(struct world *world);

void world_at(struct world *world, int64_t at_ms, event_fn *fn, void *object, uint64_t argument);
bool world_step(struct world *world); /* false when nothing is left to happen */

void *world_keep(struct world *world, size_t bytes); /* not cleared */
const char *world_keep_text(struct world *world, const char *text, size_t length);

/* One line of the transcript: time, who, what. */
void world_say(struct world *world, const char *who, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Records a violation; the first one counts, and ends the run. */
void world_fail(struct world *world, const char *invariant, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static inline bool world_failed(const struct world *world)
{
    return world->failure[0] != '\0';
}

#endif
