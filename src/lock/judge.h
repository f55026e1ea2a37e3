/* judge - what one listing says to one run; the part of the rules that is a plain function. */
#ifndef LOCK_JUDGE_H
#define LOCK_JUDGE_H

#include "lock/lock.h"
#include "rivals.h"

struct judgement {
    bool own_shown;   /* an own attempt that counts is in the listing */
    bool own_settled; /* ... and was made at least D before the listing was asked for */
    bool alone;       /* nobody else's live attempt is in sight */
    bool replaced;    /* a newer run of our explicit ID waits */
    bool stranger;    /* a live unmarked attempt that none of ours holds off */
    struct rivalry rivalry;
};

/* Finds our own names in a listing and brings what is known of them up to date. */
void judge_own(struct lock *lock, struct mono now, const struct lock_listing *listing);

/* Call judge_own() with the same listing first. Updates lock->standing and token_seen. */
struct judgement judge_listing(struct lock *lock, struct mono now,
                               const struct lock_listing *listing);

/* Remembers what a listing shows to be deletable: expired attempts, leftovers of our ID. */
void judge_cleaning(struct lock *lock, struct mono now, const struct lock_listing *listing,
                    bool expired_too);

/*
 * Without the generation, those of ours that the listing shows and that are D old still hold off
 * every unmarked attempt of it (dead ones included).
 */
bool judge_can_spare(const struct lock *lock, const struct lock_listing *listing,
                     const struct lock_generation *generation);

/* In sight of all others: the listing shows it, and was asked for D after its create. */
bool judge_stands(const struct lock *lock, const struct lock_listing *listing,
                  const struct lock_generation *generation);

void judge_leave_alone(struct lock *lock, const char *name);

/*
 * An own attempt that counts: wanted, maybe there, and until D before the end of its lease. Then
 * others may write it off, and a claim made on its strength must be in sight by that time.
 */
bool judge_counts(const struct lock *lock, const struct lock_generation *generation,
                  struct mono now);

#endif
