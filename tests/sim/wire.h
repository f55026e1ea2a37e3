/*
 * wire - requests between contenders and the service, and all that can befall them.
 *
 * A request is a flight: it leaves, takes effect at some later moment (once, twice, or never,
 * perhaps long after its sender gave up), and its answer may or may not come. The sender is
 * called back at most once; it compares the flight with the one that it waits for.
 */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include "checker.h"
#include "lock/lock.h"
#include "plan.h"
#include "service.h"

struct flight {
    enum plan_op op;
    uint32_t actor, run;
    uint32_t front_end;
    int64_t decided_ms; /* when the sender made up its mind: it may have been stopped since */
    bool own;           /* LOOK: show the group itself, for a creation time */
    enum lock_outcome outcome;
    bool throttled;
    bool repeated;
    bool streams;
    int64_t date_ms;          /* the front end's clock, in whole seconds, if it was applied */
    int64_t again_after_ms;   /* DELETE: the service makes it again; 0: it does not */
    struct group *group;      /* CREATE: what was made; LOOK: what was found */
    struct service_page page; /* LIST */
    char name[ATTEMPT_NAME_BYTES + 1]; /* LIST: the cursor, "" for the first page */

    void (*answered)(void *object, struct flight *flight);
    void *object;
    struct wire *wire;
    uint32_t holds; /* events and senders that still need it */
    struct flight *next_free;
};

/* Tokens of one operation: `quota` more each second, as many at most. */
struct wire_bucket {
    double tokens;
    int64_t filled_ms;
    int64_t stranger_ms; /* when somebody else takes the next */
};

struct wire {
    struct world *world;
    const struct plan *plan;
    struct service *service;
    struct checker *checker;
    int64_t burst_until_ms;
    int64_t outage_until_ms;
    bool outage_hangs;
    int64_t cut_until_ms[PLAN_CONTENDERS_MAX];
    uint32_t counts[PLAN_CONTENDERS_MAX][PLAN_OPS]; /* for a story's steps */
    uint64_t calls[PLAN_OPS];
    uint64_t throttled[PLAN_OPS]; /* of them */
    struct wire_bucket buckets[PLAN_OPS];
    struct flight *free;
};

void wire_start(struct wire *wire, struct world *world, const struct plan *plan,
                struct service *service, struct checker *checker);

/* Counts one more request of its kind and says what a story has in mind for it, or NULL. */
const struct plan_step *wire_step(struct wire *wire, uint32_t actor, enum plan_op op);

/* A flight to be filled in (op, actor, run, decided_ms, name, answered, object), then sent. */
struct flight *wire_flight(struct wire *wire);
void wire_send(struct flight *flight, const struct plan_step *step);

/* Keeps a flight beyond its callback; every hold is let go once. */
void wire_hold(struct flight *flight);
void wire_let_go(struct flight *flight);

#endif
