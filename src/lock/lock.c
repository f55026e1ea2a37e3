#include "lock/lock.h"

#include <assert.h>
#include <string.h>

#include "cleaning.h"
#include "look.h"
#include "own.h"
#include "phase.h"
#include "rule.h"

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
    lock->quiet_until = now;
    look_arrive(lock);
}

void lock_init_release(struct lock *lock, const struct lock_settings *settings, struct mono now)
{
    lock_init(lock, settings, now);
    lock->uncertain = true;
    lock->made_any = true;
    look_leave(lock, now, LOCK_REASON_NONE);
    lock->leaving_quiet = mono_add(now, -settings->settle_ms); /* look at once */
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

const struct lock_standing *lock_standing(const struct lock *lock)
{
    return &lock->standing;
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

/* A waiter drops an old generation D after the newer one was answered. */
static struct mono waiter_drop_at(struct lock *lock, uint32_t *ret_number)
{
    const struct lock_generation *newest = own_newest(lock);
    *ret_number = newest ? newest->number : 0;
    if (!newest || newest->state != LOCK_GENERATION_MADE)
        return MONO_NEVER;
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++) {
        const struct lock_generation *own = &lock->generations[i];
        if (!own->drop && own->number < newest->number &&
            (own->state == LOCK_GENERATION_MADE || own->state == LOCK_GENERATION_SENT))
            return mono_add(newest->answered, lock->settings.settle_ms);
    }
    return MONO_NEVER;
}

/* What wait_until means to a run: one try (nonblock) is ended by its answer, not by the clock. */
struct patience {
    uint32_t failures;        /* from wait_until on no more than these */
    int64_t request_ms;       /* from then on a request is given so long, */
    struct mono behind_until; /* and who is behind somebody waits no longer than this */
};

static struct patience patience(const struct lock_settings *settings)
{
    if (settings->nonblock)
        return (struct patience){settings->arrival_tries, REQUEST_LATE_MS, MONO_NEVER};
    return (struct patience){1, REQUEST_MIN_MS, settings->wait_until};
}

/* By a whole look; what is read before we know the time may be names of the dead alone. */
static bool is_behind(const struct lock *lock)
{
    return lock->standing.behind && !lock->reading &&
           (lock->anchor_created_ms != ATTEMPT_UNKNOWN || !RULE(BEHIND_LIVE));
}

/* The moment at which waiting on would no longer be what the user asked for. */
static void advance_waiting(struct lock *lock, struct mono now)
{
    uint32_t number;
    struct patience left = patience(&lock->settings);
    if (mono_reached(now, lock->settings.wait_until) && lock->failures >= left.failures) {
        look_leave(lock, now, LOCK_REASON_UNAVAILABLE);
        return;
    }
    if (mono_reached(now, left.behind_until) && (is_behind(lock) || lock->withdrawn)) {
        look_leave(lock, now, lock->failures ? LOCK_REASON_UNAVAILABLE : LOCK_REASON_HELD);
        return;
    }
    if (lock->withdrawn) {
        if (mono_reached(now, lock->arrive_at) && !own_to_delete(lock))
            look_arrive(lock);
        return;
    }
    if (own_leases_passed(lock, now) && RULE(NEW_ARRIVAL)) {
        look_arrive(lock);
        return;
    }
    if (lock->phase != LOCK_WAITING)
        return;
    if (mono_reached(now, own_renew_at(lock)) && !own_to_create(lock))
        own_plan(lock, false);
    if (mono_reached(now, waiter_drop_at(lock, &number)))
        own_drop_below(lock, number);
}

static void advance_holding(struct lock *lock, struct mono now)
{
    if (mono_reached(now, lock_lease(lock).term_at)) {
        look_lose(lock, LOCK_REASON_LEASE);
        return;
    }
    if (mono_reached(now, own_renew_at(lock)) && !own_to_create(lock) && lock->loss_looks[0] == 0)
        own_plan(lock, true);
    if (lock->phase == LOCK_CLEANING && lock->cleaning_count == 0 && !lock->cleaning_more &&
        !mono_reached(now, lock->look_at))
        lock->phase = LOCK_HELD;
}

static void advance_leaving(struct lock *lock, struct mono now)
{
    bool done = !own_to_delete(lock);
    if (done && lock->uncertain && RULE(LEAVING_LOOKS) && lock->leaving_looks < LOCK_LEAVING_LOOKS)
        done = false;
    if (done || mono_reached(now, lock->leave_until))
        lock->phase = LOCK_FINISHED;
}

static struct mono request_deadline(const struct lock *lock, struct mono now)
{
    int64_t longest_ms = lock->settings.lock_timeout_ms / 6;
    struct mono deadline = mono_add(now, longest_ms < REQUEST_MIN_MS ? REQUEST_MIN_MS : longest_ms);
    if (lock->phase == LOCK_LEAVING)
        return mono_min(deadline, lock->leave_until);
    if (phase_is_holding(lock))
        return mono_min(deadline, lock_lease(lock).kill_at);
    struct mono late = mono_add(now, patience(&lock->settings).request_ms);
    return mono_min(deadline, mono_max(lock->settings.wait_until, late));
}

static struct lock_todo wait_until(struct mono at)
{
    return (struct lock_todo){.kind = LOCK_TODO_WAIT, .at = at};
}

static struct lock_todo request(struct lock *lock, struct mono now, enum lock_todo_kind kind)
{
    lock->asked_for = true;
    lock->todo = (struct lock_todo){
        .kind = kind, .deadline = request_deadline(lock, now), .name = lock->name};
    return lock->todo;
}

static struct lock_todo request_own(struct lock *lock, struct mono now, enum lock_todo_kind kind,
                                    const struct lock_generation *own)
{
    own_name(lock, own, lock->name);
    lock->todo_number = own->number;
    return request(lock, now, kind);
}

static struct lock_todo next_active(struct lock *lock, struct mono now)
{
    struct lock_generation *own;
    uint32_t number;
    bool hold_back = phase_is_holding(lock) && lock->loss_looks[0] > 0; /* nothing new meanwhile */
    if ((own = own_to_create(lock)) && !hold_back)
        return request_own(lock, now, LOCK_TODO_CREATE, own);
    if (lock->reading)
        return request(lock, now, LOCK_TODO_LIST_MORE);
    if (phase_is_holding(lock) && mono_reached(now, lock->look_at))
        return request(lock, now, LOCK_TODO_LIST);
    if ((own = own_to_delete(lock)))
        return request_own(lock, now, LOCK_TODO_DELETE, own);
    const struct lock_cleaning *clean = cleaning_next(lock, now);
    if (clean) {
        bool inside = clean->unmarked && !clean->inside_known;
        memcpy(lock->name, clean->name, sizeof(lock->name));
        lock->todo_number = UINT32_MAX; /* not one of ours */
        return request(lock, now, inside ? LOCK_TODO_LOOK_INSIDE : LOCK_TODO_DELETE);
    }
    if (lock->withdrawn)
        return wait_until(lock->arrive_at);
    if (mono_reached(now, lock->look_at))
        return request(lock, now, LOCK_TODO_LIST);
    struct mono at = lock->look_at;
    if (!hold_back && lock->phase != LOCK_CLAIMING)
        at = mono_min(at, own_renew_at(lock));
    if (lock->phase == LOCK_WAITING)
        at = mono_min(at, waiter_drop_at(lock, &number));
    if (lock->phase == LOCK_HELD && lock->cleaning_count > 0)
        at = mono_min(at, lock->clean_at);
    if (phase_is_waiting(lock) && is_behind(lock))
        at = mono_min(at, patience(&lock->settings).behind_until);
    return wait_until(at);
}

static struct lock_todo next_leaving(struct lock *lock, struct mono now)
{
    struct lock_generation *own = own_to_delete(lock);
    if (own)
        return request_own(lock, now, LOCK_TODO_DELETE, own);
    if (lock->reading)
        return request(lock, now, LOCK_TODO_LIST_MORE);
    struct mono at = mono_add(lock->leaving_quiet, lock->settings.settle_ms);
    if (mono_reached(now, at))
        return request(lock, now, LOCK_TODO_LIST);
    return wait_until(mono_min(at, lock->leave_until));
}

static struct mono wake_at(const struct lock *lock)
{
    struct mono at = lock->quiet_until;
    if (phase_is_holding(lock))
        at = mono_min(at, lock_lease(lock).term_at);
    if (lock->phase == LOCK_LEAVING)
        at = mono_min(at, lock->leave_until);
    return at;
}

struct lock_todo lock_next(struct lock *lock, struct mono now)
{
    if (lock->asked_for)
        return lock->todo;
    if (phase_is_waiting(lock))
        advance_waiting(lock, now);
    else if (phase_is_holding(lock))
        advance_holding(lock, now);
    if (lock->phase == LOCK_LEAVING)
        advance_leaving(lock, now);
    if (lock->phase == LOCK_FINISHED)
        return (struct lock_todo){.kind = LOCK_TODO_FINISH};
    if (lock->phase == LOCK_LOST)
        return wait_until(MONO_NEVER);
    if (!mono_reached(now, lock->quiet_until))
        return wait_until(wake_at(lock));
    struct lock_todo todo =
        lock->phase == LOCK_LEAVING ? next_leaving(lock, now) : next_active(lock, now);
    if (todo.kind == LOCK_TODO_WAIT && phase_is_holding(lock))
        todo.at = mono_min(todo.at, lock_lease(lock).term_at);
    return todo;
}

void lock_leave(struct lock *lock, struct mono now)
{
    lock->asked_for = false;
    look_leave(lock, now, LOCK_REASON_NONE);
}
