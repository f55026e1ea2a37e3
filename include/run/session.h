/*
 * session - carries out what the lock wants done next by calls to the service, and tells it what
 * became of each.
 *
 * Order:   session_init, then session_step until lock_phase(&session->lock) is what the caller
 *          waits for; lock_leave(&session->lock, now) and session_step until LOCK_FINISHED;
 *          session_free. One thread at a time; it may be handed from one to another.
 * Memory:  what the config points to must live as long as the session.
 */
#ifndef RUN_SESSION_H
#define RUN_SESSION_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/wait.h"
#include "client/client.h"
#include "lock/state.h"
#include "run/identity.h"
#include "run/listing.h"

struct session_config {
    const struct aws_settings *aws;
    const struct lock_settings *lock;
    const char *tags;             /* "KEY=VALUE,..." to create attempts with; NULL for none */
    _Atomic uint64_t *mutex_note; /* lock_mutex_note(), kept up to date here; with release_only
                                   * read at the start only; NULL for none */
    struct identity *identity;    /* kept up to date by identity_stamp(); NULL if it is to stay */
    bool release_only;            /* only find and delete what a run of this identity left */
};

/* Others may read it, and call the functions of lock/lock.h for `lock`. */
struct session {
    struct session_config config;
    struct lock lock;
    struct client client;
    struct logs_listing pages; /* of the listing that is being read, or was read last */
    struct listing listing;    /* of these pages, as the lock reads them */
    char list_prefix[ATTEMPT_NAME_BYTES + 2]; /* what listings ask for, unless the lock names it */
    struct error final_error;                 /* why the lock gave up, once it has */
};

/*
 * Finds region, endpoint and whether there are credentials to be had; makes no call to the
 * service. Fails as client_init does.
 */
int session_init(struct session *session, const struct session_config *config,
                 const struct wakeup_source *wakeup, struct error *err) MUST_USE;
void session_free(struct session *session);

/*
 * Does the next thing that the lock wants, with at most one call to the service, or waits once:
 * until it is time for the next thing, or the source wakes it. A failure is told to the lock, and
 * shows in its phase and reason; if the lock gives up, final_error says why.
 */
void session_step(struct session *session, const struct wakeup_source *wakeup);

#endif
