/* http_private - what the files of net/http share; nobody else sees libcurl. */
#ifndef NET_HTTP_PRIVATE_H
#define NET_HTTP_PRIVATE_H

#include <curl/curl.h>

#include "net/http.h"
#include "net/proxy.h"

struct trust;

#define SOCKETS_MAX 32 /* kept, under way, and of several addresses tried at once */

/* Those that libcurl has open. */
struct http_sockets {
    curl_socket_t fds[SOCKETS_MAX];
    size_t count;
};

struct http_exchange {
    struct http *http;
    bool ended;
    CURL *easy; /* of this exchange only: libcurl keeps in it what was sent, secrets among it */
    CURLcode code;
    char reason[CURL_ERROR_SIZE];
    struct curl_slist *headers;
    const struct request *request;
    struct http_limits limits;
    bool by_proxy;
    struct proxy proxy;
    unsigned sendings;
    size_t header_bytes;
    const char *too_long; /* which part of the answer was longer than limit_bytes; NULL: none */
    size_t limit_bytes;
    struct http_answer answer;
};

struct http {
    struct http_config config;
    CURLM *multi;
    CURLSH *share;         /* what outlives an exchange besides connections: sessions of TLS */
    struct trust *trust;   /* NULL before TLS was spoken */
    struct error no_trust; /* why there is none */
    int64_t slept_ms;      /* clock_slept_ms() when the connections were last known good */
    struct http_sockets sockets;
    struct mono answered; /* when the last answer came */
    /*
     * Connections after an answer, without saying so. For good: only requests that might be lost
     * could tell that it no longer does. What that costs is a handshake more here and there, since
     * what is idle is given up after HTTP_IDLE_MAX_S anyway.
     */
    bool peer_closes;
};

/* Takes the exchange out of libcurl's hands; what was not read to its end is cut. */
void http_detach(struct http_exchange *exchange);

/* Waits for the end of one that was begun, and gives its answer away. */
enum http_outcome http_collect(struct http_exchange *exchange, const struct wakeup_source *wakeup,
                               struct http_answer *ret_answer, struct error *err);

/* Notes the first failure; setting an option fails for want of memory only. */
#define SET(option, value)                                                                         \
    do {                                                                                           \
        CURLcode set_code = curl_easy_setopt(easy, option, value);                                 \
        if (code == CURLE_OK)                                                                      \
            code = set_code;                                                                       \
    } while (0)

/*
 * For an exchange that is about to start: its sockets are known from now on; and it does not use a
 * connection again while a peer has closed one of those that are idle, nor any once a peer was
 * seen to close them after an answer: the next one might be closed between our look and our
 * request.
 */
CURLcode http_sockets_watch(struct http *http, CURL *easy);

#endif
