/* mutex: which create or delete of a mutex or of #break is due, and what its answer means. */
#include "mutex.h"
#include "mutex_private.h"
#include "own.h"
#include "rule.h"
#include "tell.h"

static bool claim_stands(const struct lock *lock)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++)
        if (lock->generations[i].claim && !lock->generations[i].drop &&
            lock->generations[i].state == LOCK_GENERATION_MADE)
            return true;
    return false;
}

/* The request that is due. Those about #break come last (mutex_next() compares). */
enum step {
    STEP_NONE,
    STEP_CREATE, /* the mutex, also to ask whether ours still stands */
    STEP_DELETE, /* our mutex */
    STEP_REMOVE, /* a dead run's mutex */
    STEP_CREATE_BREAK,
    STEP_DELETE_BREAK, /* our own */
    STEP_DELETE_STALE, /* a dead run's */
};

static enum step step_of(const struct lock *lock)
{
    const struct lock_mutex *mutex = &lock->mutex;
    if (mutex->drop && mutex->state == LOCK_MUTEX_OURS)
        return mutex->kept_for_token ? STEP_NONE : STEP_DELETE;
    if (mutex->break_drop)
        return STEP_DELETE_BREAK;
    if (lock->phase != LOCK_CLAIMING || mutex->drop || !claim_stands(lock))
        return STEP_NONE;
    if (mutex->state == LOCK_MUTEX_WANTED || mutex->state == LOCK_MUTEX_SENT || mutex->ask_again)
        return STEP_CREATE;
    switch (mutex->breaking) {
    case LOCK_BREAK_WANTED:
    case LOCK_BREAK_SENT:
        return STEP_CREATE_BREAK;
    case LOCK_BREAK_REMOVING:
        return STEP_REMOVE;
    case LOCK_BREAK_STALE:
        return STEP_DELETE_STALE;
    case LOCK_BREAK_NONE:
    case LOCK_BREAK_MADE:
    case LOCK_BREAK_OLD:
    case LOCK_BREAK_DONE:
        break;
    }
    return STEP_NONE;
}

bool mutex_next(const struct lock *lock, struct lock_todo *ret_todo)
{
    enum step step = step_of(lock);
    bool of_break = step >= STEP_CREATE_BREAK;
    bool create = step == STEP_CREATE || step == STEP_CREATE_BREAK;
    if (step == STEP_NONE || !ret_todo)
        return step != STEP_NONE;
    ret_todo->kind = create ? LOCK_TODO_CREATE : LOCK_TODO_DELETE;
    ret_todo->target = LOCK_TARGET_MUTEX;
    attempt_format_shared(lock->settings.prefix, of_break ? ATTEMPT_BREAK : ATTEMPT_MUTEX,
                          lock->mutex.slot, ret_todo->name);
    return true;
}

/*
 * Our mutex was created once more, to ask whether it still stands. "Exists": it does. Done: some
 * delete that was sent long ago had taken it away, and now it is made anew.
 */
static void tell_asked_again(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    struct lock_mutex *mutex = &lock->mutex;
    if (answer->outcome != LOCK_DONE && answer->outcome != LOCK_EXISTS) {
        tell_failure(lock, now, answer);
        return;
    }
    mutex->ask_again = false;
    if (answer->outcome == LOCK_DONE) {
        mutex->made_anew = true;
        mutex->state_since = now;
        mutex->too_young_until = mono_add(answer->sent, LOCK_TIMEOUT_LEAST_MS);
    }
    tell_success(lock);
}

static void tell_create(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    struct lock_mutex *mutex = &lock->mutex;
    bool first = mutex->state == LOCK_MUTEX_WANTED, once = first && !answer->maybe_repeated;
    if (first)
        mutex->sent = answer->sent;
    switch (answer->outcome) {
    case LOCK_DONE:
        mutex->state = LOCK_MUTEX_OURS;
        mutex->sent = answer->sent;
        mutex->too_young_until = mono_add(answer->sent, LOCK_TIMEOUT_LEAST_MS);
        mutex->created_ms = 0; /* what listings have shown before is another's, and gone */
        mutex->lapsed = false;
        mutex->state_since = mutex->made = now;
        mutex->date_ms = answer->date_ms;
        mutex->pause_ms = 0;
        mutex->held_by_other = false;
        tell_success(lock);
        break;
    case LOCK_EXISTS:
        tell_success(lock);
        mutex->state_since = now;
        if (once)
            mutex_taken(lock);
        else
            mutex->state = LOCK_MUTEX_DOUBTED;
        break;
    case LOCK_UNKNOWN:
        mutex->state = LOCK_MUTEX_SENT;
        mutex->state_since = now;
        tell_failure(lock, now, answer);
        break;
    case LOCK_REFUSED:
    case LOCK_ABSENT:
    case LOCK_LATER:
        tell_failure(lock, now, answer);
        break;
    }
}

static void tell_delete(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    struct lock_mutex *mutex = &lock->mutex;
    switch (answer->outcome) {
    case LOCK_DONE:
    case LOCK_ABSENT:
    case LOCK_EXISTS:
        mutex->state = LOCK_MUTEX_NONE;
        lock->leaving_quiet = now;
        tell_success(lock);
        break;
    case LOCK_REFUSED:
        if (++mutex->refusals >= LOCK_REFUSED_TRIES)
            mutex->state = LOCK_MUTEX_LEFT;
        tell_failure(lock, now, answer);
        break;
    case LOCK_UNKNOWN: /* sent again only while others see that they have to wait for us */
        mutex->too_young_until = (struct mono){0};
        if ((lock->settings.slots > 1 || lock->settings.settle_ms == 0) && RULE(MUTEX_DOUBT))
            mutex_doubt(mutex, now);
        else if (!mutex_is_safe(lock, now))
            mutex->state = LOCK_MUTEX_LEFT;
        tell_failure(lock, now, answer);
        break;
    case LOCK_LATER:
        tell_failure(lock, now, answer);
        break;
    }
}

static bool may_have_been_applied(enum lock_outcome outcome)
{
    return outcome != LOCK_LATER && outcome != LOCK_REFUSED;
}

/*
 * The delete of a dead run's mutex was answered, or lost: either way we create the mutex next, and
 * that answer tells whether it was gone.
 */
static void tell_remove(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    struct lock_mutex *mutex = &lock->mutex;
    if (answer->outcome == LOCK_DONE || answer->outcome == LOCK_ABSENT)
        tell_success(lock);
    else
        tell_failure(lock, now, answer);
    if (answer->outcome == LOCK_LATER)
        return;
    mutex->breaking = RULE(BREAK_ONE) ? LOCK_BREAK_DONE : LOCK_BREAK_NONE;
    mutex->state = LOCK_MUTEX_WANTED;
    mutex->made_anew = true;
    mutex->suspect_created_ms = ATTEMPT_UNKNOWN;
}

/*
 * "Exists" was said of a #break, and the last listing showed an old one. What stands there now may
 * be a younger one in its place, so one more look decides whether it goes (BREAK_STALE).
 */
static void take_break_for_old(struct lock_mutex *mutex)
{
    mutex->old_break_created_ms = mutex->break_created_ms;
    mutex->breaking = RULE(BREAK_STALE) ? LOCK_BREAK_OLD : LOCK_BREAK_STALE;
}

static void tell_create_break(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    struct lock_mutex *mutex = &lock->mutex;
    bool unheard = mutex->breaking == LOCK_BREAK_SENT || answer->maybe_repeated;
    if (mutex->breaking == LOCK_BREAK_WANTED || answer->outcome == LOCK_DONE)
        mutex->break_sent = answer->sent;
    switch (answer->outcome) {
    case LOCK_DONE:
        mutex->breaking = LOCK_BREAK_MADE;
        mutex->break_unheard = false;
        mutex->break_answered = now;
        tell_success(lock);
        break;
    case LOCK_EXISTS: /* another's: it goes when it is old; or ours, if no claim is beside ours */
        mutex->breaking = LOCK_BREAK_NONE;
        mutex->break_unheard = unheard && lock->settings.slots <= 1 && RULE(BREAK_UNHEARD);
        mutex->break_answered = now;
        if (mutex->break_unheard)
            mutex->breaking = LOCK_BREAK_MADE;
        else if (mutex->break_created_ms != ATTEMPT_UNKNOWN && !mutex_is_being_broken(lock))
            take_break_for_old(mutex);
        tell_success(lock);
        break;
    case LOCK_UNKNOWN:
        mutex->breaking = LOCK_BREAK_SENT;
        tell_failure(lock, now, answer);
        break;
    case LOCK_REFUSED:
    case LOCK_ABSENT:
    case LOCK_LATER:
        tell_failure(lock, now, answer);
        break;
    }
}

static void tell_delete_break(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    if (answer->outcome == LOCK_DONE || answer->outcome == LOCK_ABSENT)
        tell_success(lock);
    else
        tell_failure(lock, now, answer);
    if (!may_have_been_applied(answer->outcome) && answer->outcome != LOCK_REFUSED)
        return;
    lock->mutex.break_drop = false; /* what is left is removed when it is old */
    lock->mutex.breaking = LOCK_BREAK_NONE;
}

void mutex_tell(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    switch (step_of(lock)) {
    case STEP_CREATE:
        if (lock->mutex.state == LOCK_MUTEX_OURS)
            tell_asked_again(lock, now, answer);
        else
            tell_create(lock, now, answer);
        break;
    case STEP_DELETE:
        tell_delete(lock, now, answer);
        break;
    case STEP_REMOVE:
        tell_remove(lock, now, answer);
        break;
    case STEP_CREATE_BREAK:
        tell_create_break(lock, now, answer);
        break;
    case STEP_DELETE_BREAK:
    case STEP_DELETE_STALE:
        tell_delete_break(lock, now, answer);
        break;
    case STEP_NONE:
        break;
    }
}
