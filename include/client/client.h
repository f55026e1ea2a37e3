/*
 * client - calls CloudWatch Logs. It finds region, endpoint and credentials, signs and sends (once
 * more with new keys if the service refused the old ones), and reads pages of listings. After a
 * failure it says for how long to leave the service alone; whether to try again, and when, is for
 * the caller to decide.
 *
 *     client_init(&client, &settings, false, &limits, err)
 *     { client_call(&client, &call, &wakeup); client_call_free(&call); }
 *     client_free(&client)                              also after a failure
 *
 * One thread at a time; it may be handed from one to another. The settings must live as long as
 * the client, which must not move.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/logs.h"
#include "aws/retry.h"
#include "aws/settings.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "client/credentials_provider.h"
#include "client/transport.h"

#define CLIENT_GRACE_MS  2000  /* for the answer to what was sent, when an end is asked for */
#define CLIENT_PAGE_MS   60000 /* for one call, if the caller does not set its deadline */
#define CLIENT_URL_BYTES 2048
#define CLIENT_SENDS_MAX 2 /* of one call: the second with new keys */

struct client {
    const struct aws_settings *aws;
    struct transport transport;
    struct provider provider;
    struct retry retry; /* for how long to leave the service alone; uses the budget */
    struct retry_budget budget;
    const char *region;         /* borrowed from the settings or the provider */
    char url[CLIENT_URL_BYTES]; /* the service's endpoint */
    uint64_t calls;             /* requests sent to the service */
    struct mono last_answer;    /* of the service, whatever it said */
    struct error last_error;    /* why the last call failed; kind NONE after a success */
};

/*
 * Finds region, endpoint and the first keys, and calls CloudWatch Logs not yet. It gives up at the
 * end of keys_limits, or after PROVIDER_FIRST_MS. Unattended, it gives up after the settings' read
 * time-out, and asks nobody for a code. Fails as aws/settings and the provider do.
 */
int client_init(struct client *client, const struct aws_settings *aws, bool unattended,
                const struct provider_limits *keys_limits, struct error *err) MUST_USE;
void client_free(struct client *client);

/* One call. What it asks is set by the caller, and borrowed; client_call() sets the results. */
struct client_call {
    enum logs_operation operation;
    const char *name; /* as in logs_request() */
    const char *more; /* as in logs_request() */
    struct mono deadline;
    bool counted;                 /* the caller tries a limited number of times: longer pauses */
    bool patient;                 /* new keys may come yet: having none is LATER, not REFUSED */
    struct logs_listing *listing; /* DESCRIBE: the page is added; without `more` it begins anew */

    /* results */
    enum logs_outcome outcome; /* never LOGS_UNUSABLE: LOGS_UNKNOWN in its place */
    bool throttled;
    bool timeout;     /* there is no answer, since time has run out */
    bool any_streams; /* DESCRIBE_STREAMS, DONE */
    int64_t pause_ms; /* LATER, UNKNOWN, REFUSED: leave the service alone for so long */
    struct mono sent; /* just before the first byte could have left */
    struct http_answer answer;
    char code[REFUSAL_CODE_BYTES]; /* of the service's refusal */
    struct error err;              /* NONE if the outcome is DONE, EXISTS or ABSENT */
};

/*
 * Makes the call; call->outcome says what became of it, call->err why it failed. Always followed by
 * client_call_free(), which frees the body of the answer and leaves the other results.
 */
void client_call(struct client *client, struct client_call *call,
                 const struct wakeup_source *wakeup);
void client_call_free(struct client_call *call);

/*
 * The same, tried up to as often as the settings say, with a pause after each failure. Sets
 * call->deadline and call->counted itself, and frees the body of the answer. Returns 0 if the
 * outcome is DONE, EXISTS or ABSENT. Else returns -1 with the error of the last try, or
 * ERROR_LATER if an end was asked for.
 */
int client_call_retrying(struct client *client, struct client_call *call,
                         const struct wakeup_source *wakeup, struct error *err) MUST_USE;

/*
 * Lists the log groups whose names begin with prefix: all pages, each as client_call_retrying()
 * does. *ret_date is the Date of the last page, the service's clock cut off to whole seconds, or -1
 * ms if there is none. What a listing has no room for is left out, and listing->cut is set.
 */
int client_list(struct client *client, const char *prefix, struct logs_listing *listing,
                const struct wakeup_source *wakeup, struct wall *ret_date,
                struct error *err) MUST_USE;

#endif
