/*
 * signals - what is sent to withlock, as readings from a descriptor instead of handlers.
 *
 * signals_init() blocks every signal before anything else happens and remembers the mask and the
 * dispositions withlock was given. A signal that was ignored on entry is left alone, so that the
 * kernel goes on dropping it (Linux would queue one that is ignored and blocked). A fault of our
 * own (SIGSEGV and the like) still kills us, since the kernel forces it.
 *
 * SIGPIPE needs no care: it is blocked or ignored, so a write to a closed pipe fails with
 * EPIPE, and the signal of our own making is dropped.
 *
 * Threads inherit the blocked mask; only the main thread may read.
 */
#ifndef PROCESS_SIGNALS_H
#define PROCESS_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/wait.h"

struct signals {
    int fd; /* readable when signals_next() has something; -1 after signals_free() */
    sigset_t given_mask;
    struct sigaction given_child; /* SIGCHLD: "ignored" would take the command's status from us */
};

/* One signal, as it reached this process. */
struct signals_seen {
    int number;
    bool kernel;  /* sent by the kernel: the terminal, a timer, a limit */
    pid_t sender; /* who called kill(2); 0 when it was the kernel or is not known */
};

/* Call it first of all, in the only thread. On failure mask and dispositions are as they were. */
int signals_init(struct signals *signals, struct error *err) MUST_USE;

/* Takes the next signal that is waiting. False when there is none; never blocks. */
bool signals_next(const struct signals *signals, struct signals_seen *ret_seen);

/* Would this signal end a process that does nothing about it? */
bool signals_terminating(int number);

/*
 * Stops this process as SIGTSTP, SIGTTIN, SIGTTOU or SIGSTOP does, so that a shell sees its job
 * stopped by just that signal; returns when somebody has sent SIGCONT (which signals_next() will
 * report). Returns at once where the kernel ignores the signal (an orphaned process group).
 */
void signals_stop_self(int number);

/* For a wait that a signal may end, by interruption_wakeup(). The caller sets `signals` only. */
struct interruption {
    const struct signals *signals;
    int number; /* of the first that would end a process; 0: none yet */
};

/*
 * A wakeup source that asks for the end of a wait once a signal came that would end a process; on
 * SIGTSTP it stops this process, and goes on when that is continued. Other signals are dropped.
 * interruption is borrowed for as long as the source is used.
 */
struct wakeup_source interruption_wakeup(struct interruption *interruption);

/* Between fork and exec: sets mask and dispositions as they were given. Async-signal-safe. */
void signals_restore(const struct signals *signals);

/* Closes the descriptor; the signals stay blocked. May run twice. */
void signals_free(struct signals *signals);

#endif
