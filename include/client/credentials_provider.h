/*
 * credentials_provider - keys that are good, for whoever signs.
 *
 * Has a look-up of credentials executed (credentials_fetch), keeps the keys, and gets new ones
 * before they expire. That happens in a thread of its own while the old ones serve, so that a slow
 * source holds up nobody. These functions are for one thread at a time.
 *
 *     provider_init(&provider, &transport);
 *     provider_region(&provider, limits, &region, err)
 *     provider_get(&provider, limits, &keys, err)         before each request that is signed
 *     provider_rejected(&provider)                        the service did not accept them
 *     provider_report_shared(&provider, REPORT_VERBOSE)
 *     provider_end(&provider)                             ends the thread, if there is one
 *     provider_free(&provider);
 *
 * aws/renewal decides when new keys are due. If they cannot be had, the old ones serve until they
 * expire, with a warning; from then on the failure is returned to the caller.
 */
#ifndef CLIENT_CREDENTIALS_PROVIDER_H
#define CLIENT_CREDENTIALS_PROVIDER_H

#include <stdbool.h>

#include "aws/credentials.h"
#include "aws/renewal.h"
#include "aws/retry.h"
#include "aws/settings.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/report.h"
#include "base/wait.h"
#include "client/credentials_refresh.h"

#define PROVIDER_FIRST_MS (10 * 60 * 1000) /* for the first keys: somebody may be asked */
/* For new ones: at least this, and for as long as the old ones serve. */
#define PROVIDER_REFRESH_MS (60 * 1000)

struct provider {
    struct transport *transport;
    struct retry_budget budget; /* for retries of its requests, which other services answer */
    bool unattended;            /* nobody is there to be asked, not even for the first keys */
    struct region region;       /* found in instance metadata, if the settings have none */
    struct credentials_lookup *lookup;
    struct credentials_refresh refresh;
    struct credentials keys;
    bool has_keys;
    struct renewal renewal;
    struct mono tried_at; /* when the last attempt to get new keys began */
    struct error failure; /* of the last attempt to get new keys */
    bool given_up;        /* the last attempt was ended by its wakeup source or deadline */
    bool warned;          /* the user was warned about these keys, */
    bool warned_expired;  /* and that they have expired */
    bool shared_told;     /* the user was told of the file that others can read */
};

/* What ends a call before it has succeeded. Both count. */
struct provider_limits {
    struct mono deadline;
    const struct wakeup_source *wakeup;
};

/* Sends nothing yet. The transport is borrowed; the struct must not move. */
void provider_init(struct provider *provider, struct transport *transport);

/*
 * Ends the thread that looks for new keys, if there is one. False if it hangs in the kernel: it
 * then still uses the provider and all that was borrowed, so free nothing and end the process.
 */
bool provider_end(struct provider *provider) MUST_USE;

/*
 * Takes NULL. Waits until the thread has ended, however long that takes: ask provider_end() first
 * if that matters.
 */
void provider_free(struct provider *provider);

/*
 * The region to sign for: the settings', else that of the instance metadata, which is asked for it
 * once. Borrowed from the settings or the provider.
 */
int provider_region(struct provider *provider, const struct provider_limits *limits,
                    const char **ret_region, struct error *err) MUST_USE;

/*
 * The keys to sign with now; borrowed until the next call. The first keys are looked for within
 * this call. Later ones are waited for only if the old ones no longer serve. If the limits end that
 * wait, it is ERROR_LATER, and the search goes on in the background.
 */
int provider_get(struct provider *provider, const struct provider_limits *limits,
                 const struct credentials **ret_keys, struct error *err) MUST_USE;

/* Are new keys being looked for in the background? */
bool provider_is_refreshing(const struct provider *provider);

/*
 * To be called when the service has refused the keys (ExpiredTokenException and the like). True if
 * they can be renewed: the next provider_get() gets new ones, so sending once more is worth it.
 * False if they cannot change.
 */
bool provider_rejected(struct provider *provider);

/*
 * Warns, once and at this level, if the secret of the keys at hand is in a file that others than
 * its owner can read.
 */
void provider_report_shared(struct provider *provider, enum report_level level);

#endif
