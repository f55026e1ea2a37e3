#include "judge.h"

#include <string.h>

#include "generations.h"
#include "rivals.h"
#include "rule.h"

bool judge_counts(const struct lock *lock, const struct lock_generation *generation,
                  struct mono now)
{
    if (generation->drop ||
        (generation->state != LOCK_GENERATION_SENT && generation->state != LOCK_GENERATION_MADE))
        return false;
    int64_t counts_ms = lock->settings.lock_timeout_ms - lock->settings.settle_ms;
    return !RULE(OWN_LEASE) || !mono_reached(now, mono_add(generation->sent, counts_ms));
}

static enum attempt_kind parse(const struct lock *lock, struct text name, struct attempt *ret)
{
    enum attempt_kind kind = attempt_parse(text_from(lock->settings.prefix), name, ret);
    if (kind == ATTEMPT_ELSEWHERE && !RULE(NESTED_ELSEWHERE)) {
        *ret = (struct attempt){.id = name, .slots = 1};
        return ATTEMPT_UNMARKED;
    }
    return kind;
}

static bool same_id(const struct lock *lock, const struct attempt *attempt)
{
    return text_equal(attempt->id, lock->settings.id);
}

static bool is_own(const struct lock *lock, const struct attempt *attempt)
{
    const char *nonce = lock->settings.nonce ? lock->settings.nonce : "";
    return same_id(lock, attempt) && (text_equal(attempt->nonce, nonce) || !RULE(NONCE));
}

/*
 * "Now": a lower bound of the service's clock; INT64_MIN while nothing of ours was seen. It
 * never goes back, although a newer attempt may have been made by a clock that is behind: what
 * was expired stays expired.
 */
static int64_t service_now(const struct lock *lock, struct mono now)
{
    if (lock->anchor_created_ms == ATTEMPT_UNKNOWN)
        return INT64_MIN;
    int64_t now_ms = lock->anchor_created_ms + mono_diff(now, lock->anchor);
    return now_ms < lock->service_ms && RULE(NOW_FORWARD) ? lock->service_ms : now_ms;
}

static bool is_live(const struct lock *lock, enum attempt_kind kind, const struct attempt *attempt,
                    int64_t created_ms, int64_t now_ms)
{
    int64_t timeout_ms = lock->settings.lock_timeout_ms;
    if (kind == ATTEMPT_MARKED && RULE(OTHERS_TIMEOUT))
        timeout_ms = attempt->lock_timeout_ms;
    if (kind == ATTEMPT_UNMARKED && RULE(ROLE_TIMEOUT))
        timeout_ms = lock->settings.role_timeout_ms;
    int64_t grace_ms = RULE(EXPIRY_GRACE) ? LOCK_GRACE_MS : 0;
    return now_ms <= created_ms + timeout_ms + grace_ms || !RULE(EXPIRES);
}

/* "The queue": s is held off by c if s - T_S <= c < s; with room, if c + D < s as well. */
static bool holds_off(const struct lock *lock, const struct lock_generation *generation,
                      int64_t created_ms, bool with_room)
{
    int64_t own_ms = generation->created_ms;
    int64_t room_ms = with_room && RULE(ROOM) ? lock->settings.settle_ms : 0;
    return generation->seen && created_ms - lock->settings.role_timeout_ms <= own_ms &&
           own_ms + room_ms < created_ms;
}

static bool held_off(const struct lock *lock, struct mono now, const struct lock_listing *listing,
                     int64_t created_ms, bool holding)
{
    if (!RULE(HOLD_OFF))
        return true;
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++) {
        const struct lock_generation *own = &lock->generations[i];
        /* A holder's old generation goes on holding off whom it held off: the newer one stands
         * beside it, and the role reckons with its own timeout, not with our lease. */
        bool counts = holding ? own->state == LOCK_GENERATION_MADE && !own->drop
                              : judge_counts(lock, own, now);
        if (counts && (own->shown || !listing->complete) &&
            holds_off(lock, own, created_ms, !holding))
            return true;
    }
    return false;
}

bool judge_stands(const struct lock *lock, const struct lock_listing *listing,
                  const struct lock_generation *generation)
{
    if (generation->state != LOCK_GENERATION_MADE || generation->drop)
        return false;
    return !RULE(SUCCESSION) ||
           (generation->shown &&
            mono_reached(listing->asked, mono_add(generation->answered, lock->settings.settle_ms)));
}

static bool others_hold_off(const struct lock *lock, const struct lock_listing *listing,
                            const struct lock_generation *spared, int64_t created_ms)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++) {
        const struct lock_generation *own = &lock->generations[i];
        if (own != spared && judge_stands(lock, listing, own) &&
            holds_off(lock, own, created_ms, false))
            return true;
    }
    return false;
}

bool judge_can_spare(const struct lock *lock, const struct lock_listing *listing,
                     const struct lock_generation *generation)
{
    for (uint32_t i = 0; RULE(DROP_HOLDS_OFF) && i < listing->count; i++) {
        const struct lock_entry *entry = &listing->entries[i];
        struct attempt attempt;
        if (parse(lock, entry->name, &attempt) != ATTEMPT_UNMARKED || entry->has_content)
            continue;
        bool live = is_live(lock, ATTEMPT_UNMARKED, &attempt, entry->created_ms, lock->service_ms);
        bool matters = live || !generations_left_alone(lock, entry->name);
        if (matters && !others_hold_off(lock, listing, generation, entry->created_ms))
            return false;
    }
    return true;
}

static void see(struct lock *lock, struct mono now, const struct lock_entry *entry,
                struct lock_generation *own)
{
    if (own->seen && entry->created_ms != own->created_ms && RULE(OWN_UNCHANGED))
        return; /* deleted, and made again by somebody: rivals may have looked in between */
    own->shown = true;
    if (own->seen)
        return;
    own->seen = true;
    own->seen_look = lock->looks;
    own->created_ms = entry->created_ms;
    if (own->state == LOCK_GENERATION_SENT) { /* the listing is the answer that was lost */
        own->state = LOCK_GENERATION_MADE;
        own->answered = now;
    }
    lock->made_any = true;
    if (own->drop)
        return;
    if (lock->anchor_created_ms == ATTEMPT_UNKNOWN || own->number >= lock->anchor_number) {
        lock->anchor_number = own->number;
        lock->anchor_created_ms = own->created_ms;
        lock->anchor = RULE(LOWER_BOUND) ? own->answered : own->sent;
    }
    if (own->ticket_ms == ATTEMPT_UNKNOWN &&
        (lock->ticket_ms == ATTEMPT_UNKNOWN || own->created_ms < lock->ticket_ms))
        lock->ticket_ms = own->created_ms;
    if (own->claim && lock->first_claim_ms == ATTEMPT_UNKNOWN)
        lock->first_claim_ms = own->created_ms;
}

/* A name of ours that was deleted, or that we no longer know, stands there (again). */
static void meet_ghost(struct lock *lock, const struct lock_listing *listing,
                       const struct attempt *attempt, struct lock_generation *own)
{
    if (own && own->state == LOCK_GENERATION_DELETED &&
        !mono_reached(listing->asked, mono_add(own->deleted, lock->settings.settle_ms)))
        return; /* the listing may be older than the delete */
    lock->made_any = true;
    if (!own)
        own = generations_take(lock);
    *own = (struct lock_generation){
        .state = LOCK_GENERATION_MADE,
        .number = attempt->generation,
        .claim = attempt->claim,
        .drop = true,
        .ticket_ms = attempt->ticket_ms,
        .first_claim_ms = attempt->first_claim_ms,
        .token = attempt->token,
        .created_ms = ATTEMPT_UNKNOWN,
        .sent = {INT64_MIN / 2}, /* long ago: it gives no lease */
        .answered = {INT64_MIN / 2},
    };
}

void judge_own(struct lock *lock, struct mono now, const struct lock_listing *listing)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++)
        lock->generations[i].shown = false;
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct lock_entry *entry = &listing->entries[i];
        struct attempt attempt;
        if (parse(lock, entry->name, &attempt) != ATTEMPT_MARKED || !is_own(lock, &attempt))
            continue;
        struct lock_generation *own = generations_find(lock, attempt.generation);
        if (own && (own->state == LOCK_GENERATION_SENT || own->state == LOCK_GENERATION_MADE))
            see(lock, now, entry, own);
        else if (!own || own->state == LOCK_GENERATION_DELETED)
            meet_ghost(lock, listing, &attempt, own);
    }
}

static void judge_self(const struct lock *lock, struct mono now, const struct lock_listing *listing,
                       struct judgement *ret)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++) {
        const struct lock_generation *own = &lock->generations[i];
        if (!judge_counts(lock, own, now) || (!own->shown && RULE(OWN_SHOWN)))
            continue;
        ret->own_shown = true;
        if (!RULE(SETTLE) ||
            mono_reached(listing->asked, mono_add(own->answered, lock->settings.settle_ms)))
            ret->own_settled = true;
    }
}

/* The order of keys: ticket, then ID, then nonce. */
static bool precedes(const struct lock *lock, int64_t ticket_ms, const struct attempt *other,
                     int64_t own_ticket_ms)
{
    if (ticket_ms != own_ticket_ms)
        return ticket_ms < own_ticket_ms;
    struct text id = text_from(lock->settings.id);
    struct text nonce = text_from(lock->settings.nonce);
    size_t length = other->id.length < id.length ? other->id.length : id.length;
    int order = memcmp(other->id.data, id.data, length);
    if (order == 0 && other->id.length != id.length)
        order = other->id.length < id.length ? -1 : 1;
    if (order == 0 && other->nonce.length && nonce.length)
        order = memcmp(other->nonce.data, nonce.data,
                       other->nonce.length < nonce.length ? other->nonce.length : nonce.length);
    return order < 0;
}

static int64_t ticket_of(const struct attempt *attempt, int64_t created_ms)
{
    return attempt->ticket_ms != ATTEMPT_UNKNOWN ? attempt->ticket_ms : created_ms;
}

/* The run at entry i has a live name (or claim) in sight; its names are neighbours there. */
static bool run_shows(const struct lock *lock, const struct lock_listing *listing, uint32_t i,
                      const struct attempt *run, int64_t now_ms, bool claim)
{
    uint32_t first = i;
    struct attempt other;
    while (first > 0 && parse(lock, listing->entries[first - 1].name, &other) == ATTEMPT_MARKED &&
           attempt_same_run(&other, run))
        first--;
    for (uint32_t k = first; k < listing->count; k++) {
        if (parse(lock, listing->entries[k].name, &other) != ATTEMPT_MARKED ||
            !attempt_same_run(&other, run))
            return false;
        if ((other.claim || !claim) &&
            is_live(lock, ATTEMPT_MARKED, &other, listing->entries[k].created_ms, now_ms))
            return true;
    }
    return !listing->complete; /* the rest may be on the next page */
}

/* "Same ID twice": waiting attempts of an earlier run of our explicit ID, which we replace. */
static bool is_leftover(const struct lock *lock, const struct lock_listing *listing, uint32_t i,
                        const struct attempt *attempt, int64_t now_ms, int64_t own_ticket_ms)
{
    return same_id(lock, attempt) && !attempt->claim && own_ticket_ms != ATTEMPT_UNKNOWN &&
           (precedes(lock, ticket_of(attempt, listing->entries[i].created_ms), attempt,
                     own_ticket_ms) ||
            !RULE(LEFTOVER_EARLIER)) &&
           !run_shows(lock, listing, i, attempt, now_ms, true);
}

/* A live name of another run. */
static void judge_marked(struct lock *lock, const struct lock_entry *entry,
                         const struct attempt *attempt, int64_t own_ticket_ms, int64_t age_ms,
                         struct rivals *rivals, struct judgement *ret)
{
    int64_t first_claim_ms =
        attempt->first_claim_ms != ATTEMPT_UNKNOWN ? attempt->first_claim_ms : entry->created_ms;
    int64_t ticket_ms = ticket_of(attempt, entry->created_ms);
    bool known = own_ticket_ms != ATTEMPT_UNKNOWN;
    struct rival_name name = {
        .entry = entry,
        .attempt = attempt,
        .ticket_ms = ticket_ms,
        .before = known && precedes(lock, ticket_ms, attempt, own_ticket_ms),
        .claim = attempt->claim && (RULE(SAME_ID_CLAIM) || !same_id(lock, attempt)),
        /* Made anew, or applied late, it would say in its name that it is older than it is. */
        .older = lock->first_claim_ms != ATTEMPT_UNKNOWN && first_claim_ms < lock->first_claim_ms &&
                 entry->created_ms < lock->first_claim_ms,
        .age_ms = age_ms,
    };
    if (!RULE(LOSS_OLDER_NOT_KEY))
        name.older = name.before;
    bool newer = known && (!name.before || !RULE(REPLACED_BY_NEWER));
    if (same_id(lock, attempt) && !attempt->claim && newer)
        ret->replaced = true;
    rivals_meet(rivals, lock, &name);
}

/* Those who take the lock for something else are told so, once. */
static void notice_disagreement(struct lock *lock, const struct lock_entry *entry)
{
    if (!entry || lock->notice != LOCK_NOTICE_NONE || lock->disagreement_told)
        return;
    lock->notice = LOCK_NOTICE_DISAGREES;
    lock->disagreement_told = true;
    generations_copy_name(entry->name, lock->notice_name);
}

static void conclude(struct lock *lock, struct rivals *rivals, struct judgement *ret)
{
    ret->rivalry = rivals_sum(rivals, lock);
    lock->standing.ahead = ret->rivalry.ahead;
    lock->standing.behind = ret->rivalry.ahead > 0;
    if (!lock->standing.behind)
        lock->standing.ahead_name[0] = '\0';
    notice_disagreement(lock, rivals->disagrees);
}

struct judgement judge_listing(struct lock *lock, struct mono now,
                               const struct lock_listing *listing)
{
    struct judgement ret = {.alone = true};
    struct rivals rivals = {.entries = listing->entries};
    bool holding = lock->phase == LOCK_CLEANING || lock->phase == LOCK_HELD;
    int64_t now_ms = service_now(lock, now), ticket_ms = lock->ticket_ms;
    lock->service_ms = now_ms;
    lock->standing = (struct lock_standing){.at_least = !listing->complete};
    judge_self(lock, now, listing, &ret);
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct lock_entry *entry = &listing->entries[i];
        struct attempt attempt;
        enum attempt_kind kind = parse(lock, entry->name, &attempt);
        if (kind == ATTEMPT_ELSEWHERE || (kind == ATTEMPT_MARKED && is_own(lock, &attempt)) ||
            (kind == ATTEMPT_UNMARKED && entry->has_content)) /* no attempt: "Cleaning" */
            continue;
        if (kind == ATTEMPT_MARKED && attempt.claim && attempt.token > lock->token_seen)
            lock->token_seen = attempt.token;
        if (!is_live(lock, kind, &attempt, entry->created_ms, now_ms))
            continue;
        int64_t age_ms = now_ms == INT64_MIN ? INT64_MAX : now_ms - entry->created_ms;
        ret.alone = false;
        if (kind == ATTEMPT_MARKED) {
            if (!is_leftover(lock, listing, i, &attempt, now_ms, ticket_ms))
                judge_marked(lock, entry, &attempt, ticket_ms, age_ms, &rivals, &ret);
        } else if (!held_off(lock, now, listing, entry->created_ms, holding)) {
            struct rival_name name = {.entry = entry, .attempt = &attempt, .age_ms = age_ms};
            rivals_meet_unmarked(&rivals, lock, &name);
            ret.stranger = true;
        }
    }
    conclude(lock, &rivals, &ret);
    return ret;
}

static void remember(struct lock *lock, const struct lock_listing *listing,
                     const struct lock_entry *entry, bool unmarked)
{
    struct lock_cleaning *clean = &lock->cleaning[lock->cleaning_count++];
    clean->unmarked = unmarked;
    clean->inside_known = !RULE(CLEAN_EMPTY);
    clean->asked = listing->asked;
    generations_copy_name(entry->name, clean->name);
}

/* What is to be done about entry i: nothing, or delete it as what? */
enum cleaning_kind {
    CLEANING_NOTHING,
    CLEANING_LEFTOVER,
    CLEANING_UNMARKED,
    CLEANING_MARKED
};

static enum cleaning_kind cleaning_of(struct lock *lock, const struct lock_listing *listing,
                                      uint32_t i, int64_t now_ms, int64_t ticket_ms)
{
    const struct lock_entry *entry = &listing->entries[i];
    struct attempt attempt;
    enum attempt_kind kind = parse(lock, entry->name, &attempt);
    if (kind == ATTEMPT_ELSEWHERE || (kind == ATTEMPT_MARKED && is_own(lock, &attempt)) ||
        entry->name.length > ATTEMPT_NAME_BYTES || generations_left_alone(lock, entry->name) ||
        (kind == ATTEMPT_UNMARKED && lock->left_alone_count == LOCK_LEFT_ALONE_MAX))
        return CLEANING_NOTHING; /* what no longer fits into the memory is left alone, too */
    if (is_live(lock, kind, &attempt, entry->created_ms, now_ms))
        return kind == ATTEMPT_MARKED && is_leftover(lock, listing, i, &attempt, now_ms, ticket_ms)
                   ? CLEANING_LEFTOVER
                   : CLEANING_NOTHING;
    if (kind == ATTEMPT_UNMARKED)
        return CLEANING_UNMARKED;
    /* One who holds beside us may need an old name of its to hold off an unmarked attempt. */
    bool lives = RULE(CLEAN_DEAD_RUNS) && run_shows(lock, listing, i, &attempt, now_ms, false);
    return lives ? CLEANING_NOTHING : CLEANING_MARKED;
}

static void notice_left_alone(struct lock *lock, const char *name)
{
    if (lock->notice == LOCK_NOTICE_NONE && !lock->left_alone_told) {
        lock->notice = LOCK_NOTICE_LEFT_ALONE;
        lock->left_alone_told = true;
        generations_copy_name(text_from(name), lock->notice_name);
    }
}

void judge_cleaning(struct lock *lock, struct mono now, const struct lock_listing *listing,
                    bool expired_too)
{
    int64_t now_ms = service_now(lock, now), ticket_ms = lock->ticket_ms;
    lock->cleaning_count = 0;
    lock->cleaning_more = false;
    for (enum cleaning_kind kind = CLEANING_LEFTOVER; kind <= CLEANING_MARKED; kind++) {
        if (kind != CLEANING_LEFTOVER && !expired_too)
            break;
        for (uint32_t i = 0; i < listing->count; i++) {
            if (cleaning_of(lock, listing, i, now_ms, ticket_ms) != kind)
                continue;
            if (listing->entries[i].has_content && RULE(CLEAN_EMPTY)) {
                char name[ATTEMPT_NAME_BYTES + 1];
                generations_copy_name(listing->entries[i].name, name);
                notice_left_alone(lock, name);
            } else if (lock->cleaning_count < LOCK_CLEANING_MAX) {
                remember(lock, listing, &listing->entries[i], kind == CLEANING_UNMARKED);
            } else {
                lock->cleaning_more |= kind == CLEANING_UNMARKED;
                break;
            }
        }
    }
}

void judge_leave_alone(struct lock *lock, const char *name)
{
    if (lock->left_alone_count < LOCK_LEFT_ALONE_MAX)
        lock->left_alone[lock->left_alone_count++] = generations_hash(text_from(name));
    notice_left_alone(lock, name);
}
