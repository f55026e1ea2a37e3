/*
 * credentials_source - what one source of credentials sees, and what the sources share.
 *
 * For src/aws/credentials*.c and their tests. A source is one function. Called with an answer of
 * NULL it begins; what it has to remember until the next call it keeps in the look-up. It sets
 * want->kind: to CREDENTIALS_KEYS once it has filled lookup->keys, to CREDENTIALS_NOT_MINE if it is
 * not configured, or to what it wants done. If it is configured but broken it returns an error.
 */
#ifndef AWS_CREDENTIALS_SOURCE_H
#define AWS_CREDENTIALS_SOURCE_H

#include "aws/credentials.h"
#include "aws/refusal.h"
#include "aws/retry.h"

#define CREDENTIALS_SCRATCH_BYTES CREDENTIALS_ANSWER_BYTES
#define CREDENTIALS_WORDS_MAX     128 /* of a credential_process */
#define CREDENTIALS_CHAIN_MAX     64  /* roles assumed one after the other */
#define CREDENTIALS_REASON_BYTES  200
#define CREDENTIALS_RENEW_MS      (15 * 60 * 1000) /* before old keys expire new ones are due */

/* The sources, in the order of the chain. */
enum credentials_source {
    SOURCE_ENVIRONMENT,
    SOURCE_ROLE,
    SOURCE_WEB_IDENTITY,
    SOURCE_SSO,
    SOURCE_CREDENTIALS_FILE,
    SOURCE_LOGIN,
    SOURCE_PROCESS,
    SOURCE_CONFIG_FILE,
    SOURCE_CONTAINER,
    SOURCE_IMDS,
    SOURCE_IMDS_REGION, /* no keys: a look-up of the region, never part of a chain */
    SOURCE_COUNT,
};

#define SOURCE_BIT(source) (1U << (source))

/* Sources whose keys the user has provided: if they are bad it is for the user to mend them. */
#define CREDENTIALS_USERS_OWN                                                                      \
    (SOURCE_BIT(SOURCE_ENVIRONMENT) | SOURCE_BIT(SOURCE_CREDENTIALS_FILE) |                        \
     SOURCE_BIT(SOURCE_PROCESS) | SOURCE_BIT(SOURCE_CONFIG_FILE))

struct credentials_lookup {
    const struct aws_settings *settings;
    const char *region;
    const char *profile;            /* the name of the profile whose keys are looked for */
    unsigned sources;               /* the sources that may be asked, as SOURCE_BIT()s */
    bool environment;               /* web identity may be configured by the environment, too */
    bool refreshing;                /* the user must not be asked for a code */
    enum credentials_source source; /* the one in charge; SOURCE_COUNT: not known yet */
    struct wall now;                /* as given to this step */

    /* For the source in charge. Stage, attempt, renewed and bufs are cleared before it begins. */
    unsigned stage;   /* how far it is; each source has an enum of its own */
    unsigned attempt; /* how often the request at hand was sent */
    bool renewed;     /* instance metadata: the token was replaced once */
    struct retry retry;
    struct retry_budget *budget;
    struct request request;
    struct buf scratch, token;
    char *words[CREDENTIALS_WORDS_MAX + 1];
    const struct credentials_lookup *parent; /* the role that needs these keys; NULL: none */
    struct credentials_lookup *child; /* of a role: the look-up of the keys to assume it with */

    struct credentials keys;
    struct region found;                   /* by a look-up of the region */
    char reason[CREDENTIALS_REASON_BYTES]; /* why instance metadata gave nothing */
};

typedef int credentials_source_fn(struct credentials_lookup *lookup,
                                  const struct credentials_answer *answer,
                                  struct credentials_want *want, struct error *err);

credentials_source_fn credentials_environment;
credentials_source_fn credentials_role;
credentials_source_fn credentials_web_identity;
credentials_source_fn credentials_sso;
credentials_source_fn credentials_credentials_file;
credentials_source_fn credentials_login;
credentials_source_fn credentials_process;
credentials_source_fn credentials_config_file;
credentials_source_fn credentials_container;
credentials_source_fn credentials_imds;
credentials_source_fn credentials_imds_region;

/* The value of a key in the look-up's profile; NULL if it is not given. */
const char *credentials_value(const struct credentials_lookup *lookup, const char *key);

/*
 * Sets the three values of lookup->keys. Whether secret and token may be empty is for the caller to
 * judge. The keys never expire and cannot be renewed unless credentials_set_expiry() follows.
 */
int credentials_fill(struct credentials_lookup *lookup, struct text id, struct text secret,
                     struct text token, struct error *err) MUST_USE;

/* Sets where the keys come from, for messages. */
void credentials_origin(struct credentials_lookup *lookup, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Notes a file that keys come from if others than its owner can read it. */
void credentials_note_file(struct credentials_lookup *lookup, const char *path);

/* The paths at which a JSON document has keys. NULL: it has no such member. */
struct credentials_json {
    const char *id, *secret, *token, *expiration;
    bool long_term;    /* token and expiration may be missing */
    bool milliseconds; /* the expiration is a number of them since 1970, not ISO 8601 */
};

/*
 * Fills lookup->keys from a document. ERROR_GARBLED if it is no JSON object or a member is
 * missing (named) or no text, ERROR_DENIED if the keys have already expired.
 */
int credentials_fill_json(struct credentials_lookup *lookup, struct text document,
                          const struct credentials_json *names, struct error *err) MUST_USE;

/*
 * What a JSON error says; all "" if no answer came. OIDC and sign-in may have the code in the
 * member `error`.
 */
struct refusal credentials_refusal(const struct credentials_answer *answer);

/*
 * If the answer calls for it and attempts are left, makes *want the same request again after a
 * pause, and returns true.
 */
bool credentials_again(struct credentials_lookup *lookup, const struct credentials_answer *answer,
                       const struct refusal *refusal, struct credentials_want *want);

/* A request that failed for good: sets one line, "what: why", and its kind. Returns -1. */
int credentials_refused(const struct credentials_answer *answer, const struct refusal *refusal,
                        const char *what, struct error *err);

/* Makes lookup->request a new request to the URL of a service. */
int credentials_request(struct credentials_lookup *lookup, const char *method,
                        enum aws_service service, const char *region, struct error *err) MUST_USE;

/* Makes *want that lookup->request be sent. Fails if something did not fit into it. */
int credentials_send(struct credentials_lookup *lookup, struct credentials_want *want,
                     struct error *err) MUST_USE;

/* Sets when lookup->keys expire and when new ones are due, and that they can be renewed. */
void credentials_set_expiry(struct credentials_lookup *lookup, struct wall expires_at);

#endif
