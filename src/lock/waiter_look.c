/*
 * waiter: what a listing means to a run that wants the lock, as facts; which of the moves of
 * decide.h follows; and that move.
 */
#include <assert.h>

#include "cleaning.h"
#include "decide.h"
#include "holder.h"
#include "judge.h"
#include "leaving.h"
#include "mutex.h"
#include "own.h"
#include "pace.h"
#include "phase.h"
#include "rule.h"
#include "unseen.h"
#include "waiter.h"
#include "waiter_private.h"

/* One look: a listing, as far as it was read, and what it says. Lives for one decision. */
struct look {
    struct mono now;
    const struct lock_listing *listing;
    struct judgement seen;
    uint32_t random;
    bool first;          /* nothing of ours was made before it */
    bool dated;          /* ... and the service's time is known by the answer's Date */
    bool need_not;       /* it decides though it does not show our own names: lock/unseen */
    struct mono settled; /* waiter_settled_at() */
    bool taken_back;    /* the claim was taken back by this decision: `seen` is from before that, */
    bool without_mutex; /* and the reason is that another has the mutex */
};

/* One try looks again if all who are ahead may be tries on their way out (YOUNG_LOOKS). */
static bool may_look_again(const struct lock *lock, const struct look *look)
{
    const struct rivalry *rivalry = &look->seen.rivalry;
    return lock->settings.nonblock && !rivalry->claims && rivalry->young &&
           lock->young_looks < LOCK_YOUNG_LOOKS && RULE(YOUNG_LOOKS);
}

/* --max-waiters, for a new arrival that has to wait. */
static bool is_crowded(const struct lock *lock, const struct look *look)
{
    return waiter_counts(lock) && look->seen.rivalry.ahead &&
           look->seen.rivalry.waiting >= lock->settings.max_waiters;
}

/*
 * Do we keep claim and mutex though others claim? Yes, if the mutex is or may be ours and the
 * others came later: they cannot hold without it, and will withdraw.
 */
static bool keeps_claim(const struct lock *lock, const struct look *look)
{
    return mutex_is_needed(lock) && mutex_may_be_ours(lock) && !look->seen.rivalry.before &&
           !mono_reached(look->now, lock_lease(lock).term_at) &&
           !(lock->settings.nonblock && lock->young_looks >= LOCK_YOUNG_LOOKS);
}

static bool is_settled(const struct look *look)
{
    return look->need_not || (look->seen.own_settled &&
                              (mono_reached(look->listing->asked, look->settled) || !RULE(SETTLE)));
}

/* Is our lease nearly over before the hold begins? Our claim was so long on its way (CLAIM_ANEW).
 */
static bool claim_is_spent(const struct lock *lock, struct mono now)
{
    const struct lock_generation *newest = own_newest(lock);
    return lock->phase == LOCK_CLAIMING && newest && newest->claim && newest->seen &&
           mono_reached(now, lock_lease(lock).term_at) && RULE(CLAIM_ANEW);
}

/* Do claim and mutex allow us to hold by this look, if nobody is ahead? */
static bool may_hold(const struct lock *lock, const struct look *look)
{
    return mono_reached(look->listing->asked, waiter_claimed_at(lock, look->now)) &&
           mutex_allows(lock) && mutex_is_dated(lock, look->listing->asked) &&
           !mono_reached(look->now, lock_lease(lock).term_at);
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

static bool is_unseen(const struct look *look)
{
    return !look->first && look->listing->complete && !look->seen.own_shown && !look->need_not;
}

static uint32_t fact(enum look_fact fact, bool holds)
{
    return holds ? (uint32_t)fact : 0;
}

/* The facts that come from the limits of our wait. */
static uint32_t limits_of(const struct lock *lock, const struct look *look)
{
    const struct lock_settings *settings = &lock->settings;
    const struct rivalry *rivalry = &look->seen.rivalry;
    bool last = settings->max_attempts && lock->lost_looks + 1 >= settings->max_attempts;
    return fact(LOOK_IF_LAST, last) |
           fact(LOOK_IF_OVER, mono_reached(look->now, settings->wait_until) || !RULE(PATIENT)) |
           fact(LOOK_IF_CROWDED, is_crowded(lock, look)) |
           fact(LOOK_IF_NO_QUEUE, settings->no_queue) |
           fact(LOOK_IF_ONE_TRY, settings->nonblock && (rivalry->claims || !rivalry->young));
}

/* Another's mutex is in our way. One of our own that is yet to be deleted is not (MUTEX_OWN). */
static bool has_no_mutex(const struct lock *lock, const struct look *look)
{
    if (lock->phase == LOCK_CLAIMING)
        return mutex_is_anothers(lock);
    bool own = mutex_stands(lock) && RULE(MUTEX_OWN);
    return !look->seen.rivalry.ahead && is_settled(look) && !mutex_may_ask(lock) && !own;
}

/* The facts of "What a waiter does after a look" (decide.h). */
static uint32_t facts_of(const struct lock *lock, const struct look *look)
{
    const struct judgement *seen = &look->seen;
    bool claiming = lock->phase == LOCK_CLAIMING, ahead = seen->rivalry.ahead;
    uint32_t facts = limits_of(lock, look) | fact(LOOK_IF_DEAD, mutex_may_be_dead(lock));
    if (look->without_mutex)
        return facts | LOOK_IF_NO_MUTEX;
    facts |= fact(LOOK_IF_FREE, mutex_may_ask(lock)) | fact(LOOK_IF_ALONE, seen->alone);
    if (look->first)
        return facts | LOOK_IF_FIRST | fact(LOOK_IF_AHEAD, ahead && look->dated);
    facts |= fact(LOOK_IF_REPLACED, seen->replaced && !look->taken_back);
    if (is_unseen(look))
        return facts | LOOK_IF_UNSEEN;
    facts |= fact(LOOK_IF_NO_MUTEX, has_no_mutex(lock, look));
    return facts | fact(LOOK_IF_AHEAD, ahead) |
           fact(LOOK_IF_KEEPS, claiming && keeps_claim(lock, look)) |
           fact(LOOK_IF_YOUNG, may_look_again(lock, look)) |
           fact(LOOK_IF_SPENT, claim_is_spent(lock, look->now)) |
           fact(LOOK_IF_SETTLED, is_settled(look)) |
           fact(LOOK_IF_MAY_HOLD, claiming && may_hold(lock, look)) |
           fact(LOOK_IF_BESIDE, mutex_has_met_claim(lock));
}

/* LOOK_KEEP: looks at growing intervals, and if the mutex is in doubt not before a look can tell.
 */
static void keep_claim(struct lock *lock, const struct look *look)
{
    if (lock->settings.nonblock)
        lock->young_looks++;
    lock->look_at = pace_again_at(lock, look->now);
    if (lock->mutex.state != LOCK_MUTEX_OURS)
        lock->look_at = mono_max(lock->look_at, mutex_look_at(lock));
}

static void look_again(struct lock *lock, const struct look *look)
{
    struct mono again = pace_again_at(lock, look->now);
    bool claiming = lock->phase == LOCK_CLAIMING;
    lock->look_at = mono_max(claiming ? waiter_claimed_at(lock, look->now) : look->settled, again);
}

/* The first look found nobody, or somebody ahead: then it need not be repeated yet. */
static void take_place(struct lock *lock, const struct look *look)
{
    if (lock->found_ahead)
        lock->turn_at =
            mono_add(look->now, pace_pause_ms(lock, look->listing, &look->seen, look->random));
    own_plan(lock, false);
}

static void act(struct lock *lock, const struct look *look, enum look_move move)
{
    switch (move) {
    case LOOK_LEAVE:
        leaving_begin(lock, look->now, LOCK_REASON_HELD);
        break;
    case LOOK_GIVE_WAY:
        leaving_begin(lock, look->now, LOCK_REASON_REPLACED);
        break;
    case LOOK_WITHDRAW:
        waiter_withdraw(lock, look->now, look->random);
        break;
    case LOOK_PLACE:
        take_place(lock, look);
        break;
    case LOOK_ASK_NAME:
        unseen_look(lock, look->now, look->listing, &look->seen);
        break;
    case LOOK_TAKE_BACK:
        waiter_take_claim_back(lock, look->now);
        break;
    case LOOK_KEEP:
        keep_claim(lock, look);
        break;
    case LOOK_SOON:
        assert(look->listing); /* YOUNG is never true without one */
        lock->young_looks++;
        lock->look_at = mono_add(look->listing->asked, mutex_settle_ms(lock));
        break;
    case LOOK_QUEUE:
        lock->look_at =
            mono_add(look->now, pace_pause_ms(lock, look->listing, &look->seen, look->random));
        break;
    case LOOK_PAUSE:
        lock->look_at = mono_add(look->now, mutex_pause_ms(lock));
        break;
    case LOOK_CLAIM:
        waiter_claim(lock);
        break;
    case LOOK_ASK_MUTEX:
        mutex_ask_again(lock);
        look_again(lock, look);
        break;
    case LOOK_HOLD:
        holder_begin(lock, look->now, look->listing);
        break;
    case LOOK_AGAIN:
    case LOOK_MOVES:
        look_again(lock, look);
        break;
    }
}

/*
 * Decides by the look, and acts. After LOOK_TAKE_BACK it decides once more, as a run that waits:
 * that one may have to leave, or knows better when to look next.
 */
static void decide(struct lock *lock, struct look *look)
{
    enum look_move move;
    lock->position.decided = true;
    do {
        uint32_t facts = facts_of(lock, look);
        move = decide_look(lock->phase, facts);
        bool lost = facts & (LOOK_IF_AHEAD | LOOK_IF_NO_MUTEX);
        if (lost && move != LOOK_TAKE_BACK)
            lock->lost_looks++;
        if (facts & LOOK_IF_NO_MUTEX)
            lock->mutex.held_by_other = true;
        look->taken_back |= move == LOOK_TAKE_BACK;
        look->without_mutex = move == LOOK_TAKE_BACK && (facts & LOOK_IF_NO_MUTEX);
        act(lock, look, move);
    } while (move == LOOK_TAKE_BACK);
}

void waiter_without_mutex(struct lock *lock, struct mono now, uint32_t random)
{
    struct look look = {.now = now, .random = random, .without_mutex = true};
    decide(lock, &look);
}

/*
 * The first look, before anything of ours was made (LOOK_FIRST). It is read until somebody is in
 * sight, or to its end. The service's time is known only by the answer's Date; nothing later goes
 * by that.
 */
static void first_look(struct lock *lock, struct look *look)
{
    const struct judgement *seen = &look->seen;
    bool decided = !seen->alone && !(waiter_counts(lock) && !is_crowded(lock, look));
    lock->reading = !look->listing->complete && !decided;
    if (lock->reading)
        return;
    look->first = true;
    look->dated = lock->service_ms != INT64_MIN;
    lock->looks++;
    lock->look_first = false;
    lock->service_ms = INT64_MIN; /* from here on the time is known only by a name of ours */
    lock->look_at = MONO_NEVER;
    lock->found_ahead = lock->position.by_date = look->dated && seen->rivalry.ahead;
    if (look->dated && !is_crowded(lock, look))
        lock->admitted = true;
    decide(lock, look);
}

/* The listing was of our own name alone, to learn our ticket (OWN_LISTING): next, a real look. */
static void own_look(struct lock *lock, const struct look *look)
{
    lock->listing_own = false;
    lock->list_own = lock->ticket_ms == ATTEMPT_UNKNOWN;
    if (lock->list_own) {
        unseen_look(lock, look->now, look->listing, &look->seen);
        return;
    }
    lock->unseen_looks = 0;
    lock->again_ms = 0;
    lock->look_at = look->now;
}

/* Is our own name to be listed, instead of the many pages until we are shown (OWN_LISTING)? */
static bool turns_to_own(struct lock *lock, const struct look *look)
{
    if (lock->phase != LOCK_WAITING || lock->ticket_ms != ATTEMPT_UNKNOWN || !RULE(OWN_LISTING) ||
        look->listing->complete || look->listing->pages > 1 || waiter_counts(lock) ||
        mutex_look_tells(lock, look->listing->asked))
        return false;
    lock->list_own = true;
    lock->look_at = look->now;
    return true;
}

/* Was enough of the listing read to decide by? */
static bool is_enough(const struct lock *lock, const struct look *look, bool far_back)
{
    bool known = lock->ticket_ms != ATTEMPT_UNKNOWN && lock->anchor_created_ms != ATTEMPT_UNKNOWN;
    bool beaten = look->seen.rivalry.ahead && (!waiter_counts(lock) || is_crowded(lock, look));
    if (look->listing->complete || mutex_look_tells(lock, look->listing->asked))
        return look->listing->complete;
    return far_back || (known && (beaten || may_claim_by_a_page(lock, look)));
}

static void next_look(struct lock *lock, struct look *look)
{
    bool far_back = pace_is_far_back(lock, look->listing, &look->seen);
    if (!far_back && turns_to_own(lock, look))
        return;
    lock->reading = !is_enough(lock, look, far_back);
    if (lock->reading)
        return;
    lock->looks++;
    if (look->seen.own_shown)
        unseen_ends(lock);
    look->need_not = unseen_may_be_ignored(lock, look->listing, &look->seen);
    look->settled = waiter_settled_at(lock, look->now);
    if (!is_unseen(look) && !(lock->phase == LOCK_CLAIMING && mutex_is_anothers(lock))) {
        cleaning_take(lock, look->now, look->listing, false);
        if (!is_crowded(lock, look))
            lock->admitted = true;
    }
    decide(lock, look);
}

void waiter_look(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    const struct lock_listing *listing = answer->listing;
    own_see(lock, now, listing);
    if (lock->listing_own) {
        own_look(lock, &(struct look){.now = now, .listing = listing});
        return;
    }
    struct look look = {.now = now,
                        .listing = listing,
                        .seen = judge_listing(lock, now, listing),
                        .random = answer->random};
    mutex_see(lock, now, listing, &look.seen, answer->random);
    if (lock->withdrawn)
        lock->reading = !listing->complete; /* it is read for the sake of the mutex only */
    else if (lock->look_first)
        first_look(lock, &look);
    else
        next_look(lock, &look);
}
