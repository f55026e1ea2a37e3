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

/* What has become of one of our own names. */
enum lock_generation_state {
    LOCK_GENERATION_FREE,    /* this place in the memory is empty */
    LOCK_GENERATION_PLANNED, /* its create has not been sent yet */
    LOCK_GENERATION_SENT,    /* sent, and not answered: it may exist, now or later */
    LOCK_GENERATION_MADE,    /* its create was answered, or a listing has shown it */
    LOCK_GENERATION_DELETED, /* remembered, since a late listing may still show it */
    LOCK_GENERATION_LEFT,    /* the service has refused to delete it: the user is told */
};

/* One of our own names. What is "as in its name" is so from the start; see lock/attempt.h. */
struct lock_generation {
    enum lock_generation_state state;
    uint32_t number;     /* of the generation: larger ones are younger */
    bool claim;          /* as in its name */
    bool drop;           /* no longer wanted: it counts for nothing, and is to be deleted */
    bool seen;           /* a listing has shown it: created_ms is known, the lease is confirmed */
    bool shown;          /* the last listing shows it as the attempt that it was */
    bool remade;         /* a listing has shown that somebody deleted it and made it again */
    bool ask;            /* to be created once more: "exists" tells that it is still there */
    bool ask_unanswered; /* that has been sent, and its answer was lost */
    uint32_t seen_look;  /* the value of lock.looks at the look that first showed it */
    uint32_t refusals;   /* of the service to delete it */
    int64_t ticket_ms;   /* as in its name; ATTEMPT_UNKNOWN: its creation time is the ticket */
    int64_t first_claim_ms; /* as in its name */
    int64_t token;          /* as in its name */
    uint32_t slot;          /* as in its name */
    int64_t created_ms;     /* by a listing, once it was seen */
    int64_t late_ms;        /* so long after its answer a whole listing did not show it yet */
    struct mono sent;       /* just before its create was first sent: the lease begins */
    struct mono answered;   /* last answer to its create, or the listing that first showed it */
    struct mono deleted;    /* answer to its delete */
};

/*
 * How the queue moves, as a waiter's looks have shown it (docs/protocol.md, "Polling"). Only the
 * pause until the next look depends on it.
 */
struct lock_pace {
    bool looked;                   /* there has been a look: the rest is set */
    struct mono asked;             /* when the last look was asked for */
    uint32_t front;                /* runs that were ahead on its first page, */
    uint64_t runs[LOCK_FRONT_MAX]; /* and which, as hashes */
    uint32_t ahead;     /* our place: runs ahead in all, as an estimate; holders are one */
    int64_t hold_ms;    /* age of the holds in sight, weighted towards the last looks */
    int64_t idle_ms;    /* for how long nobody was seen to hold, and nobody moved */
    int64_t elapsed_ms; /* time between looks, weighted towards the last ones, */
    int64_t moved;      /* and how far the queue moved in it, in 1/1000 of a place */
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

/* Something that another run or a playbook has left, and that is to be deleted ("Cleaning"). */
struct lock_cleaning {
    bool unmarked;           /* a playbook's, or somebody's log group: look into it first */
    bool inside_known;       /* it holds no log stream, so it may go */
    struct mono fresh_until; /* later than this the listing that showed it is too old to go by */
    char name[ATTEMPT_NAME_BYTES + 1];
};

struct lock {
    struct lock_settings settings; /* as given; not changed, but see lock_is_nameless() */
    enum lock_phase phase;         /* set by phase_set() alone */
    enum lock_reason reason;
    enum lock_notice notice;                  /* what the caller has not taken yet, */
    char notice_name[ATTEMPT_NAME_BYTES + 1]; /* and the name that it is about */

    /* ---- Our own names: src/lock/own ---- */

    struct lock_generation generations[LOCK_GENERATIONS_MAX]; /* in no order */
    uint32_t next_number;                                     /* of the next generation */
    int64_t ticket_ms;      /* our place in the queue; ATTEMPT_UNKNOWN until a listing shows it */
    int64_t token_seen;     /* largest token of others so far, by their claims and mutexes */
    int64_t token;          /* our fencing token, once claimed */
    int64_t first_claim_ms; /* creation time of the first claim of this hold; ATTEMPT_UNKNOWN */
    bool adopts;            /* lock_init_release(): every name with our ID and nonce is ours */
    bool named;             /* a create of ours may have reached the service */
    bool made_any;          /* a create of ours was answered, or a listing has shown its name */
    bool uncertain;         /* the answer to some create was lost: it may still be applied */
    uint32_t names_taken;   /* names that somebody had made before us, in a row, */
    char name_taken[ATTEMPT_NAME_BYTES + 1]; /* and the last of them */

    struct lock_mutex mutex;

    /* ---- The service's time (docs/protocol.md, "Now, and expiry"): src/lock/own_time ---- */

    /* The anchor is our newest attempt that a listing has shown. From its creation time on ... */
    int64_t anchor_created_ms; /* (ATTEMPT_UNKNOWN: there is none yet) */
    uint32_t anchor_number;    /* (it is this generation) */
    struct mono anchor;        /* ... counted from its answer: a lower bound of the time now, */
    struct mono anchor_sent;   /* ... counted from its first sending: an upper bound */
    int64_t service_ms;        /* largest lower bound so far; INT64_MIN: none is known */
    int64_t date_ms;           /* Date of the last answer, which only a first look goes by, */
    struct mono dated;         /* and when it came */
    int64_t late_ms;           /* the latest that a listing was seen to be about our own names */

    /* ---- Looks ---- */

    struct mono arrived;     /* lock_init() */
    uint32_t looks;          /* listings read so far as far as they mattered */
    struct mono look_at;     /* when the next listing is due; MONO_NEVER: an answer will set it */
    struct mono listed;      /* when the listing that is being read was asked for */
    bool reading;            /* its next page is to be read */
    bool list_own;           /* the next listing is to be of our own name alone (OWN_LISTING), */
    bool listing_own;        /* and so is the one that was read last */
    int64_t again_ms;        /* next pause while something is to show up; 0: begin anew */
    struct mono quiet_until; /* no request before this, since one has failed */
    bool busy;               /* the service has throttled us */
    uint32_t failures;       /* of requests, in a row, */
    uint32_t hard_failures;  /* and of these, other than throttled ones */

    /* ---- Waiting: src/lock/waiter, src/lock/unseen ---- */

    bool look_first;          /* nothing of ours is made before the first look */
    bool found_ahead;         /* which found somebody ahead, alive by the service's Date, */
    struct mono turn_at;      /* and by which it will not be our turn before this */
    bool admitted;            /* --max-waiters: the queue was short enough when we arrived */
    uint32_t lost_looks;      /* looks after which we could not hold, for --max-attempts */
    uint32_t young_looks;     /* further looks of one try (YOUNG_LOOKS) */
    bool claim_failed;        /* a claim of ours lost: the next needs a whole listing */
    struct mono claimed;      /* when our claim was answered; MONO_NEVER: not yet */
    bool withdrawn;           /* --no-queue: we have no place, and come again */
    struct mono arrive_at;    /* at this moment */
    uint32_t unseen_looks;    /* looks in a row, D apart, that did not show us: */
    struct mono unseen_since; /* the first was asked for then, */
    struct mono unseen_asked; /* and the last */
    struct mono
        unseen_exists; /* when we were last told that our newest name is there all the same */
    struct lock_pace pace;

    /* ---- Holding: src/lock/holder ---- */

    struct mono whole_at;                      /* the next look that must read every page */
    uint32_t loss_looks[LOCK_LOSS_CAUSES];     /* looks in a row, D apart, that tell of a loss, */
    struct mono loss_asked[LOCK_LOSS_CAUSES];  /* and when the last of them was asked for */
    uint64_t older_runs[LOCK_OLDER_BITS / 64]; /* runs that claimed before us, as a set of hashes */
    uint32_t gone_since_look; /* the first look that did not show our claims, by lock.looks */

    /* ---- Cleaning: src/lock/cleaning ---- */

    struct lock_cleaning cleaning[LOCK_CLEANING_MAX]; /* in the order of deletion */
    uint32_t cleaning_count;
    bool cleaning_more;           /* the listing showed more unmarked ones than fit */
    struct mono clean_at;         /* the next delete */
    struct mono clean_until;      /* what has to go before the command must be gone by then */
    struct mono unmarked_deleted; /* last delete of an unmarked attempt */
    uint64_t left_alone[LOCK_LEFT_ALONE_MAX]; /* log groups that are no attempts: hashes of names */
    uint32_t left_alone_count;

    /* What the user has been told, once: */
    bool left_alone_told;
    bool disagreement_told;
    bool unmarked_told;

    /* ---- Leaving: src/lock/leaving ---- */

    struct mono leave_until;   /* then it is given up */
    struct mono ask_until;     /* whether our claim still stands is asked for no longer than this */
    uint32_t leaving_looks;    /* looks in a row that showed nothing of ours */
    struct mono leaving_quiet; /* last delete of ours, or the last such look */

    struct lock_position position; /* by the last look of a waiter */
};

#endif
