#include "own.h"

#include <string.h>

#include "cleaning.h"
#include "rule.h"
#include "view.h"

#define MARGIN_MIN_MS 2000
#define MARGIN_MAX_MS 30000

static bool is_wanted(const struct lock_generation *generation)
{
    return !generation->drop &&
           (generation->state == LOCK_GENERATION_PLANNED ||
            generation->state == LOCK_GENERATION_SENT || generation->state == LOCK_GENERATION_MADE);
}

/*
 * How much is lost if its place is taken for another name: 0 nothing; 1 the memory of a name that
 * is gone; 2 of one that cannot be deleted; 3 one that is yet to be deleted; 4 one that we need.
 */
static int worth(const struct lock_generation *generation)
{
    switch (generation->state) {
    case LOCK_GENERATION_FREE:
        return 0;
    case LOCK_GENERATION_DELETED:
        return 1;
    case LOCK_GENERATION_LEFT:
        return 2;
    case LOCK_GENERATION_PLANNED:
    case LOCK_GENERATION_SENT:
    case LOCK_GENERATION_MADE:
        break;
    }
    return generation->drop ? 3 : 4;
}

/* A late listing may still show what was deleted lately, so that is remembered. */
static bool is_older(const struct lock_generation *generation, const struct lock_generation *than)
{
    bool gone = generation->state == LOCK_GENERATION_DELETED;
    if (gone && than->state == LOCK_GENERATION_DELETED && RULE(OWN_KNOWN))
        return generation->deleted.ms < than->deleted.ms;
    return generation->number < than->number;
}

struct lock_generation *own_take(struct lock *lock)
{
    struct lock_generation *best = &lock->generations[0];
    for (uint32_t i = 1; i < LOCK_GENERATIONS_MAX; i++) {
        struct lock_generation *other = &lock->generations[i];
        if (worth(other) < worth(best) || (worth(other) == worth(best) && is_older(other, best)))
            best = other;
    }
    if (worth(best) > 1 && lock->notice == LOCK_NOTICE_NONE) {
        lock->notice = LOCK_NOTICE_CROWDED;
        own_name(lock, best, lock->notice_name);
    }
    return best;
}

struct lock_generation *own_find(struct lock *lock, uint32_t number)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++)
        if (lock->generations[i].state != LOCK_GENERATION_FREE &&
            lock->generations[i].number == number)
            return &lock->generations[i];
    return NULL;
}

/* What was planned before, and not sent, would never be: the newest comes first. */
static void forget_planned(struct lock *lock)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++)
        if (lock->generations[i].state == LOCK_GENERATION_PLANNED)
            lock->generations[i].state = LOCK_GENERATION_FREE;
}

struct lock_generation *own_plan(struct lock *lock, bool claim)
{
    forget_planned(lock);
    struct lock_generation *generation = own_take(lock);
    *generation = (struct lock_generation){
        .state = LOCK_GENERATION_PLANNED,
        .number = lock->next_number++,
        .claim = claim,
        .ticket_ms = RULE(KEEP_TICKET) ? lock->ticket_ms : ATTEMPT_UNKNOWN,
        .first_claim_ms = claim ? lock->first_claim_ms : ATTEMPT_UNKNOWN,
        .token = claim ? lock->token : ATTEMPT_UNKNOWN,
        .slot = claim && lock->mutex.state == LOCK_MUTEX_OURS ? lock->mutex.slot : 0,
        .created_ms = ATTEMPT_UNKNOWN,
    };
    return generation;
}

const struct lock_generation *own_before(const struct lock *lock,
                                         const struct lock_generation *generation)
{
    const struct lock_generation *newest = NULL;
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++) {
        const struct lock_generation *other = &lock->generations[i];
        if (is_wanted(other) && (!generation || other->number < generation->number) &&
            (!newest || other->number > newest->number))
            newest = other;
    }
    return newest;
}

const struct lock_generation *own_newest(const struct lock *lock)
{
    return own_before(lock, NULL);
}

/* The same generation, to be changed: searches take and return const pointers. */
static struct lock_generation *writable(struct lock *lock, const struct lock_generation *generation)
{
    return &lock->generations[generation - lock->generations];
}

void own_ask(struct lock *lock, const struct lock_generation *generation)
{
    writable(lock, generation)->ask = true;
}

const struct lock_generation *own_first_claim(const struct lock *lock)
{
    const struct lock_generation *first = NULL, *own = NULL;
    while ((own = own_before(lock, own)))
        if (own->claim && own->state == LOCK_GENERATION_MADE)
            first = own;
    return first;
}

const struct lock_generation *own_to_create(const struct lock *lock)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++)
        if (lock->generations[i].ask && lock->generations[i].state == LOCK_GENERATION_MADE)
            return &lock->generations[i];
    const struct lock_generation *newest = own_newest(lock);
    if (newest && newest->state != LOCK_GENERATION_MADE)
        return newest;
    return NULL;
}

const struct lock_generation *own_to_delete(const struct lock *lock, bool claims_stay)
{
    const struct lock_generation *oldest = NULL;
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++) {
        const struct lock_generation *other = &lock->generations[i];
        if (other->drop && !(other->claim && claims_stay) &&
            (other->state == LOCK_GENERATION_MADE ||
             (other->state == LOCK_GENERATION_SENT && RULE(DELETE_UNKNOWN))) &&
            (!oldest || other->number < oldest->number))
            oldest = other;
    }
    return oldest;
}

void own_drop(struct lock *lock, const struct lock_generation *generation)
{
    if (generation->state == LOCK_GENERATION_PLANNED) { /* it was never sent */
        writable(lock, generation)->state = LOCK_GENERATION_FREE;
        return;
    }
    writable(lock, generation)->drop = true;
    writable(lock, generation)->ask = false;
}

void own_drop_below(struct lock *lock, uint32_t number)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++)
        if (is_wanted(&lock->generations[i]) && lock->generations[i].number < number)
            own_drop(lock, &lock->generations[i]);
}

void own_drop_claims(struct lock *lock)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++)
        if (is_wanted(&lock->generations[i]) && lock->generations[i].claim)
            own_drop(lock, &lock->generations[i]);
}

void own_drop_expired(struct lock *lock, struct mono now)
{
    const struct lock_generation *own = own_newest(lock);
    while (own && (own = own_before(lock, own)))
        if (own->state != LOCK_GENERATION_PLANNED &&
            mono_reached(now, mono_add(own->sent, lock->settings.lock_timeout_ms)))
            own_drop(lock, own);
}

void own_name(const struct lock *lock, const struct lock_generation *generation,
              char out[ATTEMPT_NAME_BYTES + 1])
{
    const struct lock_settings *settings = &lock->settings;
    struct attempt attempt = {
        .id = text_from(settings->id),
        .nonce = RULE(NONCE) ? text_from(settings->nonce) : text_from(NULL),
        .label = text_from(settings->label),
        .lock_timeout_ms = settings->lock_timeout_ms,
        .generation = generation->number,
        .ticket_ms = generation->ticket_ms,
        .claim = generation->claim,
        .first_claim_ms = generation->first_claim_ms,
        .token = generation->token,
        .shared = settings->shared,
        .slots = settings->slots,
        .slot = generation->slot,
        .expect_ms = generation->claim ? settings->expect_ms : 0,
    };
    attempt_format(settings->prefix, &attempt, out);
}

void own_first_part(const struct lock *lock, char out[ATTEMPT_NAME_BYTES + 1])
{
    struct attempt attempt = {
        .id = text_from(lock->settings.id),
        .nonce = text_from(lock->settings.nonce),
        .lock_timeout_ms = lock->settings.lock_timeout_ms,
        .ticket_ms = ATTEMPT_UNKNOWN,
        .token = ATTEMPT_UNKNOWN,
    };
    attempt_format(lock->settings.prefix, &attempt, out);
}

/* An ID that is unique by itself is nobody else's: who uses it is some other run like any. */
bool own_same_id(const struct lock *lock, const struct attempt *attempt)
{
    return lock->settings.nonce && text_equal(attempt->id, lock->settings.id);
}

/* One that we have made, to the letter: who else makes names with our ID makes a stranger's. */
static bool is_made(const struct lock *lock, const struct lock_entry *entry)
{
    char name[ATTEMPT_NAME_BYTES + 1];
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++) {
        const struct lock_generation *own = &lock->generations[i];
        if (own->state == LOCK_GENERATION_FREE || own->number != entry->attempt.generation)
            continue;
        own_name(lock, own, name);
        return text_equal(entry->name, name);
    }
    return false;
}

bool own_is(const struct lock *lock, const struct lock_entry *entry)
{
    const char *nonce = lock->settings.nonce ? lock->settings.nonce : "";
    const struct attempt *attempt = &entry->attempt;
    if (!text_equal(attempt->id, lock->settings.id) ||
        (!text_equal(attempt->nonce, nonce) && RULE(NONCE)))
        return false;
    return lock->adopts || !RULE(OWN_MADE) || is_made(lock, entry);
}

bool own_counts(const struct lock *lock, const struct lock_generation *generation, struct mono now)
{
    if (generation->drop ||
        (generation->state != LOCK_GENERATION_SENT && generation->state != LOCK_GENERATION_MADE))
        return false;
    int64_t counts_ms = lock->settings.lock_timeout_ms - lock->settings.settle_ms;
    return !RULE(OWN_LEASE) || !mono_reached(now, mono_add(generation->sent, counts_ms));
}

bool own_holds_off(const struct lock *lock, const struct lock_generation *generation,
                   int64_t created_ms, bool with_room)
{
    int64_t own_ms = generation->created_ms;
    int64_t room_ms = with_room && RULE(ROOM) ? lock->settings.settle_ms : 0;
    return generation->seen && created_ms - lock->settings.role_timeout_ms <= own_ms &&
           own_ms + room_ms < created_ms;
}

bool own_stands(const struct lock *lock, const struct lock_listing *listing,
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
        if (own != spared && own_stands(lock, listing, own) &&
            own_holds_off(lock, own, created_ms, false))
            return true;
    }
    return false;
}

bool own_can_spare(const struct lock *lock, const struct lock_listing *listing,
                   const struct lock_generation *generation)
{
    for (uint32_t i = 0; RULE(DROP_HOLDS_OFF) && i < listing->count; i++) {
        const struct lock_entry *entry = &listing->entries[i];
        if (entry->kind != ATTEMPT_UNMARKED || entry->has_content)
            continue;
        bool live = view_is_live(lock, entry, lock->service_ms);
        bool matters = live || !cleaning_left_alone(lock, entry->name);
        if (matters && !others_hold_off(lock, listing, generation, entry->created_ms))
            return false;
    }
    return true;
}

/*
 * Is its creation time our place in the queue? Others must be able to see that: the name stands, or
 * the one that is made next will carry it as its ticket (TICKET_STANDS).
 */
static bool gives_place(const struct lock *lock, const struct lock_generation *own)
{
    bool last = own->number + 1 == lock->next_number && !lock->settings.no_queue;
    return !own->drop || last || !RULE(TICKET_STANDS);
}

void own_was_there(struct lock *lock, const struct lock_generation *own)
{
    lock->late_ms = ms_max(lock->late_ms, own->late_ms);
}

int64_t own_late_ms(const struct lock *lock)
{
    int64_t late_ms = lock->late_ms;
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++)
        if (lock->generations[i].state == LOCK_GENERATION_MADE)
            late_ms = ms_max(late_ms, lock->generations[i].late_ms);
    return late_ms;
}

/* A name of ours stands in a listing that should be there. */
static void see_expected(struct lock *lock, struct mono now, const struct lock_entry *entry,
                         struct lock_generation *own)
{
    if (own->seen && entry->created_ms != own->created_ms && RULE(OWN_UNCHANGED)) {
        own->remade = true; /* deleted, and made again: rivals may have looked in between */
        return;
    }
    own->shown = true;
    if (own->seen)
        return;
    own->seen = true;
    own_was_there(lock, own);
    own->seen_look = lock->looks;
    own->created_ms = entry->created_ms;
    if (own->state == LOCK_GENERATION_SENT) { /* the listing is the answer that was lost */
        own->state = LOCK_GENERATION_MADE;
        own->answered = now;
    }
    lock->made_any = true;
    if (own->ticket_ms == ATTEMPT_UNKNOWN && gives_place(lock, own) &&
        (lock->ticket_ms == ATTEMPT_UNKNOWN || own->created_ms < lock->ticket_ms))
        lock->ticket_ms = own->created_ms;
    if (own->drop)
        return;
    if (lock->anchor_created_ms == ATTEMPT_UNKNOWN || own->number >= lock->anchor_number) {
        lock->anchor_number = own->number;
        lock->anchor_created_ms = own->created_ms;
        lock->anchor = RULE(LOWER_BOUND) ? own->answered : own->sent;
        lock->anchor_sent = own->sent;
    }
    if (own->claim && lock->first_claim_ms == ATTEMPT_UNKNOWN)
        lock->first_claim_ms = own->created_ms;
}

/*
 * A name of ours stands in a listing that was deleted, or that we no longer know. Either the
 * listing is older than the delete; or somebody has made it again, and it is to be deleted.
 */
static void see_reappeared(struct lock *lock, const struct lock_listing *listing,
                           const struct lock_entry *entry, struct lock_generation *own)
{
    const struct attempt *attempt = &entry->attempt;
    lock->made_any = true;
    if (own && own->state == LOCK_GENERATION_DELETED &&
        (!mono_reached(listing->asked, mono_add(own->deleted, lock->settings.settle_ms)) ||
         (own->created_ms == entry->created_ms && RULE(GONE_ASKED)))) {
        lock->late_ms = ms_max(lock->late_ms, mono_diff(listing->asked, own->deleted));
        return; /* the listing is older than the delete, of which we were told */
    }
    if (!own)
        own = own_take(lock);
    *own = (struct lock_generation){
        .state = LOCK_GENERATION_MADE,
        .number = attempt->generation,
        .claim = attempt->claim,
        .drop = true,
        .ticket_ms = attempt->ticket_ms,
        .first_claim_ms = attempt->first_claim_ms,
        .token = attempt->token,
        .slot = attempt->slot,
        .created_ms = entry->created_ms,
        .sent = {INT64_MIN / 2}, /* long ago: it gives no lease */
        .answered = {INT64_MIN / 2},
    };
}

void own_see(struct lock *lock, struct mono now, const struct lock_listing *listing)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++)
        lock->generations[i].shown = false;
    for (uint32_t i = 0; i < listing->count; i++) {
        const struct lock_entry *entry = &listing->entries[i];
        if (entry->kind != ATTEMPT_MARKED || !own_is(lock, entry))
            continue;
        struct lock_generation *own = own_find(lock, entry->attempt.generation);
        if (own && (own->state == LOCK_GENERATION_SENT || own->state == LOCK_GENERATION_MADE))
            see_expected(lock, now, entry, own);
        else if (!own || own->state == LOCK_GENERATION_DELETED)
            see_reappeared(lock, listing, entry, own);
    }
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX && listing->complete; i++) {
        struct lock_generation *own = &lock->generations[i];
        if (own->state == LOCK_GENERATION_MADE && !own->drop && !own->seen)
            own->late_ms = mono_diff(listing->asked, own->answered);
    }
}

/* "The lease": from before the first sending of the newest create that is known to have been made.
 */
struct lock_lease lock_lease(const struct lock *lock)
{
    const struct lock_settings *settings = &lock->settings;
    struct mono sent = {INT64_MIN / 2};
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++) {
        const struct lock_generation *own = &lock->generations[i];
        bool known = own->state == LOCK_GENERATION_MADE ||
                     (own->state == LOCK_GENERATION_SENT && !RULE(LEASE_KNOWN));
        if (known)
            sent = mono_max(sent, RULE(LEASE_FROM_FIRST_SEND) ? own->sent : own->answered);
    }
    int64_t margin_ms = settings->lock_timeout_ms / 10;
    margin_ms = margin_ms < MARGIN_MIN_MS ? MARGIN_MIN_MS : margin_ms;
    margin_ms = margin_ms > MARGIN_MAX_MS ? MARGIN_MAX_MS : margin_ms;
    if (margin_ms < settings->settle_ms) /* until a renewal is in sight of all */
        margin_ms = settings->settle_ms;
    struct lock_lease lease = {.ends_at = mono_add(sent, settings->lock_timeout_ms)};
    lease.kill_at = mono_add(lease.ends_at, -margin_ms);
    lease.term_at = mono_add(lease.kill_at, -settings->kill_after_ms);
    return lease;
}

/*
 * A generation made before the ticket is known would not carry it, and others take the place that
 * they can see: it is renewed once a listing has shown it, or its lease ends.
 */
struct mono own_renew_at(const struct lock *lock)
{
    const struct lock_generation *newest = own_newest(lock);
    bool waits = lock->phase == LOCK_WAITING || lock->phase == LOCK_CLAIMING;
    bool known = lock->ticket_ms != ATTEMPT_UNKNOWN || !waits || !RULE(TICKET_KNOWN);
    if (!newest || newest->state == LOCK_GENERATION_PLANNED || !known || !RULE(RENEW))
        return MONO_NEVER;
    int64_t third_ms =
        lock->settings.lock_timeout_ms / 3; /* who waits has only its place to lose */
    return mono_add(newest->sent, waits ? 2 * third_ms : third_ms);
}

bool own_claim_lasts(const struct lock *lock, struct mono now)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++) {
        const struct lock_generation *own = &lock->generations[i];
        if (own->claim && own->state == LOCK_GENERATION_MADE &&
            !mono_reached(now, mono_add(own->sent, lock->settings.lock_timeout_ms)))
            return true;
    }
    return false;
}

/* "Own attempts": all leases have passed, so we are a new arrival. */
bool own_leases_passed(const struct lock *lock, struct mono now)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++) {
        const struct lock_generation *own = &lock->generations[i];
        if (own->state == LOCK_GENERATION_PLANNED)
            return false;
        if (own_counts(lock, own, now))
            return false;
    }
    return true;
}
