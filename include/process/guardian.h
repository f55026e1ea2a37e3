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

/*
 * The format of the warning about GUARDIAN_SURVIVOR; it takes the pid as a long. The caller of
 * guardian_next() prints it, or the guardian itself if withlock was killed.
 */
#define GUARDIAN_SURVIVOR_LINE "warning: process %ld cannot be killed yet; still trying"

#define GUARDIAN_VARIABLES_BYTES (64 * 1024) /* all variables of one launch, NULs counted */

struct guardian_shared; /* process/guardian_process.h */

/* Called in the guardian after withlock was killed and nothing of the command is alive. */
typedef void guardian_release_fn(void *context);

struct guardian_settings {
    const char *file;              /* as child_exec() has it */
    char *const *argv;             /* the command, NULL-terminated */
    const struct signals *signals; /* what the command is to be given back */
    int64_t kill_after_ms;         /* between TERM and KILL when one of the two processes is dead */
    guardian_release_fn *release;  /* may be NULL */
    void *release_context;
};

enum guardian_event {
    GUARDIAN_NOTHING,
    GUARDIAN_STARTED, /* the command was executed; pid */
    /*
     * Last event: the command does not run, and never did. If `exec` is set its file could not be
     * executed; else if guardian_died is set there was nobody to start it; else no process could be
     * made for it. os_errno says why; ETIME means that term_at had passed before.
     */
    GUARDIAN_NOT_STARTED,
    GUARDIAN_ENDING,   /* a deadline passed, or guardian_died: the command is being ended */
    GUARDIAN_REFUSED,  /* pid became another user's, and may not be signalled */
    GUARDIAN_SURVIVOR, /* pid cannot be killed (yet); we keep trying */
    /*
     * Last event: the command has ended, with `status`. After GUARDIAN_ENDING it comes only when
     * all that the command has started is dead as well.
     */
    GUARDIAN_ENDED,
};

/* Fields are for the files of the guardian only; all zeros: never started. */
struct guardian {
    pid_t pid;         /* 0: not started, or finished */
    bool terminal;     /* there is one: the command joins our process group */
    bool hung_up;      /* its end of the socket is closed: it is dead, or about to be */
    bool gone;         /* it has died and was reaped: we act in its place */
    int socket;        /* requests to it */
    struct timer term; /* shared with it, as is the next */
    struct timer kill;
    struct timer wake;    /* ours: when to look at something again */
    struct pidfd command; /* pid 0 if it is not (yet) known */
    int epoll;            /* readable when one of the descriptors above has news */
    unsigned asked;       /* requests sent; all are answered if shared->answered is as much */
    int nudges;           /* SIGCONTs sent since it last answered everything */
    struct mono nudge_at; /* when it is next asked, nudged or killed, unless all is well by then */
    const struct guardian_settings *settings;
    struct guardian_shared *shared; /* what it has seen; outlives it */
    struct guardian_ending ending;  /* used if we act in its place, */
    int clear_looks;                /* and then: sweeps in a row that found nothing */
    unsigned stops_seen;            /* the value of shared->stops that was last acted upon */
    pthread_mutex_t deadlines;      /* to be held while the timers term and kill are moved */
    bool deadlines_final;           /* they stay where they are; guarded by the mutex */
    bool launched;                  /* the launch was asked for; written with the mutex held */
    bool told[GUARDIAN_ENDED + 1];  /* events already returned; the last one as GUARDIAN_ENDED */
};

/* What an event is about. */
struct guardian_seen {
    pid_t pid;          /* the process that the event names, else the command; 0: there is none */
    bool exec;          /* with GUARDIAN_NOT_STARTED: exec failed, by os_errno */
    bool guardian_died; /* the guardian is dead, and this process acts in its place */
    int os_errno;       /* with GUARDIAN_NOT_STARTED: why */
    int status;         /* exit status: the command's own, or 128 + the signal that ended it */
};

/*
 * Forks the guardian and makes this process a subreaper. settings and all it points to must live
 * until guardian_finish() (the guardian has a copy as of now). On failure nothing is left behind.
 */
int guardian_start(struct guardian *guardian, const struct guardian_settings *settings,
                   struct error *err) MUST_USE;

/*
 * Sets when the command and all its descendants get TERM and KILL; MONO_NEVER for none. May be
 * called from any thread. Once the command is being ended, or the old term_at has passed since the
 * launch (perhaps unnoticed, while the machine was suspended), it changes nothing and returns 0.
 * Returns -1 (errno) if the kernel refused: the command then gets TERM at the old term_at.
 */
int guardian_set_deadlines(struct guardian *guardian, struct mono term_at,
                           struct mono kill_at) MUST_USE;

/*
 * Has the command ended: TERM is due now, KILL kill_after_ms later or at the kill_at that was set
 * before, whichever is first; neither can be moved any more. May be called from any thread. False
 * if the command was to be ended already, so that this call is not the reason.
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
 * Is the guardian dead? To be asked when guardian_fd() is readable or a signal came, while
 * guardian_next() is not called: before the launch and after the command's end. One that does not
 * answer for GUARDIAN_ANSWER_MS (process/guardian_watch.h) before the launch is killed here.
 */
bool guardian_died(struct guardian *guardian);

/* Borrowed. Readable when guardian_next() is to be called until it says GUARDIAN_NOTHING. */
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
 * Ends the guardian, which does not call release then, and frees everything. Processes that the
 * command has left behind become children of this process, a subreaper, and of the next one above
 * it when this one ends. Takes one that was never started (all zeros); may run twice.
 */
void guardian_finish(struct guardian *guardian);

#endif
