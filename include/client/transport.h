/*
 * transport - one request to a service and its answer: signed, sent, and sent once more if the
 * service refused the signature for its time and the clock could be corrected.
 *
 * It learns from answers how far our clock is off, and signs by the corrected time from then on.
 * One thread at a time.
 *
 *     transport_init(&transport, &settings, err)
 *     { transport_exchange(&transport, &exchange); exchange_free(&exchange); }
 *     transport_free(&transport)                            also after a failure
 */
#ifndef CLIENT_TRANSPORT_H
#define CLIENT_TRANSPORT_H

#include "aws/credentials.h"
#include "aws/retry.h"
#include "aws/settings.h"
#include "base/wait.h"
#include "net/http.h"
#include "net/request.h"
#include "net/sigv4.h"

#define TRANSPORT_AGENT_BYTES 256
#define TRANSPORT_SENDS_MAX   2 /* of one exchange: the second with the clock corrected */

struct transport {
    const struct aws_settings *settings;
    struct http *http;
    int64_t clock_offset_ms; /* added to our clock in signatures, learnt from answers */
    struct sigv4_kept kept;  /* for the next signature */
    char agent[TRANSPORT_AGENT_BYTES];
};

/*
 * The settings are borrowed; the struct must not move. ERROR_CONFIG if the settings' CA file cannot
 * be read.
 */
int transport_init(struct transport *transport, const struct aws_settings *settings,
                   struct error *err) MUST_USE;
void transport_free(struct transport *transport);

/*
 * The URL of the proxy that the request goes by, borrowed from the settings; NULL: none. Fails with
 * ERROR_CONFIG if what is set is no URL of a proxy; the error names the variable and quotes nothing
 * of its value, which may hold a password.
 */
int transport_proxy(const struct transport *transport, const struct request *request,
                    const char **ret_url, struct error *err) MUST_USE;

/* A request and what became of it. All but the results is set by the caller, and borrowed. */
struct exchange {
    struct request *request;        /* gets the headers of its signature */
    const struct credentials *keys; /* NULL: it is not to be signed */
    const char *region, *service;   /* to sign for */
    struct mono deadline;
    const struct wakeup_source *wakeup; /* may ask for an early end */
    int64_t grace_ms;                   /* as in struct http_limits, like answer_bytes */
    size_t answer_bytes;

    /* results */
    struct mono sent;                  /* of the first sending: just before a byte could leave */
    unsigned sends;                    /* requests that were begun */
    char clock_note[RETRY_NOTE_BYTES]; /* how far our clock is off, if it was refused for that */
    struct http_answer answer;
    struct error err; /* one line unless HTTP_ANSWERED */
};

/*
 * Signs and sends the request, and fills in the results whatever the outcome. If the wakeup source
 * asked for the end, answer.reason is HTTP_REASON_GIVEN_UP.
 */
enum http_outcome transport_exchange(struct transport *transport, struct exchange *exchange);
void exchange_free(struct exchange *exchange);

#endif
