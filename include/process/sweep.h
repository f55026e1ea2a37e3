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
 * Where /proc is missing, or shows another PID namespace, root's own children are found all the
 * same, by asking the kernel of every number. As root is a subreaper, a descendant becomes its
 * child when those between have been killed: KILL, sent until nobody is left, reaches all of them
 * one after the other; another signal only those who are children by then. Asking takes some tenths
 * of a second of processor time.
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
    pid_t root;                     /* whose descendants are meant; itself it is never signalled */
    pid_t spared[SWEEP_SPARED_MAX]; /* children of root left alone, with all below them */
    size_t spared_count;
    const char *not_killed; /* processes of this name get no SIGKILL; NULL: there is none */
};

/* A sweep below this process that spares the children it has now. */
void sweep_init(struct sweep *sweep);

struct sweep_found {
    int living;     /* how many descendants live; zombies do not count */
    pid_t example;  /* one of them; 0: there is none */
    pid_t refused;  /* one that may not be signalled, since it became another user's; 0: none */
    bool by_parent; /* /proc was of no use: only children of root were found */
};

/*
 * Sends a signal to each living descendant (those stopped are continued as well, so that they can
 * act on it); with signal 0 it only looks. Returns how many there are; ret_found may be NULL.
 */
int sweep_signal(const struct sweep *sweep, int signal, struct sweep_found *ret_found);

/* Is there a /proc, and is it that of our PID namespace? */
bool sweep_has_proc(void);

/* Does pid descend from ancestor? False also if it is gone, or without /proc. */
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
