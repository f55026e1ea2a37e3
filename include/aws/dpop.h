/* dpop - a proof that we hold the key of a token (RFC 9449), as AWS sign-in wants it. */
#ifndef AWS_DPOP_H
#define AWS_DPOP_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

#define DPOP_BYTES 4096 /* of a proof */

/*
 * Adds a JSON Web Token for one request: method and url are what will be sent. pem is a P-256
 * private key. Each has an identifier of its own, drawn at random.
 */
int dpop_proof(struct text pem, const char *method, const char *url, struct wall now,
               struct buf *out, struct error *err) MUST_USE;

#endif
