#include "waiter.h"

#include "cleaning.h"
#include "holder.h"
#include "judge.h"
#include "leaving.h"
#include "mutex.h"
#include "own.h"
#include "pace.h"
#include "phase.h"
#include "rule.h"

#define CROWD_PLACES 8 /* more ahead by a first look are a crowd */
#define UNSEEN_SHARE 3 /* of T that names of ours are waited for, that no listing shows */

/* A listing, as far as it was read, and what it says. */
struct look {
    struct mono now;
    const struct lock_listing *listing;
    struct judgement seen;
    uint32_t random;
};

/* The deciding look comes once an own attempt is D old. */
static struct mono settled_at(const struct lock *lock, struct mono now)
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
 * The look that decides over a claim. With an explicit ID a newer run may have deleted what we
 * waited with, and then others need not see us coming: D after the claim its sight is enough. With
 * slots others need not give way to those who come: of those who claim, the last one must see all
 * claims.
 */
static struct mono claimed_at(const struct lock *lock, struct mono now)
{
    bool alone = (lock->settings.nonce && RULE(SAME_ID_SETTLE)) ||
                 (lock->settings.slots > 1 && RULE(SLOTS_SETTLE));
    struct mono at = mono_add(lock->claimed, alone ? lock->settings.settle_ms : 0);
    return mono_max(mono_max(at, settled_at(lock, now)), mutex_look_at(lock));
}

void waiter_arrive(struct lock *lock, struct mono now)
{
    own_drop_below(lock, UINT32_MAX);
    mutex_give_back(lock, own_claim_lasts(lock, now), now);
    phase_set(lock, LOCK_WAITING);
    lock->withdrawn = false;
    lock->reading = lock->list_own = false;
    lock->unseen_looks = 0;
    lock->pace = (struct lock_pace){0};
    lock->failures = 0;
    lock->hard_failures = 0;
    lock->first_claim_ms = ATTEMPT_UNKNOWN;
    if (lock->settings.no_queue)
        lock->ticket_ms = ATTEMPT_UNKNOWN;
    lock->look_first = RULE(LOOK_FIRST) && lock->ticket_ms == ATTEMPT_UNKNOWN;
    lock->look_at = MONO_NEVER; /* set when the create is answered */
    if (lock->look_first)
        lock->look_at = now;
    else
        own_plan(lock, false);
}

bool waiter_counts(const struct lock *lock)
{
    return lock->settings.limits_waiters && !lock->admitted;
}

bool waiter_is_unseen(const struct lock *lock)
{
    return lock->unseen_looks > 0;
}

bool waiter_has_hope(const struct lock *lock)
{
    return !lock->standing.behind && !waiter_is_unseen(lock) && !lock->withdrawn &&
           (lock->phase == LOCK_CLAIMING || !lock->mutex.pause_ms);
}

void waiter_take_claim_back(struct lock *lock, struct mono now)
{
    bool place = false;
    mutex_give_back(lock, own_claim_lasts(lock, now), now);
    own_drop_claims(lock);
    lock->first_claim_ms = ATTEMPT_UNKNOWN;
    phase_set(lock, LOCK_WAITING);
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++)
        place |= own_counts(lock, &lock->generations[i], now);
    lock->claim_failed = place; /* of those who claim at once, by a first look, most are wrong */
    if (place || lock->settings.no_queue)
        return;
    own_plan(lock, false); /* the first generation was the claim */
    lock->list_own = lock->busy && lock->ticket_ms == ATTEMPT_UNKNOWN && RULE(OWN_LISTING);
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

bool waiter_was_last_look(struct lock *lock, struct mono now, enum lock_reason reason)
{
    const struct lock_settings *settings = &lock->settings;
    lock->lost_looks++;
    if (!settings->max_attempts || lock->lost_looks < settings->max_attempts)
        return false;
    leaving_begin(lock, now, reason);
    return true;
}

/* "Own attempts": listings, D apart, that do not show us. Then the name itself is asked for. */
static void unseen(struct lock *lock, const struct look *look)
{
    int64_t settle_ms = lock->settings.settle_ms;
    lock->look_at = pace_again_at(lock, look->now);
    if (lock->unseen_looks > 0 &&
        !mono_reached(look->listing->asked, mono_add(lock->unseen_asked, settle_ms)))
        return;
    if (lock->unseen_looks++ == 0)
        lock->unseen_since = look->listing->asked;
    lock->unseen_asked = look->listing->asked;
    if (waiter_was_last_look(lock, look->now, LOCK_REASON_UNSEEN) ||
        lock->unseen_looks < LOCK_UNSEEN_LOOKS || !RULE(NEW_ARRIVAL))
        return;
    const struct lock_generation *newest = own_newest(lock);
    if (!newest || newest->state != LOCK_GENERATION_MADE)
        return; /* it is being asked for all the same */
    lock->unseen_looks = 1;
    if (!RULE(UNSEEN_ASKED) || look->seen.remade)
        waiter_arrive(lock, look->now);
    else
        own_ask(lock, newest);
}

static void now_seen(struct lock *lock)
{
    if (waiter_is_unseen(lock))
        lock->again_ms = 0;
    lock->unseen_looks = 0;
}

void waiter_asked(struct lock *lock, struct mono now, bool was_there)
{
    if (!was_there)
        waiter_arrive(lock, now);
}

/* "One try": who is ahead may only be on the way out. */
static bool may_look_again(struct lock *lock, const struct look *look)
{
    const struct rivalry *rivalry = &look->seen.rivalry;
    if (!lock->settings.nonblock || rivalry->claims || !rivalry->young ||
        lock->young_looks >= LOCK_YOUNG_LOOKS || !RULE(YOUNG_LOOKS))
        return false;
    lock->young_looks++;
    lock->look_at = mono_add(look->listing->asked, mutex_settle_ms(lock));
    return true;
}

/* --max-waiters, for a new arrival that has to wait. */
static bool is_crowded(const struct lock *lock, const struct look *look)
{
    return waiter_counts(lock) && look->seen.rivalry.ahead &&
           look->seen.rivalry.waiting >= lock->settings.max_waiters;
}

/*
 * Who has the mutex, or may have it, and sees but the claims of those who came later keeps both:
 * they cannot hold, and withdraw.
 */
static bool keeps_claim(struct lock *lock, const struct look *look)
{
    bool may_have = lock->mutex.state == LOCK_MUTEX_OURS || lock->mutex.state == LOCK_MUTEX_SENT ||
                    lock->mutex.state == LOCK_MUTEX_DOUBTED;
    if (lock->phase != LOCK_CLAIMING || !mutex_is_needed(lock) || !may_have ||
        look->seen.rivalry.before || mono_reached(look->now, lock_lease(lock).term_at))
        return false;
    if (lock->settings.nonblock && lock->young_looks++ >= LOCK_YOUNG_LOOKS)
        return false;
    lock->look_at = pace_again_at(lock, look->now);
    if (lock->mutex.state != LOCK_MUTEX_OURS)
        lock->look_at = mono_max(lock->look_at, mutex_look_at(lock));
    return true;
}

static void lost(struct lock *lock, const struct look *look)
{
    const struct lock_settings *settings = &lock->settings;
    if (keeps_claim(lock, look)) {
        (void)waiter_was_last_look(lock, look->now, LOCK_REASON_HELD);
        return;
    }
    if (lock->phase == LOCK_CLAIMING)
        waiter_take_claim_back(lock, look->now);
    if (may_look_again(lock, look)) {
        lock->lost_looks++;
        return;
    }
    if (waiter_was_last_look(lock, look->now, LOCK_REASON_HELD))
        return;
    if (mono_reached(look->now, settings->wait_until) || !RULE(PATIENT) || is_crowded(lock, look)) {
        leaving_begin(lock, look->now, LOCK_REASON_HELD);
        return;
    }
    if (settings->no_queue) {
        withdraw(lock, look->now, look->random);
        return;
    }
    lock->look_at =
        mono_add(look->now, pace_pause_ms(lock, look->listing, &look->seen, look->random));
}

static void claim(struct lock *lock)
{
    lock->token = own_token(lock);
    lock->first_claim_ms = ATTEMPT_UNKNOWN;
    own_plan(lock, true);
    mutex_ask(lock);
    lock->claimed = MONO_NEVER;
    lock->again_ms = 0;
    phase_set(lock, LOCK_CLAIMING);
    lock->look_at = MONO_NEVER; /* set when the claim is answered, and the mutex */
}

/* Nobody is ahead, but another has the mutex, or a listing shows that somebody has one. */
static void without_mutex(struct lock *lock, struct mono now, uint32_t random)
{
    const struct lock_settings *settings = &lock->settings;
    if (waiter_was_last_look(lock, now, LOCK_REASON_HELD))
        return;
    if (mono_reached(now, settings->wait_until) && !mutex_may_be_dead(lock)) {
        leaving_begin(lock, now, LOCK_REASON_HELD);
        return;
    }
    if (settings->no_queue && !mutex_may_be_dead(lock)) {
        withdraw(lock, now, random);
        return;
    }
    lock->look_at = mono_add(now, mutex_pause_ms(lock));
}

/* After the create of a place: a first look that found somebody ahead need not be repeated yet. */
static struct mono placed_at(const struct lock *lock, struct mono now)
{
    const struct lock_settings *settings = &lock->settings;
    bool at_once = (settings->nonblock || waiter_counts(lock)) && !lock->found_ahead;
    if (at_once || !RULE(SETTLE))
        return now;
    struct mono settled = mono_add(now, settings->settle_ms);
    bool crowd = lock->pace.ahead > CROWD_PLACES && RULE(BY_FIRST_LOOK);
    bool waits = lock->found_ahead && (crowd || settings->retry_delay_ms);
    return waits ? mono_max(settled, lock->turn_at) : settled;
}

void waiter_made(struct lock *lock, struct mono now, const struct lock_generation *own)
{
    if (own->claim) {
        lock->claimed = now;
        lock->look_at = claimed_at(lock, now);
        if (!RULE(LOOK_AFTER_CLAIM))
            holder_begin(lock, now, NULL);
    } else if (lock->look_at.ms == MONO_NEVER.ms) {
        lock->look_at = placed_at(lock, now);
        lock->found_ahead = false;
    }
}

/*
 * Without D nothing is waited for: the mutex decides. But a look that was long ago tells nothing
 * of those who may take our mutex for their own (docs/protocol.md, "The mutex").
 */
static bool holds_by_mutex(const struct lock *lock, struct mono now)
{
    int64_t fresh_ms = 2 * mutex_settle_ms(lock);
    return lock->settings.settle_ms == 0 && mutex_is_needed(lock) && mutex_allows(lock) &&
           !lock->mutex.anew && !mono_reached(now, mono_add(lock->mutex.asked, fresh_ms));
}

/*
 * Our own names need not be in sight without D; nor if that has been waited for in vain for T/3,
 * and nobody in sight is ahead: they would expire before listings show them. (What is unmarked is
 * ahead as long as no name of ours that is in sight holds it off.)
 */
static bool need_not_be_seen(const struct lock *lock, const struct look *look)
{
    int64_t patience_ms = lock->settings.lock_timeout_ms / UNSEEN_SHARE;
    bool claiming = lock->phase == LOCK_CLAIMING;
    if (!mutex_is_needed(lock) || (claiming && !mutex_allows(lock)))
        return false;
    if (lock->settings.settle_ms == 0 && (claiming || look->seen.alone))
        return true;
    struct mono since = waiter_is_unseen(lock) ? lock->unseen_since : MONO_NEVER;
    if (claiming)
        since = lock->claimed;
    return !look->seen.rivalry.ahead && RULE(UNSEEN_HOLDS) &&
           mono_reached(look->listing->asked, mono_add(since, patience_ms));
}

void waiter_mutex(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    if (lock->phase != LOCK_CLAIMING)
        return;
    lock->look_at = claimed_at(lock, now);
    if (holds_by_mutex(lock, now)) {
        holder_begin(lock, now, NULL);
        return;
    }
    if (mutex_is_anothers(lock)) {
        waiter_take_claim_back(lock, now);
        without_mutex(lock, now, answer->random);
    }
}

/* Our claim has been seen, and all the same no time is left: it was long on its way. */
static bool claim_is_spent(struct lock *lock, struct mono now)
{
    const struct lock_generation *newest = own_newest(lock);
    return lock->phase == LOCK_CLAIMING && newest && newest->claim && newest->seen &&
           mono_reached(now, lock_lease(lock).term_at) && RULE(CLAIM_ANEW);
}

static bool may_hold(const struct lock *lock, const struct look *look)
{
    return mono_reached(look->listing->asked, claimed_at(lock, look->now)) && mutex_allows(lock) &&
           mutex_is_dated(lock, look->now) && !mono_reached(look->now, lock_lease(lock).term_at);
}

/* Nobody is ahead by this listing. */
static void unbeaten(struct lock *lock, const struct look *look)
{
    struct mono settled = settled_at(lock, look->now), again;
    bool is_settled = look->seen.own_settled && mono_reached(look->listing->asked, settled);
    if (!RULE(SETTLE))
        is_settled = look->seen.own_settled;
    is_settled |= need_not_be_seen(lock, look);
    if (claim_is_spent(lock, look->now))
        waiter_take_claim_back(lock, look->now);
    if (lock->phase == LOCK_WAITING && is_settled && mutex_may_ask(lock)) {
        claim(lock);
    } else if (lock->phase == LOCK_WAITING && is_settled) {
        without_mutex(lock, look->now, look->random);
    } else if (lock->phase == LOCK_CLAIMING && is_settled && may_hold(lock, look) &&
               !mutex_ask_again(lock)) {
        holder_begin(lock, look->now, look->listing);
    } else {
        again = pace_again_at(lock, look->now);
        bool claiming = lock->phase == LOCK_CLAIMING;
        lock->look_at = mono_max(claiming ? claimed_at(lock, look->now) : settled, again);
    }
}

/*
 * A claim only announces; the look after it decides, and reads every page. So the pages behind
 * those that show us, with nobody ahead, need not be read for it, unless that went wrong before.
 */
static bool may_claim_by_a_page(const struct lock *lock, const struct look *look)
{
    return lock->phase == LOCK_WAITING && !lock->claim_failed && look->seen.own_settled &&
           !look->seen.rivalry.ahead && mutex_may_ask(lock);
}

/* The first look found somebody ahead who is alive. True if that is the end of it, for now. */
static bool is_turned_away(struct lock *lock, const struct look *look)
{
    const struct lock_settings *settings = &lock->settings;
    const struct rivalry *rivalry = &look->seen.rivalry;
    bool one_try = settings->nonblock && (rivalry->claims || !rivalry->young);
    if (waiter_was_last_look(lock, look->now, LOCK_REASON_HELD))
        return true;
    if (one_try || is_crowded(lock, look)) {
        leaving_begin(lock, look->now, LOCK_REASON_HELD);
        return true;
    }
    if (!settings->no_queue)
        return false;
    withdraw(lock, look->now, look->random);
    return true;
}

/*
 * "Look first": nothing of ours is there yet. Where nobody is in sight the first generation is a
 * claim; one try that finds the lock held is over.
 */
static void first_look(struct lock *lock, const struct look *look)
{
    const struct judgement *seen = &look->seen;
    bool dated = lock->service_ms != INT64_MIN;
    bool decided = !seen->alone && !(waiter_counts(lock) && !is_crowded(lock, look));
    lock->reading = !look->listing->complete && !decided;
    if (lock->reading)
        return;
    lock->looks++;
    lock->look_first = false;
    lock->service_ms = INT64_MIN; /* Date is no bound that others go by */
    lock->look_at = MONO_NEVER;
    lock->found_ahead = lock->standing.by_date = dated && seen->rivalry.ahead;
    if (lock->found_ahead && is_turned_away(lock, look))
        return;
    if (lock->found_ahead)
        lock->turn_at = mono_add(look->now, pace_pause_ms(lock, look->listing, seen, look->random));
    if (dated && !is_crowded(lock, look))
        lock->admitted = true;
    if (seen->alone && mutex_may_ask(lock)) {
        claim(lock);
        return;
    }
    own_plan(lock, false);
}

/* "Crowds": it was our own name that was asked for; next comes who is ahead. */
static void own_look(struct lock *lock, const struct look *look)
{
    lock->listing_own = false;
    lock->list_own = lock->ticket_ms == ATTEMPT_UNKNOWN;
    if (lock->list_own) {
        unseen(lock, look);
        return;
    }
    lock->unseen_looks = 0;
    lock->again_ms = 0;
    lock->look_at = look->now;
}

/* The first page of many does not show us: our own name is asked for instead of all the others. */
static bool turns_to_own(struct lock *lock, const struct look *look)
{
    if (lock->phase != LOCK_WAITING || lock->ticket_ms != ATTEMPT_UNKNOWN || !RULE(OWN_LISTING) ||
        look->listing->complete || look->listing->pages > 1 || waiter_counts(lock))
        return false;
    lock->list_own = true;
    lock->look_at = look->now;
    return true;
}

void waiter_look(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    const struct lock_listing *listing = answer->listing;
    own_see(lock, now, listing);
    if (lock->listing_own) {
        own_look(lock, &(struct look){.now = now, .listing = listing});
        return;
    }
    struct look look = {now, listing, judge_listing(lock, now, listing), answer->random};
    mutex_see(lock, listing, &look.seen, answer->random);
    if (lock->withdrawn) {
        lock->reading = !listing->complete; /* for the mutex only */
        return;
    }
    if (lock->look_first) {
        first_look(lock, &look);
        return;
    }
    bool far_back = pace_is_far_back(lock, listing, &look.seen);
    if (!far_back && turns_to_own(lock, &look))
        return;
    bool known = lock->ticket_ms != ATTEMPT_UNKNOWN && lock->anchor_created_ms != ATTEMPT_UNKNOWN;
    bool beaten = look.seen.rivalry.ahead && (!waiter_counts(lock) || is_crowded(lock, &look));
    bool decided = far_back || (known && (beaten || may_claim_by_a_page(lock, &look)));
    lock->reading = !listing->complete && !decided;
    if (lock->reading)
        return;
    lock->looks++;
    if (listing->complete && !look.seen.own_shown && !need_not_be_seen(lock, &look)) {
        unseen(lock, &look);
        return;
    }
    if (look.seen.own_shown)
        now_seen(lock);
    if (lock->phase == LOCK_CLAIMING && mutex_is_anothers(lock)) {
        waiter_take_claim_back(lock, now);
        without_mutex(lock, now, answer->random);
        return;
    }
    if (look.seen.replaced && lock->phase == LOCK_WAITING) {
        leaving_begin(lock, now, LOCK_REASON_REPLACED);
        return;
    }
    cleaning_take(lock, now, listing, false);
    if (!is_crowded(lock, &look))
        lock->admitted = true;
    if (look.seen.rivalry.ahead)
        lost(lock, &look);
    else
        unbeaten(lock, &look);
}
