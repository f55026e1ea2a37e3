/*
 * contender_s - a peer that speaks the role's protocol (docs/protocol.md, "The older protocol").
 *
 * Step by step as a playbook does it, with its tasks' pauses; a failed request is tried again
 * a few times, then the try has failed and the attempt is deleted. Thinks that it holds from
 * its winning look on; the checker counts that until T_S after its create. Between deleting a
 * leftover of its own and making the name anew it waits for longer than the listing lag, as
 * slow tasks do: with less, the protocol reads its old creation time and is not safe by itself.
 */
#ifndef SIM_CONTENDER_S_H
#define SIM_CONTENDER_S_H

#include "checker.h"
#include "process.h"
#include "wire.h"

#define ROLE_EXPIRED_MAX 64

enum role_step {
    ROLE_IDLE,
    ROLE_CLEAR, /* deletes its own name, if it is there */
    ROLE_CREATE,
    ROLE_STAMP, /* reads its creation time */
    ROLE_LIST,
    ROLE_EXPIRED, /* has won: deletes expired attempts */
    ROLE_WORK,
    ROLE_RELEASE, /* deletes its own name, for good or until the next try */
};

struct contender_s {
    struct process process;
    struct wire *wire;
    struct checker *checker;
    uint32_t actor;
    const char *who;
    bool done, crashed;
    char name[64];
    enum role_step step;
    uint32_t serial; /* of the step: late events are void */
    struct flight *flight;
    uint32_t tries;    /* of one request */
    uint32_t attempts; /* to get the lock */
    bool holding, held_calm, retry;
    bool clean; /* its name was never made */
    int64_t stamp_ms;
    int64_t decided_ms;
    int64_t asked_ms; /* when it asked for the listing */
    int64_t hold_ms;
    bool first_found; /* of the listing so far */
    int64_t first_ms; /* the earliest active attempt: its creation time and name */
    char first_name[ATTEMPT_NAME_BYTES + 1];
    char cursor[ATTEMPT_NAME_BYTES + 1];
    char expired[ROLE_EXPIRED_MAX][ATTEMPT_NAME_BYTES + 1];
    uint32_t expired_count;
    const struct plan_step *story_step;
};

void contender_s_start(struct contender_s *contender, struct wire *wire, uint32_t actor);

/* The calm has come: whoever works gets ready soon. */
void contender_s_hurry(struct contender_s *contender);

#endif
