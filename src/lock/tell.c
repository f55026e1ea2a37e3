/* lock_tell(): what the outcome of a request means; and how long to pause after one that failed. */
#include <string.h>

#include "cleaning.h"
#include "holder.h"
#include "leaving.h"
#include "lock/state.h"
#include "mutex.h"
#include "own.h"
#include "phase.h"
#include "rule.h"
#include "tell.h"
#include "unseen.h"
#include "waiter.h"

#define NAMES_SKIPPED    1000000 /* of own names, at most, if the next is somebody's */
#define PAUSE_LEAVING_MS 3000    /* longest pause after a failure while leaving */
#define PAUSE_CLAIM_MS   200     /* of who claims or holds and is throttled: all wait for it */
#define PAUSE_NEXT_MS    1000    /* of who is next */
#define PAUSE_PLACE_MS                                                                             \
    2000 /* of who is next, if the service is away; and more for every other run ahead */
#define FAR_PLACES       8   /* who has more ahead leaves the quota to them, */
#define PAUSE_FAR_MS     500 /* so long for each */
#define ARRIVAL_TIMES    4 /* who is throttled before its first look pauses so many times longer, */
#define PAUSE_ARRIVAL_MS 30000 /* and so long at most */
#define PLACES_UNKNOWN   2     /* taken for the number ahead by who has a place, but no number */

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

/* A service that is away for minutes is not asked several times a second meanwhile. */
static int64_t longest_pause_ms(const struct lock *lock, bool throttled)
{
    int64_t longest_ms = lock->settings.lock_timeout_ms / 10;
    int64_t turn_ms = throttled ? PAUSE_NEXT_MS : PAUSE_PLACE_MS; /* by when it may be our turn */
    if (lock->phase == LOCK_LEAVING)
        return PAUSE_LEAVING_MS;
    if (lock->phase != LOCK_WAITING)
        turn_ms = throttled ? PAUSE_CLAIM_MS : PAUSE_PLACE_MS;
    else if (!lock->pace.looked)
        turn_ms = lock->made_any ? PAUSE_PLACE_MS * PLACES_UNKNOWN : longest_ms;
    else if (lock->reading && throttled && lock->ticket_ms != ATTEMPT_UNKNOWN)
        turn_ms = PAUSE_CLAIM_MS; /* nobody is ahead on the pages so far */
    else if (lock->pace.ahead > 1)
        turn_ms = PAUSE_PLACE_MS * ((lock->pace.ahead + 1) / 2);
    return ms_min(turn_ms, longest_ms);
}

/* Who is far back need not know soon, and leaves the quota to those in front. */
static int64_t far_pause_ms(const struct lock *lock, bool throttled)
{
    if (!throttled || lock->phase != LOCK_WAITING || lock->pace.ahead <= FAR_PLACES ||
        !RULE(FAR_YIELDS))
        return 0;
    return (int64_t)lock->pace.ahead * PAUSE_FAR_MS;
}

/*
 * Those who have one try come by the hundreds, and want one call each: spread over 20 s at once,
 * two hundred of them get it within little more.
 */
static int64_t try_pause_ms(const struct lock *lock, const struct lock_answer *answer)
{
    static const int64_t longest_ms[] = {20000, 4000, 8000, 16000, 20000};
    uint32_t last = sizeof(longest_ms) / sizeof(longest_ms[0]) - 1;
    if (!answer->throttled || !lock->settings.nonblock || lock->looks > 0 || !RULE(TRIES_SPREAD))
        return 0;
    int64_t most_ms = longest_ms[lock->failures < last ? lock->failures : last];
    return 1 + ms_random(most_ms, answer->random);
}

/*
 * Who has not looked yet leaves the quota to those who have a place in the queue, for half of its
 * time at most.
 */
static int64_t asked_pause_ms(const struct lock *lock, struct mono now,
                              const struct lock_answer *answer)
{
    int64_t left_ms = mono_diff(lock->settings.wait_until, now);
    int64_t longest_ms = ms_min(PAUSE_ARRIVAL_MS, left_ms / 2), half_ms = longest_ms / 2;
    bool arrives = answer->throttled && lock->looks == 0 && !lock->reading;
    if (!arrives || longest_ms <= answer->pause_ms)
        return answer->pause_ms;
    int64_t spread_ms = ms_max(answer->pause_ms, half_ms + ms_random(half_ms, answer->random));
    return ms_min(ARRIVAL_TIMES * answer->pause_ms, spread_ms);
}

/* The pause after a failure, ms. A pause that is cut to a limit is drawn anew, since many are. */
static int64_t pause_of(const struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    int64_t longest_ms = longest_pause_ms(lock, answer->throttled);
    int64_t far_ms = far_pause_ms(lock, answer->throttled), try_ms = try_pause_ms(lock, answer);
    if (try_ms)
        return try_ms;
    if (far_ms > answer->pause_ms && far_ms < longest_ms)
        return far_ms / 2 + ms_random(far_ms / 2, answer->random);
    int64_t asked_ms = asked_pause_ms(lock, now, answer);
    if (asked_ms < longest_ms || !RULE(RETRY_SOON))
        return asked_ms;
    return longest_ms / 2 + ms_random(longest_ms / 2, answer->random);
}

/* Does the listing go on with the page that was throttled (PAGE_AGAIN)? Else it begins anew. */
static bool keeps_pages(const struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    return answer->throttled && RULE(PAGE_AGAIN) &&
           !mono_reached(now, mono_add(lock->listed, LOCK_PAGE_AGAIN_MS));
}

void tell_failure(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    lock->quiet_until = mono_add(now, pause_of(lock, now, answer));
    lock->reading = lock->reading && keeps_pages(lock, now, answer);
    lock->failures++;
    if (!answer->throttled)
        lock->hard_failures++;
    if (answer->throttled)
        lock->busy = true;
    uint32_t counted = tell_failures_counted(lock, now);
    if (lock_is_arriving(lock, now) &&
        (lock->hard_failures >= lock->settings.arrival_tries ||
         (counted >= lock->settings.arrival_tries && mono_reached(now, lock->settings.wait_until))))
        leaving_begin(lock, now, LOCK_REASON_UNAVAILABLE);
}

uint32_t tell_failures_counted(const struct lock *lock, struct mono now)
{
    struct mono until =
        lock->settings.nonblock ? mono_add(lock->arrived, LOCK_BUSY_MS) : lock->settings.wait_until;
    bool patient = RULE(THROTTLE_WAITS) && !mono_reached(now, until);
    return patient ? lock->hard_failures : lock->failures;
}

void tell_success(struct lock *lock)
{
    if (!RULE(FAILURES_IN_A_ROW))
        return;
    lock->failures = 0;
    lock->hard_failures = 0;
}

static void note_created(struct lock *lock, struct mono now, struct lock_generation *own)
{
    own->state = LOCK_GENERATION_MADE;
    own->answered = now;
    lock->made_any = true;
    lock->names_taken = 0;
    tell_success(lock);
    if (phase_is_holding(lock))
        holder_made(lock, now);
    else if (phase_is_waiting(lock))
        waiter_made(lock, now, own);
}

/*
 * One of our names was created once more, to learn whether it is still there. "Exists": it is.
 * Done: it was not, and is made anew. But if an answer was lost on the way "exists" may be our own
 * doing, so nothing is known but that it is there now.
 */
static void note_asked(struct lock *lock, struct mono now, const struct lock_answer *answer,
                       struct lock_generation *own)
{
    bool unsure = own->ask_unanswered || answer->maybe_repeated;
    if (answer->outcome != LOCK_DONE && answer->outcome != LOCK_EXISTS) {
        own->ask_unanswered |= answer->outcome == LOCK_UNKNOWN;
        lock->uncertain |= answer->outcome == LOCK_UNKNOWN;
        tell_failure(lock, now, answer);
        if (lock->phase == LOCK_LEAVING && !leaving_asks_again(lock, answer)) {
            own->ask = false;
            leaving_asked(lock, now, true);
        }
        return;
    }
    tell_success(lock);
    own->ask = own->ask_unanswered = false;
    if (unsure) {
        own->answered = now;
        own->late_ms = 0; /* it may have been made a moment ago */
    } else if (answer->outcome == LOCK_EXISTS) {
        own_was_there(lock, own);
        unseen_told_there(lock, now);
    } else {
        own->late_ms = 0; /* listings were right not to show it */
    }
    bool was_there = answer->outcome == LOCK_EXISTS || unsure;
    if (phase_is_holding(lock))
        holder_asked(lock, was_there);
    else if (phase_is_waiting(lock))
        waiter_asked(lock, now, was_there);
    else if (lock->phase == LOCK_LEAVING)
        leaving_asked(lock, now, was_there);
}

/* Somebody has made our next name before us. It is not ours to delete; we draw another number. */
static void name_taken(struct lock *lock, struct mono now, struct lock_generation *own,
                       uint32_t random)
{
    bool claim = own->claim, fresh = own->number == 0;
    own_name(lock, own, lock->name_taken);
    own->state = LOCK_GENERATION_FREE;
    lock->next_number += random % NAMES_SKIPPED; /* so that nobody can guess the next */
    if (phase_is_holding(lock) || lock->phase == LOCK_LEAVING)
        return; /* the next is due at once */
    if (fresh || ++lock->names_taken > LOCK_NAMES_TAKEN_MAX)
        leaving_begin(lock, now, LOCK_REASON_NAME_TAKEN);
    else
        own_plan(lock, claim);
}

static void tell_create(struct lock *lock, struct mono now, const struct lock_todo *todo,
                        const struct lock_answer *answer)
{
    struct lock_generation *own = own_find(lock, todo->number);
    if (!own)
        return;
    if (own->ask) {
        note_asked(lock, now, answer, own);
        return;
    }
    if (own->state == LOCK_GENERATION_PLANNED)
        own->sent = answer->sent;
    lock->named |= answer->outcome != LOCK_LATER;
    switch (answer->outcome) {
    case LOCK_DONE:
        note_created(lock, now, own);
        break;
    case LOCK_EXISTS:
        if (!answer->maybe_repeated && own->state == LOCK_GENERATION_PLANNED)
            name_taken(lock, now, own, answer->random);
        else
            note_created(lock, now, own);
        break;
    case LOCK_REFUSED:
        if (phase_is_holding(lock)) {
            tell_failure(lock, now, answer);
            break;
        }
        if (own->state == LOCK_GENERATION_PLANNED)
            own->state = LOCK_GENERATION_FREE;
        leaving_begin(lock, now, LOCK_REASON_REFUSED);
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
    if (answer->outcome == LOCK_DONE)
        own_was_there(lock, own);
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

static void look(struct lock *lock, struct mono now, const struct lock_answer *answer)
{
    if (phase_is_waiting(lock))
        waiter_look(lock, now, answer);
    else if (phase_is_holding(lock))
        holder_look(lock, now, answer);
    else if (lock->phase == LOCK_LEAVING)
        leaving_look(lock, now, answer);
}

static void tell_mutex(struct lock *lock, struct mono now, const struct lock_todo *todo,
                       const struct lock_answer *answer)
{
    bool create = todo->kind == LOCK_TODO_CREATE;
    if (create && answer->outcome == LOCK_REFUSED && phase_is_waiting(lock)) {
        leaving_begin(lock, now, LOCK_REASON_REFUSED);
        return;
    }
    mutex_tell(lock, now, answer);
    if (phase_is_waiting(lock))
        waiter_mutex(lock, now, answer);
}

static void tell_list(struct lock *lock, struct mono now, const struct lock_todo *todo,
                      const struct lock_answer *answer)
{
    if (answer->outcome == LOCK_DONE) {
        tell_success(lock);
        lock->listing_own = todo->name[0] != '\0';
        lock->listed = answer->listing->asked;
        look(lock, now, answer);
        return;
    }
    if (answer->outcome == LOCK_REFUSED && phase_is_waiting(lock)) {
        leaving_begin(lock, now, LOCK_REASON_REFUSED);
        return;
    }
    if (answer->outcome == LOCK_REFUSED && lock->phase == LOCK_LEAVING)
        lock->leaving_looks = LOCK_LEAVING_LOOKS; /* we shall not be told */
    tell_failure(lock, now, answer);
}

void lock_tell(struct lock *lock, struct mono now, const struct lock_todo *todo,
               const struct lock_answer *answer)
{
    if (answer->date_ms > 0) {
        lock->date_ms = answer->date_ms;
        lock->dated = now;
    }
    if (todo->target == LOCK_TARGET_MUTEX) {
        tell_mutex(lock, now, todo, answer);
        return;
    }
    switch (todo->kind) {
    case LOCK_TODO_CREATE:
        tell_create(lock, now, todo, answer);
        break;
    case LOCK_TODO_DELETE:
        if (todo->target == LOCK_TARGET_OTHER)
            cleaning_tell_delete(lock, now, answer);
        else
            tell_delete_own(lock, now, answer, own_find(lock, todo->number));
        break;
    case LOCK_TODO_LIST:
    case LOCK_TODO_LIST_MORE:
        tell_list(lock, now, todo, answer);
        break;
    case LOCK_TODO_LOOK_INSIDE:
        cleaning_tell_inside(lock, now, answer);
        break;
    case LOCK_TODO_WAIT:
    case LOCK_TODO_FINISH:
        break;
    }
}
