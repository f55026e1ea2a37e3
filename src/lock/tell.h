/* tell - what all kinds of requests have in common: failures are counted, and pauses made. */
#ifndef LOCK_TELL_H
#define LOCK_TELL_H

#include "lock/state.h"

/*
 * A request has failed: until lock->quiet_until none is sent. May end the arrival of a run, which
 * then leaves (FAILURES_IN_A_ROW).
 */
void tell_failure(struct lock *lock, struct mono now, const struct lock_answer *answer);

/* A request was answered as it should be: failures are counted anew. */
void tell_success(struct lock *lock);

/* Failures in a row that may end a run: throttled ones count only once its time is over. */
uint32_t tell_failures_counted(const struct lock *lock, struct mono now);

#endif
