/*
 * credentials_refresh - a look-up of credentials in a thread of its own, for as long as it takes,
 * while the old keys go on serving.
 *
 * Order:   start; poll done.fd, or ask is_done, now and then; finish. One at a time. What was
 * borrowed for it is the thread's until finish returns.
 */
#ifndef CLIENT_CREDENTIALS_REFRESH_H
#define CLIENT_CREDENTIALS_REFRESH_H

#include <pthread.h>

#include "base/wait.h"
#include "client/credentials_fetch.h"

#define CREDENTIALS_REFRESH_END_MS 10000 /* for what is given up; a helper has one second */

struct credentials_refresh {
    bool running; /* started, and not finished */
    pthread_t thread;
    struct latch done, stop;
    struct transport transport; /* its own connections */
    struct wakeup_source on_stop;
    struct credentials_fetch fetch;
    struct credentials_lookup *lookup; /* borrowed */
    int result;
    struct error why; /* result -1 */
};

/*
 * Executes the look-up, unattended. `like` says how: settings and the correction of the clock are
 * as there. ERROR_SYSTEM if there is no thread or descriptor to be had.
 */
int credentials_refresh_start(struct credentials_refresh *refresh, const struct transport *like,
                              struct credentials_lookup *lookup, struct mono deadline,
                              struct error *err) MUST_USE;

bool credentials_refresh_is_done(const struct credentials_refresh *refresh);

/*
 * Waits for the end; what is not done is given up first. Nothing if it is not running. False: the
 * thread hangs in the kernel, as while a program is loaded from a file server that is gone. It goes
 * on running, and all of this, and what was borrowed, must stay for as long as the process does.
 */
bool credentials_refresh_finish(struct credentials_refresh *refresh);

#endif
