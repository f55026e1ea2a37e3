/*
 * timer - a moment as a descriptor (timerfd on CLOCK_BOOTTIME, the clock of struct mono).
 *
 * A timer can be shared with a process forked later: whoever moves it moves it for both, and
 * nobody wakes up when it moves. It counts on while the machine is suspended and while either
 * process is stopped. Nobody reads it, so that it stays "passed" for all who look.
 */
#ifndef PROCESS_TIMER_H
#define PROCESS_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/error.h"

/* Returns 0 and a close-on-exec descriptor that is readable from the set moment on. */
int timer_open(int *ret_fd, struct error *err) MUST_USE;

/* MONO_NEVER for none. May be called from any thread. */
void timer_set(int fd, struct mono moment);

/* Has the moment passed? False if none is set. */
bool timer_passed(int fd);

/* When it will pass (0 left if it has), reckoned from now; MONO_NEVER if none is set. */
struct mono timer_moment(int fd, struct mono now);

#endif
