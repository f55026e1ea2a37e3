/*
 * job - manners towards the shell and the terminal: whom a signal is for, and stopping together.
 *
 * With a terminal the command shares withlock's process group, so that what the terminal sends
 * reaches both without help. Since the command's parent, the guardian, is in another group of the
 * same session, the kernel never takes our group for an orphaned one, and will stop it even if
 * nobody is there to continue it; job_stop_along() makes up for that.
 */
#ifndef PROCESS_JOB_H
#define PROCESS_JOB_H

#include <stdbool.h>
#include <sys/types.h>

#include "process/signals.h"

struct job {
    bool terminal;       /* the command is in our group */
    bool session_leader; /* we lead the session: the kernel tells us alone when the line is cut */
    pid_t self;          /* withlock's own process */
    pid_t guardian;
};

/*
 * Is this signal to be passed on to the command? No if the command has got it as well (from the
 * terminal, or because it was sent to our whole group), and no if it is about this process alone.
 */
bool job_forwards(const struct job *job, const struct signals_seen *seen);

enum job_stop {
    JOB_STOPPED_ALONG, /* withlock was stopped too, and somebody has continued it */
    JOB_NOT_STOPPED,   /* the command runs again already, or there is no terminal */
    JOB_CONTINUE,      /* nobody is there to continue it: SIGCONT to the command */
    JOB_HANG_UP,       /* it wants a terminal it will never get: SIGHUP, SIGCONT */
};

/*
 * To be called when the command was stopped by this signal: stops this process as well if a shell
 * can continue it, and returns then. command is its pid, to see whether it is stopped still.
 */
enum job_stop job_stop_along(const struct job *job, pid_t command, int signal);

#endif
