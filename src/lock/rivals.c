#include "rivals.h"

#include <string.h>

#include "pace.h"
#include "rule.h"
#include "view.h"

/* What another run takes from ours while it holds. */
enum terms {
    TERMS_WHOLE, /* everything */
    TERMS_SLOT,  /* one slot */
    TERMS_BESIDE /* nothing: readers */
};

static enum terms terms_with(const struct lock *lock, const struct attempt *other)
{
    const struct lock_settings *settings = &lock->settings;
    bool takes_slot = other->slots > 1 && !other->shared;
    if (settings->shared && other->shared && other->slots <= 1)
        return TERMS_BESIDE;
    if (settings->shared && takes_slot && !RULE(SHARED_OR_SLOTS))
        return TERMS_BESIDE;
    if (settings->slots > 1 && (takes_slot || !RULE(ALL_SLOTS)))
        return TERMS_SLOT;
    return TERMS_WHOLE;
}

bool rivals_share_mutex(const struct lock *lock, const struct attempt *other)
{
    return !lock->settings.shared && !other->shared &&
           (lock->settings.slots > 1) == (other->slots > 1);
}

/* Do its settings contradict ours about how many may hold at once? The user is told. */
static bool disagrees(const struct lock *lock, const struct attempt *other)
{
    const struct lock_settings *settings = &lock->settings;
    if (settings->shared || other->shared)
        return settings->slots > 1 || other->slots > 1;
    return settings->slots > 1 && other->slots > 1 && settings->slots != other->slots;
}

/* When its run began to hold, as far as its name tells. */
static int64_t since_ms(const struct rival_name *name)
{
    int64_t first_ms = name->attempt->first_claim_ms;
    return first_ms != ATTEMPT_UNKNOWN ? first_ms : name->entry->created_ms;
}

/* Notes what a claim says about the end of its hold (EXPECTED). */
static void hear_expected_end(struct rivals *rivals, const struct rival_name *name)
{
    int64_t began_ms = since_ms(name), ends_ms = attempt_ends_ms(name->attempt, began_ms);
    rivals->end_unknown |= ends_ms == ATTEMPT_UNKNOWN || !RULE(EXPECTED);
    rivals->youngest_hold_ms = ms_max(rivals->youngest_hold_ms, began_ms);
    rivals->first_end_ms = rivals->first_end_ms ? ms_min(rivals->first_end_ms, ends_ms) : ends_ms;
}

/* Whom to name to people as ahead: the longest holder; if nobody holds, the longest waiter. */
static void note_position(struct lock *lock, const struct rival_name *name, bool holds)
{
    struct lock_position *position = &lock->position;
    int64_t began_ms = since_ms(name);
    bool better = !position->ahead_name[0] || (holds && !position->held) ||
                  (holds == position->held && began_ms < position->since_ms);
    if (!better)
        return;
    view_copy_name(name->entry->name, position->ahead_name);
    position->held = holds;
    position->since_ms = began_ms;
}

/* Who is ahead on the front page is remembered, to see who of them has gone by the next look. */
static void remember_in_front(struct rivals *rivals, const struct lock *lock)
{
    const struct attempt *attempt = &rivals->run.attempt;
    rivals->still_ahead += pace_has_met(&lock->pace, attempt);
    rivals->runs[rivals->front++] = view_hash(attempt->id, attempt->nonce);
}

/* All names of the run that was being added are in: counts it. */
static void close_run(struct rivals *rivals, const struct lock *lock)
{
    const struct rival *run = &rivals->run;
    enum terms terms = terms_with(lock, &run->attempt);
    bool claims = run->claims && RULE(CLAIM_BLOCKS);
    bool before = run->before && RULE(TICKET_ORDER);
    if (lock->settings.shared && !run->claims && !RULE(SHARED_WAITS))
        before = false;
    if (!run->any)
        return;
    rivals->on_front_page += run->front;
    if ((claims || before) && run->front)
        remember_in_front(rivals, lock);
    rivals->before |= before && terms != TERMS_BESIDE;
    if (terms == TERMS_BESIDE) {
        rivals->beside += claims || before;
        rivals->beside_claims += claims;
    } else if (terms == TERMS_SLOT) {
        rivals->slots += claims || before;
        rivals->slot_claims += claims;
        rivals->older_slots += run->older;
        rivals->old |= before && !run->claims && run->old;
    } else {
        rivals->whole += claims || before;
        rivals->whole_claims += claims;
        rivals->older += run->older;
        rivals->old |= before && !run->claims && run->old;
    }
    rivals->run.any = false;
}

/*
 * An older claim in a slot counts only as long as it is surely alive: whether one that dies still
 * counts is seen differently by front ends' clocks, and others may have entered in its place.
 */
static bool counts_as_older(const struct lock *lock, const struct rival_name *name)
{
    return terms_with(lock, name->attempt) != TERMS_SLOT || !RULE(OLDER_SLOT_ALIVE) ||
           name->age_ms < name->attempt->lock_timeout_ms / 2;
}

void rivals_add_name(struct rivals *rivals, struct lock *lock, const struct rival_name *name)
{
    struct rival *run = &rivals->run;
    enum terms terms = terms_with(lock, name->attempt);
    if (!run->any || !attempt_same_run(&run->attempt, name->attempt)) {
        close_run(rivals, lock);
        *run = (struct rival){.attempt = *name->attempt,
                              .any = true,
                              .front = name->entry < rivals->entries + LOCK_FRONT_MAX,
                              .ticket_ms = name->ticket_ms};
    }
    if (name->ticket_ms < run->ticket_ms)
        run->ticket_ms = name->ticket_ms;
    run->before |= name->before;
    run->claims |= name->claim;
    run->older |= name->claim && name->older && counts_as_older(lock, name);
    run->old |= name->age_ms >= 3 * lock->settings.settle_ms;
    uint32_t slots = name->attempt->slots;
    if (terms == TERMS_SLOT && slots > 1 && (!rivals->fewest || slots < rivals->fewest))
        rivals->fewest = slots;
    bool timeout = name->attempt->lock_timeout_ms != lock->settings.lock_timeout_ms;
    if ((disagrees(lock, name->attempt) || timeout) && !rivals->disagrees)
        rivals->disagrees = name->entry;
    bool ahead = (name->claim && RULE(CLAIM_BLOCKS)) || (name->before && RULE(TICKET_ORDER));
    if (terms != TERMS_BESIDE && ahead)
        note_position(lock, name, name->attempt->claim);
    if (terms != TERMS_BESIDE && name->claim)
        hear_expected_end(rivals, name);
}

void rivals_add_unmarked(struct rivals *rivals, struct lock *lock, const struct rival_name *name)
{
    rivals->whole++;
    rivals->before = rivals->end_unknown = true;
    rivals->old |= name->age_ms >= 3 * lock->settings.settle_ms;
    note_position(lock, name, true);
}

struct rivalry rivals_sum(struct rivals *rivals, struct lock *lock)
{
    struct rivalry ret = {.first_end_ms = ATTEMPT_UNKNOWN};
    uint32_t own = lock->settings.slots > 1 ? lock->settings.slots : 1, room = own;
    close_run(rivals, lock);
    if (rivals->fewest && rivals->fewest < own && RULE(FEWEST_SLOTS))
        room = rivals->fewest;
    bool full = rivals->slots >= room && RULE(SLOTS_FULL);
    uint32_t claims = rivals->whole_claims + rivals->slot_claims;
    ret.holders = claims;
    uint32_t runs = rivals->whole + rivals->slots + rivals->beside - rivals->beside_claims;
    if (rivals->whole > 0 || full)
        ret.ahead = rivals->whole + rivals->slots;
    ret.claims = rivals->whole_claims > 0 || rivals->slot_claims >= room;
    ret.before = rivals->before;
    ret.young = !rivals->old;
    ret.older_claim = rivals->older > 0 || rivals->older_slots >= (RULE(OLDER_SLOTS) ? own : 1);
    /* Of those who do not claim yet, as many as there is room for are about to: they do not wait.
     */
    uint32_t enter = rivals->beside_claims || claims > room ? claims : room;
    ret.waiting = runs > enter ? runs - enter : 0;
    if (!rivals->end_unknown && rivals->first_end_ms) {
        ret.youngest_hold_ms = rivals->youngest_hold_ms;
        ret.first_end_ms = rivals->first_end_ms;
    }
    ret.on_front_page = rivals->on_front_page;
    ret.front = rivals->front;
    ret.still_ahead = rivals->still_ahead;
    memcpy(ret.runs, rivals->runs, sizeof(ret.runs));
    ret.turn = claims > 1 ? runs - (claims - 1) : runs; /* all who hold count as one */
    return ret;
}
