/*
 * heartbeat - the thread that keeps the attempt fresh while the command runs.
 *
 * From heartbeat_start to heartbeat_stop the session belongs to the thread. After each step it
 * moves the guardian's deadlines to the lease the lock has by then; the deadlines are timers in
 * the kernel and do not depend on this thread making progress. What it has to tell waits behind
 * a descriptor. It shares one small struct with the main thread, and holds its mutex for a few
 * assignments only, never across I/O.
 */
#ifndef RUN_HEARTBEAT_H
#define RUN_HEARTBEAT_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"
#include "process/guardian.h"
#include "run/session.h"

struct heartbeat {
    struct session *session;
    struct guardian *guardian;
    bool kill; /* the command ends when the lock is lost */
    pthread_t thread;
    bool running;
    atomic_bool stopping;
    int stop_fd;       /* eventfd: the thread is to end */
    int news_fd;       /* eventfd: heartbeat_lost() has something */
    unsigned renewals; /* the thread's; to be read once it has stopped */
    pthread_mutex_t mutex;
    bool lost;
    struct error why;
};

/* Hands the session over. On failure it is still the caller's. */
int heartbeat_start(struct heartbeat *heartbeat, struct session *session, struct guardian *guardian,
                    bool kill, struct error *err) MUST_USE;

/* Readable once the lock is lost. */
int heartbeat_fd(const struct heartbeat *heartbeat);

/* The lock is lost; *ret_why says so in one line. */
bool heartbeat_lost(struct heartbeat *heartbeat, struct error *ret_why);

/*
 * Ends the thread; the session is the caller's again. A request in flight is given
 * CLIENT_GRACE_MS to settle. May run twice.
 */
void heartbeat_stop(struct heartbeat *heartbeat);

#endif
