/* dpop - a proof that we hold the key of a token (RFC 9449), as AWS sign-in wants it. */
#ifndef AWS_DPOP_H
#define AWS_DPOP_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

#define DPOP_BYTES 4096 /* of a proof */

/*
 * Adds the proof, a JSON Web Token, for one request; method and url are those of the request. pem
 * is a P-256 private key: ERROR_CONFIG if it is not. Each proof has a random identifier of its own,
 * so that a request that is sent again needs a new one.
 */
int dpop_proof(struct text pem, const char *method, const char *url, struct wall now,
               struct buf *out, struct error *err) MUST_USE;

#endif
