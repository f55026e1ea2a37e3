/*
 * rivals - whether the other runs of a listing leave room for ours (docs/protocol.md, "Who may
 * hold together").
 *
 * Order: zero but for entries, rivals_add_name() for each live marked name of another run in the
 * order of the listing (a run's names are neighbours there), rivals_add_unmarked() for each live
 * unmarked attempt that is not held off, rivals_sum(). Of a part of a listing the sum can only
 * grow: who has lost by the first pages has lost.
 */
#ifndef LOCK_RIVALS_H
#define LOCK_RIVALS_H

#include "lock/state.h"

/* One name of another run, and how it stands to our own run. */
struct rival_name {
    const struct lock_entry *entry; /* in rivals.entries */
    const struct attempt *attempt;  /* its name, parsed */
    int64_t ticket_ms;              /* its run's place in the queue, as far as this name tells */
    bool before;                    /* its key is smaller than ours */
    bool claim;                     /* it says that its run holds, or is about to */
    bool older;     /* it claimed before our own first claim, and has renewed since */
    int64_t age_ms; /* by our lower bound of now; INT64_MAX while that is not known */
};

/* One other run: the names of it that were added so far, taken together. */
struct rival {
    struct attempt attempt;     /* of the first name */
    int64_t ticket_ms;          /* the smallest */
    bool any;                   /* there is a name: the rest is set */
    bool front;                 /* the first name is on the front page (LOCK_FRONT_MAX) */
    bool before, claims, older; /* one of the names is, see struct rival_name */
    bool old;                   /* one of the names is 3 D old, so it is not about to withdraw */
};

/*
 * The other runs of a listing, counted by what they take from ours: everything ("whole"), one of
 * our slots, or nothing ("beside": readers, if we are one).
 */
struct rivals {
    const struct lock_entry *entries; /* of the listing */
    bool partial;                     /* the listing has more than these */
    struct rival run;                 /* the run whose names are being added; not counted yet */
    uint32_t whole, slots, beside;    /* runs that are before us, or have a claim; */
    uint32_t whole_claims, slot_claims, beside_claims; /* those of them that have a claim; */
    uint32_t older, older_slots;        /* of whole and slots those with an older claim than ours */
    uint32_t on_front_page;             /* runs on the front page, */
    uint32_t front;                     /* those of them that are before us, or have a claim, */
    uint64_t runs[LOCK_FRONT_MAX];      /* which these are: hashes, */
    uint32_t still_ahead;               /* and how many of these were so at the last look */
    int64_t youngest_hold_ms;           /* when the youngest hold began, */
    int64_t first_end_ms;               /* and when the first will end, by the holders' word; */
    bool end_unknown;                   /* but one who holds has said nothing about its end */
    uint32_t fewest;                    /* smallest N of --slots in sight; 0: none */
    bool before;                        /* one is before us, and not a reader beside us */
    bool old;                           /* one that waits before us is 3 D old */
    const struct lock_entry *disagrees; /* first one whose settings do not fit ours, or NULL */
};

/* What they amount to. Times are by the service's clock. */
struct rivalry {
    uint32_t ahead;                /* runs that keep us from winning; 0: we would win */
    uint32_t holders;              /* those of them that have a claim */
    uint32_t waiting;              /* runs that wait before us, for --max-waiters */
    uint32_t on_front_page;        /* other runs on the front page of the listing, */
    uint32_t front;                /* those of them that are before us, or have a claim, */
    uint64_t runs[LOCK_FRONT_MAX]; /* which these are: hashes, */
    uint32_t still_ahead;          /* and how many of these were so at the last look */
    uint32_t turn;            /* runs before us, where all who hold count as one; 1: we are next */
    int64_t youngest_hold_ms; /* when the youngest hold began, and */
    int64_t first_end_ms;     /* when the first will end, by the word of all who hold; */
                              /* ATTEMPT_UNKNOWN if one of them has not said it */
    bool claims;              /* those with a claim suffice to keep us from winning */
    bool before;              /* somebody's key is smaller than ours, or it has none (unmarked) */
    bool young;               /* all who wait before us are younger than 3 D */
    bool older_claim;         /* those with an older claim than ours would have kept us out */
};

/* May the other need the same mutex as we? Neither is a reader, and both have slots, or neither. */
bool rivals_share_mutex(const struct lock *lock, const struct attempt *other);

/* Adds a name; see "Order" above. Also notes in lock->position who is ahead, for people. */
void rivals_add_name(struct rivals *rivals, struct lock *lock, const struct rival_name *name);
void rivals_add_unmarked(struct rivals *rivals, struct lock *lock, const struct rival_name *name);

/* The sum of all that were added. Nothing may be added after it. */
struct rivalry rivals_sum(struct rivals *rivals, struct lock *lock);

#endif
