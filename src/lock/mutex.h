/*
 * mutex - the log group that only one run can make (docs/protocol.md, "The mutex"), and what
 * becomes of a dead run's.
 *
 * A name can be made once: this is the only thing that the service answers for, whatever its
 * listings show. So an exclusive run holds only if it has made PREFIX/#mutex, and a run with
 * slots one of PREFIX/#mutex.1 to #mutex.N. Shared runs have none.
 */
#ifndef LOCK_MUTEX_H
#define LOCK_MUTEX_H

#include "judge.h"
#include "lock/state.h"

/* ---- What is known of it ---- */

/* Does this run need a mutex? All but shared runs do. */
bool mutex_is_needed(const struct lock *lock);

/* As far as the mutex goes, may this run hold? It has one for certain, or needs none. */
bool mutex_allows(const struct lock *lock);

/* It has one, or perhaps: it was asked for, and not given back for certain. */
bool mutex_may_be_ours(const struct lock *lock);

/*
 * Another run has it, and nothing is to be done about that now: neither is there another slot to
 * try, nor a dead run's mutex to be removed.
 */
bool mutex_is_anothers(const struct lock *lock);

/*
 * Nobody can have taken us for dead, and removed our mutex: a claim of ours lasts that others see,
 * or the mutex is too young.
 */
bool mutex_is_safe(const struct lock *lock, struct mono now);

/* The suspect is older than the largest T in sight, and stands in our way: it may be a dead run's.
 */
bool mutex_may_be_dead(const struct lock *lock);

/*
 * For how long no claim that may go with a mutex must have been in sight before it is taken for a
 * dead run's, ms: T/15, 3 D, and longer if listings are late (BREAK_QUIET, BREAK_LATE).
 */
int64_t mutex_quiet_ms(const struct lock *lock);

/* D, but at least LOCK_MUTEX_SETTLE_MS, ms: for waits that --settle 0 must not make vain. */
int64_t mutex_settle_ms(const struct lock *lock);

/* ---- What listings show of it ---- */

/*
 * A waiter's or a leaver's listing, as far as it was read: what it shows of mutexes and of #break
 * is noted. If it is whole it may tell whose a mutex in doubt is, or that a dead run's is to go.
 */
void mutex_see(struct lock *lock, struct mono now, const struct lock_listing *listing,
               const struct judgement *seen, uint32_t random);

/*
 * A holder's listing: notes the creation time of our mutex. The looks before the hold may have been
 * late, and have shown the mutex of the holder before us.
 */
void mutex_see_ours(struct lock *lock, const struct lock_listing *listing);

/*
 * The look that decides must not be asked for before this. MONO_NEVER while there is nothing to
 * decide, since the mutex has not been asked for; long ago if none is needed.
 */
struct mono mutex_look_at(const struct lock *lock);

/* A listing asked for then can tell whose the mutex in doubt is; it must be read to its end. */
bool mutex_look_tells(const struct lock *lock, struct mono asked);

/* While we leave: when the look is due that tells whether a mutex in doubt is ours to delete. */
struct mono mutex_doubt_at(const struct lock *lock);

/* How long to wait before the next look while another has the mutex, ms: longer each time. */
int64_t mutex_pause_ms(struct lock *lock);

/* ---- Asking for it, giving it back ---- */

/* May we claim? There is a mutex that can be made, or a dead run's that we may remove. */
bool mutex_may_ask(const struct lock *lock);

/* A claim is planned: once it stands, the mutex is to be asked for. */
void mutex_ask(struct lock *lock);

/* Time has passed: what a look has shown may be too old by now to go by. */
void mutex_advance(struct lock *lock, struct mono now);

/* Another claimed while it was ours: before we hold, ask whether it still stands (MUTEX_AGAIN). */
bool mutex_has_met_claim(const struct lock *lock);
void mutex_ask_again(struct lock *lock);

/*
 * The claim is taken back, or the run leaves: the mutex, and our #break, are to be deleted. Unless
 * surely_ours, somebody may have removed ours and made its own: then a look has to tell first.
 */
void mutex_give_back(struct lock *lock, bool surely_ours, struct mono now);

/* A mutex or #break may stand yet that has to be deleted before the claims are (MUTEX_FIRST). */
bool mutex_stands(const struct lock *lock);

/* Is a request about it due? If so, and ret_todo is not NULL, *ret_todo gets kind, target, name. */
bool mutex_next(const struct lock *lock, struct lock_todo *ret_todo);

/* How that request ended. */
void mutex_tell(struct lock *lock, struct mono now, const struct lock_answer *answer);

/* Writes the name of a mutex that may still be there. False, and out untouched, if there is none.
 */
bool mutex_left(const struct lock *lock, char out[ATTEMPT_NAME_BYTES + 1]);

/* The opposite of lock_mutex_note(): what was noted of the mutex of a run that was killed. */
void mutex_take_note(struct lock *lock, struct mono now, uint64_t note);

/* ---- When it was made, for the token (docs/protocol.md, "The token"): src/lock/mutex_time ---- */

/* No listing has shown it, but the time at which it was made is known to a second. */
bool mutex_is_bounded(const struct lock *lock);

/*
 * May the hold begin, as far as the token goes? By this look it is known well enough when the mutex
 * was made; or none has told for 3 D.
 */
bool mutex_is_dated(const struct lock *lock, struct mono asked);

/* The hold begins: from here on the mutex is kept until the token is past (TOKEN_PAST). */
void mutex_hold(struct lock *lock);

/* The mutex is to go, and is kept for that reason alone: until when; else MONO_NEVER. */
struct mono mutex_deletable_at(const struct lock *lock);

#endif
