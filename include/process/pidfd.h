/*
 * pidfd - a process that stays the one that is meant, whoever gets its number next.
 *
 * Linux has descriptors of processes since 5.3. Where there are none (an older kernel, a filter of
 * system calls, valgrind) the number stands in: each function says what that costs.
 */
#ifndef PROCESS_PIDFD_H
#define PROCESS_PIDFD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/clock.h"

#define PIDFD_LOOK_MS 20 /* where there is no descriptor: between looks whether it has ended */

struct pidfd {
    pid_t pid;
    int fd; /* close-on-exec; readable once the process has ended. -1: there is none */
};

#define PIDFD_NONE ((struct pidfd){.fd = -1})

/*
 * Refers to the process that has this number now; the caller must know that it is the one that is
 * meant. False, and *ret_process untouched, if there is no such process; where there are no
 * descriptors that is not found out here. To be closed by pidfd_close(), which takes PIDFD_NONE as
 * well.
 */
bool pidfd_open_process(pid_t pid, struct pidfd *ret_process);
void pidfd_close(struct pidfd *process);

/*
 * Sends a signal; if there is no descriptor, to whoever has the number now. False only if we are
 * not allowed to, since the process became another user's. True as well if it has ended, which
 * pidfd_has_ended() tells.
 */
bool pidfd_signal(const struct pidfd *process, int signal);

/*
 * Has it ended, reaped or not? Without a descriptor the end of a child is seen at once, that of
 * another process only when somebody has reaped it. False for PIDFD_NONE.
 */
bool pidfd_has_ended(const struct pidfd *process);

/*
 * When pidfd_has_ended() is to be asked again, by callers who wait for fd: in PIDFD_LOOK_MS where
 * there is no descriptor, else MONO_NEVER.
 */
struct mono pidfd_look_at(const struct pidfd *process, struct mono now);

#endif
