/* tell - how requests went, as far as all kinds of them have it in common. */
#ifndef LOCK_TELL_H
#define LOCK_TELL_H

#include "lock/state.h"

void tell_failure(struct lock *lock, struct mono now, const struct lock_answer *answer);
void tell_success(struct lock *lock);

/* Failures in a row that count against a run: a busy service is waited for while there is time. */
uint32_t tell_failures_counted(const struct lock *lock, struct mono now);

#endif
