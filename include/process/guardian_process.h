/* guardian_process - what goes on in the guardian, and what it shares with withlock. */
#ifndef PROCESS_GUARDIAN_PROCESS_H
#define PROCESS_GUARDIAN_PROCESS_H

#include <stdatomic.h>
#include <stdnoreturn.h>

#include "process/guardian.h"
#include "process/timer.h"

/* How the launch of the command went. From GUARDIAN_LAUNCH_NO_EXEC on it has failed for good. */
enum guardian_launch_state {
    GUARDIAN_LAUNCH_PENDING,    /* not asked for yet, or exec has not returned yet */
    GUARDIAN_LAUNCH_DONE,       /* the command was executed */
    GUARDIAN_LAUNCH_NO_EXEC,    /* exec failed, by launch_errno */
    GUARDIAN_LAUNCH_NO_PROCESS, /* no process could be made, by launch_errno */
};

/*
 * What the guardian knows of the command, in memory shared with withlock. It is state, not
 * messages: it cannot overflow while withlock is stopped, and is still there when the guardian is
 * dead. The guardian writes it, and withlock only in the place of a dead one; exceptions are named.
 * A field that announces others (launch: launch_errno; exited: status) is written after them, and
 * the end of a process is written down before that process is reaped.
 */
struct guardian_shared {
    _Atomic int64_t term_at_ms, kill_at_ms, wake_at_ms; /* of the timers; wake is withlock's own */
    _Atomic unsigned answered; /* requests that were read, and acted upon */
    _Atomic bool dismissed;    /* by withlock, which needs no guardian any more: call no release */
    _Atomic pid_t command;     /* 0 until it exists; the command's own process writes it first, so
                                * that it never exists unknown */
    _Atomic int launch;        /* enum guardian_launch_state */
    _Atomic int launch_errno;  /* why, if the launch has failed */
    _Atomic unsigned stops;    /* how often the command has stopped */
    _Atomic int stop_signal;   /* by which signal it is stopped; 0 while it runs */
    _Atomic bool ending;       /* the command is being ended, with all that it has started */
    _Atomic pid_t survivor;    /* a process that lives although it was killed; 0: none */
    _Atomic pid_t refused;     /* one that became another user's: we may not signal it; 0: none */
    _Atomic bool exited;       /* the command's own process has ended */
    _Atomic int status;        /* its exit status, as child_exit_status() has it, once exited */
    _Atomic bool cleared;      /* once ending: nothing of the command is alive any more */
    char variables[GUARDIAN_VARIABLES_BYTES]; /* each ends with NUL; an empty one ends the list */
};

/* What withlock asks for over the socket. */
enum guardian_request_kind {
    GUARDIAN_ASK, /* only whether it answers */
    GUARDIAN_LAUNCH,
    GUARDIAN_SIGNAL
};

struct guardian_request {
    enum guardian_request_kind kind;
    int signal; /* with GUARDIAN_SIGNAL: to be sent to the command */
};

/* What the guardian inherits from withlock by the fork. */
struct guardian_place {
    const struct guardian_settings *settings;
    struct guardian_shared *shared;
    pid_t withlock;
    pid_t withlock_group; /* the process group that the command joins if there is a terminal */
    bool terminal;
    int socket; /* the guardian's end; it hangs up when withlock is dead */
    struct timer term;
    struct timer kill;
};

/*
 * All that the guardian does, until withlock is dead and the command over; then it calls release
 * and exits. Call it in the forked process.
 */
noreturn void guardian_process_main(const struct guardian_place *place);

#endif
