/*
 * mutex: what a listing shows of mutexes and of #break, and whether a dead run has left one of them
 * (docs/protocol.md, "A dead run's mutex").
 */
#include "mutex.h"
#include "mutex_private.h"
#include "own.h"
#include "rule.h"
#include "view.h"

#define MADE_BY_MS  1000 /* our lower bound of the service's time may be so far behind */
#define BREAK_LIVES 2    /* a #break older than 2 T is a dead run's, too */

/* What one listing shows. A bit of the sets is a slot; an exclusive run's mutex is slot 0. */
struct sight {
    uint64_t shown[(LOCK_SLOTS_MAX + 64) / 64];         /* slots that have a mutex */
    uint64_t claimed[(LOCK_SLOTS_MAX + 64) / 64];       /* slots that another's live claim names */
    uint64_t being_removed[(LOCK_SLOTS_MAX + 64) / 64]; /* slots whose mutex somebody removes */
    const struct lock_entry *suspect; /* the mutex most likely to be a dead run's, or NULL */
    bool still_ours;                  /* the mutex of our slot may be the one that we have made */
    int64_t created_ms;               /* creation time of the mutex of our slot */
    int64_t break_ms;    /* of another's #break for our slot; INT64_MIN if there is none */
    int64_t lifetime_ms; /* the largest T in sight: no living run is silent for longer */
};

static bool has_bit(const uint64_t *bits, uint32_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

static void set_bit(uint64_t *bits, uint32_t i)
{
    bits[i / 64] |= 1ULL << (i % 64);
}

/*
 * Is the mutex of this slot one that a run like ours makes? An exclusive run makes the one without
 * a number (slot 0), a run with N slots one of 1 to N.
 */
static bool is_slot_of_ours(const struct lock *lock, uint32_t slot)
{
    uint32_t slots = lock->settings.slots;
    return slots > 1 ? slot >= 1 && slot <= slots : slot == 0;
}

/* Was it made before our create was answered? Then it may be ours; later ones are others'. */
static bool is_made_by_our_answer(const struct lock *lock, int64_t created_ms)
{
    const struct lock_mutex *mutex = &lock->mutex;
    /* With --settle 0 no name of ours may have been seen yet: then only the Date is known. */
    return created_ms <
           ms_max(own_earliest_time_ms(lock, mutex->made), mutex->date_ms) + MADE_BY_MS;
}

/* By its creation time, is it the mutex that we have made? */
static bool may_be_ours_by_time(const struct lock *lock, int64_t created_ms)
{
    const struct lock_mutex *mutex = &lock->mutex;
    return mutex->created_ms ? created_ms == mutex->created_ms
                             : is_made_by_our_answer(lock, created_ms);
}

static void see_in_our_slot(struct lock *lock, int64_t created_ms, struct sight *sight)
{
    struct lock_mutex *mutex = &lock->mutex;
    sight->still_ours |= may_be_ours_by_time(lock, created_ms);
    sight->created_ms = created_ms;
    if (mutex->state == LOCK_MUTEX_OURS && !mutex->lapsed)
        mutex->created_ms = created_ms; /* a late listing may show the one before ours: older */
}

void mutex_see_ours(struct lock *lock, const struct lock_listing *listing)
{
    struct lock_mutex *mutex = &lock->mutex;
    /*
     * By then listings no longer show the mutex that stood there before ours. Until then the
     * younger of the two is taken for ours; but by the clocks of other front ends it may be the
     * wrong one.
     */
    bool settled =
        mono_reached(listing->asked, mono_add(mutex->state_since, mutex_settle_ms(lock)));
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct lock_entry *entry = &listing->entries[i];
        if (entry->kind == ATTEMPT_MUTEX && entry->attempt.slot == mutex->slot &&
            is_made_by_our_answer(lock, entry->created_ms))
            mutex->created_ms =
                settled ? entry->created_ms : ms_max(mutex->created_ms, entry->created_ms);
    }
}

static void see_entry(struct lock *lock, const struct lock_entry *entry, struct sight *sight)
{
    const struct attempt *attempt = &entry->attempt;
    if (entry->kind == ATTEMPT_MARKED) {
        if (attempt->lock_timeout_ms > sight->lifetime_ms)
            sight->lifetime_ms = attempt->lock_timeout_ms;
        if (attempt->claim && is_slot_of_ours(lock, attempt->slot) && !own_is(lock, entry) &&
            view_is_live(lock, entry, lock->service_ms))
            set_bit(sight->claimed, attempt->slot);
    } else if (entry->kind == ATTEMPT_MUTEX && is_slot_of_ours(lock, attempt->slot)) {
        set_bit(sight->shown, attempt->slot);
        if (entry->created_ms > lock->mutex.shown_ms)
            lock->mutex.shown_ms = entry->created_ms;
        if (attempt->slot == lock->mutex.slot)
            see_in_our_slot(lock, entry->created_ms, sight);
        bool may_be_ours = mutex_may_be_ours(lock) && !lock->mutex.lapsed;
        if (lock->settings.slots <= 1 && !may_be_ours)
            own_see_token(lock, entry->created_ms);
    }
}

/* Every #break that another run has made lately: it is about to remove the mutex of that slot. */
static void find_others_breaks(const struct lock *lock, const struct lock_listing *listing,
                               struct sight *sight)
{
    const struct lock_mutex *mutex = &lock->mutex;
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct lock_entry *entry = &listing->entries[i];
        uint32_t slot = entry->attempt.slot;
        bool own = mutex->breaking != LOCK_BREAK_NONE && slot == mutex->slot;
        if (!RULE(BREAK_WAITS) || entry->kind != ATTEMPT_BREAK || !is_slot_of_ours(lock, slot) ||
            own || lock->service_ms > entry->created_ms + BREAK_LIVES * sight->lifetime_ms)
            continue;
        set_bit(sight->being_removed, slot);
        if (slot == mutex->slot)
            sight->break_ms = entry->created_ms;
    }
}

/* Of two suspects, is `a` to be removed first? The older is, unless another removes it already. */
static bool goes_first(const struct sight *sight, const struct lock_entry *a,
                       const struct lock_entry *b)
{
    bool broken = has_bit(sight->being_removed, a->attempt.slot);
    if (broken != has_bit(sight->being_removed, b->attempt.slot))
        return !broken;
    return a->created_ms < b->created_ms;
}

/*
 * A mutex may be a dead run's if no claim that may go with it is in sight (BREAK_CLEAR). With slots
 * a claim says which one it goes with; of an exclusive run it can be only the one.
 */
static void find_suspect(struct lock *lock, const struct lock_listing *listing,
                         const struct judgement *seen, struct sight *sight)
{
    bool exclusive = lock->settings.slots <= 1;
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct lock_entry *entry = &listing->entries[i];
        uint32_t slot = entry->attempt.slot;
        if (entry->kind != ATTEMPT_MUTEX || !is_slot_of_ours(lock, slot) ||
            (lock->mutex.state == LOCK_MUTEX_OURS && slot == lock->mutex.slot))
            continue;
        bool claimed = exclusive ? seen->claims : has_bit(sight->claimed, slot);
        if ((!claimed || !RULE(BREAK_CLEAR)) &&
            (!sight->suspect || goes_first(sight, entry, sight->suspect)))
            sight->suspect = entry;
    }
}

/* The first slot without a mutex, from a random one on, so that many do not ask for the same; or 0.
 */
static uint32_t free_slot(const struct lock *lock, const struct sight *sight, uint32_t random)
{
    uint32_t slots = lock->settings.slots;
    uint32_t first = (uint32_t)((uint64_t)slots * random >> 32);
    for (uint32_t i = 0; i < slots; i++) {
        uint32_t slot = (first + i) % slots + 1;
        if (!has_bit(sight->shown, slot))
            return slot;
    }
    return 0;
}

/* Remembers the suspect, and since when looks have shown that same one in a row. */
static void update_suspect(struct lock *lock, const struct lock_listing *listing,
                           const struct sight *sight)
{
    struct lock_mutex *mutex = &lock->mutex;
    mutex->last_look = listing->asked;
    mutex->fresh_until = view_fresh_until(lock, listing);
    if (!sight->suspect) {
        mutex->suspect_created_ms = ATTEMPT_UNKNOWN;
        return;
    }
    uint32_t slot = sight->suspect->attempt.slot;
    if (mutex->suspect_created_ms != sight->suspect->created_ms || mutex->suspect_slot != slot)
        mutex->suspect_since = listing->asked;
    mutex->suspect_created_ms = sight->suspect->created_ms;
    mutex->suspect_slot = slot;
    mutex->suspect_lifetime_ms = sight->lifetime_ms;
}

static void find_break_of_suspect(struct lock_mutex *mutex, const struct lock_listing *listing)
{
    mutex->break_created_ms = ATTEMPT_UNKNOWN;
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct lock_entry *entry = &listing->entries[i];
        if (entry->kind == ATTEMPT_BREAK && entry->attempt.slot == mutex->suspect_slot)
            mutex->break_created_ms = entry->created_ms;
    }
}

bool mutex_is_being_broken(const struct lock *lock)
{
    const struct lock_mutex *mutex = &lock->mutex;
    int64_t life_ms = BREAK_LIVES * mutex->suspect_lifetime_ms;
    return mutex->break_created_ms != ATTEMPT_UNKNOWN &&
           lock->service_ms <= mutex->break_created_ms + life_ms;
}

struct mutex_sight mutex_read_listing(struct lock *lock, const struct lock_listing *listing,
                                      const struct judgement *seen, uint32_t random)
{
    struct sight sight = {.lifetime_ms = lock->settings.lock_timeout_ms, .break_ms = INT64_MIN};
    struct lock_mutex *mutex = &lock->mutex;
    mutex->shown_ms = INT64_MIN;
    for (uint32_t i = 0; i < listing->count; i++)
        see_entry(lock, &listing->entries[i], &sight);
    mutex->blocked = has_bit(sight.shown, 0);
    if (lock->settings.slots > 1) {
        mutex->free_slot = free_slot(lock, &sight, random);
        mutex->blocked = mutex->free_slot == 0;
    }
    if (listing->complete) { /* claims sort behind the mutexes: all must have been read */
        find_others_breaks(lock, listing, &sight);
        find_suspect(lock, listing, seen, &sight);
        update_suspect(lock, listing, &sight);
    }
    find_break_of_suspect(mutex, listing);
    return (struct mutex_sight){
        .still_ours = sight.still_ours,
        .shown = has_bit(sight.shown, mutex->slot),
        .claimed = lock->settings.slots > 1 && has_bit(sight.claimed, mutex->slot),
        .being_removed = sight.break_ms > sight.created_ms,
        .created_ms = sight.created_ms,
    };
}
