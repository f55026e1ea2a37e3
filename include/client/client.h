/*
 * client - calls CloudWatch Logs: finds region, endpoint and credentials, signs, sends, once more
 * with new keys if the service refused the old ones, reads pages of listings, and says for how long
 * to leave the service alone after a failure. What is tried again, and when, is the caller's.
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

#define CLIENT_GRACE_MS  2000  /* for a request in flight, when an end is asked for */
#define CLIENT_PAGE_MS   60000 /* for one call, where the lock's rules set no limit */
#define CLIENT_URL_BYTES 2048
#define CLIENT_SENDS_MAX 2 /* of one call: the second with new keys */

struct client {
    const struct aws_settings *aws;
    struct transport transport;
    struct provider provider;
    struct retry retry;
    struct retry_budget budget;
    const char *region; /* borrowed from the provider */
    char url[CLIENT_URL_BYTES];
    uint64_t calls;          /* requests sent to the service */
    struct mono last_answer; /* of the service, whatever it said */
    struct error last_error; /* why the last call failed; kind NONE after a success */
};

/*
 * Makes no call to the service. The first keys come within the limits, and in PROVIDER_FIRST_MS;
 * unattended: in a read's time, and nobody can be asked for a code. Fails as aws/settings and the
 * provider do.
 */
int client_init(struct client *client, const struct aws_settings *aws, bool unattended,
                const struct provider_limits *keys_limits, struct error *err) MUST_USE;
void client_free(struct client *client);

/* What is asked is borrowed. */
struct client_call {
    enum logs_operation operation;
    const char *name; /* as in logs_request() */
    const char *more; /* as in logs_request() */
    struct mono deadline;
    bool counted;                 /* attempts are: leave the service alone for longer */
    bool patient;                 /* new keys may come yet: without keys it is LATER */
    struct logs_listing *listing; /* DESCRIBE: gets the page; begun anew without `more` */

    /* results */
    enum logs_outcome outcome; /* UNKNOWN for what is UNUSABLE */
    bool throttled;
    bool timeout;
    bool any_streams; /* DESCRIBE_STREAMS, DONE */
    int64_t pause_ms; /* LATER, UNKNOWN, REFUSED: leave the service alone for so long */
    struct mono sent; /* just before the first byte could have left */
    struct http_answer answer;
    char code[REFUSAL_CODE_BYTES]; /* of the service's refusal */
    struct error err;              /* NONE if the outcome is DONE, EXISTS or ABSENT */
};

/* client_call_free() in any case; outcome, err and the like stay. */
void client_call(struct client *client, struct client_call *call,
                 const struct wakeup_source *wakeup);
void client_call_free(struct client_call *call);

/*
 * The same, tried as often as the settings say; all but its body is left of the answer. Returns 0
 * if it is DONE, EXISTS or ABSENT, else -1 with what the last try said, or ERROR_LATER if an end
 * was asked for. Sets deadline and counted.
 */
int client_call_retrying(struct client *client, struct client_call *call,
                         const struct wakeup_source *wakeup, struct error *err) MUST_USE;

/*
 * Reads all pages of what begins with prefix, each as client_call_retrying() does. ret_date:
 * the service's clock as the last page's Date header has it (whole seconds, cut off), or -1. What
 * is more than a listing may have is left out (`cut`).
 */
int client_list(struct client *client, const char *prefix, struct logs_listing *listing,
                const struct wakeup_source *wakeup, struct wall *ret_date,
                struct error *err) MUST_USE;

#endif
