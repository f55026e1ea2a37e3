/*
 * credentials - which keys to sign with, and from when on new ones are due.
 *
 * Never sends and never waits: a look-up is a machine that says what it wants done next, and is
 * told how that ended. Its caller (client/credentials_fetch) owns clock, network and processes.
 *
 *     struct credentials_lookup *lookup = credentials_lookup_new(&settings, region, &budget, err);
 *     credentials_step(lookup, now, NULL, &want, err);
 *     while (want.kind != CREDENTIALS_KEYS) ... do what is wanted, tell by credentials_step ...
 *     credentials_take(lookup, &keys);
 *
 * The chain, first match wins (the order of the AWS CLI): environment keys, assumed role, web
 * identity, SSO, static keys of the credentials file, console login, credential_process, static
 * keys of the config file, container, instance metadata. A source that is configured but fails
 * is an error, not a reason to go on. The look-up remembers the source that had keys: after
 * credentials_restart() it asks that one alone.
 */
#ifndef AWS_CREDENTIALS_H
#define AWS_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/settings.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "net/request.h"

#define CREDENTIALS_VALUE_BYTES  (16 * 1024) /* of a key id, secret or token */
#define CREDENTIALS_ORIGIN_BYTES 512
#define CREDENTIALS_ANSWER_BYTES ((size_t)256 * 1024) /* of a body or of a program's output */
#define CREDENTIALS_CODE_BYTES   64                   /* of an MFA code */
#define CREDENTIALS_NEVER        ((struct wall){INT64_MAX})

/* Keys, in secret bufs. Made by credentials_init(); with an empty id there are none. */
struct credentials {
    struct buf id, secret, token;          /* token is empty if there is none */
    struct wall expires_at;                /* CREDENTIALS_NEVER if that is not known */
    struct wall renew_at;                  /* from then on new ones should be asked for */
    bool renewable;                        /* false: asking again gives no other keys */
    char origin[CREDENTIALS_ORIGIN_BYTES]; /* for messages: "the environment", "role 'X'" */
    char shared[CREDENTIALS_ORIGIN_BYTES]; /* a file of theirs that others can read; "": none */
};

void credentials_init(struct credentials *credentials);
void credentials_free(struct credentials *credentials);

bool credentials_expired(const struct credentials *credentials, struct wall now);

enum credentials_want_kind {
    CREDENTIALS_KEYS,     /* nothing more: call credentials_take(), or credentials_region() */
    CREDENTIALS_SEND,     /* wait pause_ms, sign if there is sign_with, send the request */
    CREDENTIALS_RUN,      /* run the program, stdin /dev/null, at most CREDENTIALS_ANSWER_BYTES */
    CREDENTIALS_CODE,     /* ask the user for an MFA code */
    CREDENTIALS_NOT_MINE, /* nothing found here; only between sources, never from a step */
};

/* What a look-up wants done. All that it points to is the look-up's, until the next step. */
struct credentials_want {
    enum credentials_want_kind kind;
    struct request *request; /* SEND; knows its own time limits and whether it may use a proxy */
    int64_t pause_ms;
    const struct credentials *sign_with; /* NULL: not to be signed; else for service "sts" */
    const char *region;                  /* to sign for */
    char *const *program;                /* RUN: its words, NULL at the end */
    const char *mfa_serial;              /* CODE */
};

/* How that ended. All of it is borrowed for the one call. */
struct credentials_answer {
    const struct error *failure; /* why nothing came back; NULL: something did */
    bool retryable;              /* of a failure of SEND: worth another try */
    bool late;                   /* of a failure of SEND: it was a time limit */
    int status;                  /* SEND: of the answer; RUN: exit status, 128+N for a signal */
    struct text error_type;      /* SEND: header x-amzn-ErrorType, empty if there is none */
    const char *retry_after;     /* SEND: header x-amz-retry-after; NULL or "" if there is none */
    struct text output;          /* SEND: the body; RUN: standard output; CODE: what was typed */
    struct text messages;        /* RUN: standard error */
};

struct credentials_lookup;
struct retry_budget;

/*
 * region is the one in use (for STS and sign-in), budget what is left for retries; settings,
 * region and budget are borrowed until the look-up is destroyed. Returns NULL with *err set if
 * there is no memory.
 */
struct credentials_lookup *credentials_lookup_new(const struct aws_settings *settings,
                                                  const char *region, struct retry_budget *budget,
                                                  struct error *err);

/* The same, but it looks for the region in instance metadata: see credentials_region(). */
struct credentials_lookup *credentials_region_lookup_new(const struct aws_settings *settings,
                                                         struct retry_budget *budget,
                                                         struct error *err);
void credentials_lookup_destroy(struct credentials_lookup *lookup); /* takes NULL */

/*
 * Takes the look-up one step further. answer is NULL in the first step, and later tells how the
 * last want ended. After a failure (-1) the look-up is over until it is restarted. Its kind is
 * mostly ERROR_CONFIG, ERROR_DENIED or ERROR_UNAVAILABLE, by what the user can do about it.
 */
int credentials_step(struct credentials_lookup *lookup, struct wall now,
                     const struct credentials_answer *answer, struct credentials_want *ret_want,
                     struct error *err) MUST_USE;

/* Moves the keys out, after CREDENTIALS_KEYS; what *ret_credentials held is wiped. */
void credentials_take(struct credentials_lookup *lookup, struct credentials *ret_credentials);

/* The region, after CREDENTIALS_KEYS of a look-up of the region. */
struct region credentials_region(const struct credentials_lookup *lookup);

/*
 * The next step begins again, with the source that had keys if there was one. Files and caches are
 * read anew; the user is not asked for a code.
 */
void credentials_restart(struct credentials_lookup *lookup);

#endif
