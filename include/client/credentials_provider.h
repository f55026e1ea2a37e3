/*
 * credentials_provider - keys that are good, for whoever signs.
 *
 * Has a look-up of credentials executed (credentials_fetch), keeps the keys, and gets new ones
 * before they end: in a thread of its own, for as long as the old ones serve, so that a slow
 * source holds up nobody. One thread at a time.
 *
 *     provider_init(&provider, &transport);
 *     provider_region(&provider, limits, &region, err)
 *     provider_get(&provider, limits, &keys, err)         before each request that is signed
 *     provider_rejected(&provider)                        the service did not accept them
 *     provider_report_shared(&provider, REPORT_VERBOSE)
 *     provider_end(&provider)                             nothing runs beside any more
 *     provider_free(&provider);
 *
 * When new keys are due says aws/renewal. As long as the old ones have not expired they serve,
 * with a warning, whatever becomes of an attempt to get new ones; after that its failure is the
 * caller's.
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

#define PROVIDER_FIRST_MS   (10 * 60 * 1000) /* for the first keys: somebody may be asked */
#define PROVIDER_REFRESH_MS (60 * 1000) /* for new ones, at least, if the old ones have ended */

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
    bool given_up;        /* the attempt at hand ended by its wakeup or deadline */
    bool warned;          /* about these keys */
    bool warned_expired;  /* that they have expired */
    bool shared_told;     /* the file that others can read */
};

/* How long a call may take. */
struct provider_limits {
    struct mono deadline;
    const struct wakeup_source *wakeup;
};

/* Sends nothing yet. The transport is borrowed; the struct must not move. */
void provider_init(struct provider *provider, struct transport *transport);

/*
 * Ends what runs beside. False: it hangs in the kernel, and the provider and all that it has
 * borrowed must stay as they are: free nothing, but let the process end.
 */
bool provider_end(struct provider *provider) MUST_USE;

/* Without a provider_end() before, or with one that was false, it may wait for long. */
void provider_free(struct provider *provider);

/* The region to sign for. Borrowed. */
int provider_region(struct provider *provider, const struct provider_limits *limits,
                    const char **ret_region, struct error *err) MUST_USE;

/*
 * The keys to sign with now; borrowed until the next call. Looks for the first ones here; new ones
 * are waited for only once the old ones do not serve any more, and then ERROR_LATER, if limits come
 * first, does not end the search.
 */
int provider_get(struct provider *provider, const struct provider_limits *limits,
                 const struct credentials **ret_keys, struct error *err) MUST_USE;

/* Are new keys being looked for in the background? */
bool provider_is_refreshing(const struct provider *provider);

/*
 * The service answered ExpiredTokenException or UnrecognizedClientException. True if it is worth
 * getting keys and sending once more: new ones will be asked for. False if they cannot change.
 */
bool provider_rejected(struct provider *provider);

/* Once, at the level given: a file with secrets of the keys at hand that others can read. */
void provider_report_shared(struct provider *provider, enum report_level level);

#endif
