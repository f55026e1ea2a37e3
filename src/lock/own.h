/*
 * own - the names that this run has made, or is about to (lock->generations): which there are, what
 * each is worth, and what follows from them: the ticket, the service's time, the lease.
 *
 * A name is "wanted" if it is planned, sent or made, and not marked to be deleted. Pointers to
 * generations stay valid until the next own_plan() or own_see(), which may take their place.
 */
#ifndef LOCK_OWN_H
#define LOCK_OWN_H

#include "lock/state.h"

/* Room for a new name: an empty place, else that of the oldest name that matters least. */
struct lock_generation *own_take(struct lock *lock);

/* The generation of that number; NULL if it is not remembered. */
struct lock_generation *own_find(struct lock *lock, uint32_t number);

/*
 * Plans the next generation; it is created by the next LOCK_TODO_CREATE. One that was planned
 * before, and not sent yet, is not made any more.
 */
struct lock_generation *own_plan(struct lock *lock, bool claim);

/* The wanted generation with the largest number, in any of planned, sent, made; or NULL. */
const struct lock_generation *own_newest(const struct lock *lock);

/* The oldest wanted claim that is known to have been made; or NULL. */
const struct lock_generation *own_first_claim(const struct lock *lock);

/* The wanted generation with the next smaller number; NULL if there is none. */
const struct lock_generation *own_before(const struct lock *lock,
                                         const struct lock_generation *generation);

/* The generation whose create is to be sent, or sent again; NULL if there is none. */
const struct lock_generation *own_to_create(const struct lock *lock);

/*
 * The oldest generation that is to be deleted; NULL if there is none. No claim while claims_stay:
 * until the mutex has been given back they keep others from trying (MUTEX_FIRST).
 */
const struct lock_generation *own_to_delete(const struct lock *lock, bool claims_stay);

/*
 * Marks to be deleted: one generation; all wanted ones with a number below this (UINT32_MAX: all);
 * all wanted claims. What was never sent is forgotten instead.
 */
void own_drop(struct lock *lock, const struct lock_generation *generation);
void own_drop_below(struct lock *lock, uint32_t number);
void own_drop_claims(struct lock *lock);

/* Marks those whose lease is over, but for the newest. */
void own_drop_expired(struct lock *lock, struct mono now);

/*
 * Writes what the names of all our generations begin with, and no other run's: listing it shows
 * them alone. And the name of one generation.
 */
void own_first_part(const struct lock *lock, char out[ATTEMPT_NAME_BYTES + 1]);
void own_name(const struct lock *lock, const struct lock_generation *generation,
              char out[ATTEMPT_NAME_BYTES + 1]);

/* Does it have our explicit ID? An ID that is unique by itself is nobody else's: then false. */
bool own_same_id(const struct lock *lock, const struct attempt *attempt);

/* Is it a name of this very run: our ID, our nonce, and made by us (OWN_MADE)? */
bool own_is(const struct lock *lock, const struct lock_entry *entry);

/* Finds our own names in a listing and brings what is known of them up to date. */
void own_see(struct lock *lock, struct mono now, const struct lock_listing *listing);

/*
 * "Now" by the service's clock, ms: a lower bound, by which it is decided what has expired.
 * INT64_MIN while nothing is known. It never goes back, although a newer attempt may have been
 * stamped by a clock that is behind: what was expired stays expired (LOWER_BOUND, NOW_FORWARD).
 */
int64_t own_service_ms(const struct lock *lock, struct mono now);

/*
 * An own attempt that counts: wanted, maybe there, and until D before the end of its lease. Then
 * others may write it off, and a claim made on its strength must be in sight by that time.
 */
bool own_counts(const struct lock *lock, const struct lock_generation *generation, struct mono now);

/* Do all others see it? The listing shows it, and was asked for D after its create was answered. */
bool own_stands(const struct lock *lock, const struct lock_listing *listing,
                const struct lock_generation *generation);

/*
 * Does it hold off an unmarked attempt made at created_ms? With c for its own creation time and s
 * for that: if s - T_S <= c < s, and with room only if c + D < s as well (HOLD_OFF, ROOM).
 */
bool own_holds_off(const struct lock *lock, const struct lock_generation *generation,
                   int64_t created_ms, bool with_room);

/*
 * May a holder delete it? Without it, those of our names that all others see must still hold off
 * every unmarked attempt of the listing, expired ones included (DROP_HOLDS_OFF).
 */
bool own_can_spare(const struct lock *lock, const struct lock_listing *listing,
                   const struct lock_generation *generation);

/* Does the lease of one of our claims last, so that others still wait for us? */
bool own_claim_lasts(const struct lock *lock, struct mono now);

/* Plans to create a name once more: the answer "exists" tells that it is still there. */
void own_ask(struct lock *lock, const struct lock_generation *generation);

/*
 * The service's time at the moment `at`, ms, by the anchor (see lock/state.h): the earliest that it
 * can be, INT64_MIN without an anchor; and the latest, INT64_MAX without one.
 */
int64_t own_earliest_time_ms(const struct lock *lock, struct mono at);
int64_t own_latest_time_ms(const struct lock *lock, struct mono at);

/* The earliest that it can be, or without an anchor the Date of the last answer; else INT64_MIN. */
int64_t own_earliest_or_date_ms(const struct lock *lock, struct mono at);

/*
 * How far apart the earliest and the latest are, ms: what the create of the anchor took, and what
 * our clock may have gained or lost since. INT64_MAX without an anchor.
 */
int64_t own_time_spread_ms(const struct lock *lock, struct mono at);

/* The fencing token of a claim that is made now, or of the hold that begins now ("The token"). */
int64_t own_token(const struct lock *lock);

/* Another's token was seen, or the creation time of another's mutex: ours must be larger. */
void own_see_token(struct lock *lock, int64_t token);

/*
 * How late listings were seen to be by our own names, ms. A name that was made and is not shown may
 * be late, or may have been deleted by somebody: it counts until we know that it has gone.
 */
int64_t own_late_ms(const struct lock *lock);

/* That name was there all the time, so that it was late counts for good. */
void own_was_there(struct lock *lock, const struct lock_generation *own);

/* Are all our leases over, or nothing of ours there? Then we come anew (NEW_ARRIVAL). */
bool own_leases_passed(const struct lock *lock, struct mono now);

/* When the next generation is due (RENEW); MONO_NEVER while it is not to be made. */
struct mono own_renew_at(const struct lock *lock);

#endif
