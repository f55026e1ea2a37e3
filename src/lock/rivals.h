/*
 * rivals - whether the other runs of a listing leave room for ours (docs/protocol.md, "Who may
 * hold together").
 *
 * Order: zero but for entries, rivals_meet() for each live marked name of another run in the order
 * of the listing (a run's names are neighbours there), rivals_meet_unmarked() for each live
 * unmarked attempt that is not held off, rivals_sum(). Of a part of a listing the sum can only
 * grow: who has lost by the first pages has lost.
 */
#ifndef LOCK_RIVALS_H
#define LOCK_RIVALS_H

#include "lock/state.h"

/* One name, and how it stands to our own run. */
struct rival_name {
    const struct lock_entry *entry;
    const struct attempt *attempt;
    int64_t ticket_ms;
    bool before;    /* its key is smaller than ours */
    bool claim;     /* it says that its run holds, or is about to */
    bool older;     /* and did so before our own first claim */
    int64_t age_ms; /* by our lower bound of now; INT64_MAX while that is not known */
};

/* The names of one run, met so far. */
struct rival {
    struct attempt attempt; /* of the first */
    int64_t ticket_ms;
    bool any, front, before, claims, older, old;
};

struct rivals {
    const struct lock_entry *entries;   /* of the listing, */
    bool partial;                       /* of which there is more */
    struct rival run;                   /* the one whose names are being met */
    uint32_t whole, whole_claims;       /* runs that leave no room beside them */
    uint32_t slots, slot_claims;        /* those that take one of our slots */
    uint32_t beside, beside_claims;     /* shared ones, as ours is: they take nothing */
    uint32_t older, older_slots;        /* of these, with an older claim */
    uint32_t sighted;                   /* on the front page, */
    uint32_t front, still;              /* ahead on the front page; as at the last look */
    uint64_t runs[LOCK_FRONT_MAX];      /* who is ahead there: hashes */
    int64_t said_ms, ends_ms;           /* the youngest hold, and the first end, by their word */
    bool silent;                        /* one who holds has said nothing */
    uint32_t fewest;                    /* smallest N in sight, 0: none */
    bool before;                        /* one whose key is smaller, or who has none */
    bool old;                           /* one that waits is older than 3 D */
    const struct lock_entry *disagrees; /* one whose settings do not fit ours, or NULL */
};

/* What they amount to. */
struct rivalry {
    uint32_t ahead;   /* runs that keep us from winning; 0: we would win */
    uint32_t holders; /* of these, have a claim */
    uint32_t waiting; /* runs that wait before us */
    uint32_t sighted; /* other runs on the front page */
    uint32_t front;   /* runs before us, or with a claim, on the front page of the listing, */
    uint32_t still;   /* of these, were there at the last look */
    uint64_t runs[LOCK_FRONT_MAX];
    uint32_t turn;    /* our place in the queue: 1 if nobody waits before us */
    int64_t said_ms;  /* if all who hold have said how long they will: when the youngest began, */
    int64_t ends_ms;  /* and when the first will end; else ATTEMPT_UNKNOWN */
    bool claims;      /* those with a claim suffice to keep us from winning */
    bool before;      /* somebody whose key is smaller than ours, or who has none */
    bool young;       /* all others who are ahead are younger than 3 D */
    bool older_claim; /* those with an older claim than ours would have kept us out */
};

/* Both need a mutex, and perhaps the same: neither is a reader, and both or none have slots. */
bool rivals_share_mutex(const struct lock *lock, const struct attempt *other);

void rivals_meet(struct rivals *rivals, struct lock *lock, const struct rival_name *name);
void rivals_meet_unmarked(struct rivals *rivals, struct lock *lock, const struct rival_name *name);
struct rivalry rivals_sum(struct rivals *rivals, struct lock *lock);

#endif
