/*
 * child - the command: is it there, become it, and what its end means.
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
 * Becomes the command; call it in a freshly forked process. The command is killed if its parent
 * dies. Returns only if that failed: the errno of what was refused.
 */
int child_exec(const struct child_plan *plan);

/* The exit status for an errno of child_exec(): 126 or 127. */
int child_exec_status(int os_errno);

/*
 * Waits until a child has ended, and reaps it; ret_status (may be NULL) as waitpid(2) has it, 0 if
 * somebody else has reaped it. False if it lives on at that moment: one that hangs in the kernel
 * obeys KILL when it comes back from there.
 */
bool child_reap(pid_t pid, struct mono until, int *ret_status);

/* The exit status for what waitid(2) told (si_code, si_status): the command's own, or 128 + signal.
 */
int child_exit_status(int code, int status);

#endif
