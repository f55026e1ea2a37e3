#include "cleaning.h"

#include <string.h>

#include "own.h"
#include "phase.h"
#include "rule.h"
#include "tell.h"
#include "view.h"

#define STALE_LOOK_MS 5000 /* beside the command: until a listing to clean by is renewed */

/* What is to be done about an entry: nothing, or delete it as what? In the order of deletion. */
enum cleaning_kind {
    CLEANING_NOTHING,
    CLEANING_LEFTOVER,
    CLEANING_UNMARKED,
    CLEANING_MARKED
};

bool cleaning_left_alone(const struct lock *lock, struct text name)
{
    if (lock->left_alone_count == 0)
        return false;
    uint64_t hash = view_hash(name, text_from(NULL));
    for (uint32_t i = 0; i < lock->left_alone_count; i++)
        if (lock->left_alone[i] == hash)
            return true;
    return false;
}

static void leave_alone(struct lock *lock, const char *name)
{
    if (lock->left_alone_count < LOCK_LEFT_ALONE_MAX)
        lock->left_alone[lock->left_alone_count++] = view_hash(text_from(name), text_from(NULL));
    view_notice(lock, LOCK_NOTICE_LEFT_ALONE, text_from(name), &lock->left_alone_told);
}

static void remember(struct lock *lock, const struct lock_listing *listing,
                     const struct lock_entry *entry, bool unmarked)
{
    struct lock_cleaning *clean = &lock->cleaning[lock->cleaning_count++];
    clean->unmarked = unmarked;
    clean->inside_known = !RULE(CLEAN_EMPTY);
    clean->fresh_until = view_fresh_until(lock, listing);
    view_copy_name(entry->name, clean->name);
}

static enum cleaning_kind cleaning_of(const struct lock *lock, const struct lock_entry *entry,
                                      const struct view_run *run, int64_t now_ms)
{
    bool marked = entry->kind == ATTEMPT_MARKED;
    if ((!marked && entry->kind != ATTEMPT_UNMARKED) || (marked && own_is(lock, entry)) ||
        entry->name.length > ATTEMPT_NAME_BYTES || cleaning_left_alone(lock, entry->name) ||
        (!marked && lock->left_alone_count == LOCK_LEFT_ALONE_MAX))
        return CLEANING_NOTHING; /* what no longer fits into the memory is left alone, too */
    if (view_is_live(lock, entry, now_ms))
        return marked && view_is_leftover(lock, entry, run) ? CLEANING_LEFTOVER : CLEANING_NOTHING;
    if (!marked)
        return CLEANING_UNMARKED;
    /* One who holds beside us may need an old name of its to hold off an unmarked attempt. */
    return RULE(CLEAN_DEAD_RUNS) && run->live ? CLEANING_NOTHING : CLEANING_MARKED;
}

/* Everything of one kind. */
static void take_kind(struct lock *lock, const struct lock_listing *listing,
                      enum cleaning_kind kind, int64_t now_ms)
{
    struct view_run run = {0};
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct lock_entry *entry = &listing->entries[i];
        if (i == run.end)
            run = view_run(lock, listing, i, now_ms);
        if (cleaning_of(lock, entry, &run, now_ms) != kind)
            continue;
        if (entry->has_content && RULE(CLEAN_EMPTY)) {
            view_notice(lock, LOCK_NOTICE_LEFT_ALONE, entry->name, &lock->left_alone_told);
        } else if (lock->cleaning_count < LOCK_CLEANING_MAX) {
            remember(lock, listing, entry, kind == CLEANING_UNMARKED);
        } else {
            lock->cleaning_more |= kind == CLEANING_UNMARKED;
            break;
        }
    }
}

void cleaning_take(struct lock *lock, struct mono now, const struct lock_listing *listing,
                   bool expired_too)
{
    int64_t now_ms = own_service_ms(lock, now);
    lock->cleaning_count = 0;
    lock->cleaning_more = false;
    take_kind(lock, listing, CLEANING_LEFTOVER, now_ms);
    if (!expired_too)
        return;
    take_kind(lock, listing, CLEANING_UNMARKED, now_ms);
    take_kind(lock, listing, CLEANING_MARKED, now_ms);
}

/* The first is done with. */
static void forget(struct lock *lock)
{
    lock->cleaning_count--;
    memmove(&lock->cleaning[0], &lock->cleaning[1],
            lock->cleaning_count * sizeof(lock->cleaning[0]));
}

/*
 * "Cleaning": the oldest memory first; an unmarked one, and a leftover of our own ID (which is all
 * there is while waiting, and goes at once), only while its listing is fresh.
 */
static bool is_stale(const struct lock *lock, const struct lock_cleaning *clean, struct mono now)
{
    return (clean->unmarked || phase_is_waiting(lock)) && RULE(CLEAN_FRESH) &&
           !mono_reached(clean->fresh_until, now);
}

/* What is not for now a later listing shows again. */
static bool is_for_later(const struct lock *lock, const struct lock_cleaning *clean)
{
    return (lock->phase == LOCK_CLEANING && !clean->unmarked) ||
           (clean->unmarked && lock->phase == LOCK_HELD && !RULE(CLEAN_WHILE_HELD));
}

void cleaning_advance(struct lock *lock, struct mono now)
{
    while (lock->cleaning_count > 0) {
        const struct lock_cleaning *clean = &lock->cleaning[0];
        bool stale = is_stale(lock, clean, now);
        if (stale) {
            struct mono at = mono_add(now, lock->phase == LOCK_CLEANING ? 0 : STALE_LOOK_MS);
            lock->look_at = mono_min(lock->look_at, at);
            lock->whole_at = mono_min(lock->whole_at, at);
        }
        if (!stale && !is_for_later(lock, clean))
            return;
        forget(lock);
    }
    if (lock->cleaning_more && lock->phase == LOCK_CLEANING)
        lock->look_at = mono_min(lock->look_at, now);
    else if (lock->phase == LOCK_CLEANING && !mono_reached(now, lock->look_at))
        phase_set(lock, LOCK_HELD);
}

const struct lock_cleaning *cleaning_next(const struct lock *lock, struct mono now)
{
    bool pauses = lock->phase == LOCK_HELD && !mono_reached(now, lock->clean_at);
    return lock->cleaning_count > 0 && !pauses ? &lock->cleaning[0] : NULL;
}

/*
 * Somebody else's attempt. An unknown outcome is fine, as a later listing shows what is left; but
 * what is to go before the command must be known to be gone.
 */
void cleaning_tell_delete(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    if (lock->cleaning_count == 0)
        return;
    const struct lock_cleaning *clean = &lock->cleaning[0];
    if (answer->outcome == LOCK_REFUSED)
        leave_alone(lock, clean->name);
    else if (clean->unmarked && answer->outcome != LOCK_LATER)
        lock->unmarked_deleted = now;
    if (answer->outcome == LOCK_LATER || answer->outcome == LOCK_UNKNOWN)
        tell_failure(lock, now, answer);
    else
        tell_success(lock);
    lock->clean_at = mono_add(now, LOCK_CLEANING_GAP_MS);
    bool again = answer->outcome == LOCK_LATER ||
                 (answer->outcome == LOCK_UNKNOWN && lock->phase == LOCK_CLEANING);
    if (!again && lock->cleaning_count > 0)
        forget(lock);
}

void cleaning_tell_inside(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    if (lock->cleaning_count == 0)
        return;
    switch (answer->outcome) {
    case LOCK_DONE:
        tell_success(lock);
        if (!answer->has_streams) {
            lock->cleaning[0].inside_known = true;
            break;
        }
        leave_alone(lock, lock->cleaning[0].name);
        forget(lock);
        break;
    case LOCK_REFUSED:
        leave_alone(lock, lock->cleaning[0].name);
        forget(lock);
        break;
    case LOCK_ABSENT:
    case LOCK_EXISTS:
        tell_success(lock);
        forget(lock);
        break;
    case LOCK_LATER:
    case LOCK_UNKNOWN:
        tell_failure(lock, now, answer);
        break;
    }
}
