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
    SOURCE_COUNT,
};

#define SOURCE_BIT(source) (1U << (source))

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
    struct request request;
    struct buf scratch, token;
    char *words[CREDENTIALS_WORDS_MAX + 1];
    const struct credentials_lookup *parent;
    struct credentials_lookup *child; /* of a role: the look-up for what to assume it with */

    struct credentials keys;
    char reason[CREDENTIALS_REASON_BYTES]; /* why instance metadata gave nothing */
};

typedef int (*credentials_source_fn)(struct credentials_lookup *lookup,
                                     const struct credentials_answer *answer,
                                     struct credentials_want *want, struct error *err);

int credentials_environment(struct credentials_lookup *lookup,
                            const struct credentials_answer *answer, struct credentials_want *want,
                            struct error *err);
int credentials_credentials_file(struct credentials_lookup *lookup,
                                 const struct credentials_answer *answer,
                                 struct credentials_want *want, struct error *err);
int credentials_config_file(struct credentials_lookup *lookup,
                            const struct credentials_answer *answer, struct credentials_want *want,
                            struct error *err);

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

/* Sets when the keys of lookup->keys end, and that they can be asked for again. */
void credentials_set_expiry(struct credentials_lookup *lookup, struct wall expires_at);

#endif
