/*
 * plan - what one world is like: the service, its faults, the contenders. Drawn from the seed.
 *
 * Within the bounds of docs/protocol.md no plan may lead to a violation; `outside` says that
 * the caller has set bounds aside (then only the exclusion of long overlaps is promised).
 * Rates are per request or per moment at which a process could be stopped, 0 to 1.
 */
#ifndef SIM_PLAN_H
#define SIM_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "prng.h"

#define PLAN_PREFIX         "locks/a"
#define PLAN_BEHIND_MS      5000 /* all but the first come later, if that is to hold for long */
#define FRONT_ENDS_MAX      4
#define PLAN_CONTENDERS_MAX 12

enum plan_op {
    PLAN_CREATE,
    PLAN_DELETE,
    PLAN_LIST,
    PLAN_LOOK,
    PLAN_START, /* the command's start, between the decision and the fork */
    PLAN_OPS
};

/* A story's hand in fate: what happens to the nth request of its kind by one contender. */
enum plan_effect {
    PLAN_STOP,       /* the process stops for ms just before the request leaves */
    PLAN_STOP_AFTER, /* ... just before it reads the answer */
    PLAN_DELAY,      /* the request arrives ms later, the client has the answer then */
    PLAN_LOSE,       /* applied, the answer never comes */
    PLAN_ABORT,      /* applied, answered OperationAborted */
    PLAN_LATE,       /* the client hears of a broken connection; applied ms later */
    PLAN_CRASH,      /* the machine loses power just before the request leaves */
    PLAN_CUT,        /* from now on no request of this contender reaches the service, for ms */
    PLAN_AGAIN,      /* a delete: the service makes the group again, ms later */
};

struct plan_step {
    uint32_t actor;
    enum plan_op op;
    uint32_t nth; /* from 1, over all runs of the contender */
    enum plan_effect effect;
    int64_t ms;
};

struct plan_arrival {
    int64_t at_ms;
    int64_t hold_ms;
    const char *id;
    const char *nonce; /* W: NULL if the ID is unique */
    int64_t signal_ms; /* 0: none comes */
    bool shared;       /* W: how it takes the lock */
    uint32_t slots;
};

/* How late listings show a change: each one by an amount of its own, evenly spread. */
struct plan_lag {
    int64_t least_ms, most_ms;
};

struct plan {
    uint64_t seed;
    const char *story; /* NULL: everything is drawn */
    const struct plan_step *steps;
    uint32_t step_count;

    /* the lock */
    int64_t lock_timeout_ms; /* the shortest, if they differ */
    bool mixed_timeouts;     /* W may have other ones, up to the role's */
    int64_t role_timeout_ms; /* as the W are told */
    int64_t role_age_ms;     /* as the S have it */
    int64_t settle_ms;
    int64_t kill_after_ms;

    /* the service */
    uint32_t front_ends;
    int64_t skew_ms[FRONT_ENDS_MAX];
    int64_t lag_ms;
    int64_t create_ms; /* from stamping a log group to applying the create, at most */
    int64_t latency_ms;
    int64_t jitter_ms;
    double lag_full; /* how many changes take the whole lag */
    bool lags_apart; /* then not by the two above: creates and deletes have lags of their own, */
    struct plan_lag create_lag, delete_lag; /* and lag_ms is the largest of them */
    double quota;                           /* calls a second of each operation; 0: no limit */
    double stranger;                        /* of which somebody else uses up so many */
    double empty_page;

    /* faults, while the world is not calm */
    double burst, throttle, never_sent, lost_request, lost_answer, error_before, error_after;
    double late, aborted, repeated;
    int64_t late_max_ms;
    double outage;
    int64_t outage_max_ms;
    double stop, long_stop, suspend, crash, signal;
    double crash_holding; /* per hold */
    double recreate;
    bool sweep;        /* outside the promise: a job deletes empty groups, */
    bool picks;        /* one at a time, not all of somebody's */
    double role_sleep; /* an S is asleep between its create and its listing, for so long: */
    int64_t role_sleep_min_ms, role_sleep_max_ms;

    /* those who come */
    uint32_t w_count, s_count;
    uint32_t planted;
    uint32_t nested;  /* names of locks below this one, passed over by whoever reads a listing */
    double strangers; /* a fresh unmarked group appears, per contender run */
    double drift_ppm;
    int64_t safety_ms;
    int64_t hold_max_ms;
    int64_t think_max_ms;
    int64_t rush_ms; /* all come at multiples of this, as cron jobs do; 0: each as it likes */
    int64_t role_delay_ms;
    double nonblock, wait_limit, no_queue, retry_delay, explicit_id;
    double shared, slotted;              /* parts of the runs; the others are exclusive */
    uint32_t slots;                      /* how many; */
    uint32_t slots_more;                 /* some say up to so many more */
    bool stream;                         /* readers go on coming until all writers are through */
    const struct plan_arrival *arrivals; /* a story: one per contender, each comes once */

    bool crowd;                       /* --waiters: all arrive, wait and hold alike, */
    int64_t return_ms;                /* and come again within so long; */
    bool once;                        /* or they do not; */
    int64_t first_hold_ms, expect_ms; /* one has the lock when all others come; what it says */

    bool outside;  /* bounds are broken on purpose: overlaps are counted, not forbidden, */
    bool mild;     /* and as there are no faults, they must be short */
    bool evil;     /* an adversary makes names: outside, too, and forbidden all the same */
    bool lagging;  /* but they are forbidden all the same: it is only listings that are late */
    bool no_mutex; /* a rule left out: then nothing orders the tokens of those who hold in turn */
};

/* Worlds in which one thing happens all the time, so that one rule is needed often. */
enum plan_kind {
    PLAN_ANY,
    PLAN_RUSH,    /* many W at once, full lag, hardly any latency */
    PLAN_ROLES,   /* role peers that hang and wake up, holds of many timeouts */
    PLAN_IDS,     /* everybody uses the same explicit ID, or nearly */
    PLAN_CUTS,    /* contenders cut off from the service while they hold */
    PLAN_SKEW,    /* front ends' clocks apart, contenders that die */
    PLAN_TRIES,   /* one try each, no faults */
    PLAN_LOSSES,  /* lost and late answers */
    PLAN_STOPS,   /* processes that are stopped, and wake up when they are written off */
    PLAN_DEAD,    /* role peers that die and come back */
    PLAN_SWEPT,   /* for a sweeper: long holds */
    PLAN_PICKED,  /* for a sweeper that takes single attempts */
    PLAN_ASLEEP,  /* role peers that wake up just when they have been written off */
    PLAN_BEHIND,  /* stops between a create and the first look: tickets become known late */
    PLAN_LAGGING, /* listings that are later than the settle time, W only, nothing else amiss */
    PLAN_QUOTAS,  /* a quota that all share, also with a stranger */
    PLAN_EVIL,    /* an adversary that makes names, and many that lie deeper */
    PLAN_KINDS
};

struct plan_options {
    enum plan_kind kind;
    bool outside;
    double lag_by_settle;  /* outside: lag / D; below 0: as within */
    double skew_by_settle; /* outside: 2 x skew / D; below 0: as within */
    bool sweep;
    bool mild; /* no faults */
    bool no_roles;
    bool modes; /* shared runs and slots */
    bool lags_apart;
    double create_lag[2], delete_lag[2]; /* with it: least and most, / D */
    bool no_settle;                      /* --settle 0; the D of the lags is as drawn */
    double loss, death;                  /* a lost answer, per call; a power failure, per hold */
};

void plan_draw(struct plan *plan, uint64_t seed, const struct plan_options *options);

#endif
