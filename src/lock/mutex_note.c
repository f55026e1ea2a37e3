/*
 * mutex: what the guardian is told of it, for the case that withlock is killed, as one number that
 * can be kept in shared memory and be read at any moment: whether there is a mutex, its slot, and
 * from when on it may be deleted (by the clock that all processes of a machine share).
 */
#include "mutex.h"

#define NOTE_BITS 2
#define SLOT_BITS 10

_Static_assert(LOCK_SLOTS_MAX < 1 << SLOT_BITS, "a slot has room");

enum note {
    NOTE_NONE,  /* we have none */
    NOTE_MAYBE, /* it may be ours: a listing must tell before it is deleted */
    NOTE_OURS   /* it is ours */
};

uint64_t lock_mutex_note(const struct lock *lock, const struct lock_todo *todo)
{
    const struct lock_mutex *mutex = &lock->mutex;
    bool under_way = todo && todo->target == LOCK_TARGET_MUTEX && todo->kind == LOCK_TODO_CREATE;
    uint64_t note = NOTE_NONE;
    if (mutex->state == LOCK_MUTEX_OURS && !mutex->lapsed)
        note = NOTE_OURS;
    else if (mutex->state == LOCK_MUTEX_OURS || mutex->state == LOCK_MUTEX_SENT ||
             mutex->state == LOCK_MUTEX_DOUBTED || under_way)
        note = NOTE_MAYBE;
    if (note == NOTE_NONE)
        return 0;
    uint64_t past_ms = mutex->token_past_at.ms > 0 ? (uint64_t)mutex->token_past_at.ms : 0;
    return (past_ms << SLOT_BITS | mutex->slot) << NOTE_BITS | note;
}

bool lock_note_is_doubtful(uint64_t note)
{
    return (note & ((1 << NOTE_BITS) - 1)) == NOTE_MAYBE;
}

void mutex_take_note(struct lock *lock, struct mono now, uint64_t note)
{
    struct lock_mutex *mutex = &lock->mutex;
    if (!note)
        return;
    mutex->state = lock_note_is_doubtful(note) ? LOCK_MUTEX_DOUBTED : LOCK_MUTEX_OURS;
    mutex->slot = (uint32_t)(note >> NOTE_BITS) & ((1 << SLOT_BITS) - 1);
    mutex->token_past_at = (struct mono){(int64_t)(note >> (NOTE_BITS + SLOT_BITS))};
    mutex->state_since = now;
    mutex->safe_until =
        mono_add(now, lock->settings.lock_timeout_ms /
                          3); /* the killed run renewed its claim at least every T/3 */
}
