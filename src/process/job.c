#include "process/job.h"

#include <signal.h>
#include <unistd.h>

#include "process/sweep.h"

#define ANCESTORS_MAX 64 /* members of our own group on the way up to the shell */

/*
 * Was it sent by the terminal to the whole foreground group, so that the command has it as well?
 * SIGHUP and SIGCONT for a line that was cut go to the leader of the session alone.
 */
static bool from_terminal(const struct job *job, const struct signals_seen *seen)
{
    if (!seen->kernel)
        return false;
    switch (seen->number) {
    case SIGINT:
    case SIGQUIT:
    case SIGWINCH:
    case SIGTSTP:
        return true;
    case SIGHUP:
    case SIGCONT:
        return !job->session_leader;
    default:
        return false; /* a timer, a limit: meant for withlock, whose place the command takes */
    }
}

bool job_forwards(const struct job *job, const struct signals_seen *seen)
{
    switch (seen->number) {
    case SIGCHLD:
    case SIGURG:
    case SIGTTIN:
    case SIGTTOU:
        return false;
    default:
        break;
    }
    /* not the SIGPIPE of our own writing, nor the SIGCONT by which the guardian continues us */
    if (seen->sender && (seen->sender == job->self || seen->sender == job->guardian))
        return false;
    if (!job->terminal)
        return true;
    if (from_terminal(job, seen))
        return false;
    /* "kill 0" in a script that we run: it has signalled its own group, and we are in it */
    return !seen->sender || !sweep_descends(seen->sender, job->guardian);
}

/* Is there a shell above us, in our session but not in our group, that could continue us? */
static bool has_shell(void)
{
    struct sweep_process process;
    pid_t group = getpgrp(), session = getsid(0), pid = getppid();
    for (int step = 0; pid > 0 && step < ANCESTORS_MAX; step++) {
        if (sweep_read(pid, &process) != 0)
            return true; /* cannot be told: do as usual */
        if (process.session != session)
            return false;
        if (process.group != group)
            return true;
        pid = process.parent;
    }
    return false;
}

enum job_stop job_stop_along(const struct job *job, pid_t command, int signal)
{
    struct sweep_process process;
    if (!job->terminal || (sweep_read(command, &process) == 0 && process.state != 'T'))
        return JOB_NOT_STOPPED;
    if (has_shell()) {
        signals_stop_self(signal);
        return JOB_STOPPED_ALONG;
    }
    switch (signal) {
    case SIGTSTP:
        return JOB_CONTINUE;
    case SIGTTIN:
    case SIGTTOU:
        return JOB_HANG_UP;
    default:
        return JOB_NOT_STOPPED; /* SIGSTOP works there too, and whoever sent it will know */
    }
}
