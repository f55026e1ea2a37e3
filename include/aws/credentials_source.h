/*
 * credentials_source - what one source of credentials sees, and what the sources share.
 *
 * For src/aws/credentials*.c and their tests. A source is one function: called with an answer of
 * NULL it begins; what it has to remember until the next call is in the look-up. It sets
 * want->kind, and before CREDENTIALS_KEYS fills lookup->keys. "Not configured" is
 * CREDENTIALS_NOT_MINE; configured but broken is an error.
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
#define CREDENTIALS_RENEW_MS      (15 * 60 * 1000) /* so long before they end new keys are due */

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

/* Those whose keys the user has written down: what is wrong with them is the user's to mend. */
#define CREDENTIALS_USERS_OWN                                                                      \
    (SOURCE_BIT(SOURCE_ENVIRONMENT) | SOURCE_BIT(SOURCE_CREDENTIALS_FILE) |                        \
     SOURCE_BIT(SOURCE_PROCESS) | SOURCE_BIT(SOURCE_CONFIG_FILE))

struct credentials_lookup {
    const struct aws_settings *settings;
    const char *region;
    const char *profile;            /* whose keys are looked for */
    unsigned sources;               /* bits of those that may answer */
    bool environment;               /* the environment's web identity counts */
    bool refreshing;                /* no prompts */
    enum credentials_source source; /* the one that answered; SOURCE_COUNT: not known yet */
    struct wall now;

    /* The source's own, cleared before it begins. */
    unsigned stage;
    unsigned attempt; /* of the request at hand */
    bool renewed;     /* instance metadata: the token was replaced once */
    struct retry retry;
    struct retry_budget *budget;
    struct request request;
    struct buf scratch, token;
    char *words[CREDENTIALS_WORDS_MAX + 1];
    const struct credentials_lookup *parent;
    struct credentials_lookup *child; /* of a role: the look-up for what to assume it with */

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

/* A key of the profile that the look-up is for. */
const char *credentials_value(const struct credentials_lookup *lookup, const char *key);

/*
 * Fills lookup->keys: origin (a format), and the three values; secret and token may be empty,
 * the caller has judged that. They do not expire and cannot be renewed until told otherwise.
 */
int credentials_fill(struct credentials_lookup *lookup, struct text id, struct text secret,
                     struct text token, struct error *err) MUST_USE;
void credentials_origin(struct credentials_lookup *lookup, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Notes a file that keys come from if others than its owner can read it. */
void credentials_note_file(struct credentials_lookup *lookup, const char *path);

/* Where a JSON document has keys. NULL: not there. */
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

/* Out of a JSON error; all "" without an answer. OIDC and sign-in may have a code in `error`. */
struct refusal credentials_refusal(const struct credentials_answer *answer);

/*
 * If the answer calls for it and attempts are left, makes *want the same request again after a
 * pause, and returns true.
 */
bool credentials_again(struct credentials_lookup *lookup, const struct credentials_answer *answer,
                       const struct refusal *refusal, struct credentials_want *want);

/* A request that failed for good: one line, "what: why", of the kind that fits the answer. */
int credentials_refused(const struct credentials_answer *answer, const struct refusal *refusal,
                        const char *what, struct error *err);

/* Begins lookup->request anew, with the URL of a service. */
int credentials_request(struct credentials_lookup *lookup, const char *method,
                        enum aws_service service, const char *region, struct error *err) MUST_USE;

/* Wants lookup->request sent, after its check. */
int credentials_send(struct credentials_lookup *lookup, struct credentials_want *want,
                     struct error *err) MUST_USE;

/* Sets when the keys of lookup->keys end, and that they can be asked for again. */
void credentials_set_expiry(struct credentials_lookup *lookup, struct wall expires_at);

#endif
