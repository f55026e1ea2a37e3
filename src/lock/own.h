/*
 * own - the names that this run has made: which there are, what each is worth, and what they
 * amount to: the ticket, the service's time, the lease.
 */
#ifndef LOCK_OWN_H
#define LOCK_OWN_H

#include "lock/state.h"

/* A slot for a new name: a free one, else that of the oldest name that matters least. */
struct lock_generation *own_take(struct lock *lock);

/* By number; NULL if it is not remembered. */
struct lock_generation *own_find(struct lock *lock, uint32_t number);

/*
 * Plans the next generation; it is created by the next LOCK_TODO_CREATE. One that was planned
 * before, and not sent yet, is not made any more.
 */
struct lock_generation *own_plan(struct lock *lock, bool claim);

/* The wanted generation with the largest number, in any of planned, sent, made; or NULL. */
const struct lock_generation *own_newest(const struct lock *lock);

/* The oldest claim of these that is known to have been made; or NULL. */
const struct lock_generation *own_first_claim(const struct lock *lock);

/* The next older of these. */
const struct lock_generation *own_before(const struct lock *lock,
                                         const struct lock_generation *generation);

/*
 * One whose create is to be sent (again); one to delete, if claims have to stay (until the mutex
 * has been given back) one that is none; NULL if there is none.
 */
const struct lock_generation *own_to_create(const struct lock *lock);
const struct lock_generation *own_to_delete(const struct lock *lock, bool claims_stay);

/* Mark to be deleted: one; all wanted ones with a smaller number (all, with UINT32_MAX); claims. */
void own_drop(struct lock *lock, const struct lock_generation *generation);
void own_drop_below(struct lock *lock, uint32_t number);
void own_drop_claims(struct lock *lock);

/* Those whose lease is over, but the newest. */
void own_drop_expired(struct lock *lock, struct mono now);

/* What the names of all generations begin with, and no other run's. */
void own_first_part(const struct lock *lock, char out[ATTEMPT_NAME_BYTES + 1]);
void own_name(const struct lock *lock, const struct lock_generation *generation,
              char out[ATTEMPT_NAME_BYTES + 1]);

/* Of our ID, and of this very run. */
bool own_same_id(const struct lock *lock, const struct attempt *attempt);
bool own_is(const struct lock *lock, const struct lock_entry *entry);

/* Finds our own names in a listing and brings what is known of them up to date. */
void own_see(struct lock *lock, struct mono now, const struct lock_listing *listing);

/*
 * "Now": a lower bound of the service's clock; INT64_MIN while nothing of ours was seen. It
 * never goes back, although a newer attempt may have been made by a clock that is behind: what
 * was expired stays expired.
 */
int64_t own_service_ms(const struct lock *lock, struct mono now);

/*
 * An own attempt that counts: wanted, maybe there, and until D before the end of its lease. Then
 * others may write it off, and a claim made on its strength must be in sight by that time.
 */
bool own_counts(const struct lock *lock, const struct lock_generation *generation, struct mono now);

/* In sight of all others: the listing shows it, and was asked for D after its create. */
bool own_stands(const struct lock *lock, const struct lock_listing *listing,
                const struct lock_generation *generation);

/* "The queue": s is held off by c if s - T_S <= c < s; with room, if c + D < s as well. */
bool own_holds_off(const struct lock *lock, const struct lock_generation *generation,
                   int64_t created_ms, bool with_room);

/*
 * Without the generation, those of ours that the listing shows and that are D old still hold off
 * every unmarked attempt of it (dead ones included).
 */
bool own_can_spare(const struct lock *lock, const struct lock_listing *listing,
                   const struct lock_generation *generation);

/* A claim of ours was made, and its lease lasts: others wait for us, or may. */
bool own_claim_lasts(const struct lock *lock, struct mono now);

/* A name of ours is to be created again, to know whether it is there. */
void own_ask(struct lock *lock, const struct lock_generation *generation);

/* The service's time at a moment since the anchor, by the anchor alone; INT64_MIN without one. */
int64_t own_earliest_time_ms(const struct lock *lock, struct mono at);

/* ... or without one by the last answer's Date. */
int64_t own_earliest_or_date_ms(const struct lock *lock, struct mono at);

/*
 * An upper bound of it, and how far apart the two may be: what the create of the anchor took, and
 * what our clock may have gained or lost since. INT64_MAX without an anchor.
 */
int64_t own_latest_time_ms(const struct lock *lock, struct mono at);
int64_t own_time_spread_ms(const struct lock *lock, struct mono at);

/* The fencing token of a claim that is made now, or of the hold that begins now. */
int64_t own_token(const struct lock *lock);

/* Another's token was seen, or what is as good as one. */
void own_see_token(struct lock *lock, int64_t token);

/*
 * How late listings were seen to be. One of our names that they do not show may be late, or gone:
 * it counts until it is known to have gone, and for good if it was there when it was asked for.
 */
int64_t own_late_ms(const struct lock *lock);
void own_was_there(struct lock *lock, const struct lock_generation *own);

/* All leases have passed, so we are a new arrival; when to make the next generation. */
bool own_leases_passed(const struct lock *lock, struct mono now);
struct mono own_renew_at(const struct lock *lock);

#endif
