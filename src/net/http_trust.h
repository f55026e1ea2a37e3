/*
 * http_trust - whose certificates are believed: those that curl would believe on this machine.
 *
 * That is a bundle (a file of certificates) and, on some systems, a folder in which they are found
 * by the hash of their names; both count, the bundle first. Which ones: libcurl's own, else (a
 * libcurl that was built without any, as in the static program) those where distributions keep
 * them. A folder is read certificate by certificate as they are asked for. So is a bundle, here:
 * OpenSSL would make sense of every key in it, which costs more than all the rest of a run, while
 * only the one issuer is wanted. What is not a plain bundle is left to OpenSSL as a whole.
 *
 * Order:  trust_new; trust_install with each SSL_CTX; trust_free after the last of these is gone.
 * One thread at a time.
 */
#ifndef NET_HTTP_TRUST_H
#define NET_HTTP_TRUST_H

#include <stdbool.h>

#include "base/error.h"
#include "net/http.h"

struct trust;

/*
 * As the config says, which must live as long. easy: any handle of libcurl's, to ask for its
 * places. Reads nothing yet; NULL if there is no memory.
 */
struct trust *trust_new(const struct http_config *config, void *easy) MUST_USE;
void trust_free(struct trust *trust); /* takes NULL */

/* The places that it came to; NULL: none of this kind. */
const char *trust_bundle(const struct trust *trust);
const char *trust_folder(const struct trust *trust);

/* Does this libcurl use the OpenSSL that we do? If not, it is to be told the places. */
bool trust_can_install(const struct trust *trust);

/*
 * Makes a TLS connection to be believe just that; context is an SSL_CTX. ERROR_CONFIG if there is
 * no bundle, it cannot be read, or holds no certificate.
 */
int trust_install(struct trust *trust, void *context, struct error *err) MUST_USE;

#endif
