/*
 * heartbeat - the thread that keeps the attempt fresh while the command runs.
 *
 * From heartbeat_start to heartbeat_stop the session belongs to the thread. After each step it
 * moves the guardian's deadlines to the lease the lock has by then; the deadlines are timers in
 * the kernel and do not depend on this thread making progress. Each of the two threads has one
 * thing to tell the other, once: that it is to end, and that the lock is lost.
 */
#ifndef RUN_HEARTBEAT_H
#define RUN_HEARTBEAT_H

#include <pthread.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/wait.h"
#include "process/guardian.h"
#include "run/session.h"

/* All zeros: never started. */
struct heartbeat {
    struct session *session;   /* borrowed; the thread's while it runs */
    struct guardian *guardian; /* borrowed: its deadlines are moved */
    bool kill; /* the command is ended when the lock is lost (not with --on-lost warn) */
    pthread_t thread;
    bool running;
    struct latch stop; /* the thread is to end */
    struct latch lost; /* the lock is lost, */
    struct error why;  /* and why: the thread writes it before it sets `lost` */
    unsigned renewals; /* counted by the thread; to be read once it has stopped */
};

/* Hands the session over. On failure it is still the caller's. */
int heartbeat_start(struct heartbeat *heartbeat, struct session *session, struct guardian *guardian,
                    bool kill, struct error *err) MUST_USE;

/* Borrowed. Readable once the lock is lost, and from then on. */
int heartbeat_fd(const struct heartbeat *heartbeat);

/* Is the lock lost? Then *ret_why says so in one line; else it is untouched. */
bool heartbeat_lost(const struct heartbeat *heartbeat, struct error *ret_why);

/*
 * Ends the thread; the session is the caller's again. A request in flight is given
 * CLIENT_GRACE_MS to be answered. May run twice.
 */
void heartbeat_stop(struct heartbeat *heartbeat);

#endif
