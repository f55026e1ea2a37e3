#include "look.h"

#include <string.h>

#include "cleaning.h"
#include "judge.h"
#include "own.h"
#include "pace.h"
#include "rule.h"

enum loss_cause {
    LOSS_GONE,
    LOSS_OLDER_CLAIM,
    LOSS_STRANGER
};

/* "Leaving": how long it may take; longer if what was sent may still be applied. */
static int64_t leaving_ms(const struct lock *lock, int64_t limit_ms)
{
    int64_t settles_ms = LOCK_LEAVE_SETTLES * lock->settings.settle_ms;
    return lock->uncertain && limit_ms < settles_ms ? settles_ms : limit_ms;
}

void look_leave(struct lock *lock, struct mono now, enum lock_reason reason)
{
    int64_t limit_ms = lock->settings.release_timeout_ms;
    if (lock->phase == LOCK_LEAVING || lock->phase == LOCK_FINISHED)
        return;
    if (!lock->made_any && limit_ms > LOCK_LEAVE_UNMADE_MS)
        limit_ms = LOCK_LEAVE_UNMADE_MS;
    if (reason != LOCK_REASON_NONE)
        lock->reason = reason;
    own_drop_below(lock, UINT32_MAX);
    lock->phase = LOCK_LEAVING;
    lock->reading = false;
    lock->quiet_until = now;
    lock->leave_until = mono_add(now, leaving_ms(lock, limit_ms));
    lock->leaving_quiet = now;
}

void look_lose(struct lock *lock, enum lock_reason reason)
{
    lock->phase = LOCK_LOST;
    lock->reason = reason;
    lock->reading = false;
}

void look_arrive(struct lock *lock)
{
    own_drop_below(lock, UINT32_MAX);
    lock->phase = LOCK_WAITING;
    lock->withdrawn = false;
    lock->reading = false;
    lock->unseen_looks = 0;
    lock->pace = (struct lock_pace){0};
    lock->failures = 0;
    lock->hard_failures = 0;
    lock->first_claim_ms = ATTEMPT_UNKNOWN;
    if (lock->settings.no_queue)
        lock->ticket_ms = ATTEMPT_UNKNOWN;
    lock->look_at = MONO_NEVER; /* set when the create is answered */
    own_plan(lock, false);
}

bool look_counts_waiters(const struct lock *lock)
{
    return lock->settings.limits_waiters && !lock->admitted;
}

struct mono look_settled_at(const struct lock *lock, struct mono now)
{
    struct mono at = MONO_NEVER;
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++) {
        const struct lock_generation *own = &lock->generations[i];
        if (own->state == LOCK_GENERATION_MADE && own_counts(lock, own, now))
            at = mono_min(at, mono_add(own->answered, RULE(SETTLE) ? lock->settings.settle_ms : 0));
    }
    return at;
}

/*
 * With an explicit ID a newer run may have deleted what we waited with, and then others need not
 * see us coming: D after the claim its sight is enough. With slots others need not give way to
 * those who come: of those who claim, the last one must see all claims.
 */
struct mono look_claimed_at(const struct lock *lock, struct mono now)
{
    bool alone = (lock->settings.nonce && RULE(SAME_ID_SETTLE)) ||
                 (lock->settings.slots > 1 && RULE(SLOTS_SETTLE));
    struct mono at = mono_add(lock->claimed, alone ? lock->settings.settle_ms : 0);
    return mono_max(at, look_settled_at(lock, now));
}

/* "Own attempts": three listings D apart without us make a new arrival. */
static void waiter_unseen(struct lock *lock, struct mono now, const struct lock_listing *listing)
{
    int64_t settle_ms = lock->settings.settle_ms, pause_ms = settle_ms / 4;
    if (lock->unseen_looks == 0 ||
        mono_reached(listing->asked, mono_add(lock->unseen_asked, settle_ms))) {
        lock->unseen_looks++;
        lock->unseen_asked = listing->asked;
    }
    if (lock->unseen_looks >= LOCK_UNSEEN_LOOKS && RULE(NEW_ARRIVAL)) {
        look_arrive(lock);
        return;
    }
    if (pause_ms < LOCK_FIRST_LOOK_MS)
        pause_ms = LOCK_FIRST_LOOK_MS;
    lock->look_at = mono_add(now, pause_ms);
}

static void withdraw(struct lock *lock, struct mono now, uint32_t random)
{
    int64_t delay_ms = lock->settings.retry_delay_ms;
    if (!delay_ms)
        delay_ms = LOCK_RETRY_DELAY_MS;
    own_drop_below(lock, UINT32_MAX);
    lock->cleaning_count = 0; /* an earlier run of our ID must see the one that replaces it */
    lock->withdrawn = true;
    lock->admitted = false;
    lock->arrive_at = mono_add(now, delay_ms + (int64_t)((uint64_t)(delay_ms / 2) * random >> 32));
}

/* "One try": who is ahead may only be on the way out. */
static bool may_look_again(struct lock *lock, const struct judgement *seen,
                           const struct lock_listing *listing)
{
    if (!lock->settings.nonblock || seen->rivalry.claims || !seen->rivalry.young ||
        lock->young_looks >= LOCK_YOUNG_LOOKS || !RULE(YOUNG_LOOKS))
        return false;
    lock->young_looks++;
    lock->look_at = mono_add(listing->asked, lock->settings.settle_ms);
    return true;
}

/* --max-waiters, for a new arrival that has to wait. */
static bool is_crowded(const struct lock *lock, const struct judgement *seen)
{
    return look_counts_waiters(lock) && seen->rivalry.ahead &&
           seen->rivalry.waiting >= lock->settings.max_waiters;
}

static void take_claim_back(struct lock *lock)
{
    own_drop_claims(lock);
    lock->first_claim_ms = ATTEMPT_UNKNOWN;
    lock->claim_failed = true;
    lock->phase = LOCK_WAITING;
}

static void waiter_lost(struct lock *lock, struct mono now, const struct lock_listing *listing,
                        const struct judgement *seen, uint32_t random)
{
    const struct lock_settings *settings = &lock->settings;
    if (lock->phase == LOCK_CLAIMING)
        take_claim_back(lock);
    lock->lost_looks++;
    if (may_look_again(lock, seen, listing))
        return;
    if (mono_reached(now, settings->wait_until) || !RULE(PATIENT) || is_crowded(lock, seen) ||
        (settings->max_attempts && lock->lost_looks >= settings->max_attempts)) {
        look_leave(lock, now, LOCK_REASON_HELD);
        return;
    }
    if (settings->no_queue) {
        withdraw(lock, now, random);
        return;
    }
    lock->look_at = mono_add(now, pace_pause_ms(lock, listing, seen, random));
}

static void claim(struct lock *lock)
{
    lock->token = lock->ticket_ms > lock->token_seen + 1 ? lock->ticket_ms : lock->token_seen + 1;
    lock->first_claim_ms = ATTEMPT_UNKNOWN;
    own_plan(lock, true);
    lock->claimed = MONO_NEVER;
    lock->phase = LOCK_CLAIMING;
    lock->look_at = MONO_NEVER; /* set when the claim is answered */
}

/* Deletes what was found and what holds nobody back any more: "Cleaning". */
static bool unmarked_to_clean(const struct lock *lock)
{
    for (uint32_t i = 0; i < lock->cleaning_count; i++)
        if (lock->cleaning[i].unmarked)
            return true;
    return false;
}

/* Until a holder looks at everything again. */
static int64_t holder_pause_ms(const struct lock *lock)
{
    int64_t pause_ms = lock->settings.lock_timeout_ms / 6;
    return pause_ms < LOCK_LOOK_MAX_MS ? pause_ms : LOCK_LOOK_MAX_MS;
}

static void hold(struct lock *lock, struct mono now, const struct lock_listing *listing)
{
    cleaning_take(lock, now, listing, true);
    lock->phase = RULE(CLEAN_FIRST) && (unmarked_to_clean(lock) || lock->cleaning_more)
                      ? LOCK_CLEANING
                      : LOCK_HELD;
    lock->clean_at = now;
    /* D after the look that decided: a command shorter than that costs no further call. */
    lock->look_at = mono_add(mono_max(lock->claimed, listing->asked), lock->settings.settle_ms);
    lock->whole_at = mono_add(listing->asked, holder_pause_ms(lock));
    memset(lock->loss_looks, 0, sizeof(lock->loss_looks));
}

/* Our claim has been seen, and all the same no time is left: it was long on its way. */
static bool claim_is_spent(struct lock *lock, struct mono now)
{
    const struct lock_generation *newest = own_newest(lock);
    return lock->phase == LOCK_CLAIMING && newest && newest->claim && newest->seen &&
           mono_reached(now, lock_lease(lock).term_at) && RULE(CLAIM_ANEW);
}

/* Nobody is ahead by this listing. */
static void waiter_unbeaten(struct lock *lock, struct mono now, const struct lock_listing *listing,
                            const struct judgement *seen)
{
    struct mono settled_at = look_settled_at(lock, now);
    bool settled = seen->own_settled && mono_reached(listing->asked, settled_at);
    if (!RULE(SETTLE))
        settled = seen->own_settled;
    if (claim_is_spent(lock, now))
        take_claim_back(lock);
    if (lock->phase == LOCK_WAITING && (settled || (lock->settings.claim_early && seen->alone)))
        claim(lock);
    else if (lock->phase == LOCK_CLAIMING && settled &&
             mono_reached(listing->asked, look_claimed_at(lock, now)) &&
             !mono_reached(now, lock_lease(lock).term_at))
        hold(lock, now, listing);
    else
        lock->look_at =
            mono_max(lock->phase == LOCK_CLAIMING ? look_claimed_at(lock, now) : settled_at,
                     mono_add(now, LOCK_FIRST_LOOK_MS));
}

/*
 * A claim only announces; the look after it decides, and reads every page. So the pages behind
 * those that show us, with nobody ahead, need not be read for it, unless that went wrong before.
 */
static bool may_claim_by_a_page(const struct lock *lock, const struct judgement *seen)
{
    return lock->phase == LOCK_WAITING && !lock->claim_failed && seen->own_settled &&
           !seen->rivalry.ahead;
}

static void waiter_look(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    const struct lock_listing *listing = answer->listing;
    own_see(lock, now, listing);
    struct judgement seen = judge_listing(lock, now, listing);
    bool known = lock->ticket_ms != ATTEMPT_UNKNOWN && lock->anchor_created_ms != ATTEMPT_UNKNOWN;
    bool beaten = seen.rivalry.ahead && (!look_counts_waiters(lock) || is_crowded(lock, &seen));
    bool decided = known && (beaten || may_claim_by_a_page(lock, &seen));
    lock->reading = !listing->complete && !decided;
    if (lock->reading)
        return;
    lock->looks++;
    if (listing->complete && !seen.own_shown) {
        waiter_unseen(lock, now, listing);
        return;
    }
    lock->unseen_looks = 0;
    if (seen.replaced && lock->phase == LOCK_WAITING) {
        look_leave(lock, now, LOCK_REASON_REPLACED);
        return;
    }
    cleaning_take(lock, now, listing, false);
    if (!is_crowded(lock, &seen))
        lock->admitted = true;
    if (seen.rivalry.ahead)
        waiter_lost(lock, now, listing, &seen, answer->random);
    else
        waiter_unbeaten(lock, now, listing, &seen);
}

/*
 * One of the claims that were confirmed before the streak began is in sight. So is one answered
 * before the hold began, however late a listing shows it. What we waited with does not count:
 * others would not take it for a holder's.
 */
static bool confirmed_shown(const struct lock *lock, uint32_t before_look)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++) {
        const struct lock_generation *own = &lock->generations[i];
        bool old = own->seen_look < before_look || mono_reached(lock->claimed, own->answered);
        bool tells = own->claim || !RULE(LOSS_CLAIM_GONE);
        if (own->shown && own->seen && tells && !own->drop && old)
            return true;
    }
    return false;
}

/* "Loss": three in a row, D apart. True while there is reason to look again soon. */
static bool suspect(struct lock *lock, enum loss_cause cause, bool shown,
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
    if (*looks >= (RULE(LOSS_THREE_LOOKS) ? LOCK_LOSS_LOOKS : 1) && lock->phase != LOCK_LOST)
        look_lose(lock, reason);
    return true;
}

static bool holder_suspects(struct lock *lock, const struct lock_listing *listing,
                            const struct judgement *seen)
{
    bool streak = lock->loss_looks[LOSS_GONE] > 0;
    uint32_t before_look = streak ? lock->gone_since_look : lock->looks;
    bool gone = !confirmed_shown(lock, before_look) && RULE(LOSS_GONE);
    if (gone && !streak)
        lock->gone_since_look = lock->looks;
    bool suspicious = suspect(lock, LOSS_GONE, gone, listing, LOCK_REASON_GONE);
    suspicious |=
        suspect(lock, LOSS_OLDER_CLAIM, seen->rivalry.older_claim && RULE(LOSS_OLDER_CLAIM),
                listing, LOCK_REASON_OLDER_CLAIM);
    suspicious |= suspect(lock, LOSS_STRANGER, seen->stranger && RULE(LOSS_STRANGER), listing,
                          LOCK_REASON_STRANGER);
    return suspicious;
}

/*
 * "Succession": what a holder may drop. The younger ones go first: an old one holds off more, and
 * with it few are enough, however many role peers come and die.
 */
static void holder_drops(struct lock *lock, const struct lock_listing *listing)
{
    struct lock_generation *own = own_newest(lock);
    while (own && !(own->claim && own_stands(lock, listing, own)))
        own = own_before(lock, own);
    if (!own)
        return;
    if (RULE(CLEAN_SETTLED) && lock->unmarked_deleted.ms != INT64_MIN &&
        !mono_reached(listing->asked, mono_add(lock->unmarked_deleted, lock->settings.settle_ms)))
        return; /* a role peer may still see its deleted attempt */
    while ((own = own_before(lock, own)))
        if (own_can_spare(lock, listing, own))
            own_drop(own);
}

/* When to look next: soon, if our newest create is not yet known to be in sight of all. */
static struct mono holder_look_at(struct lock *lock, struct mono now,
                                  const struct lock_listing *listing)
{
    const struct lock_generation *newest = own_newest(lock);
    if (!newest || newest->state != LOCK_GENERATION_MADE || !RULE(CONFIRM_SOON))
        return lock->whole_at;
    struct mono confirm_at = mono_add(newest->answered, lock->settings.settle_ms);
    if (newest->seen && mono_reached(listing->asked, confirm_at))
        return lock->whole_at;
    return mono_min(lock->whole_at, mono_max(confirm_at, mono_add(now, LOCK_FIRST_LOOK_MS)));
}

/*
 * Between two whole looks one may end with the page that shows our newest claim, settled, and one
 * that was there before: it confirms the lease, and the rest of the pages can wait, unless
 * something looks wrong.
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

static void holder_look(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    const struct lock_listing *listing = answer->listing;
    own_see(lock, now, listing);
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
    bool suspicious = holder_suspects(lock, listing, &seen);
    lock->looks++;
    if (lock->phase == LOCK_LOST)
        return;
    if (!suspicious)
        holder_drops(lock, listing);
    cleaning_take(lock, now, listing, true);
    if (lock->phase == LOCK_CLEANING && !unmarked_to_clean(lock) && !lock->cleaning_more)
        lock->phase = LOCK_HELD;
    lock->whole_at =
        mono_add(listing->asked, suspicious ? lock->settings.settle_ms : holder_pause_ms(lock));
    lock->look_at = holder_look_at(lock, now, listing);
}

/*
 * "Leaving": two listings D apart must show nothing of ours. What a page shows is deleted at
 * once; a run that had never heard of its create then has all the time that leaving may take.
 */
static void leaving_look(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    bool knew = lock->made_any;
    own_see(lock, now, answer->listing);
    own_drop_below(lock, UINT32_MAX); /* what was met counts for nothing */
    if (lock->made_any && !knew)
        lock->leave_until = mono_add(now, leaving_ms(lock, lock->settings.release_timeout_ms));
    bool found = own_to_delete(lock) != NULL;
    lock->reading = !answer->listing->complete && !found;
    if (lock->reading)
        return;
    lock->looks++;
    lock->leaving_quiet = answer->listing->asked;
    if (found)
        lock->leaving_looks = 0;
    else
        lock->leaving_looks++;
}

void look(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    switch (lock->phase) {
    case LOCK_WAITING:
    case LOCK_CLAIMING:
        waiter_look(lock, now, answer);
        break;
    case LOCK_CLEANING:
    case LOCK_HELD:
        holder_look(lock, now, answer);
        break;
    case LOCK_LEAVING:
        leaving_look(lock, now, answer);
        break;
    case LOCK_LOST:
    case LOCK_FINISHED:
        break;
    }
}
