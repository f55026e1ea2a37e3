/*
 * sweep - finds the processes that descend from one, and signals them.
 *
 * What a command started is found by descent alone, read from /proc: a process that left its
 * group, its session or its parent is still below the nearest subreaper (PR_SET_CHILD_SUBREAPER),
 * which is `root` here. A process born while /proc is read may be missed by one sweep; whoever
 * wants all of them gone sweeps again until none is left.
 *
 * A pid is never signalled unless it still belongs to the process that was read there.
 *
 * Processes of one name can be kept from KILL for a while: those that end by themselves once all
 * others are dead, and have something to do first.
 */
#ifndef PROCESS_SWEEP_H
#define PROCESS_SWEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SWEEP_SPARED_MAX 64 /* children root had before; more than that are not remembered */
#define SWEEP_NAME_BYTES 16 /* of a process, NUL counted: the kernel keeps no more */

struct sweep {
    pid_t root;
    pid_t spared[SWEEP_SPARED_MAX]; /* children of root left alone, with all below them */
    size_t spared_count;
    const char *not_killed; /* processes of this name get no SIGKILL; NULL: there is none */
};

/* A sweep below this process that spares the children it has now. */
void sweep_init(struct sweep *sweep);

/*
 * Sends a signal to each living descendant (those stopped are continued as well, so that they can
 * act on it); with signal 0 it only looks. Zombies do not count as living. Returns how many there
 * are and one of them in ret_example (may be NULL); -1 if /proc cannot be read or memory is short.
 */
int sweep_signal(const struct sweep *sweep, int signal, pid_t *ret_example);

/* Does pid, if it is still there, descend from ancestor? */
bool sweep_descends(pid_t pid, pid_t ancestor);

/* One process as /proc/PID/stat has it. */
struct sweep_process {
    pid_t pid;
    char name[SWEEP_NAME_BYTES];
    pid_t parent;
    pid_t group;
    pid_t session;
    char state; /* R, S, D, T (stopped), Z (zombie), ... */
    int threads;
    unsigned long long start_ticks; /* since boot; with pid it names a process for good */
};

/* Returns 0, or -1 if there is no such process (or no /proc). */
int sweep_read(pid_t pid, struct sweep_process *ret_process);

/* The text of /proc/PID/stat, taken apart. Returns 0, or -1 if it is not that. */
int sweep_parse(const char *text, struct sweep_process *ret_process);

#endif
