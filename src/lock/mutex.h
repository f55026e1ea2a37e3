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

/* Does this run need one? And has it one for certain, or needs none? */
bool mutex_is_needed(const struct lock *lock);
bool mutex_allows(const struct lock *lock);

/* It has made it, or perhaps: not given back for certain. */
bool mutex_may_be_ours(const struct lock *lock);

/* If we have made it, it is there: others see that we live, or it is too young for a dead run's. */
bool mutex_is_sure(const struct lock *lock, struct mono now);

/* D, but at least a second: what is not to hang on D may be set to 0 by the user. */
int64_t mutex_settle_ms(const struct lock *lock);

/* A whole listing: what it shows of mutexes, and whether one may be a dead run's. */
void mutex_see(struct lock *lock, struct mono now, const struct lock_listing *listing,
               const struct judgement *seen, uint32_t random);

/* A holder's look: when ours was made. The looks before may have shown the one of before. */
void mutex_meet_ours(struct lock *lock, const struct lock_listing *listing);

/* One in sight is so old that its run should have renewed its claim, and none is in sight. */
bool mutex_may_be_dead(const struct lock *lock);

/* So long no such claim must have been in sight: T/15, 3 D, and longer if listings are late. */
int64_t mutex_quiet_ms(const struct lock *lock);

/* A claim is planned: a mutex is to be made once it stands. Not while one is in the way. */
bool mutex_may_ask(const struct lock *lock);
void mutex_ask(struct lock *lock);

/*
 * The claim is taken back, or the run leaves: what it has is given back, but what is not (or no
 * longer) surely its own only if a look shows that nobody else has it.
 */
void mutex_give_back(struct lock *lock, bool surely_ours, struct mono now);

/* Time passes: what a look has shown may be too old to go by. */
void mutex_advance(struct lock *lock, struct mono now);

/* Something of it may stand yet that has to go before the claim does. */
bool mutex_stands(const struct lock *lock);

/* Is there a request to be made about it? Which, if ret_todo is not NULL. */
bool mutex_next(const struct lock *lock, struct lock_todo *ret_todo);
void mutex_tell(struct lock *lock, struct mono now, const struct lock_answer *answer);

/* Not wanted any more, and in doubt: the look that tells whether to delete it, or MONO_NEVER. */
struct mono mutex_doubt_at(const struct lock *lock);

/* In doubt: a look asked for then tells whose it is, and must be read to its end. */
bool mutex_look_tells(const struct lock *lock, struct mono asked);

/* No listing has shown it, but the time at which it was made is known to a second. */
bool mutex_is_bounded(const struct lock *lock);

/* The hold begins: the mutex is not given back before the token is in the service's past. */
void mutex_hold(struct lock *lock);

/* To be given back, but not before that: when; else MONO_NEVER. */
struct mono mutex_back_at(const struct lock *lock);

/* When it was made is known well enough for a token, by this look; or for 3 D none has told. */
bool mutex_is_dated(const struct lock *lock, struct mono asked);

/* Another claimed while it was ours: whether it is still there is to be asked first. */
bool mutex_was_beside(const struct lock *lock);
void mutex_ask_again(struct lock *lock);

/* Another has it, and nothing is to be done about that now. */
bool mutex_is_anothers(const struct lock *lock);

/* The look that decides must not be asked for before this; MONO_NEVER while it is not made. */
struct mono mutex_look_at(const struct lock *lock);

/* What a later run of the rules makes of lock_mutex_note(). */
void mutex_take_note(struct lock *lock, struct mono now, uint64_t note);

/* In the end: its name, if it may still be there. */
bool mutex_left(const struct lock *lock, char out[ATTEMPT_NAME_BYTES + 1]);

/* How long to wait before the next look, after one that left us without it: grows. */
int64_t mutex_pause_ms(struct lock *lock);

#endif
