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
    _Atomic uint64_t *mutex_note; /* kept up to date, or read if release_only; NULL for none */
    struct identity *identity;    /* whose ID the lock has; NULL if its time is to stay */
    bool release_only;            /* only find and delete what a run of this identity left */
};

struct session {
    struct session_config config;
    struct lock lock;
    struct client client;
    struct logs_listing pages;
    struct listing listing; /* of these pages, as the lock reads them */
    char list_prefix[ATTEMPT_NAME_BYTES + 2];
    struct error final_error; /* why the lock gave up, once it has */
};

/*
 * Finds region, endpoint and whether there are credentials to be had; makes no call to the
 * service. Fails as client_init does.
 */
int session_init(struct session *session, const struct session_config *config,
                 const struct wakeup_source *wakeup, struct error *err) MUST_USE;
void session_free(struct session *session);

/* Does the next thing, or waits until there is one, or until the source asks for an end. */
void session_step(struct session *session, const struct wakeup_source *wakeup);

#endif
