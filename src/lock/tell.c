/* lock_tell(): what the outcome of a request means. */
#include <assert.h>
#include <string.h>

#include "cleaning.h"
#include "lock/lock.h"
#include "look.h"
#include "own.h"
#include "phase.h"
#include "rule.h"
#include "tell.h"

#define PAUSE_LEAVING_MS 3000 /* longest pause after a failure while leaving */
#define PAUSE_NEXT_MS    2000 /* of the one for whom all wait, whose calls are no crowd's */

bool lock_is_arriving(const struct lock *lock, struct mono now)
{
    if (!phase_is_waiting(lock))
        return false;
    if (lock->looks == 0)
        return true;
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++)
        if (lock->generations[i].state == LOCK_GENERATION_MADE &&
            own_counts(lock, &lock->generations[i], now))
            return false;
    return true;
}

static int64_t longest_pause_ms(const struct lock *lock)
{
    if (lock->phase == LOCK_LEAVING)
        return PAUSE_LEAVING_MS;
    int64_t longest_ms = lock->settings.lock_timeout_ms / 10;
    bool next = lock->phase == LOCK_CLAIMING ||
                (lock->phase == LOCK_WAITING && lock->pace.looked && lock->pace.ahead <= 1);
    return next && longest_ms > PAUSE_NEXT_MS ? PAUSE_NEXT_MS : longest_ms;
}

void tell_failure(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    int64_t longest_ms = longest_pause_ms(lock);
    bool short_enough = answer->pause_ms < longest_ms || !RULE(RETRY_SOON);
    int64_t pause_ms = short_enough ? answer->pause_ms : longest_ms;
    lock->quiet_until = mono_add(now, pause_ms);
    lock->reading = false;
    lock->failures++;
    if (!answer->throttled)
        lock->hard_failures++;
    if (lock_is_arriving(lock, now) && (lock->hard_failures >= lock->settings.arrival_tries ||
                                        lock->failures >= LOCK_THROTTLED_TRIES ||
                                        (lock->failures >= lock->settings.arrival_tries &&
                                         mono_reached(now, lock->settings.wait_until))))
        look_leave(lock, now, LOCK_REASON_UNAVAILABLE);
}

void tell_success(struct lock *lock)
{
    if (!RULE(FAILURES_IN_A_ROW))
        return;
    lock->failures = 0;
    lock->hard_failures = 0;
}

static void created(struct lock *lock, struct mono now, struct lock_generation *own)
{
    int64_t settle_ms = lock->settings.settle_ms;
    bool at_once =
        lock->settings.nonblock || lock->settings.claim_early || look_counts_waiters(lock);
    own->state = LOCK_GENERATION_MADE;
    own->answered = now;
    lock->made_any = true;
    tell_success(lock);
    if (phase_is_holding(lock)) {
        if (RULE(CONFIRM_SOON))
            lock->look_at = mono_min(lock->look_at, mono_add(now, settle_ms));
    } else if (own->claim) {
        lock->claimed = now;
        lock->look_at = look_claimed_at(lock, now);
        if (!RULE(LOOK_AFTER_CLAIM)) {
            lock->phase = LOCK_HELD;
            lock->look_at = mono_add(now, settle_ms);
        }
    } else if (lock->look_at.ms == MONO_NEVER.ms) {
        lock->look_at = at_once || !RULE(SETTLE) ? now : mono_add(now, settle_ms);
    }
}

static void tell_create(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    struct lock_generation *own = own_find(lock, lock->todo_number);
    if (!own)
        return;
    bool first = own->tries++ == 0;
    if (own->state == LOCK_GENERATION_PLANNED)
        own->sent = answer->sent;
    switch (answer->outcome) {
    case LOCK_DONE:
        created(lock, now, own);
        break;
    case LOCK_EXISTS:
        if (first && !answer->maybe_repeated && own->state == LOCK_GENERATION_PLANNED) {
            own->state = LOCK_GENERATION_FREE; /* somebody else's, never to be deleted by us */
            if (!phase_is_holding(lock))
                look_leave(lock, now, LOCK_REASON_NAME_TAKEN);
            break;
        }
        created(lock, now, own);
        break;
    case LOCK_REFUSED:
        if (phase_is_holding(lock)) {
            tell_failure(lock, now, answer);
            break;
        }
        if (own->state == LOCK_GENERATION_PLANNED)
            own->state = LOCK_GENERATION_FREE;
        look_leave(lock, now, LOCK_REASON_REFUSED);
        break;
    case LOCK_UNKNOWN:
        own->state = LOCK_GENERATION_SENT;
        lock->uncertain = true;
        tell_failure(lock, now, answer);
        break;
    case LOCK_ABSENT:
    case LOCK_LATER:
        tell_failure(lock, now, answer);
        break;
    }
}

static void tell_delete_own(struct lock *lock, struct mono now, const struct lock_answer *answer,
                            struct lock_generation *own)
{
    switch (answer->outcome) {
    case LOCK_DONE:
    case LOCK_ABSENT:
    case LOCK_EXISTS:
        own->state = LOCK_GENERATION_DELETED;
        own->deleted = now;
        lock->leaving_quiet = now;
        lock->leaving_looks = 0;
        tell_success(lock);
        break;
    case LOCK_REFUSED:
        if (++own->refusals >= LOCK_REFUSED_TRIES)
            own->state = LOCK_GENERATION_LEFT;
        tell_failure(lock, now, answer);
        break;
    case LOCK_UNKNOWN:
        if (!RULE(RETRY_DELETE))
            own->state = LOCK_GENERATION_DELETED;
        tell_failure(lock, now, answer);
        break;
    case LOCK_LATER:
        tell_failure(lock, now, answer);
        break;
    }
}

static void tell_list(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    if (answer->outcome == LOCK_DONE) {
        tell_success(lock);
        look(lock, now, answer);
        return;
    }
    if (answer->outcome == LOCK_REFUSED && phase_is_waiting(lock)) {
        look_leave(lock, now, LOCK_REASON_REFUSED);
        return;
    }
    if (answer->outcome == LOCK_REFUSED && lock->phase == LOCK_LEAVING)
        lock->leaving_looks = LOCK_LEAVING_LOOKS; /* we shall not be told */
    tell_failure(lock, now, answer);
}

void lock_tell(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    assert(lock->asked_for);
    lock->asked_for = false;
    switch (lock->todo.kind) {
    case LOCK_TODO_CREATE:
        tell_create(lock, now, answer);
        break;
    case LOCK_TODO_DELETE:
        if (lock->todo_number == UINT32_MAX)
            cleaning_tell_delete(lock, now, answer);
        else
            tell_delete_own(lock, now, answer, own_find(lock, lock->todo_number));
        break;
    case LOCK_TODO_LIST:
    case LOCK_TODO_LIST_MORE:
        tell_list(lock, now, answer);
        break;
    case LOCK_TODO_LOOK_INSIDE:
        cleaning_tell_inside(lock, now, answer);
        break;
    case LOCK_TODO_WAIT:
    case LOCK_TODO_FINISH:
        break;
    }
}
