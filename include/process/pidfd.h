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
 * The process of that number now: the caller must know that it is the one that is meant. False if
 * there is none. pidfd_close() afterwards, which takes PIDFD_NONE as well.
 */
bool pidfd_open_process(pid_t pid, struct pidfd *ret_process);
void pidfd_close(struct pidfd *process);

/*
 * To whoever has the number if there is no descriptor. False if we may not, since it became another
 * user's; that it is gone shows later.
 */
bool pidfd_signal(const struct pidfd *process, int signal);

/*
 * Has it ended? It need not be reaped yet. Without a descriptor that is known of a child, and of
 * others only once somebody has reaped them.
 */
bool pidfd_has_ended(const struct pidfd *process);

/* When to look again, for those who wait for fd among other things. */
struct mono pidfd_look_at(const struct pidfd *process, struct mono now);

#endif
