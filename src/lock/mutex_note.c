/* mutex: what a later run of the rules is told of it, in a number. */
#include "mutex.h"

enum note {
    NOTE_NONE,
    NOTE_MAYBE,
    NOTE_OURS
};

uint64_t mutex_note(const struct lock *lock, const struct lock_todo *todo)
{
    const struct lock_mutex *mutex = &lock->mutex;
    bool under_way = todo && todo->target == LOCK_TARGET_MUTEX && todo->kind == LOCK_TODO_CREATE;
    uint64_t note = NOTE_NONE;
    if (mutex->state == LOCK_MUTEX_OURS && !mutex->lapsed)
        note = NOTE_OURS;
    else if (mutex->state == LOCK_MUTEX_OURS || mutex->state == LOCK_MUTEX_SENT ||
             mutex->state == LOCK_MUTEX_DOUBTED || under_way)
        note = NOTE_MAYBE;
    return note ? (uint64_t)mutex->slot << 2 | note : 0;
}

bool mutex_note_is_doubtful(uint64_t note)
{
    return (note & 3) == NOTE_MAYBE;
}

void mutex_take_note(struct lock *lock, struct mono now, uint64_t note)
{
    struct lock_mutex *mutex = &lock->mutex;
    if (!note)
        return;
    mutex->state = mutex_note_is_doubtful(note) ? LOCK_MUTEX_DOUBTED : LOCK_MUTEX_OURS;
    mutex->slot = (uint32_t)(note >> 2);
    mutex->answered = now;
    mutex->sure = mono_add(now, lock->settings.lock_timeout_ms / 3); /* it renewed until lately */
}
