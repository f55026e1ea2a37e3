#include "pace.h"

#include <string.h>

#include "rule.h"
#include "view.h"

#define JITTER_PERCENT  20
#define TURN_PERCENT    65
#define NEXT_MIN_MS     500  /* between looks of who is next, where holds are short, */
#define SHORT_HOLD_MS   1000 /* shorter than this, */
#define NEXT_MS         900  /* or not, */
#define NEXT_MAX_MS     5400 /* and after a long hold, */
#define NEXT_SAID_MS    3300 /* or up to its end by the holder's word, and 2% of it more */
#define NEXT_SHARE      50   /* of the time that it has lasted so far */
#define SAID_SHARE      2    /* of what is left of a hold by its word, and of its age */
#define WAITED_SHARE    2    /* nobody sleeps longer than this part of its wait so far */
#define CHANGE_MS       700  /* from the end of a hold to the next */
#define FAR_BACK_PLACES 8    /* so many in front who came before us: it is not our turn, */
#define FAR_BACK_SHARE  6    /* for T/6 */
#define BLIND_FACTOR    3 /* of those in front so many may have come before us, for each that has */
#define PLACE_PERCENT   75     /* of what a place takes by the holds in sight */
#define PLACE_MIN_MS    1000   /* no lock changes hands faster */
#define PLACE_SHARE     6      /* of the time that the hold has lasted: a place behind it, */
#define PLACE_MAX_MS    25000  /* at most */
#define FAR_MAX_MS      150000 /* further back, between looks, if its turn may come as soon */
#define FURTHER_MIN_MS  1000   /* and at least */
#define WORD_SHARE      6      /* a word about the end counts for no more than so much of T, */
#define WORD_MAX_MS     150000 /* and than this */
#define LONG_FACTOR     2      /* as long as a place has taken as of late: a long hold */
#define NEAR_PLACES     8      /* so near the front a short hold may be followed by a short one */
#define NEAR_PAGE_MS    1200   /* a place, if the listing is one page, */
#define NEAR_PAGES_MS   3000   /* or more */
#define LAST_MIN_MS     1000   /* before its time is over a run looks so long, */
#define LAST_MAX_MS     3000   /* to so long */
#define IDLE_MS         15000  /* a crowd that arrives at once sorts itself out meanwhile */
#define IDLE_SHARE      2      /* of the time in which nothing was seen to go on */
#define THOUSAND        1000

struct mono pace_again_at(struct lock *lock, struct mono now)
{
    int64_t pause_ms = lock->again_ms;
    if (!pause_ms)
        pause_ms = lock->settings.settle_ms / 4;
    if (pause_ms < LOCK_FIRST_LOOK_MS)
        pause_ms = LOCK_FIRST_LOOK_MS;
    lock->again_ms = pause_ms * 3 / 2;
    if (lock->again_ms > LOCK_AGAIN_MAX_MS || !RULE(GROWING_PAUSE))
        lock->again_ms = RULE(GROWING_PAUSE) ? LOCK_AGAIN_MAX_MS : pause_ms;
    return mono_add(now, pause_ms);
}

bool pace_is_far_back(const struct lock *lock, const struct lock_listing *listing,
                      const struct judgement *seen)
{
    const struct lock_settings *settings = &lock->settings;
    bool patient = settings->wait_until.ms == MONO_NEVER.ms && !settings->max_attempts;
    struct mono until = mono_add(lock->arrived, settings->lock_timeout_ms / FAR_BACK_SHARE);
    return RULE(FAR_BACK) && patient && !mono_reached(listing->asked, until) &&
           lock->phase == LOCK_WAITING && lock->ticket_ms == ATTEMPT_UNKNOWN &&
           !listing->complete && seen->rivalry.still_ahead >= FAR_BACK_PLACES;
}

bool pace_has_met(const struct lock_pace *pace, const struct attempt *attempt)
{
    uint64_t run = view_hash(attempt->id, attempt->nonce);
    for (uint32_t i = 0; i < pace->front; i++)
        if (pace->runs[i] == run)
            return true;
    return false;
}

static int64_t jittered(int64_t ms, uint32_t random)
{
    int64_t span_ms = 2 * ms * JITTER_PERCENT / 100;
    return ms - span_ms / 2 + ms_random(span_ms, random);
}

/*
 * Does the time since the last look say something about how long holds take? Not if nobody was seen
 * to hold, and nobody moved: for IDLE_MS that is a crowd that arrives and sorts itself out.
 */
static bool tells_of_holds(struct lock_pace *pace, uint32_t moved, bool held, int64_t since_ms)
{
    pace->idle_ms = held || moved ? 0 : pace->idle_ms + since_ms;
    return pace->idle_ms == 0 || pace->idle_ms > IDLE_MS;
}

/* How long the hold in sight has lasted so far; 0 if there is none, or the time is not known. */
static int64_t held_ms(const struct lock *lock)
{
    const struct lock_position *position = &lock->position;
    int64_t since_ms = position->held ? position->since_ms : lock->mutex.shown_ms;
    if (lock->service_ms == INT64_MIN || (!position->held && !lock->mutex.blocked))
        return 0;
    return lock->service_ms > since_ms ? lock->service_ms - since_ms : 0;
}

/*
 * How old the holds in sight were, on the average. One that would have begun before the last look
 * is over if the queue has moved: who came after it may be quick.
 */
static void remember_hold(struct lock *lock, uint32_t moved, int64_t since_ms)
{
    struct lock_pace *pace = &lock->pace;
    bool over = moved > 0 && pace->hold_ms > since_ms && RULE(LONG_HOLD_OVER);
    pace->hold_ms = over ? held_ms(lock) : (pace->hold_ms + held_ms(lock)) / 2;
}

/*
 * Compares the front page with that of the last look: those whose ticket it had shown, and who are
 * gone, have moved us. If all are gone, nobody knows by how much.
 */
static void update_pace(struct lock *lock, const struct lock_listing *listing,
                        const struct judgement *seen)
{
    struct lock_pace *pace = &lock->pace;
    bool held = seen->rivalry.claims || held_ms(lock) > 0;
    bool blind = lock->ticket_ms == ATTEMPT_UNKNOWN;
    const struct rivalry *rivalry = &seen->rivalry;
    uint32_t moved = pace->front > rivalry->still_ahead ? pace->front - rivalry->still_ahead : 0;
    bool exact = seen->own_shown || listing->complete;
    bool overlap = pace->looked && pace->front > 0;
    int64_t since_ms = pace->looked ? mono_diff(listing->asked, pace->asked) : 0;
    if (overlap && tells_of_holds(pace, moved, held, since_ms)) {
        pace->elapsed_ms = pace->elapsed_ms * 3 / 4 + since_ms;
        pace->moved = pace->moved * 3 / 4 + (int64_t)moved * THOUSAND;
    }
    remember_hold(lock, moved, since_ms);
    if (!exact && overlap && pace->ahead > rivalry->turn + moved)
        pace->ahead -= moved;
    else
        pace->ahead = rivalry->turn;
    if (blind && !exact && overlap)
        pace->ahead = ms_min(rivalry->on_front_page, BLIND_FACTOR * rivalry->still_ahead);
    pace->front = rivalry->front;
    memcpy(pace->runs, rivalry->runs, sizeof(pace->runs));
    pace->asked = listing->asked;
    pace->looked = true;
}

/* How long it takes until the queue moves by one, at least, by the age of the holds seen. */
static int64_t place_ms(const struct lock_pace *pace)
{
    int64_t ms = pace->hold_ms * 3 / 2 + CHANGE_MS;
    return ms_max(ms, NEAR_PAGE_MS);
}

/*
 * The longest pause that the holds in sight allow (PLACE_BY_HOLD). The queue may only have stood
 * still because the first in it overslept, so its rate alone is no reason for a long pause.
 */
static int64_t longest_by_holds_ms(const struct lock_pace *pace)
{
    int64_t by_hold_ms = pace->ahead * place_ms(pace) * PLACE_PERCENT / 100;
    int64_t by_idle_ms = pace->idle_ms / IDLE_SHARE; /* the first in line may be dead */
    if (!RULE(PLACE_BY_HOLD))
        return INT64_MAX;
    return ms_max(by_hold_ms, by_idle_ms);
}

/* How long it has taken lately until the queue moved by one. */
static int64_t recent_place_ms(const struct lock_pace *pace)
{
    int64_t ms =
        pace->elapsed_ms * THOUSAND / (pace->moved + THOUSAND); /* one more was about to move */
    return ms_max(ms, PLACE_MIN_MS);
}

/* Until it may be our turn: a part of what those ahead will take, if they go on as of late. */
static int64_t turn_ms(const struct lock_pace *pace)
{
    return recent_place_ms(pace) * (pace->ahead - 1) * TURN_PERCENT / 100;
}

/* The pause of the next in line, by how long the hold has lasted so far (NEXT_BY_HOLD). */
static int64_t by_age_ms(const struct lock *lock, int64_t most_ms)
{
    int64_t age_ms = held_ms(lock);
    if (!age_ms || !RULE(NEXT_BY_HOLD))
        return NEXT_MS;
    if (age_ms / NEXT_SHARE > NEXT_MS)
        return ms_min(age_ms / NEXT_SHARE, ms_min(most_ms, lock->settings.lock_timeout_ms / 3));
    return lock->pace.hold_ms < SHORT_HOLD_MS ? NEXT_MIN_MS : NEXT_MS;
}

/*
 * Who is next. Anybody can say anything about how long a hold will take: a word about the end
 * counts for no more than the time that the hold has lasted, and as little as any of the service's
 * answers.
 */
static int64_t next_ms(const struct lock *lock, const struct rivalry *rivalry)
{
    int64_t most_ms = ms_min(lock->settings.lock_timeout_ms / WORD_SHARE, WORD_MAX_MS);
    if (rivalry->first_end_ms == ATTEMPT_UNKNOWN || lock->service_ms == INT64_MIN)
        return by_age_ms(lock, NEXT_MAX_MS);
    int64_t left_ms = rivalry->first_end_ms - lock->service_ms;
    int64_t age_ms = lock->service_ms - rivalry->youngest_hold_ms;
    bool overrun = -left_ms > (rivalry->first_end_ms - rivalry->youngest_hold_ms) / NEXT_SHARE;
    int64_t said_ms = ms_min(ms_min(left_ms, age_ms) / SAID_SHARE, most_ms);
    return ms_max(said_ms, by_age_ms(lock, overrun ? NEXT_MAX_MS : NEXT_SAID_MS));
}

/*
 * Further back: what who is next waits, and a place for each other run ahead; it takes the longer
 * the longer the hold in sight has lasted, since others may be like it.
 */
static int64_t place_by_place_ms(const struct lock *lock, int64_t next_ms, int64_t place_ms)
{
    int64_t by_hold_ms = ms_min(held_ms(lock) / PLACE_SHARE, PLACE_MAX_MS);
    if (RULE(FAR_BY_HOLD))
        place_ms = ms_max(place_ms, by_hold_ms);
    return ms_max(next_ms, place_ms) + (lock->pace.ahead - 1) * place_ms;
}

/*
 * What was seen of the queue is as old as our wait: those ahead may be gone before the next look,
 * unless a hold is in sight.
 */
static int64_t waited_share_ms(const struct lock *lock, struct mono asked, int64_t next_ms)
{
    int64_t waited_ms = mono_diff(asked, lock->arrived);
    int64_t least_ms = (lock->pace.ahead - 1) * PLACE_MIN_MS * TURN_PERCENT / 100;
    if (!RULE(HALF_WAITED))
        return INT64_MAX;
    if (held_ms(lock) > 0)
        least_ms = ms_max(least_ms, place_by_place_ms(lock, next_ms, PLACE_MIN_MS));
    waited_ms = lock->pace.moved > 0 ? waited_ms : waited_ms / WAITED_SHARE;
    return ms_max(waited_ms, least_ms);
}

/* Further back behind a hold longer than those before it: all in front may be quick when it ends.
 */
static int64_t longest_far_back_ms(const struct lock *lock)
{
    int64_t soonest_ms = (lock->pace.ahead - 1) * (PLACE_MIN_MS + CHANGE_MS);
    bool stands =
        lock->pace.moved < THOUSAND || held_ms(lock) > LONG_FACTOR * recent_place_ms(&lock->pace);
    return stands && RULE(FAR_MOST) ? ms_max(FAR_MAX_MS, soonest_ms) : INT64_MAX;
}

/*
 * Whose turn may come looks once more before its time is over: else it would give up for one who
 * has left long ago. Those far back do not, since many may have the same time.
 */
static int64_t within_time_ms(const struct lock *lock, struct mono asked, int64_t pause_ms,
                              uint32_t random)
{
    struct mono until = lock->settings.wait_until;
    int64_t spread_ms = ms_random(LAST_MAX_MS - LAST_MIN_MS, random);
    bool in_time = !mono_reached(mono_add(asked, pause_ms), until);
    if (in_time || mono_reached(mono_add(asked, LAST_MAX_MS), until) ||
        lock->pace.ahead > NEAR_PLACES)
        return pause_ms;
    return mono_diff(until, asked) - LAST_MIN_MS - spread_ms;
}

/* The pause, as if there were no limit to our wait. */
static int64_t unlimited_ms(struct lock *lock, const struct lock_listing *listing,
                            const struct judgement *seen, uint32_t random)
{
    int64_t timeout_ms = lock->settings.lock_timeout_ms;
    bool exact = seen->own_shown || listing->complete;
    int64_t ahead = lock->pace.ahead, first_ms = next_ms(lock, &seen->rivalry);
    if (ahead <= 1)
        return jittered(first_ms, random);
    bool one_page = listing->complete && listing->pages == 1;
    int64_t pause_ms =
        ms_min(longest_by_holds_ms(&lock->pace), waited_share_ms(lock, listing->asked, first_ms));
    pause_ms = ms_min(pause_ms, turn_ms(&lock->pace));
    if (one_page && RULE(NEAR_LOOKS))
        pause_ms = ms_min(pause_ms, place_by_place_ms(lock, first_ms, NEAR_PAGE_MS));
    else if (ahead <= NEAR_PLACES)
        pause_ms = ms_min(pause_ms, place_by_place_ms(lock, first_ms, NEAR_PAGES_MS));
    pause_ms = ms_max(pause_ms, ms_max(first_ms, FURTHER_MIN_MS));
    pause_ms = ms_min(pause_ms, longest_far_back_ms(lock));
    return jittered(ms_min(pause_ms, exact ? timeout_ms / 3 : timeout_ms / 2), random);
}

int64_t pace_pause_ms(struct lock *lock, const struct lock_listing *listing,
                      const struct judgement *seen, uint32_t random)
{
    int64_t delay_ms = lock->settings.retry_delay_ms;
    if (delay_ms)
        return delay_ms + ms_random(delay_ms / 2, random);
    update_pace(lock, listing, seen);
    int64_t pause_ms = unlimited_ms(lock, listing, seen, random);
    return within_time_ms(lock, listing->asked, pause_ms, random);
}
