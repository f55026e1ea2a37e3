/*
 * http_trust - whose certificates are believed: those that curl would believe on this machine.
 *
 * That is a bundle (a file of certificates) and, on some systems, a folder in which they are found
 * by the hash of their names. Both count, the bundle first. Their places are those that libcurl was
 * built with. The static program's libcurl was built with none; then they are looked for where
 * distributions keep them.
 *
 * OpenSSL reads a folder certificate by certificate, as they are asked for, but a bundle as a
 * whole. Decoding every key in it costs more than all the rest of a run, while only one issuer is
 * wanted. So a bundle is read here, and OpenSSL gets the certificates that it asks for. A bundle
 * that holds anything but plain certificates is left to OpenSSL.
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
 * easy is any handle of libcurl's (CURL *), to ask it for its places. Reads no certificate yet.
 * Returns NULL if there is no memory. The config's strings are borrowed until trust_free().
 */
struct trust *trust_new(const struct http_config *config, void *easy) MUST_USE;
void trust_free(struct trust *trust); /* takes NULL */

/* The paths of the bundle and of the folder that are used; NULL: none of this kind. */
const char *trust_bundle(const struct trust *trust);
const char *trust_folder(const struct trust *trust);

/*
 * Does libcurl use the same OpenSSL as we do? Only then may trust_install() be used; otherwise
 * libcurl is told the two paths, and reads them itself.
 */
bool trust_can_install(const struct trust *trust);

/*
 * Makes the connections of context, an SSL_CTX, trust these certificates and no others. Fails with
 * ERROR_CONFIG if there is neither bundle nor folder, or the bundle cannot be read or holds no
 * certificate.
 */
int trust_install(struct trust *trust, void *context, struct error *err) MUST_USE;

#endif
