/*
 * sigv4 - AWS Signature Version 4 for requests with headers: signing, and what verifying needs.
 *
 * Reads no clock: the time is an argument. Source of the rules: AWS IAM User Guide, "Create a
 * signed AWS API request". The body is always signed by its SHA-256; there are no presigned
 * URLs and no S3 rules here.
 */
#ifndef NET_SIGV4_H
#define NET_SIGV4_H

#include <stddef.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/error.h"
#include "base/text.h"
#include "net/request.h"

#define SIGV4_HEADERS_MAX     64 /* signed ones, and those of a request to be verified */
#define SIGV4_PARAMETERS_MAX  64 /* in a query */
#define SIGV4_CANONICAL_BYTES (256 * 1024)
#define SIGV4_SECRET_BYTES    1024

/*
 * The signing key of the last request, and what it is for. It is kept since deriving one takes four
 * digests, and one serves for a whole day. Initialize it as SIGV4_KEPT; sigv4_forget() wipes it.
 */
struct sigv4_kept {
    struct buf purpose; /* what the key was derived from: secret key, day, region and service */
    unsigned char key[CRYPTO_SHA256_BYTES];
};

#define SIGV4_KEPT                                                                                 \
    {                                                                                              \
        .purpose = BUF_SECRET(2 * SIGV4_SECRET_BYTES)                                              \
    }

void sigv4_forget(struct sigv4_kept *kept);

struct sigv4_keys {
    const char *id;
    const char *secret;
    const char *token;       /* NULL or "": none */
    struct sigv4_kept *kept; /* borrowed; NULL: the signing key is derived each time */
};

/*
 * Sets X-Amz-Date, X-Amz-Security-Token (taken away if there is no token) and Authorization.
 * Signed are host, content-type and all x-amz-*: nothing that a proxy or libcurl may change.
 * A request that is sent again is signed again. now is the service's time: our wall time, plus
 * what the service's clock is known to differ from it. Fails if something does not fit, or (with
 * ERROR_SYSTEM) if now is no date that can be written.
 */
int sigv4_sign(struct request *request, const struct sigv4_keys *keys, const char *region,
               const char *service, struct wall now, struct error *err) MUST_USE;

/*
 * The rest is for a server. It parses the Authorization header (sigv4_parse), looks up the secret
 * of key_id, computes the signature (sigv4_signature), and compares the two with crypto_same.
 */
struct sigv4_header {
    struct text name; /* in any case */
    struct text value;
};

/* A request as it was received. */
struct sigv4_received {
    struct text method;
    struct text path;  /* as in the request line, before '?' */
    struct text query; /* after '?' */
    const struct sigv4_header *headers;
    size_t header_count;
    struct text body;
};

/* What the Authorization header claims; views into it. */
struct sigv4_claim {
    struct text key_id;
    struct text date; /* YYYYMMDD */
    struct text region;
    struct text service;
    struct text signed_headers; /* lower case, sorted, parted by ';' */
    struct text signature;      /* 64 hex digits */
};

/* -1 with ERROR_GARBLED if it is not "AWS4-HMAC-SHA256 Credential=..., ...". */
int sigv4_parse(struct text authorization, struct sigv4_claim *ret_claim,
                struct error *err) MUST_USE;

/* The value of a header, trimmed; data is NULL if there is none. Names do not depend on case. */
struct text sigv4_header(const struct sigv4_received *received, const char *name);

/*
 * The signature that the request must have, in hex with a NUL. -1 with ERROR_GARBLED if a signed
 * header is missing, or if x-amz-date is missing or of another day than the claim.
 */
int sigv4_signature(const struct sigv4_received *received, const struct sigv4_claim *claim,
                    const char *secret, char out[CRYPTO_SHA256_HEX_BYTES],
                    struct error *err) MUST_USE;

/* Adds the canonical request, for tests and for telling a user what was expected. */
int sigv4_canonical(const struct sigv4_received *received, struct text signed_headers,
                    struct buf *out, struct error *err) MUST_USE;

#endif
