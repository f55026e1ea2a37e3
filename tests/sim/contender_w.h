/*
 * contender_w - a withlock: struct lock driven as the launcher drives it.
 *
 * One request at a time; gives up at the todo's deadline or the read timeout; pauses after
 * failures with full jitter. The command starts at LOCK_HELD; a watchdog (another process)
 * ends it by the lease that the launcher last published, also while the launcher is stopped.
 * Comes again and again: each run has its own settings, drawn from the seed.
 */
#ifndef SIM_CONTENDER_W_H
#define SIM_CONTENDER_W_H

#include "aws/retry.h"
#include "checker.h"
#include "lock/state.h"
#include "process.h"
#include "wire.h"

enum command_state {
    COMMAND_NONE,
    COMMAND_STARTING, /* decided; the fork is still to come */
    COMMAND_ALIVE,
    COMMAND_ENDED,
};

struct contender_w {
    struct process process;
    struct wire *wire;
    struct checker *checker;
    uint32_t actor;
    const char *who;

    bool present; /* a run is under way */
    bool leaving;
    bool done; /* it has held in the calm */
    bool explicit_id, stamped;
    bool patient; /* this run waits until it holds */
    uint32_t runs;
    uint32_t serial; /* of the run: events of earlier runs are void */
    char id[64];
    char nonce[ATTEMPT_NONCE_BYTES + 1];
    struct lock lock;

    struct lock_todo todo;
    char name[ATTEMPT_NAME_BYTES + 1]; /* of the todo */
    const struct plan_step *step;
    bool asked; /* a todo was given and not told yet */
    struct mono sent;
    int64_t decided_ms;
    struct flight *flight;  /* on its way */
    struct flight *arrived; /* its answer lies there, not read yet */
    uint32_t wake;          /* only the newest wake-up counts */
    uint32_t request;       /* serial of the request, for its timeout */
    uint32_t failures;
    struct retry retry; /* in worlds with a quota, as the launcher has it */
    struct retry_budget budget;

    struct lock_entry *entries; /* of the listing under way */
    uint32_t entry_count, entry_room, pages;
    const char *last_name; /* of what was read: the next page begins behind it */
    bool list_own;         /* the listing is of our own name alone */
    struct mono asked_at;
    int64_t asked_ms;

    enum command_state command;
    int64_t hold_ms;
    bool ran, termed, said_lost;
    bool held_calm;          /* it began to hold in the calm */
    uint32_t watch;          /* only the watchdog's newest alarm counts */
    int64_t watch_at_ms;     /* true time */
    struct lock_lease lease; /* as the watchdog knows it */
};

void contender_w_start(struct contender_w *contender, struct wire *wire, uint32_t actor);

/* The command has ended: the launcher hears of it. (For command.c.) */
void contender_w_command_over(void *contender, uint64_t serial);

/* Lets the launcher go on. (For command.c.) */
void contender_w_turn(struct contender_w *contender);

void contender_w_free(struct contender_w *contender);

#endif
