/*
 * credentials_fetch - executes a look-up of credentials (aws/credentials): sends the requests that
 * it wants, runs its programs, asks for an MFA code on the terminal.
 */
#ifndef CLIENT_CREDENTIALS_FETCH_H
#define CLIENT_CREDENTIALS_FETCH_H

#include "aws/credentials.h"
#include "client/transport.h"

/* Steps of one look-up. No chain of roles needs as many, however often each is tried. */
#define CREDENTIALS_STEPS_MAX 1000

struct credentials_fetch {
    struct transport *transport; /* borrowed, as the wakeup source is */
    bool unattended; /* nobody is there to be asked, and programs are kept off the terminal */
    struct mono deadline;
    const struct wakeup_source *wakeup;
    bool given_up; /* result: it ended by the deadline or the wakeup source */
};

/*
 * Executes the look-up until it has keys. Fails as the source of the credentials does, or with
 * ERROR_LATER if it was given up. After a failure the look-up has to be restarted before it is
 * executed again.
 */
int credentials_fetch(struct credentials_fetch *fetch, struct credentials_lookup *lookup,
                      struct error *err) MUST_USE;

#endif
