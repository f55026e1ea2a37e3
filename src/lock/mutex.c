#include "mutex.h"

#include "mutex_private.h"
#include "own.h"
#include "rule.h"
#include "view.h"

#define PAUSE_MIN_MS    1000 /* first pause between looks while another has the mutex; */
#define PAUSE_MAX_MS    5000 /* each is half as long again, up to this */
#define DOUBTS_MAX      3    /* another's claim puts off for 3 times as long whose a mutex is */
#define LONG_DEAD_LIVES 2    /* a mutex older than 2 T need not be watched for T/15 */
#define BREAK_SHOWN_PER 3    /* if our #break is not shown within T/3, listings are too late */
#define BREAK_LOOK_PER  4    /* the look after #break comes T/4 later at the most */
#define LATE_TIMES      2    /* listings may be twice as late as they were seen to be, */
#define LATE_PER        2    /* but no more than T/2 is assumed to be seen */

bool mutex_is_needed(const struct lock *lock)
{
    return !lock->settings.shared && RULE(MUTEX);
}

bool mutex_allows(const struct lock *lock)
{
    return !mutex_is_needed(lock) || (lock->mutex.state == LOCK_MUTEX_OURS && !lock->mutex.drop);
}

int64_t mutex_settle_ms(const struct lock *lock)
{
    int64_t settle_ms = lock->settings.settle_ms;
    return settle_ms > LOCK_MUTEX_SETTLE_MS ? settle_ms : LOCK_MUTEX_SETTLE_MS;
}

bool mutex_may_be_ours(const struct lock *lock)
{
    const struct lock_mutex *mutex = &lock->mutex;
    return mutex->state == LOCK_MUTEX_SENT || mutex->state == LOCK_MUTEX_DOUBTED ||
           mutex->state == LOCK_MUTEX_OURS;
}

bool mutex_stands(const struct lock *lock)
{
    const struct lock_mutex *mutex = &lock->mutex;
    return (mutex_may_be_ours(lock) && mutex->drop && RULE(MUTEX_FIRST)) || mutex->break_drop;
}

/* For how long listings may show what has gone, by what this run has seen of them (BREAK_LATE). */
static int64_t lateness_ms(const struct lock *lock)
{
    int64_t most_ms = lock->settings.lock_timeout_ms / LATE_PER;
    if (!RULE(BREAK_LATE))
        return 0;
    return LATE_TIMES * ms_min(own_late_ms(lock), most_ms);
}

int64_t mutex_quiet_ms(const struct lock *lock)
{
    int64_t quiet_ms = ms_max(lock->settings.lock_timeout_ms / LOCK_DEAD_SHARE,
                              LOCK_DEAD_SETTLES * mutex_settle_ms(lock));
    return ms_max(quiet_ms, lateness_ms(lock));
}

/* Is the suspect a dead run's? It is old enough, and no claim was in sight for long enough. */
static bool is_dead(const struct lock *lock)
{
    const struct lock_mutex *mutex = &lock->mutex;
    int64_t quiet_ms = mutex_quiet_ms(lock), life_ms = mutex->suspect_lifetime_ms;
    if (mutex->suspect_created_ms == ATTEMPT_UNKNOWN || lock->service_ms == INT64_MIN)
        return false;
    int64_t age_ms = lock->service_ms - mutex->suspect_created_ms - LOCK_GRACE_MS;
    bool old = age_ms > life_ms + lateness_ms(lock);
    if (age_ms > LONG_DEAD_LIVES * life_ms) /* two looks do: rare jobs must not wait long */
        quiet_ms = ms_max(mutex_settle_ms(lock), lateness_ms(lock));
    return (old || !RULE(BREAK_OLD)) &&
           (mono_reached(mutex->last_look, mono_add(mutex->suspect_since, quiet_ms)) ||
            !RULE(BREAK_QUIET));
}

void mutex_taken(struct lock *lock)
{
    struct lock_mutex *mutex = &lock->mutex;
    uint32_t slots = lock->settings.slots > 1 ? lock->settings.slots : 1;
    bool dead = is_dead(lock) && mutex->slot == mutex->suspect_slot;
    mutex->state = LOCK_MUTEX_TAKEN;
    mutex->created_ms = 0;
    mutex->lapsed = false;
    mutex->tries++;
    if (dead && mutex->breaking == LOCK_BREAK_NONE) {
        mutex->breaking = RULE(BREAK_ONE) ? LOCK_BREAK_WANTED : LOCK_BREAK_REMOVING;
    } else if (mutex->tries < slots && mutex->tries < LOCK_MUTEX_TRIES &&
               mutex->breaking == LOCK_BREAK_NONE) {
        mutex->state = LOCK_MUTEX_WANTED;
        mutex->slot = mutex->slot % slots + 1;
    }
}

/*
 * How long after the mutex came into doubt a look can tell whose it is. With --settle 0 a run may
 * hold by a look from before its claim, so that its claim may show up later.
 */
static int64_t doubt_ms(const struct lock *lock)
{
    return mutex_settle_ms(lock) * (lock->settings.settle_ms ? 1 : DOUBTS_MAX);
}

/* The earliest moment at which such a look can be asked for; MONO_NEVER if nothing is in doubt. */
static struct mono look_tells_at(const struct lock *lock)
{
    const struct lock_mutex *mutex = &lock->mutex;
    bool doubted =
        mutex->state == LOCK_MUTEX_DOUBTED || (mutex->state == LOCK_MUTEX_SENT && mutex->drop);
    return doubted ? mono_add(mutex->state_since, doubt_ms(lock)) : MONO_NEVER;
}

bool mutex_look_tells(const struct lock *lock, struct mono asked)
{
    return mono_reached(asked, look_tells_at(lock));
}

struct mono mutex_doubt_at(const struct lock *lock)
{
    return lock->mutex.drop ? look_tells_at(lock) : MONO_NEVER;
}

/* It was made before our first create was sent, so not by us. (The clocks agree to 5 s.) */
static bool is_older_than_our_request(const struct lock *lock, const struct mutex_sight *sight)
{
    return sight->created_ms + LOCK_GRACE_MS < own_earliest_time_ms(lock, lock->mutex.sent);
}

/*
 * There is no mutex: we ask for it again. If another's claim is in sight a mutex that appears
 * meanwhile is that one's, and our create counts as a first try: "exists" then means "taken".
 */
static void resolve_gone(struct lock *lock, const struct judgement *seen)
{
    struct lock_mutex *mutex = &lock->mutex;
    mutex->created_ms = 0;
    mutex->lapsed = false;
    if (mutex->drop)
        mutex->state = LOCK_MUTEX_NONE;
    else
        mutex->state = seen->claims ? LOCK_MUTEX_WANTED : LOCK_MUTEX_SENT;
}

/*
 * If this look is the first to show the mutex in doubt, another one is needed, D later, and the
 * doubt begins anew (DOUBT_SHOWN). For the mutex may have been made a moment ago, in the place of
 * the one that we were told of, by a run whose claim this look does not show yet.
 */
static bool needs_second_look(struct lock *lock, struct mono now, const struct mutex_sight *sight)
{
    struct lock_mutex *mutex = &lock->mutex;
    if (mutex->lapsed || mutex->created_ms)
        return false;
    mutex->created_ms = sight->created_ms;
    if (!RULE(DOUBT_SHOWN))
        return false;
    mutex->state = LOCK_MUTEX_DOUBTED;
    mutex->state_since = now;
    return true;
}

/*
 * By this look, whose is the mutex that is in doubt (docs/protocol.md, "In doubt")? It ends up as
 * ours, as another's, as none (then it is asked for again), or stays in doubt until the next look.
 */
static void resolve(struct lock *lock, struct mono now, const struct lock_listing *listing,
                    const struct judgement *seen, const struct mutex_sight *sight)
{
    struct lock_mutex *mutex = &lock->mutex;
    struct mono late = mono_add(mutex->state_since, DOUBTS_MAX * doubt_ms(lock));
    struct mono old = mono_add(mutex->state_since, lock->settings.lock_timeout_ms);
    if (!mutex_look_tells(lock, listing->asked))
        return;
    if (!sight->shown && RULE(MUTEX_DOUBT)) {
        resolve_gone(lock, seen);
        return;
    }
    bool anothers = is_older_than_our_request(lock, sight) || mono_reached(listing->asked, old);
    if (!anothers && needs_second_look(lock, now, sight))
        return;
    if (mutex->drop && mutex->lapsed && sight->being_removed && RULE(BREAK_LEFT))
        anothers = true; /* the run of that #break may have made it anew by now */
    anothers |= mutex->lapsed ? !sight->still_ours : mutex->created_ms != sight->created_ms;
    if (!anothers && mono_reached(now, mutex->fresh_until) && RULE(MUTEX_DOUBT))
        return; /* it was read long after it was asked for: claims in it seem to be over by now */
    /* Once our claim is over others claim for what is still ours; but not by the number of a slot.
     */
    bool claimed = mutex->lapsed ? sight->claimed : seen->claims;
    if ((!anothers && !claimed) || !RULE(MUTEX_DOUBT)) {
        mutex->state = LOCK_MUTEX_OURS;
        /* It may be the mutex of a run whose claim has just gone: ask again before we hold. */
        mutex->met_claim |= RULE(DOUBT_AGAIN);
        /* On its way out it is deleted by what this look has shown, without another doubt. */
        mutex->lapsed |= mutex->drop && !mutex_is_safe(lock, now);
    } else if (mutex->drop)
        mutex->state = LOCK_MUTEX_NONE;
    else if (anothers || mono_reached(listing->asked, late))
        mutex_taken(lock);
}

/* How long after our #break the look comes that decides: D, or longer if listings are late. */
static int64_t break_look_ms(const struct lock *lock)
{
    int64_t most_ms = lock->settings.lock_timeout_ms / BREAK_LOOK_PER, late_ms = lateness_ms(lock);
    return ms_max(mutex_settle_ms(lock), ms_min(late_ms, most_ms));
}

/*
 * Is the #break that listings show ours? A late listing may show one that another run has made and
 * deleted before: that is older than our create. (The clocks agree to 5 s.)
 */
static bool our_break_is_shown(const struct lock *lock)
{
    const struct lock_mutex *mutex = &lock->mutex;
    return mutex->break_created_ms != ATTEMPT_UNKNOWN &&
           mutex->break_created_ms + LOCK_GRACE_MS >=
               own_earliest_or_date_ms(lock, mutex->break_sent);
}

/*
 * The one more look that BREAK_ONE asks for, before a dead run's mutex or a stale #break is
 * deleted: it goes only if this look still shows that very one. Earlier looks change nothing.
 */
static void look_before_removing(struct lock *lock, const struct lock_listing *listing)
{
    struct lock_mutex *mutex = &lock->mutex;
    int64_t settle_ms = break_look_ms(lock);
    int64_t shown_ms = lock->settings.lock_timeout_ms / BREAK_SHOWN_PER;
    if (!mono_reached(listing->asked, mono_add(mutex->break_answered, settle_ms)))
        return;
    if (mutex->breaking == LOCK_BREAK_OLD || mutex->breaking == LOCK_BREAK_STALE)
        mutex->breaking = mutex->break_created_ms == mutex->old_break_created_ms ? LOCK_BREAK_STALE
                                                                                 : LOCK_BREAK_NONE;
    if (mutex->breaking != LOCK_BREAK_MADE)
        return;
    if (mutex->break_unheard && mutex->break_created_ms != ATTEMPT_UNKNOWN &&
        !our_break_is_shown(lock)) {
        mutex->breaking = LOCK_BREAK_NONE; /* "exists" was the answer about another's #break */
        return;
    }
    if (mono_reached(listing->asked, mono_add(mutex->break_answered, shown_ms)))
        mutex->suspect_created_ms = ATTEMPT_UNKNOWN; /* listings are too late to tell who lives */
    if (mono_reached(mutex->suspect_since, mutex->break_answered) && RULE(BREAK_SAME))
        mutex->suspect_created_ms = ATTEMPT_UNKNOWN; /* it was made since: not the one watched */
    if (mutex->suspect_created_ms == ATTEMPT_UNKNOWN || mutex->suspect_slot != mutex->slot)
        mutex->break_drop = true;
    else if (our_break_is_shown(lock) || !RULE(BREAK_SHOWN))
        mutex->breaking = LOCK_BREAK_REMOVING;
}

void mutex_see(struct lock *lock, struct mono now, const struct lock_listing *listing,
               const struct judgement *seen, uint32_t random)
{
    if (!mutex_is_needed(lock))
        return;
    struct mutex_sight sight = mutex_read_listing(lock, listing, seen, random);
    if ((!lock->mutex.blocked || mutex_may_be_ours(lock)) && RULE(MUTEX_GONE))
        lock->mutex.held_by_other = false;
    if (!listing->complete)
        return;
    if (lock->mutex.state == LOCK_MUTEX_OURS && seen->rivalry.ahead && RULE(MUTEX_AGAIN))
        lock->mutex.met_claim = true;
    resolve(lock, now, listing, seen, &sight);
    look_before_removing(lock, listing);
}

bool mutex_may_be_dead(const struct lock *lock)
{
    const struct lock_mutex *mutex = &lock->mutex;
    return mutex->suspect_created_ms != ATTEMPT_UNKNOWN && mutex->blocked &&
           lock->service_ms >
               mutex->suspect_created_ms + mutex->suspect_lifetime_ms + LOCK_GRACE_MS;
}

bool mutex_is_safe(const struct lock *lock, struct mono now)
{
    return own_claim_lasts(lock, now) || !mono_reached(now, lock->mutex.safe_until) ||
           !mono_reached(now, lock->mutex.too_young_until);
}

void mutex_doubt(struct lock_mutex *mutex, struct mono now)
{
    mutex->state = LOCK_MUTEX_DOUBTED;
    mutex->state_since = now;
    mutex->lapsed = true;
}

void mutex_advance(struct lock *lock, struct mono now)
{
    struct lock_mutex *mutex = &lock->mutex;
    bool removes = mutex->breaking == LOCK_BREAK_REMOVING && RULE(BREAK_ONE);
    bool tidies = mutex->breaking == LOCK_BREAK_STALE && RULE(BREAK_STALE);
    if ((removes || tidies) && mono_reached(now, mutex->fresh_until)) {
        mutex->breaking = removes ? LOCK_BREAK_MADE : LOCK_BREAK_OLD;
        lock->look_at = now; /* the last listing is too old to delete by: look once more */
    }
    mutex->kept_for_token = mutex->kept_for_token && !mono_reached(now, mutex->token_past_at);
    if (!mutex->drop || mutex->state != LOCK_MUTEX_OURS)
        return;
    bool stale = mutex->lapsed && mono_reached(now, mutex->fresh_until);
    if (stale)
        mutex_doubt(mutex, mono_add(now, -doubt_ms(lock))); /* the very next look can tell */
    else if (!mutex->lapsed && !mutex_is_safe(lock, now))
        mutex_doubt(mutex, now);
}

/* ---- Asking for one ---- */

bool mutex_may_ask(const struct lock *lock)
{
    if (!mutex_is_needed(lock))
        return true;
    bool broken = mutex_is_being_broken(lock) && RULE(BREAK_WAITS);
    return !mutex_stands(lock) && (!lock->mutex.blocked || (is_dead(lock) && !broken));
}

void mutex_ask(struct lock *lock)
{
    struct lock_mutex *mutex = &lock->mutex;
    if (!mutex_is_needed(lock) || mutex->state == LOCK_MUTEX_OURS)
        return;
    mutex->state = LOCK_MUTEX_WANTED;
    mutex->drop = mutex->made_anew = mutex->ask_again = mutex->met_claim = false;
    mutex->tries = 0;
    mutex->created_ms = 0;
    mutex->lapsed = false;
    mutex->too_young_until = (struct mono){0};
    mutex->slot = mutex->blocked ? mutex->suspect_slot : mutex->free_slot;
}

void mutex_give_back(struct lock *lock, bool surely_ours, struct mono now)
{
    struct lock_mutex *mutex = &lock->mutex;
    switch (mutex->state) {
    case LOCK_MUTEX_OURS:
        if (!surely_ours)
            mutex_doubt(mutex, now);
        break;
    case LOCK_MUTEX_WANTED:
    case LOCK_MUTEX_TAKEN:
        mutex->state = LOCK_MUTEX_NONE;
        break;
    case LOCK_MUTEX_NONE:
    case LOCK_MUTEX_SENT:
    case LOCK_MUTEX_DOUBTED:
    case LOCK_MUTEX_LEFT:
        break;
    }
    mutex->drop = true;
    mutex->kept_for_token = !mono_reached(now, mutex->token_past_at);
    if (mutex->breaking == LOCK_BREAK_WANTED || mutex->breaking == LOCK_BREAK_OLD ||
        mutex->breaking == LOCK_BREAK_STALE)
        mutex->breaking = LOCK_BREAK_NONE;
    if (mutex->breaking == LOCK_BREAK_SENT && lock->settings.slots > 1)
        mutex->breaking = LOCK_BREAK_NONE; /* it may be another's: with slots it is left to that */
    mutex->break_drop = mutex->breaking != LOCK_BREAK_NONE;
}

bool mutex_is_anothers(const struct lock *lock)
{
    return lock->mutex.state == LOCK_MUTEX_TAKEN &&
           (lock->mutex.breaking == LOCK_BREAK_NONE || lock->mutex.breaking == LOCK_BREAK_DONE);
}

bool mutex_has_met_claim(const struct lock *lock)
{
    return lock->mutex.met_claim && lock->mutex.state == LOCK_MUTEX_OURS;
}

void mutex_ask_again(struct lock *lock)
{
    lock->mutex.met_claim = false;
    lock->mutex.ask_again = true;
}

struct mono mutex_look_at(const struct lock *lock)
{
    const struct lock_mutex *mutex = &lock->mutex;
    int64_t settle_ms = mutex_settle_ms(lock);
    if (!mutex_is_needed(lock))
        return (struct mono){INT64_MIN};
    switch (mutex->state) {
    case LOCK_MUTEX_OURS:
        return mono_add(mutex->state_since, mutex->made_anew && RULE(BREAK_LATER) ? settle_ms : 0);
    case LOCK_MUTEX_DOUBTED:
        return mono_add(mutex->state_since, doubt_ms(lock));
    default:
        break;
    }
    if (mutex->breaking == LOCK_BREAK_MADE || mutex->breaking == LOCK_BREAK_OLD)
        return mono_add(mutex->break_answered, break_look_ms(lock));
    return MONO_NEVER;
}

bool mutex_left(const struct lock *lock, char out[ATTEMPT_NAME_BYTES + 1])
{
    enum lock_mutex_state state = lock->mutex.state;
    if (state != LOCK_MUTEX_OURS && state != LOCK_MUTEX_LEFT && state != LOCK_MUTEX_SENT &&
        state != LOCK_MUTEX_DOUBTED)
        return false;
    attempt_format_shared(lock->settings.prefix, ATTEMPT_MUTEX, lock->mutex.slot, out);
    return true;
}

int64_t mutex_pause_ms(struct lock *lock)
{
    int64_t *pause_ms = &lock->mutex.pause_ms;
    *pause_ms = *pause_ms ? *pause_ms * 3 / 2 : PAUSE_MIN_MS;
    if (*pause_ms > PAUSE_MAX_MS)
        *pause_ms = PAUSE_MAX_MS;
    return *pause_ms;
}
