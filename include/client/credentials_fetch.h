/*
 * credentials_fetch - executes a look-up of credentials (aws/credentials): sends the requests that
 * it wants, runs its programs, asks for an MFA code on the terminal.
 */
#ifndef CLIENT_CREDENTIALS_FETCH_H
#define CLIENT_CREDENTIALS_FETCH_H

#include "aws/credentials.h"
#include "client/transport.h"

#define CREDENTIALS_STEPS_MAX 1000 /* of one look-up: roles x attempts, and then some */

struct credentials_fetch {
    struct transport *transport;
    bool unattended; /* nobody is there to be asked, and programs stay off the terminal */
    struct mono deadline;
    const struct wakeup_source *wakeup;
    bool given_up; /* result: it ended by the deadline or the wakeup source */
};

/*
 * Brings the look-up to its end. Fails as its source does, or, with given_up, ERROR_LATER. After a
 * failure the look-up is over until it is restarted.
 */
int credentials_fetch(struct credentials_fetch *fetch, struct credentials_lookup *lookup,
                      struct error *err) MUST_USE;

#endif
