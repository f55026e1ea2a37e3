#include "leaving.h"

#include "holder.h"
#include "judge.h"
#include "mutex.h"
#include "own.h"
#include "phase.h"
#include "rule.h"

int64_t leaving_settle_ms(const struct lock *lock)
{
    return lock->settings.settle_ms ? lock->settings.settle_ms : mutex_settle_ms(lock);
}

/* How long leaving may take: limit_ms, but at least 4 D if a look must tell what is left, or whose.
 */
static int64_t leaving_ms(const struct lock *lock, int64_t limit_ms)
{
    int64_t settles_ms = LOCK_LEAVE_SETTLES * leaving_settle_ms(lock);
    bool looks = lock->uncertain || mutex_doubt_at(lock).ms != MONO_NEVER.ms;
    return looks && limit_ms < settles_ms ? settles_ms : limit_ms;
}

/* Is the mutex still ours? Nobody can have taken us for dead and removed it. */
static bool is_surely_ours(const struct lock *lock, struct mono now)
{
    bool lost = lock->phase == LOCK_LOST && lock->reason != LOCK_REASON_LEASE;
    return !lost && mutex_is_safe(lock, now);
}

/*
 * The claim to ask for before the mutex is deleted, or NULL (MUTEX_ASKED). Somebody may have
 * deleted all our names (--break does), and another may hold by now, with a mutex of the same name.
 * If our first claim still stands that has not happened. A claim that was answered a moment ago is
 * trusted.
 */
static const struct lock_generation *to_ask_for(const struct lock *lock, struct mono now,
                                                bool surely_ours)
{
    const struct lock_generation *claim = own_first_claim(lock);
    if (!claim || lock->mutex.state != LOCK_MUTEX_OURS || !mutex_is_needed(lock) || !surely_ours ||
        !RULE(MUTEX_ASKED))
        return NULL;
    bool heard = !mono_reached(now, mono_add(claim->answered, LOCK_HEARD_MS));
    return heard && !holder_is_in_doubt(lock) ? NULL : claim;
}

void leaving_begin(struct lock *lock, struct mono now, enum lock_reason reason)
{
    int64_t limit_ms = lock->settings.release_timeout_ms;
    if (lock->phase == LOCK_LEAVING || lock->phase == LOCK_FINISHED)
        return;
    if (!lock->made_any && limit_ms > LOCK_LEAVE_UNMADE_MS)
        limit_ms = LOCK_LEAVE_UNMADE_MS;
    if (reason != LOCK_REASON_NONE)
        lock->reason = reason;
    bool surely_ours = is_surely_ours(lock, now);
    const struct lock_generation *claim = to_ask_for(lock, now, surely_ours);
    own_drop_below(lock, UINT32_MAX);
    if (claim)
        own_ask(lock, claim);
    mutex_give_back(lock, surely_ours, now);
    phase_set(lock, LOCK_LEAVING);
    lock->reading = false;
    lock->quiet_until = now;
    struct mono back = lock->mutex.kept_for_token ? lock->mutex.token_past_at : now;
    lock->leave_until = mono_add(back, leaving_ms(lock, limit_ms));
    lock->ask_until = mono_add(now, ms_min(LOCK_ASK_MS, limit_ms / LOCK_ASK_SHARE));
    lock->leaving_quiet = now;
}

/* Not if it is throttled: deletes have a quota of their own, and others wait for them. */
bool leaving_asks_again(const struct lock *lock, const struct lock_answer *answer)
{
    return answer->outcome == LOCK_LATER && !answer->throttled &&
           !mono_reached(lock->quiet_until, lock->ask_until);
}

void leaving_asked(struct lock *lock, struct mono now, bool was_there)
{
    if (!was_there) {
        lock->reason = LOCK_REASON_GONE;
        mutex_give_back(lock, false, now);
    }
    lock->quiet_until = now;
    lock->leave_until = mono_max(lock->leave_until, mono_add(now, leaving_ms(lock, 0)));
}

/*
 * Two looks D apart must show nothing of ours (LEAVING_LOOKS). What a page shows is deleted at
 * once. A run that learns only now that one of its creates was applied gets the whole time for
 * leaving again.
 */
void leaving_look(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    bool knew = lock->made_any;
    own_see(lock, now, answer->listing);
    own_drop_below(lock, UINT32_MAX); /* what was met counts for nothing */
    if (lock->made_any && !knew)
        lock->leave_until = mono_add(now, leaving_ms(lock, lock->settings.release_timeout_ms));
    bool found = own_to_delete(lock, mutex_stands(lock)) != NULL;
    lock->reading = !answer->listing->complete && !found;
    if (lock->reading)
        return;
    if (answer->listing->complete) {
        struct judgement seen = judge_listing(lock, now, answer->listing);
        mutex_see(lock, now, answer->listing, &seen, answer->random);
    }
    lock->looks++;
    if (!mono_reached(answer->listing->asked, lock->leaving_quiet))
        return; /* it was asked for before the last delete */
    lock->leaving_quiet = answer->listing->asked;
    lock->leaving_looks = found ? 0 : lock->leaving_looks + 1;
}

bool leaving_is_over(struct lock *lock, struct mono now)
{
    bool done = !own_to_delete(lock, false) && !mutex_stands(lock);
    bool unsure = lock->uncertain && RULE(LEAVING_LOOKS);
    if (unsure && lock->leaving_looks < LOCK_LEAVING_LOOKS)
        done = false;
    return done || mono_reached(now, lock->leave_until);
}
