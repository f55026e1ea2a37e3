#include "generations.h"

#include <string.h>

#include "rule.h"

static bool is_wanted(const struct lock_generation *generation)
{
    return !generation->drop &&
           (generation->state == LOCK_GENERATION_PLANNED ||
            generation->state == LOCK_GENERATION_SENT || generation->state == LOCK_GENERATION_MADE);
}

/* What is lost when a slot is taken: nothing, a memory, a name that could not be deleted, ... */
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

struct lock_generation *generations_take(struct lock *lock)
{
    struct lock_generation *best = &lock->generations[0];
    for (uint32_t i = 1; i < LOCK_GENERATIONS_MAX; i++) {
        struct lock_generation *other = &lock->generations[i];
        if (worth(other) < worth(best) ||
            (worth(other) == worth(best) && other->number < best->number))
            best = other;
    }
    if (worth(best) > 1 && lock->notice == LOCK_NOTICE_NONE) {
        lock->notice = LOCK_NOTICE_CROWDED;
        generations_name(lock, best, lock->notice_name);
    }
    return best;
}

struct lock_generation *generations_find(struct lock *lock, uint32_t number)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++)
        if (lock->generations[i].state != LOCK_GENERATION_FREE &&
            lock->generations[i].number == number)
            return &lock->generations[i];
    return NULL;
}

struct lock_generation *generations_plan(struct lock *lock, bool claim)
{
    struct lock_generation *generation = generations_take(lock);
    *generation = (struct lock_generation){
        .state = LOCK_GENERATION_PLANNED,
        .number = lock->next_number++,
        .claim = claim,
        .ticket_ms = RULE(KEEP_TICKET) ? lock->ticket_ms : ATTEMPT_UNKNOWN,
        .first_claim_ms = claim ? lock->first_claim_ms : ATTEMPT_UNKNOWN,
        .token = claim ? lock->token : ATTEMPT_UNKNOWN,
        .created_ms = ATTEMPT_UNKNOWN,
    };
    return generation;
}

struct lock_generation *generations_before(struct lock *lock,
                                           const struct lock_generation *generation)
{
    struct lock_generation *newest = NULL;
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++) {
        struct lock_generation *other = &lock->generations[i];
        if (is_wanted(other) && (!generation || other->number < generation->number) &&
            (!newest || other->number > newest->number))
            newest = other;
    }
    return newest;
}

struct lock_generation *generations_newest(struct lock *lock)
{
    return generations_before(lock, NULL);
}

struct lock_generation *generations_to_create(struct lock *lock)
{
    struct lock_generation *newest = generations_newest(lock);
    if (newest && newest->state != LOCK_GENERATION_MADE)
        return newest;
    return NULL;
}

struct lock_generation *generations_to_delete(struct lock *lock)
{
    struct lock_generation *oldest = NULL;
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++) {
        struct lock_generation *other = &lock->generations[i];
        if (other->drop &&
            (other->state == LOCK_GENERATION_MADE ||
             (other->state == LOCK_GENERATION_SENT && RULE(DELETE_UNKNOWN))) &&
            (!oldest || other->number < oldest->number))
            oldest = other;
    }
    return oldest;
}

void generations_drop(struct lock_generation *generation)
{
    if (generation->state == LOCK_GENERATION_PLANNED)
        generation->state = LOCK_GENERATION_FREE; /* it was never sent */
    else
        generation->drop = true;
}

void generations_drop_below(struct lock *lock, uint32_t number)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++)
        if (is_wanted(&lock->generations[i]) && lock->generations[i].number < number)
            generations_drop(&lock->generations[i]);
}

void generations_drop_claims(struct lock *lock)
{
    for (uint32_t i = 0; i < LOCK_GENERATIONS_MAX; i++)
        if (is_wanted(&lock->generations[i]) && lock->generations[i].claim)
            generations_drop(&lock->generations[i]);
}

void generations_name(const struct lock *lock, const struct lock_generation *generation,
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
    };
    attempt_format(settings->prefix, &attempt, out);
}

void generations_copy_name(struct text name, char out[ATTEMPT_NAME_BYTES + 1])
{
    size_t length = name.length < ATTEMPT_NAME_BYTES ? name.length : ATTEMPT_NAME_BYTES;
    memcpy(out, name.data, length);
    out[length] = '\0';
}

/* FNV-1a, 64 bits (draft-eastlake-fnv). A collision leaves one more log group alone. */
uint64_t generations_hash(struct text name)
{
    uint64_t hash = 14695981039346656037ULL;
    for (size_t i = 0; i < name.length; i++)
        hash = (hash ^ (unsigned char)name.data[i]) * 1099511628211ULL;
    return hash;
}

bool generations_left_alone(const struct lock *lock, struct text name)
{
    if (lock->left_alone_count == 0)
        return false;
    uint64_t hash = generations_hash(name);
    for (uint32_t i = 0; i < lock->left_alone_count; i++)
        if (lock->left_alone[i] == hash)
            return true;
    return false;
}
