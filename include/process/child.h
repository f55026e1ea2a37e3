/*
 * child - the command's process: finds the file to execute, becomes it by exec, reaps it, and turns
 * its end into an exit status.
 */
#ifndef PROCESS_CHILD_H
#define PROCESS_CHILD_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/error.h"
#include "process/signals.h"

enum child_find_result {
    CHILD_FOUND,
    CHILD_NOT_EXECUTABLE, /* exit status 126 */
    CHILD_NOT_FOUND,      /* exit status 127 */
};

/*
 * Would execvp(3) find and start this command? Looks as execvp does: at the name itself if it
 * holds a slash, else along path, the value of PATH (NULL: the system's default), and at the
 * interpreter that a script names. If CHILD_FOUND, ret_file is where it is, for child_exec();
 * else err says in one line what is wrong. It may have changed when the command starts;
 * child_exec() has the last word.
 */
enum child_find_result child_find(const char *name, const char *path, char ret_file[PATH_MAX],
                                  struct error *err);

struct child_plan {
    const char *file;              /* where it was found; NULL, or gone by now: it is looked for */
    char *const *argv;             /* as given; argv[0] is searched for by execvp(3) */
    const struct signals *signals; /* mask and dispositions to restore */
    pid_t parent;                  /* who forked: if it is gone already, nothing is executed */
    pid_t group;                   /* process group to join; 0: one of its own */
};

/*
 * Becomes the command; call it in a freshly forked process. The kernel kills the command if its
 * parent dies. Returns only on failure, with the errno of the call that failed (ESRCH: the parent
 * is dead already).
 */
int child_exec(const struct child_plan *plan);

/* The exit status for an errno of child_exec(): 126 or 127. */
int child_exec_status(int os_errno);

/*
 * Waits, until `until` at most, for a child to end, and reaps it. True if it has ended: *ret_status
 * (ret_status may be NULL) is then what waitpid(2) gives, or 0 if somebody else has reaped it.
 * False if it still lives at `until`, even after SIGKILL: a process that hangs in a system call
 * dies only when that call returns.
 */
bool child_reap(pid_t pid, struct mono until, int *ret_status);

/*
 * The exit status to report for si_code and si_status of waitid(2): the command's own, or 128 plus
 * the number of the signal that ended it.
 */
int child_exit_status(int code, int status);

#endif
