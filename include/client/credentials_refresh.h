/*
 * credentials_refresh - a look-up of credentials in a thread of its own, for as long as it takes,
 * while the old keys go on serving.
 *
 * Order:   credentials_refresh_start; poll done.fd, or ask is_done now and then; finish. One at a
 *          time. Nobody else may use the struct or the look-up until finish has returned true.
 */
#ifndef CLIENT_CREDENTIALS_REFRESH_H
#define CLIENT_CREDENTIALS_REFRESH_H

#include <pthread.h>

#include "base/wait.h"
#include "client/credentials_fetch.h"

/* How long finish waits for a thread that was told to give up. A helper gets one second of it. */
#define CREDENTIALS_REFRESH_END_MS 10000

struct credentials_refresh {
    bool running; /* started, and not finished */
    pthread_t thread;
    /* done: the thread is about to end, and result is set; stop: it is to give up */
    struct latch done, stop;
    struct transport transport;   /* the thread's own connections */
    struct wakeup_source on_stop; /* of the latch stop */
    struct credentials_fetch fetch;
    struct credentials_lookup *lookup; /* borrowed */
    int result;                        /* as of credentials_fetch() */
    struct error why;                  /* set if that is -1 */
};

/*
 * Starts a thread that executes the look-up, unattended. Its transport has the settings and the
 * correction of the clock of `like`. ERROR_SYSTEM if there is no thread or descriptor to be had.
 */
int credentials_refresh_start(struct credentials_refresh *refresh, const struct transport *like,
                              struct credentials_lookup *lookup, struct mono deadline,
                              struct error *err) MUST_USE;

bool credentials_refresh_is_done(const struct credentials_refresh *refresh);

/*
 * Tells the thread to give up if it is not done, and waits for its end. True at once if there is
 * none. False if it has not ended after CREDENTIALS_REFRESH_END_MS, since it hangs in the kernel,
 * as while a program is loaded from a file server that is gone. Then it goes on running, and the
 * struct and what it has borrowed must stay for as long as the process does.
 */
bool credentials_refresh_finish(struct credentials_refresh *refresh);

#endif
