/*
 * state - the memory of the machine of lock/lock.h: all that a run knows of its lock.
 *
 * It is in a header so that callers can have one without an allocation, and tests can look at it.
 * Only src/lock writes to it. Zero is not a valid state: lock_init() makes one.
 *
 * Two kinds of time occur, and never meet: int64_t ..._ms of creation, by the service's clock (in
 * milliseconds since 1970); and struct mono, by our own clock. A struct mono field says when
 * something happened to us, or from when on something may be done.
 */
#ifndef LOCK_STATE_H
#define LOCK_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "lock/attempt.h"
#include "lock/limits.h"
#include "lock/lock.h"

enum lock_generation_state {
    LOCK_GENERATION_FREE,
    LOCK_GENERATION_PLANNED, /* not sent yet */
    LOCK_GENERATION_SENT,    /* may exist */
    LOCK_GENERATION_MADE,    /* answered, or seen in a listing */
    LOCK_GENERATION_DELETED, /* remembered, so that a stale listing does not surprise */
    LOCK_GENERATION_LEFT,    /* could not be deleted */
};

struct lock_generation {
    enum lock_generation_state state;
    uint32_t number;
    bool claim;
    bool drop;   /* no longer wanted: to be deleted, counts for nothing */
    bool seen;   /* in a listing: `created_ms` is known, the lease is confirmed */
    bool shown;  /* in the last listing, and not made again meanwhile */
    bool remade; /* it was deleted by somebody, and made again */
    bool ask_unanswered;
    bool ask;           /* created again, to know whether it is still there */
    uint32_t seen_look; /* number of the look that first showed it */
    uint32_t refusals;
    int64_t ticket_ms;      /* as in its name */
    int64_t first_claim_ms; /* as in its name */
    int64_t token;          /* as in its name */
    uint32_t slot;          /* as in its name */
    int64_t created_ms;     /* by the service's clock, once seen */
    int64_t late_ms;        /* a listing asked for so long after its answer did not show it */
    struct mono sent;       /* S0: just before the first sending */
    struct mono answered;   /* last answer to its create, or the listing that first showed it */
    struct mono deleted;    /* answer to its delete */
};

/* How the queue moves, as a waiter's looks have shown it; only for how long to wait. */
struct lock_pace {
    bool looked;
    struct mono asked;             /* the last look, */
    uint32_t front;                /* how many were ahead on its front page, */
    uint64_t runs[LOCK_FRONT_MAX]; /* who: hashes, */
    uint32_t ahead;                /* and how many there may be in all */
    int64_t hold_ms;               /* how old holds were when we looked, on the average of late */
    int64_t idle_ms;               /* since it last showed a holder, or first looked */
    int64_t elapsed_ms;            /* of late, */
    int64_t moved;                 /* and by how many places meanwhile, in 1/1000 */
};

/* What is known of the mutex that this run wants, or had. */
enum lock_mutex_state {
    LOCK_MUTEX_NONE,    /* we want none, and have none */
    LOCK_MUTEX_WANTED,  /* to be created once our claim stands; no create has been sent yet */
    LOCK_MUTEX_SENT,    /* a create has been sent, and its answer was lost: it may be ours */
    LOCK_MUTEX_DOUBTED, /* there is one, perhaps ours: looks will tell ("In doubt") */
    LOCK_MUTEX_OURS,    /* we made it, and nobody can have removed it as far as we know */
    LOCK_MUTEX_TAKEN,   /* another run has it */
    LOCK_MUTEX_LEFT,    /* it is ours, but deleting it has failed for good: the user is told */
};

/*
 * How far the removal of a dead run's mutex is. Only who has created #break may remove it, so that
 * no two runs do so at once (BREAK_ONE).
 */
enum lock_break_state {
    LOCK_BREAK_NONE,
    LOCK_BREAK_WANTED,   /* #break is to be created */
    LOCK_BREAK_SENT,     /* its create was sent, and the answer was lost */
    LOCK_BREAK_MADE,     /* #break is ours; one more look decides whether the mutex goes */
    LOCK_BREAK_REMOVING, /* that look agreed: the mutex is to be deleted */
    LOCK_BREAK_DONE,     /* the mutex has been deleted; our #break stands until we leave */
    LOCK_BREAK_OLD,      /* there is a dead run's #break: one more look decides whether it goes */
    LOCK_BREAK_STALE,    /* that look agreed: that #break is to be deleted */
};

/*
 * The mutex (docs/protocol.md, "The mutex"): first what became of our own, then what listings show
 * of the mutexes that are there, then how far we are with the removal of a dead run's.
 *
 * Creation times (..._created_ms) are by the service's clock; struct mono is our own.
 */
struct lock_mutex {
    enum lock_mutex_state state;
    bool drop;              /* not wanted any more: to be deleted, if it is ours */
    bool made_anew;         /* made after the one that stood there was deleted */
    bool lapsed;            /* others may have taken us for dead, and removed it */
    bool met_claim;         /* another claimed while it was ours: ask for it before we hold, */
    bool ask_again;         /* and this is the time to create it once more, to see if it stands */
    uint32_t slot;          /* the number in its name; 0: an exclusive run's, which has none */
    uint32_t tries;         /* slots that turned out to be taken, in a row */
    uint32_t refusals;      /* of the service to delete it */
    struct mono sent;       /* just before the create that was answered */
    struct mono made;       /* when that was answered */
    struct mono safe_until; /* nobody takes us for dead before this, whatever our claims are; */
    struct mono too_young_until; /* nor before this: until then it is younger than any T */
    struct mono state_since;     /* since when it is ours, in doubt, or asked for without answer */
    int64_t pause_ms;            /* before the next look, while another has it */
    int64_t date_ms;             /* the Date of the answer to its create; 0: not known */
    int64_t created_ms;          /* of ours, or of the one in doubt, by a listing; 0: not seen */
    struct mono token_past_at;   /* from then on our token is in the service's past, */
    bool kept_for_token;         /* and before that it must not be deleted, though it is to go */

    int64_t shown_ms;           /* creation time of the newest in the last listing */
    bool blocked;               /* by that listing there is none that we could make */
    bool held_by_other;         /* by the last answer or look another run has it */
    uint32_t free_slot;         /* one whose mutex no listing shows; 0: none */
    int64_t suspect_created_ms; /* of one that may be a dead run's; ATTEMPT_UNKNOWN: none */
    uint32_t suspect_slot;      /* and its slot */
    int64_t
        suspect_lifetime_ms;   /* it is a dead run's only if it is older: the largest T in sight */
    struct mono suspect_since; /* asked for then: the first of the looks in a row to show it so, */
    struct mono last_look;     /* and the last listing that was read to its end */
    struct mono fresh_until;   /* until then somebody's mutex may be deleted by that listing */
    int64_t break_created_ms;  /* of the suspect's #break; ATTEMPT_UNKNOWN: none is shown */
    int64_t old_break_created_ms; /* as that was when our create of #break was told "exists" */

    enum lock_break_state breaking;
    bool break_drop;            /* our #break is to be deleted */
    bool break_unheard;         /* "exists" followed a lost answer: #break may be another's */
    struct mono break_sent;     /* just before its create, */
    struct mono break_answered; /* and when that was answered */
};

struct lock_cleaning {
    bool unmarked;
    bool inside_known;       /* no streams: may go */
    struct mono fresh_until; /* what its listing has shown */
    char name[ATTEMPT_NAME_BYTES + 1];
};

struct lock {
    struct lock_settings settings;
    enum lock_phase phase;
    enum lock_reason reason;
    enum lock_notice notice;
    char notice_name[ATTEMPT_NAME_BYTES + 1];

    struct lock_generation generations[LOCK_GENERATIONS_MAX];
    uint32_t next_number;
    int64_t ticket_ms;      /* smallest ticket of ours, ATTEMPT_UNKNOWN until seen */
    int64_t token_seen;     /* largest token in any claim so far */
    int64_t token;          /* ours, once claimed */
    int64_t first_claim_ms; /* creation time of our first claim of this hold */
    bool adopts;            /* all names of this ID and nonce are ours: a run's that was killed */
    bool named;             /* a create of ours may have reached the service */
    bool made_any;          /* a create of ours was answered or seen */
    uint32_t names_taken;   /* of ours that somebody had made before us, in a row; */
    char name_taken[ATTEMPT_NAME_BYTES + 1]; /* the last of them */
    bool uncertain; /* a create's outcome was unknown once: it may still be applied */

    struct lock_mutex mutex;

    int64_t anchor_created_ms; /* creation time of our newest seen attempt, */
    struct mono anchor;        /* and when its create was answered: a lower bound of "now"; */
    struct mono anchor_sent;   /* first sent: an upper bound */
    uint32_t anchor_number;
    int64_t service_ms; /* the largest such bound so far */
    int64_t date_ms;    /* the last answer's Date, */
    struct mono dated;  /* and when it came; for where no bound is known, and nothing hangs on it */
    struct mono arrived;

    int64_t late_ms; /* a listing did not show what was surely there, or showed what was deleted, so
                        long after the answer; the most so far */

    uint32_t looks; /* listings examined so far */
    struct mono look_at;
    int64_t again_ms;    /* pause while something is to show up; 0: the shortest */
    bool found_ahead;    /* the first look found somebody ahead, alive by the service's clock, */
    struct mono turn_at; /* and when it may be our turn then */
    bool look_first;     /* nothing of ours is made before the first look */
    bool reading;        /* a listing is under way: its next pages matter */
    bool claim_failed;   /* a claim of ours was not the first: read every page before the next */
    struct mono claimed; /* answer to the create of our claim */
    uint32_t lost_looks;
    bool admitted; /* the queue was short enough when we arrived */
    uint32_t young_looks;
    uint32_t unseen_looks; /* in a row, D apart */
    struct mono unseen_asked, unseen_since;
    struct mono unseen_exists; /* our newest name was asked for, and was there */
    struct lock_pace pace;
    bool withdrawn; /* --no-queue: lost; next try at arrive_at */
    struct mono arrive_at;
    struct mono quiet_until; /* after a failure */
    struct mono listed;      /* when the listing that is being read was asked for */
    bool list_own;           /* the next listing is to be of our own name alone, */
    bool listing_own;        /* the one that was read is */
    bool busy;               /* the service has throttled us */
    uint32_t failures;       /* in a row, throttling included */
    uint32_t hard_failures;  /* in a row, other than throttling */

    struct mono whole_at;                  /* a holder's next look that must read every page */
    uint32_t loss_looks[LOCK_LOSS_CAUSES]; /* in a row, D apart */
    struct mono loss_asked[LOCK_LOSS_CAUSES];
    uint64_t older_runs[LOCK_OLDER_BITS / 64]; /* who claimed before us, as a set of hashes */
    uint32_t gone_since_look; /* generations first seen by this look or later do not count */

    struct lock_cleaning cleaning[LOCK_CLEANING_MAX];
    uint32_t cleaning_count;
    bool cleaning_more; /* the listing showed more than is remembered */
    struct mono clean_at;
    struct mono clean_until;      /* what goes before the command must be gone by then */
    struct mono unmarked_deleted; /* last delete of an unmarked attempt */
    uint64_t left_alone[LOCK_LEFT_ALONE_MAX]; /* hashes of names */
    uint32_t left_alone_count;
    bool left_alone_told;
    bool disagreement_told;
    bool unmarked_told;

    struct mono leave_until;
    struct mono ask_until; /* what is asked for before that */
    uint32_t leaving_looks;
    struct mono leaving_quiet; /* last delete, or look */

    struct lock_position position;
};

#endif
