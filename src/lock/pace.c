#include "pace.h"

#include "rule.h"

#define JITTER_PERCENT 20
#define TURN_PERCENT   60
#define NEXT_MS        1000  /* between looks of who is next, */
#define NEXT_MAX_MS    5400  /* and after a long hold */
#define NEXT_SHARE     50    /* of the time that it has lasted so far */
#define WAITED_SHARE   2     /* nobody sleeps longer than this part of its wait so far */
#define PLACE_MIN_MS   1000  /* no lock changes hands faster */
#define NEAR_PLACES    8     /* so near the front a short hold may be followed by a short one */
#define NEAR_PAGE_MS   1200  /* a place, if the listing is one page, */
#define NEAR_PAGES_MS  3000  /* or more */
#define IDLE_MS        15000 /* a crowd that arrives at once sorts itself out meanwhile */
#define THOUSAND       1000

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

static int64_t jittered(int64_t ms, uint32_t random)
{
    int64_t span_ms = 2 * ms * JITTER_PERCENT / 100;
    return ms - span_ms / 2 + (int64_t)((uint64_t)span_ms * random >> 32);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Nobody holds and nobody moves: for a while that says nothing about how long holds take. */
static bool tells_of_holds(struct lock_pace *pace, uint32_t moved, bool held, int64_t since_ms)
{
    pace->idle_ms = held || moved ? 0 : pace->idle_ms + since_ms;
    return pace->idle_ms == 0 || pace->idle_ms > IDLE_MS;
}

/*
 * Compares the front page with that of the last look: those whose ticket it had shown, and who are
 * gone, have moved us. If all are gone, nobody knows by how much.
 */
static void measure(struct lock_pace *pace, const struct lock_listing *listing,
                    const struct judgement *seen)
{
    const struct rivalry *rivalry = &seen->rivalry;
    uint32_t moved = pace->front > rivalry->still ? pace->front - rivalry->still : 0;
    bool exact = seen->own_shown || listing->complete;
    bool overlap = pace->looked && rivalry->still > 0;
    int64_t since_ms = pace->looked ? mono_diff(listing->asked, pace->asked) : 0;
    if (overlap && tells_of_holds(pace, moved, rivalry->claims, since_ms)) {
        pace->elapsed_ms = pace->elapsed_ms * 3 / 4 + since_ms;
        pace->moved = pace->moved * 3 / 4 + (int64_t)moved * THOUSAND;
    }
    if (!exact && overlap && pace->ahead > rivalry->turn + moved)
        pace->ahead -= moved;
    else
        pace->ahead = rivalry->turn;
    pace->front = rivalry->front;
    pace->newest_ms = rivalry->newest_ms;
    pace->asked = listing->asked;
    pace->looked = true;
}

/* Until it may be our turn: a part of what those ahead will take, if they go on as of late. */
static int64_t turn_ms(const struct lock_pace *pace)
{
    int64_t place_ms = pace->elapsed_ms, places = pace->ahead - 1;
    if (!pace->elapsed_ms && places > pace->front) /* see those move who are in sight */
        places = pace->front;
    place_ms = place_ms * THOUSAND / (pace->moved + THOUSAND); /* one more was about to move */
    if (place_ms < PLACE_MIN_MS)
        place_ms = PLACE_MIN_MS;
    return place_ms * places * TURN_PERCENT / 100;
}

/* Who is next: a long hold is not over the next moment. */
static int64_t next_ms(const struct lock *lock)
{
    const struct lock_standing *standing = &lock->standing;
    bool known = standing->held && lock->service_ms != INT64_MIN && RULE(NEXT_BY_HOLD);
    int64_t pause_ms = known ? (lock->service_ms - standing->since_ms) / NEXT_SHARE : NEXT_MS;
    int64_t most_ms = least(NEXT_MAX_MS, lock->settings.lock_timeout_ms / 3);
    return pause_ms < NEXT_MS ? NEXT_MS : least(pause_ms, most_ms);
}

/* What was seen of the queue is as old as our wait: those ahead may be gone before the next look.
 */
static int64_t waited_share_ms(const struct lock *lock, struct mono asked)
{
    int64_t waited_ms = mono_diff(asked, lock->arrived);
    if (!RULE(HALF_WAITED))
        return INT64_MAX;
    return lock->pace.moved > 0 ? waited_ms : waited_ms / WAITED_SHARE;
}

int64_t pace_pause_ms(struct lock *lock, const struct lock_listing *listing,
                      const struct judgement *seen, uint32_t random)
{
    const struct lock_settings *settings = &lock->settings;
    int64_t delay_ms = settings->retry_delay_ms, timeout_ms = settings->lock_timeout_ms;
    if (delay_ms)
        return delay_ms + (int64_t)((uint64_t)(delay_ms / 2) * random >> 32);
    bool exact = seen->own_shown || listing->complete;
    measure(&lock->pace, listing, seen);
    int64_t ahead = lock->pace.ahead;
    if (ahead <= 1)
        return jittered(next_ms(lock), random);
    int64_t pause_ms = least(turn_ms(&lock->pace), waited_share_ms(lock, listing->asked));
    bool one_page = listing->complete && listing->pages == 1;
    if (one_page && RULE(NEAR_LOOKS))
        pause_ms = least(pause_ms, NEAR_PAGE_MS * ahead);
    else if (ahead <= NEAR_PLACES)
        pause_ms = least(pause_ms, NEAR_PAGES_MS * ahead);
    if (pause_ms < NEXT_MS)
        pause_ms = NEXT_MS;
    return jittered(least(pause_ms, exact ? timeout_ms / 3 : timeout_ms / 2), random);
}
