/*
 * guardian - runs the command below a process that outlives a killed withlock.
 *
 *   withlock ── guardian ── command ── whatever it starts
 *
 * The guardian is forked first of all, before there is a thread or a library with a state. It
 * sits in a process group of its own, deaf to the terminal and to a service manager's TERM, and
 * starts the command when told to. It is the subreaper of all that the command starts, and whoever
 * of the two still runs ends the command in time:
 *
 *   withlock is killed     the guardian ends the command with all descendants (TERM, kill_after,
 *                          KILL), calls release, and exits
 *   the guardian is killed the command dies with it (PR_SET_PDEATHSIG); withlock, a subreaper
 *                          too, ends the rest
 *   withlock is stopped    the guardian ends the command when term_at and kill_at pass: timers
 *                          shared by both, moved by withlock at each renewal without waking anybody
 *   the guardian is stopped withlock, its parent, hears of it from the kernel, and continues it
 *
 * That the guardian is well is not assumed but asked: it counts the requests that it has acted
 * upon. One that does not answer, is continued, and does not answer still, is killed, once there is
 * nothing to lose by that: before there is a command, and when it should have ended the command.
 *
 * What the command leaves behind when it ends by itself is left alone, as a shell does.
 *
 * With a terminal (/dev/tty opens) the command joins withlock's process group, which is the
 * shell's job; without one it gets a group of its own, and the group is signalled.
 *
 * Order: guardian_start, guardian_set_deadlines, guardian_launch, then guardian_next whenever
 * guardian_fd is readable or a signal came (SIGCHLD may be the guardian's), until GUARDIAN_ENDED or
 * GUARDIAN_NOT_STARTED; guardian_finish after the lock has been released. All from the main thread,
 * but for the deadlines. Knows nothing of locks.
 */
#ifndef PROCESS_GUARDIAN_H
#define PROCESS_GUARDIAN_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/clock.h"
#include "base/error.h"
#include "process/guardian_ending.h"
#include "process/pidfd.h"
#include "process/signals.h"
#include "process/timer.h"

/* Said once, of a long: by whoever uses this, or by the guardian when withlock was killed. */
#define GUARDIAN_SURVIVOR_LINE "warning: process %ld cannot be killed yet; still trying"

#define GUARDIAN_VARIABLES_BYTES (64 * 1024) /* all variables of one launch, NULs counted */

struct guardian_shared; /* process/guardian_process.h */

/* Called in the guardian after withlock was killed and nothing of the command is alive. */
typedef void guardian_release_fn(void *context);

struct guardian_settings {
    const char *file;              /* as child_exec() has it */
    char *const *argv;             /* the command, NULL-terminated */
    const struct signals *signals; /* what the command is to be given back */
    int64_t kill_after_ms;         /* between TERM and KILL when withlock was killed */
    guardian_release_fn *release;  /* may be NULL */
    void *release_context;
};

enum guardian_event {
    GUARDIAN_NOTHING,
    GUARDIAN_STARTED, /* the command was executed; pid */
    /*
     * Last event. exec: it could not be executed; guardian_died: nobody was there to start it; else
     * there is no process: os_errno, ETIME if the deadline had passed.
     */
    GUARDIAN_NOT_STARTED,
    GUARDIAN_ENDING,   /* a deadline passed, or guardian_died: the command is being ended */
    GUARDIAN_REFUSED,  /* pid became another user's, and may not be signalled */
    GUARDIAN_SURVIVOR, /* pid cannot be killed (yet); we keep trying */
    GUARDIAN_ENDED,    /* last event. The command's status; after ENDING nothing of it is alive */
};

struct guardian {
    pid_t pid; /* 0: not started, or finished */
    bool terminal;
    bool hung_up;      /* its end of the socket is closed: it is dead, or about to be */
    bool gone;         /* it has died and was reaped: we act in its place */
    int socket;        /* requests to it */
    struct timer term; /* shared with it, as is the next */
    struct timer kill;
    struct timer wake;    /* ours: when to look at something again */
    struct pidfd command; /* pid 0 if it is not (yet) known */
    int epoll;            /* all of these */
    unsigned asked;       /* requests sent */
    int nudges;           /* looks in a row at which one was not answered in time */
    struct mono nudge_at;
    const struct guardian_settings *settings;
    struct guardian_shared *shared; /* what it has seen; outlives it */
    struct guardian_ending ending;  /* for acting in its place */
    int clear_looks;                /* then: sweeps in a row that found nothing */
    unsigned stops_seen;
    pthread_mutex_t deadlines;     /* who moves the shared timers */
    bool deadlines_final;          /* guarded by it: the command is to be ended */
    bool launched;                 /* written under it */
    bool told[GUARDIAN_ENDED + 1]; /* the events that were; the last one as GUARDIAN_ENDED */
};

struct guardian_seen {
    pid_t pid;
    bool exec;
    bool guardian_died;
    int os_errno;
    int status; /* exit status: the command's own, or 128 + the signal that ended it */
};

/*
 * Forks the guardian and makes this process a subreaper. settings and all it points to must live
 * until guardian_finish() (the guardian has a copy as of now). On failure nothing is left behind.
 */
int guardian_start(struct guardian *guardian, const struct guardian_settings *settings,
                   struct error *err) MUST_USE;

/*
 * From any thread: TERM at term_at, KILL at kill_at, to the command and all descendants; MONO_NEVER
 * for none. Changes nothing once the command is being ended, or should be: when term_at has passed
 * after the launch, however long ago, as after a suspend. Returns -1 (errno) if the kernel refused:
 * TERM stays due when it was due before.
 */
int guardian_set_deadlines(struct guardian *guardian, struct mono term_at,
                           struct mono kill_at) MUST_USE;

/*
 * From any thread: the deadlines are now, and kill_after_ms later (or the kill_at already set, if
 * that is sooner), and stay there. False if they had passed before: it is another's doing.
 */
bool guardian_end_command(struct guardian *guardian, int64_t kill_after_ms);

/*
 * Has the command started, with these "NAME=VALUE" strings (NULL-terminated, copied) in addition
 * to the environment. How it went is told by guardian_next(). Fails (ERROR_SYSTEM) if the guardian
 * is dead, or the variables exceed GUARDIAN_VARIABLES_BYTES (ERROR_LIMIT).
 */
int guardian_launch(struct guardian *guardian, const char *const *variables,
                    struct error *err) MUST_USE;

/*
 * Before the launch, when guardian_fd() is readable, or a signal came: there is nobody left to
 * launch anything, or nobody who answers.
 */
bool guardian_died(struct guardian *guardian);

/* Readable when guardian_next() should be called, until it says GUARDIAN_NOTHING. */
int guardian_fd(const struct guardian *guardian);

/*
 * What happened next. When a terminal stops the command this stops withlock too, and returns when
 * the shell continues the job: time may have passed.
 */
enum guardian_event guardian_next(struct guardian *guardian, struct guardian_seen *ret_seen);

/*
 * Passes on to the command what signals_next() gave, if it is the command's business: not what the
 * terminal or the command itself has sent to the whole group, which the command got as well.
 * Nothing happens before the launch and after the end.
 */
void guardian_forward(struct guardian *guardian, const struct signals_seen *seen);

/*
 * Ends the guardian (without release) and frees everything; what the command has left behind goes
 * to our own reaper. Takes one that was never started (all zero), may run twice.
 */
void guardian_finish(struct guardian *guardian);

#endif
