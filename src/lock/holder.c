#include "holder.h"

#include <string.h>

#include "cleaning.h"
#include "judge.h"
#include "mutex.h"
#include "own.h"
#include "pace.h"
#include "phase.h"
#include "rule.h"

enum loss_cause {
    LOSS_GONE,
    LOSS_OLDER_CLAIM,
    LOSS_STRANGER
};

void holder_lose(struct lock *lock, enum lock_reason reason)
{
    phase_set(lock, LOCK_LOST);
    lock->reason = reason;
    lock->reading = false;
}

static bool unmarked_to_clean(const struct lock *lock)
{
    for (uint32_t i = 0; i < lock->cleaning_count; i++)
        if (lock->cleaning[i].unmarked)
            return true;
    return false;
}

/* From one whole listing of a holder to the next, ms. */
static int64_t holder_pause_ms(const struct lock *lock)
{
    int64_t pause_ms = lock->settings.lock_timeout_ms / LOCK_LOOK_SHARE;
    return pause_ms < LOCK_LOOK_MAX_MS ? pause_ms : LOCK_LOOK_MAX_MS;
}

void holder_begin(struct lock *lock, struct mono now, const struct lock_listing *listing)
{
    struct mono asked = listing ? listing->asked : now;
    if (listing)
        cleaning_take(lock, now, listing, true);
    lock->token = own_token(lock);
    mutex_hold(lock);
    bool clean = RULE(CLEAN_FIRST) && (unmarked_to_clean(lock) || lock->cleaning_more);
    phase_set(lock, clean ? LOCK_CLEANING : LOCK_HELD);
    lock->clean_at = now;
    lock->clean_until = mono_add(now, LOCK_CLEAN_FIRST_MS);
    lock->again_ms = 0;
    /* D after the look that decided: a command shorter than that costs no further call. */
    lock->look_at = mono_add(mono_max(lock->claimed, asked), mutex_settle_ms(lock));
    lock->whole_at = mono_add(asked, holder_pause_ms(lock));
    memset(lock->loss_looks, 0, sizeof(lock->loss_looks));
    memset(lock->older_runs, 0, sizeof(lock->older_runs));
}

/*
 * The look that confirms a renewal (CONFIRM_SOON) is a whole one, too: the connection is there,
 * which is most of what it costs. A look that is already due is not put off, since it may be the
 * one that confirms the renewal before.
 */
void holder_made(struct lock *lock, struct mono now)
{
    if (!RULE(CONFIRM_SOON) || mono_reached(now, lock->look_at))
        return;
    lock->look_at = mono_add(now, lock->settings.settle_ms);
    lock->whole_at = lock->look_at;
}

bool holder_is_in_doubt(const struct lock *lock)
{
    return lock->loss_looks[LOSS_GONE] > 0;
}

void holder_asked(struct lock *lock, bool was_there)
{
    if (!was_there)
        holder_lose(lock, LOCK_REASON_GONE);
}

/*
 * Is this a claim that a look must show, or else it is gone (LOSS_GONE)? A look before this one has
 * shown it, or it was answered before the hold began. The names that we waited with do not count,
 * since others would not take them for a holder's (LOSS_CLAIM_GONE).
 */
static bool is_confirmed_claim(const struct lock *lock, const struct lock_generation *own,
                               uint32_t before_look)
{
    bool old =
        (own->seen && own->seen_look < before_look) || mono_reached(lock->claimed, own->answered);
    bool tells = own->claim || !RULE(LOSS_CLAIM_GONE);
    return own->state == LOCK_GENERATION_MADE && tells && !own->drop && old;
}

static bool confirmed_shown(const struct lock *lock, uint32_t before_look)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++)
        if (lock->generations[i].shown &&
            is_confirmed_claim(lock, &lock->generations[i], before_look))
            return true;
    return false;
}

/*
 * Plans to create the newest of these claims once more (GONE_ASKED). False if that would not tell,
 * since somebody is known to have made it again.
 */
static bool ask_for_claim(struct lock *lock)
{
    const struct lock_generation *own = own_newest(lock);
    while (own && !is_confirmed_claim(lock, own, lock->gone_since_look))
        own = own_before(lock, own);
    if (!own || own->remade)
        return false;
    own_ask(lock, own);
    return true;
}

/*
 * Counts a look that shows, or does not show, a cause of loss: three in a row, D apart, and the
 * lock is lost (LOSS_THREE_LOOKS). True while there is reason to look again soon.
 */
static bool count_loss_look(struct lock *lock, enum loss_cause cause, bool shown,
                            const struct lock_listing *listing, enum lock_reason reason)
{
    uint32_t *looks = &lock->loss_looks[cause];
    if (!shown) {
        *looks = 0;
        return false;
    }
    if (*looks > 0 &&
        !mono_reached(listing->asked, mono_add(lock->loss_asked[cause], lock->settings.settle_ms)))
        return true;
    ++*looks;
    lock->loss_asked[cause] = listing->asked;
    if (*looks < (RULE(LOSS_THREE_LOOKS) ? LOCK_LOSS_LOOKS : 1) || lock->phase == LOCK_LOST)
        return true;
    if (cause == LOSS_GONE && RULE(GONE_ASKED) && ask_for_claim(lock))
        *looks = 0; /* the name itself will tell; until then all is as it was */
    else
        holder_lose(lock, reason);
    return true;
}

/* The three causes. True while one of them is in sight. */
static bool looks_like_a_loss(struct lock *lock, const struct lock_listing *listing,
                              const struct judgement *seen)
{
    bool streak = lock->loss_looks[LOSS_GONE] > 0;
    uint32_t before_look = streak ? lock->gone_since_look : lock->looks;
    bool gone = !confirmed_shown(lock, before_look) && RULE(LOSS_GONE);
    if (gone && !streak)
        lock->gone_since_look = lock->looks;
    bool suspicious = count_loss_look(lock, LOSS_GONE, gone, listing, LOCK_REASON_GONE);
    suspicious |=
        count_loss_look(lock, LOSS_OLDER_CLAIM, seen->rivalry.older_claim && RULE(LOSS_OLDER_CLAIM),
                        listing, LOCK_REASON_OLDER_CLAIM);
    suspicious |= count_loss_look(lock, LOSS_STRANGER, seen->stranger && RULE(LOSS_STRANGER),
                                  listing, LOCK_REASON_STRANGER);
    return suspicious;
}

/*
 * Drops the generations that are no longer needed, once a newer claim is seen by all (SUCCESSION).
 * The younger ones go first: an old one holds off more unmarked attempts, so few names are enough.
 */
static void holder_drops(struct lock *lock, const struct lock_listing *listing)
{
    const struct lock_generation *own = own_newest(lock);
    while (own && !(own->claim && own_stands(lock, listing, own)))
        own = own_before(lock, own);
    if (!own)
        return;
    if (RULE(CLEAN_SETTLED) && lock->unmarked_deleted.ms != INT64_MIN &&
        !mono_reached(listing->asked, mono_add(lock->unmarked_deleted, lock->settings.settle_ms)))
        return; /* a playbook may still see its deleted attempt, and must be held off */
    while ((own = own_before(lock, own)))
        if (own_can_spare(lock, listing, own))
            own_drop(lock, own);
}

/* When to look next: soon, unless this look has confirmed our newest generation. */
static struct mono holder_look_at(struct lock *lock, struct mono now,
                                  const struct lock_listing *listing)
{
    const struct lock_generation *newest = own_newest(lock);
    if (!newest || newest->state != LOCK_GENERATION_MADE || !RULE(CONFIRM_SOON))
        return lock->whole_at;
    struct mono confirm_at = mono_add(newest->answered, lock->settings.settle_ms);
    if (newest->seen && mono_reached(listing->asked, confirm_at)) {
        lock->again_ms = 0;
        return lock->whole_at;
    }
    return mono_min(lock->whole_at, mono_max(confirm_at, pace_again_at(lock, now)));
}

/*
 * Is this page enough for a look between two whole ones? It shows our newest claim, D old, and one
 * that a look has shown before: so the lease is confirmed. Not if something looks wrong.
 */
static bool confirmed_by_a_page(struct lock *lock, const struct lock_listing *listing,
                                const struct judgement *seen)
{
    const struct lock_generation *newest = own_newest(lock);
    for (int cause = 0; cause < LOCK_LOSS_CAUSES; cause++)
        if (lock->loss_looks[cause] > 0)
            return false;
    return lock->phase == LOCK_HELD && !mono_reached(listing->asked, lock->whole_at) &&
           !seen->rivalry.older_claim && !seen->stranger && confirmed_shown(lock, lock->looks) &&
           newest && newest->claim && own_stands(lock, listing, newest);
}

void holder_look(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    const struct lock_listing *listing = answer->listing;
    own_see(lock, now, listing);
    mutex_see_ours(lock, listing);
    struct judgement seen = judge_listing(lock, now, listing);
    bool enough = !listing->complete && confirmed_by_a_page(lock, listing, &seen);
    lock->reading = !listing->complete && !enough;
    if (lock->reading)
        return;
    if (enough) {
        lock->looks++;
        lock->look_at = holder_look_at(lock, now, listing);
        return;
    }
    bool suspicious = looks_like_a_loss(lock, listing, &seen);
    lock->looks++;
    if (lock->phase == LOCK_LOST)
        return;
    if (!suspicious)
        holder_drops(lock, listing);
    cleaning_take(lock, now, listing, true);
    if (lock->phase == LOCK_CLEANING && !unmarked_to_clean(lock) && !lock->cleaning_more)
        phase_set(lock, LOCK_HELD);
    if (suspicious)
        lock->whole_at =
            mono_max(mono_add(listing->asked, lock->settings.settle_ms), pace_again_at(lock, now));
    else
        lock->whole_at = mono_add(listing->asked, holder_pause_ms(lock));
    lock->look_at = holder_look_at(lock, now, listing);
}
