/*
 * proxy - which proxy, if any, a request goes through, and its URL taken apart. Pure: the caller
 * brings the settings.
 *
 * Rules of the AWS CLI: HTTPS_PROXY for https, HTTP_PROXY for http; NO_PROXY lists names (with
 * all their subdomains, a leading dot does not matter), IP literals, either with ":port", or "*";
 * parted by commas. Loopback is not exempt by itself.
 */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include "net/request.h"

#define PROXY_SHOWN_BYTES (REQUEST_HOST_BYTES + 32)

/* Each NULL or "" if not set. */
struct proxy_settings {
    const char *https;
    const char *http;
    const char *none; /* the list of NO_PROXY */
};

/* The URL of the proxy for this request, as it was set and borrowed from there; NULL: none. */
const char *proxy_for(const struct proxy_settings *settings, const struct request *request);

/* A proxy's URL, taken apart. Texts are borrowed from it. */
struct proxy {
    const char *scheme; /* "http", "https", "socks4", "socks4a", "socks5" or "socks5h" */
    char host[REQUEST_HOST_BYTES];
    unsigned port;    /* libcurl's usual one if the URL has none */
    struct text user; /* "USER[:PASSWORD]", percent-encoded, secret; "" for none */
};

/*
 * Fails with ERROR_CONFIG if the URL is not [SCHEME://][USER[:PASSWORD]@]HOST[:PORT][/...].
 * Special characters in user name and password must be percent-encoded. The error quotes nothing
 * of the URL: where they are not encoded, any part of it may belong to the password.
 */
int proxy_parse(const char *url, struct proxy *ret_proxy, struct error *err) MUST_USE;

/* "http://proxy:3128", for libcurl: without user name and password. Returns out. */
const char *proxy_url(const struct proxy *proxy, char out[PROXY_SHOWN_BYTES]);

/* "proxy:3128", for messages. Returns out. */
const char *proxy_shown(const struct proxy *proxy, char out[PROXY_SHOWN_BYTES]);

#endif
