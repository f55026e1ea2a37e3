/*
 * timer - a moment that two processes share, and a descriptor that wakes them when it has come
 * (timerfd on CLOCK_BOOTTIME, the clock of struct mono).
 *
 * Whoever moves it moves it for both, and nobody wakes up when it moves. It counts on while the
 * machine is suspended and while either process is stopped. The moment itself lies in memory that
 * is shared, so that looking at it cannot fail; nobody reads the descriptor, so that it stays
 * readable for all who wait.
 */
#ifndef PROCESS_TIMER_H
#define PROCESS_TIMER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

struct timer {
    int fd;                 /* close-on-exec; -1: not open */
    _Atomic int64_t *at_ms; /* borrowed: the moment, as struct mono has it */
};

/*
 * Opens a timer that has no moment yet. at_ms is the caller's memory, which must live as long as
 * the timer, and be shared with every process that shares the timer.
 */
int timer_open(struct timer *timer, _Atomic int64_t *at_ms, struct error *err) MUST_USE;

/*
 * Moves it; MONO_NEVER for no moment. May be called from any thread. Returns -1 (errno) if the
 * kernel refused: the old moment stays.
 */
int timer_set(struct timer *timer, struct mono moment);

/* Has the moment passed? False if none is set. */
bool timer_passed(const struct timer *timer);

/* When it passes, or has passed; MONO_NEVER if none is set. */
struct mono timer_moment(const struct timer *timer);

/* May run twice. */
void timer_close(struct timer *timer);

#endif
