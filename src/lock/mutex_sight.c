/* mutex: what listings show of the mutexes, ours and others'. */
#include "mutex.h"
#include "mutex_private.h"
#include "own.h"
#include "rule.h"
#include "view.h"

#define MADE_BY_MS  1000 /* after the answer, by our bound of the time: late by a trip */
#define BREAK_LIVES 2    /* T, after which a #break is a dead run's, too */

/* Of the mutexes in sight the oldest that no live claim says it has. */
struct sight {
    uint64_t shown[(LOCK_SLOTS_MAX + 64) / 64];  /* slots with a mutex, as bits */
    uint64_t named[(LOCK_SLOTS_MAX + 64) / 64];  /* slots that a live claim names */
    uint64_t broken[(LOCK_SLOTS_MAX + 64) / 64]; /* slots whose mutex somebody is to remove */
    const struct lock_entry *oldest;
    bool still_ours;    /* the mutex that we had, by its creation time */
    int64_t created_ms; /* of the one in that slot */
    int64_t break_ms;   /* creation time of the #break of that slot that others have made */
    int64_t life_ms;    /* the largest T in sight */
};

static bool bit(const uint64_t *bits, uint32_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

static void set_bit(uint64_t *bits, uint32_t i)
{
    bits[i / 64] |= 1ULL << (i % 64);
}

/* Ours to make, or one of those: of an exclusive run slot 0. */
static bool is_ours_to_make(const struct lock *lock, uint32_t slot)
{
    uint32_t slots = lock->settings.slots;
    return slots > 1 ? slot >= 1 && slot <= slots : slot == 0;
}

/* By about the time at which its create was answered ours was made. */
static bool is_by_then(const struct lock *lock, int64_t created_ms)
{
    const struct lock_mutex *mutex = &lock->mutex;
    /* the Date of the answer: without D nothing else may be known */
    return created_ms < ms_max(own_time_ms(lock, mutex->made), mutex->date_ms) + MADE_BY_MS;
}

static bool is_as_ours(const struct lock *lock, int64_t created_ms)
{
    const struct lock_mutex *mutex = &lock->mutex;
    return mutex->created_ms ? created_ms == mutex->created_ms : is_by_then(lock, created_ms);
}

static void meet_in_our_slot(struct lock *lock, int64_t created_ms, struct sight *sight)
{
    struct lock_mutex *mutex = &lock->mutex;
    sight->still_ours |= is_as_ours(lock, created_ms);
    sight->created_ms = created_ms;
    if (mutex->state == LOCK_MUTEX_OURS && !mutex->lapsed)
        mutex->created_ms = created_ms; /* or of the one before: not too small */
}

void mutex_meet_ours(struct lock *lock, const struct lock_listing *listing)
{
    struct lock_mutex *mutex = &lock->mutex;
    /* By then the one of before is not shown any more. Clocks differ, so it may seem the younger.
     */
    bool settled =
        mono_reached(listing->asked, mono_add(mutex->state_since, mutex_settle_ms(lock)));
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct lock_entry *entry = &listing->entries[i];
        if (entry->kind == ATTEMPT_MUTEX && entry->attempt.slot == mutex->slot &&
            is_by_then(lock, entry->created_ms))
            mutex->created_ms =
                settled ? entry->created_ms : ms_max(mutex->created_ms, entry->created_ms);
    }
}

static void meet(struct lock *lock, const struct lock_entry *entry, struct sight *sight)
{
    const struct attempt *attempt = &entry->attempt;
    if (entry->kind == ATTEMPT_MARKED) {
        if (attempt->lock_timeout_ms > sight->life_ms)
            sight->life_ms = attempt->lock_timeout_ms;
        if (attempt->claim && is_ours_to_make(lock, attempt->slot) && !own_is(lock, entry) &&
            view_is_live(lock, entry, lock->service_ms))
            set_bit(sight->named, attempt->slot);
    } else if (entry->kind == ATTEMPT_MUTEX && is_ours_to_make(lock, attempt->slot)) {
        set_bit(sight->shown, attempt->slot);
        if (entry->created_ms > lock->mutex.shown_ms)
            lock->mutex.shown_ms = entry->created_ms;
        if (attempt->slot == lock->mutex.slot)
            meet_in_our_slot(lock, entry->created_ms, sight);
        bool may_be_ours = mutex_may_be_ours(lock) && !lock->mutex.lapsed;
        if (lock->settings.slots <= 1 && !may_be_ours)
            own_meet_token(lock, entry->created_ms);
    }
}

/* Somebody else's, and no dead run's. */
static void find_breaks(const struct lock *lock, const struct lock_listing *listing,
                        struct sight *sight)
{
    const struct lock_mutex *mutex = &lock->mutex;
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct lock_entry *entry = &listing->entries[i];
        uint32_t slot = entry->attempt.slot;
        bool own = mutex->breaking != LOCK_BREAK_NONE && slot == mutex->slot;
        if (!RULE(BREAK_WAITS) || entry->kind != ATTEMPT_BREAK || !is_ours_to_make(lock, slot) ||
            own || lock->service_ms > entry->created_ms + BREAK_LIVES * sight->life_ms)
            continue;
        set_bit(sight->broken, slot);
        if (slot == mutex->slot)
            sight->break_ms = entry->created_ms;
    }
}

/* Which of two that may be dead runs' is to be removed: the older, but none that another removes.
 */
static bool goes_first(const struct sight *sight, const struct lock_entry *a,
                       const struct lock_entry *b)
{
    bool broken = bit(sight->broken, a->attempt.slot);
    if (broken != bit(sight->broken, b->attempt.slot))
        return !broken;
    return a->created_ms < b->created_ms;
}

static void find_oldest(struct lock *lock, const struct lock_listing *listing,
                        const struct judgement *seen, struct sight *sight)
{
    bool exclusive = lock->settings.slots <= 1;
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct lock_entry *entry = &listing->entries[i];
        uint32_t slot = entry->attempt.slot;
        if (entry->kind != ATTEMPT_MUTEX || !is_ours_to_make(lock, slot) ||
            (lock->mutex.state == LOCK_MUTEX_OURS && slot == lock->mutex.slot))
            continue;
        bool claimed = exclusive ? seen->claims : bit(sight->named, slot);
        if ((!claimed || !RULE(BREAK_CLEAR)) &&
            (!sight->oldest || goes_first(sight, entry, sight->oldest)))
            sight->oldest = entry;
    }
}

/* A slot that no listing shows, from a random one on; 0 if there is none. */
static uint32_t free_slot(const struct lock *lock, const struct sight *sight, uint32_t random)
{
    uint32_t slots = lock->settings.slots;
    uint32_t first = (uint32_t)((uint64_t)slots * random >> 32);
    for (uint32_t i = 0; i < slots; i++) {
        uint32_t slot = (first + i) % slots + 1;
        if (!bit(sight->shown, slot))
            return slot;
    }
    return 0;
}

static void suspect(struct lock *lock, const struct lock_listing *listing,
                    const struct sight *sight)
{
    struct lock_mutex *mutex = &lock->mutex;
    mutex->last_look = listing->asked;
    mutex->fresh_until = view_fresh_until(lock, listing);
    if (!sight->oldest) {
        mutex->suspect_created_ms = ATTEMPT_UNKNOWN;
        return;
    }
    uint32_t slot = sight->oldest->attempt.slot;
    if (mutex->suspect_created_ms != sight->oldest->created_ms || mutex->suspect_slot != slot)
        mutex->suspect_since = listing->asked;
    mutex->suspect_created_ms = sight->oldest->created_ms;
    mutex->suspect_slot = slot;
    mutex->suspect_lifetime_ms = sight->life_ms;
}

/* The #break of the slot that is suspected. */
static void find_break(struct lock_mutex *mutex, const struct lock_listing *listing)
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

struct mutex_sight mutex_sight(struct lock *lock, const struct lock_listing *listing,
                               const struct judgement *seen, uint32_t random)
{
    struct sight sight = {.life_ms = lock->settings.lock_timeout_ms, .break_ms = INT64_MIN};
    struct lock_mutex *mutex = &lock->mutex;
    mutex->shown_ms = INT64_MIN;
    for (uint32_t i = 0; i < listing->count; i++)
        meet(lock, &listing->entries[i], &sight);
    mutex->blocked = bit(sight.shown, 0);
    if (lock->settings.slots > 1) {
        mutex->free_slot = free_slot(lock, &sight, random);
        mutex->blocked = mutex->free_slot == 0;
    }
    if (listing->complete) { /* mutexes come first, the claims behind them count */
        find_breaks(lock, listing, &sight);
        find_oldest(lock, listing, seen, &sight);
        suspect(lock, listing, &sight);
    }
    find_break(mutex, listing);
    return (struct mutex_sight){sight.still_ours, bit(sight.shown, mutex->slot),
                                sight.break_ms > sight.created_ms, sight.created_ms};
}
