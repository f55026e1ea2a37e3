/*
 * proxy - which proxy, if any, a request goes through. Pure: the caller brings the settings.
 *
 * Rules of the AWS CLI: HTTPS_PROXY for https, HTTP_PROXY for http; NO_PROXY lists names (with
 * all their subdomains, a leading dot does not matter), IP literals, either with ":port", or "*";
 * parted by commas. Loopback is not exempt by itself.
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include "net/request.h"

#define PROXY_SHOWN_BYTES 256

/* Each NULL or "" if not set. */
struct proxy_settings {
    const char *https;
    const char *http;
    const char *none; /* the list of NO_PROXY */
};

/* The proxy's URL as it was set, or NULL. */
const char *proxy_for(const struct proxy_settings *settings, const struct request *request);

/* The proxy for messages: without scheme, user part and path. Returns out. */
char *proxy_shown(const char *proxy, char out[PROXY_SHOWN_BYTES]);

#endif
