/* guardian_process - what goes on in the guardian, and what it shares with withlock. */
#ifndef PROCESS_GUARDIAN_PROCESS_H
#define PROCESS_GUARDIAN_PROCESS_H

#include <stdatomic.h>
#include <stdnoreturn.h>

#include "process/guardian.h"
#include "process/timer.h"

enum guardian_launch_state {
    GUARDIAN_LAUNCH_PENDING,
    GUARDIAN_LAUNCH_DONE,
    GUARDIAN_LAUNCH_NO_EXEC,
    GUARDIAN_LAUNCH_NO_PROCESS,
};

/*
 * State, not messages: it cannot overflow while withlock is stopped, and is still there when the
 * guardian is dead. Written by the guardian (command: by the command's process itself, so that
 * there is no moment at which it exists unknown), each field after those it vouches for, and
 * always before the process in question is reaped.
 */
struct guardian_shared {
    _Atomic int64_t term_at_ms, kill_at_ms, wake_at_ms; /* of the timers; wake is withlock's own */
    _Atomic unsigned answered; /* requests that were read, and acted upon */
    _Atomic bool dismissed; /* withlock needs no guardian any more: its end is no reason to act */
    _Atomic pid_t command;  /* 0 until it exists */
    _Atomic int launch;     /* enum guardian_launch_state */
    _Atomic int launch_errno;
    _Atomic unsigned stops;  /* how often the command has stopped */
    _Atomic int stop_signal; /* by which signal it is stopped; 0 while it runs */
    _Atomic bool ending;
    _Atomic pid_t survivor; /* lives although it was killed */
    _Atomic pid_t refused;  /* became another user's, and may not be signalled */
    _Atomic bool exited;
    _Atomic int status;
    _Atomic bool cleared;                     /* after ending: nothing is alive */
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
    int signal;
};

struct guardian_place {
    const struct guardian_settings *settings;
    struct guardian_shared *shared;
    pid_t withlock;
    pid_t withlock_group;
    bool terminal;
    int socket;
    struct timer term;
    struct timer kill;
};

/* The guardian's life. Call it in the forked process; closes what it does not need. */
noreturn void guardian_process_main(const struct guardian_place *place);

#endif
