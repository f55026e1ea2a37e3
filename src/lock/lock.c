#include "lock/lock.h"

#include <string.h>

#include "cleaning.h"
#include "decide.h"
#include "holder.h"
#include "leaving.h"
#include "mutex.h"
#include "own.h"
#include "phase.h"
#include "rule.h"
#include "tell.h"
#include "unseen.h"
#include "waiter.h"

#define REQUEST_MIN_MS  2000 /* shortest time that a request is given */
#define REQUEST_LATE_MS 5000 /* what a request of one try is given */

void lock_init(struct lock *lock, const struct lock_settings *settings, struct mono now)
{
    memset(lock, 0, sizeof(*lock));
    lock->settings = *settings;
    lock->ticket_ms = ATTEMPT_UNKNOWN;
    lock->token_seen = ATTEMPT_UNKNOWN;
    lock->token = ATTEMPT_UNKNOWN;
    lock->first_claim_ms = ATTEMPT_UNKNOWN;
    lock->anchor_created_ms = ATTEMPT_UNKNOWN;
    lock->service_ms = INT64_MIN;
    lock->unmarked_deleted.ms = INT64_MIN;
    lock->unseen_exists.ms = INT64_MIN / 2; /* long ago */
    lock->quiet_until = now;
    lock->arrived = now;
    lock->mutex.suspect_created_ms = ATTEMPT_UNKNOWN;
    waiter_arrive(lock, now);
}

bool lock_is_nameless(const struct lock *lock)
{
    return !lock->named;
}

void lock_init_release(struct lock *lock, const struct lock_settings *settings, struct mono now,
                       uint64_t note)
{
    lock_init(lock, settings, now);
    mutex_take_note(lock, now, note);
    lock->uncertain = true;
    lock->named = lock->made_any = true;
    lock->adopts = true;
    leaving_begin(lock, now, LOCK_REASON_NONE);
    lock->leaving_quiet = mono_add(now, -leaving_settle_ms(lock)); /* look at once */
}

enum lock_phase lock_phase(const struct lock *lock)
{
    return lock->phase;
}

enum lock_reason lock_reason(const struct lock *lock)
{
    return lock->reason;
}

int64_t lock_token(const struct lock *lock)
{
    return lock->token;
}

const struct lock_position *lock_position(const struct lock *lock)
{
    return &lock->position;
}

uint32_t lock_failures(const struct lock *lock)
{
    return lock->failures;
}

enum lock_notice lock_take_notice(struct lock *lock, const char **ret_name)
{
    enum lock_notice notice = lock->notice;
    lock->notice = LOCK_NOTICE_NONE;
    *ret_name = lock->notice_name;
    return notice;
}

bool lock_left(const struct lock *lock, uint32_t i, char out[ATTEMPT_NAME_BYTES + 1])
{
    if (mutex_left(lock, out) && i-- == 0)
        return true;
    for (uint32_t k = 0; k < LOCK_GENERATIONS_MAX; k++) {
        const struct lock_generation *own = &lock->generations[k];
        if (own->state != LOCK_GENERATION_SENT && own->state != LOCK_GENERATION_MADE &&
            own->state != LOCK_GENERATION_LEFT)
            continue;
        if (i-- == 0) {
            own_name(lock, own, out);
            return true;
        }
    }
    return false;
}

bool lock_has_looked(const struct lock *lock)
{
    return lock->looks > 0;
}

/*
 * When a waiter drops the generations before *ret_number: D after that one was answered. If
 * listings are later than D one must have shown it, or else others would see neither for a while
 * (DROP_SEEN).
 */
static struct mono waiter_drop_at(const struct lock *lock, uint32_t *ret_number)
{
    bool late = unseen_is(lock) || own_late_ms(lock) > lock->settings.settle_ms;
    const struct lock_generation *newer = own_newest(lock);
    while (newer &&
           !(newer->state == LOCK_GENERATION_MADE && (newer->seen || !late || !RULE(DROP_SEEN))))
        newer = own_before(lock, newer);
    *ret_number = newer ? newer->number : 0;
    if (!newer || !own_before(lock, newer))
        return MONO_NEVER;
    return mono_add(newer->answered, lock->settings.settle_ms);
}

/* How the settings limit a wait. One try (nonblock) is ended by an answer rather than by the clock.
 */
struct time_limits {
    uint32_t failures;        /* once wait_until is over so many in a row end the wait, */
    int64_t request_ms;       /* and a request may take so long */
    struct mono behind_until; /* the wait ends then if somebody is ahead, */
    struct mono until;        /* and then in any case */
};

static struct time_limits time_limits(const struct lock *lock)
{
    const struct lock_settings *settings = &lock->settings;
    int64_t settle_ms = mutex_settle_ms(lock);
    int64_t try_ms = LOCK_TRY_MS + LOCK_TRY_SETTLES * settle_ms;
    int64_t late_ms = LOCK_LATE_MS + LOCK_LATE_SETTLES * settle_ms;
    if (!settings->nonblock)
        return (struct time_limits){1, REQUEST_MIN_MS, settings->wait_until,
                                    mono_add(settings->wait_until, late_ms)};
    if (lock->busy && RULE(THROTTLE_WAITS))
        try_ms += LOCK_BUSY_MS;
    if (mutex_may_be_dead(lock)) /* to make sure of that takes its time */
        try_ms += mutex_quiet_ms(lock) + LOCK_DEAD_SETTLES * settle_ms;
    return (struct time_limits){settings->arrival_tries, REQUEST_LATE_MS, MONO_NEVER,
                                mono_add(lock->arrived, try_ms)};
}

/* Is somebody ahead for certain? Before we know the time it may be only names of the dead. */
static bool is_behind(const struct lock *lock)
{
    return lock->position.behind && lock->position.decided &&
           (lock->anchor_created_ms != ATTEMPT_UNKNOWN || !RULE(BEHIND_LIVE));
}

static enum lock_reason why_not(const struct lock *lock)
{
    if (is_behind(lock) || lock->position.by_date || lock->withdrawn || lock->mutex.held_by_other)
        return LOCK_REASON_HELD;
    return unseen_is(lock) ? LOCK_REASON_UNSEEN : LOCK_REASON_SLOW;
}

/* Is there no hope to hold soon? A page that is not enough to decide by takes no hope. */
static bool has_no_hope(const struct lock *lock)
{
    return !waiter_has_hope(lock) && !(lock->position.behind && !lock->position.decided);
}

/* Leaves if the limits of the wait are reached (LIMITS, BEHIND_LIVE). True if so. */
static bool gives_up(struct lock *lock, struct mono now)
{
    struct time_limits limits = time_limits(lock);
    bool late = mono_reached(now, limits.behind_until);
    bool over = mono_reached(now, limits.until) && RULE(LIMITS);
    if (mono_reached(now, lock->settings.wait_until) &&
        tell_failures_counted(lock, now) >= limits.failures) {
        leaving_begin(lock, now, LOCK_REASON_UNAVAILABLE);
        return true;
    }
    bool hopeless = is_behind(lock) || lock->withdrawn ||
                    (lock->looks > 0 && has_no_hope(lock) && RULE(LIMITS));
    if (!over && !(late && hopeless))
        return false;
    leaving_begin(lock, now, lock->failures ? LOCK_REASON_UNAVAILABLE : why_not(lock));
    return true;
}

/* The next moment at which gives_up() may be true. */
static struct mono gives_up_at(const struct lock *lock)
{
    struct time_limits limits = time_limits(lock);
    bool hopeless = is_behind(lock) || lock->withdrawn || has_no_hope(lock);
    return hopeless ? mono_min(limits.behind_until, limits.until) : limits.until;
}

static void advance_waiting(struct lock *lock, struct mono now)
{
    uint32_t number;
    if (gives_up(lock, now))
        return;
    mutex_advance(lock, now);
    if (lock->withdrawn) {
        if (mono_reached(now, lock->arrive_at) && !own_to_delete(lock, false) &&
            !mutex_stands(lock))
            waiter_arrive(lock, now);
        return;
    }
    if (lock->look_first)
        return;
    if (own_leases_passed(lock, now) && RULE(NEW_ARRIVAL)) {
        waiter_arrive(lock, now);
        return;
    }
    if (lock->phase != LOCK_WAITING)
        return;
    if (mono_reached(now, own_renew_at(lock)) && !own_to_create(lock))
        own_plan(lock, false);
    if (mono_reached(now, waiter_drop_at(lock, &number)))
        own_drop_below(lock, number);
    own_drop_expired(lock, now);
}

/* When cleaning before the command is given up (CLEAN_BUDGET); MONO_NEVER if we do not clean. */
static struct mono cleaning_ends_at(const struct lock *lock)
{
    if (lock->phase != LOCK_CLEANING || !RULE(CLEAN_BUDGET))
        return MONO_NEVER;
    return mono_min(lock->clean_until, time_limits(lock).until);
}

/* Cleaning took too long while our claim kept everybody out: takes it back, or leaves. */
static void start_over(struct lock *lock, struct mono now)
{
    bool over = lock->settings.nonblock || mono_reached(now, time_limits(lock).until);
    lock->cleaning_count = 0;
    lock->cleaning_more = false;
    if (over)
        leaving_begin(lock, now, LOCK_REASON_UNCLEAN);
    if (over || waiter_was_last_look(lock, now, LOCK_REASON_UNCLEAN))
        return;
    waiter_take_claim_back(lock, now);
    lock->look_at = mono_add(now, mutex_pause_ms(lock));
}

static void advance_holding(struct lock *lock, struct mono now)
{
    if (mono_reached(now, lock_lease(lock).term_at)) {
        holder_lose(lock, LOCK_REASON_LEASE);
        return;
    }
    if (mono_reached(now, cleaning_ends_at(lock))) {
        start_over(lock, now);
        return;
    }
    if (mono_reached(now, own_renew_at(lock)) && !own_to_create(lock) && !holder_is_in_doubt(lock))
        own_plan(lock, true);
    if (lock->phase == LOCK_CLEANING && lock->cleaning_count == 0 && !lock->cleaning_more &&
        !mono_reached(now, lock->look_at))
        phase_set(lock, LOCK_HELD);
}

static void advance_leaving(struct lock *lock, struct mono now)
{
    mutex_advance(lock, now);
    if (leaving_is_over(lock, now))
        phase_set(lock, LOCK_FINISHED);
}

static struct mono request_deadline(const struct lock *lock, struct mono now)
{
    int64_t longest_ms = lock->settings.lock_timeout_ms / 6;
    struct mono soonest = mono_add(now, REQUEST_MIN_MS);
    struct mono deadline = mono_max(soonest, mono_add(now, longest_ms));
    if (lock->phase == LOCK_LEAVING)
        return mono_min(deadline, own_to_create(lock) ? lock->ask_until : lock->leave_until);
    if (lock->phase == LOCK_CLEANING)
        deadline = mono_min(deadline, mono_max(cleaning_ends_at(lock), soonest));
    if (phase_is_holding(lock))
        return mono_min(deadline, lock_lease(lock).kill_at);
    struct mono late = mono_add(now, time_limits(lock).request_ms);
    return mono_min(deadline, mono_max(lock->settings.wait_until, late));
}

/* `at`, but for a holder no later than the end of its lease, or of its time for cleaning. */
static struct mono within_hold(const struct lock *lock, struct mono at)
{
    if (!phase_is_holding(lock))
        return at;
    return mono_min(at, mono_min(lock_lease(lock).term_at, cleaning_ends_at(lock)));
}

/* When the next look is due. While a mutex is in doubt only a look that can tell is of use. */
static struct mono looks_at(const struct lock *lock)
{
    struct mono tells = mutex_doubt_at(lock);
    if (lock->phase != LOCK_LEAVING)
        return mono_min(lock->withdrawn ? MONO_NEVER : lock->look_at, tells);
    struct mono at = mono_add(lock->leaving_quiet, leaving_settle_ms(lock));
    return tells.ms == MONO_NEVER.ms ? at : mono_max(at, tells); /* the rest goes meanwhile */
}

/* Nothing new is made while a holder is in doubt whether it still is one. */
static bool holds_back(const struct lock *lock)
{
    return phase_is_holding(lock) && holder_is_in_doubt(lock);
}

/* The name of ours to delete now, or NULL: no claim as long as the mutex stands (MUTEX_FIRST). */
static const struct lock_generation *to_delete(const struct lock *lock)
{
    return own_to_delete(lock, mutex_stands(lock));
}

/* The facts of "What to ask for next" (decide.h). */
static uint32_t facts_of(const struct lock *lock, struct mono now)
{
    const struct lock_generation *make = own_to_create(lock);
    const struct lock_cleaning *clean = cleaning_next(lock, now);
    uint32_t facts = 0;
    if (!mono_reached(now, lock->quiet_until))
        facts |= NEXT_IF_RESTS;
    if (make && (make->ask || !holds_back(lock)))
        facts |= NEXT_IF_MAKES;
    if (mutex_next(lock, NULL))
        facts |= NEXT_IF_MUTEX;
    if (lock->reading)
        facts |= NEXT_IF_READS;
    if (mono_reached(now, looks_at(lock)))
        facts |= NEXT_IF_LOOKS;
    if (to_delete(lock))
        facts |= NEXT_IF_DROPS;
    if (clean)
        facts |= clean->unmarked && !clean->inside_known ? NEXT_IF_INSIDE : NEXT_IF_CLEANS;
    return facts;
}

/* When something is due next, if no request is. */
static struct mono idle_until(const struct lock *lock)
{
    struct mono at = mono_min(looks_at(lock), mutex_deletable_at(lock));
    uint32_t number;
    if (lock->phase == LOCK_LEAVING)
        return mono_min(at, lock->leave_until);
    if (lock->withdrawn)
        return mono_min(at, mono_min(lock->arrive_at, gives_up_at(lock)));
    if (!holds_back(lock) && lock->phase != LOCK_CLAIMING)
        at = mono_min(at, own_renew_at(lock));
    if (lock->phase == LOCK_WAITING)
        at = mono_min(at, waiter_drop_at(lock, &number));
    if (lock->phase == LOCK_HELD && lock->cleaning_count > 0)
        at = mono_min(at, lock->clean_at);
    if (phase_is_waiting(lock))
        at = mono_min(at, gives_up_at(lock));
    return within_hold(lock, at);
}

/* How long to wait: until something is due, or until the service may be asked again. */
static struct lock_todo wait(const struct lock *lock, struct mono now)
{
    struct mono at = MONO_NEVER;
    if (lock->phase != LOCK_LOST && mono_reached(now, lock->quiet_until))
        at = idle_until(lock);
    else if (lock->phase == LOCK_LEAVING)
        at = mono_min(lock->quiet_until, lock->leave_until);
    else if (lock->phase != LOCK_LOST)
        at = within_hold(lock, lock->quiet_until);
    return (struct lock_todo){.kind = LOCK_TODO_WAIT, .at = at};
}

static void about_own(const struct lock *lock, enum lock_todo_kind kind,
                      const struct lock_generation *own, struct lock_todo *todo)
{
    todo->kind = kind;
    todo->target = LOCK_TARGET_OWN;
    todo->number = own->number;
    own_name(lock, own, todo->name);
}

static void about_others(const struct lock *lock, struct mono now, enum lock_todo_kind kind,
                         struct lock_todo *todo)
{
    todo->kind = kind;
    todo->target = LOCK_TARGET_OTHER;
    if (kind == LOCK_TODO_DELETE || kind == LOCK_TODO_LOOK_INSIDE)
        memcpy(todo->name, cleaning_next(lock, now)->name, sizeof(todo->name));
    if (kind == LOCK_TODO_LIST && lock->list_own && !mutex_look_tells(lock, now))
        own_first_part(lock, todo->name);
}

struct lock_todo lock_next(const struct lock *lock, struct mono now)
{
    struct lock_todo todo = {.deadline = request_deadline(lock, now)};
    switch (decide_next(lock->phase, facts_of(lock, now))) {
    case NEXT_FINISH:
    case NEXT_MOVES:
        return (struct lock_todo){.kind = LOCK_TODO_FINISH};
    case NEXT_WAIT:
        return wait(lock, now);
    case NEXT_CREATE:
        about_own(lock, LOCK_TODO_CREATE, own_to_create(lock), &todo);
        break;
    case NEXT_DELETE:
        about_own(lock, LOCK_TODO_DELETE, to_delete(lock), &todo);
        break;
    case NEXT_MUTEX:
        (void)mutex_next(lock, &todo);
        break;
    case NEXT_LIST:
        about_others(lock, now, LOCK_TODO_LIST, &todo);
        break;
    case NEXT_LIST_MORE:
        about_others(lock, now, LOCK_TODO_LIST_MORE, &todo);
        break;
    case NEXT_LOOK_INSIDE:
        about_others(lock, now, LOCK_TODO_LOOK_INSIDE, &todo);
        break;
    case NEXT_CLEAN:
        about_others(lock, now, LOCK_TODO_DELETE, &todo);
        break;
    }
    return todo;
}

/* Is it the turn of what others have left, with nothing of our own to be done before? */
static bool may_clean(const struct lock *lock, struct mono now)
{
    uint32_t facts = (facts_of(lock, now) & ~(uint32_t)NEXT_IF_INSIDE) | NEXT_IF_CLEANS;
    return decide_next(lock->phase, facts) == NEXT_CLEAN;
}

void lock_advance(struct lock *lock, struct mono now)
{
    if (phase_is_waiting(lock))
        advance_waiting(lock, now);
    else if (phase_is_holding(lock))
        advance_holding(lock, now);
    if (lock->phase == LOCK_LEAVING)
        advance_leaving(lock, now);
    if (may_clean(lock, now))
        cleaning_advance(lock, now);
}

void lock_leave(struct lock *lock, struct mono now)
{
    leaving_begin(lock, now, LOCK_REASON_NONE);
}
