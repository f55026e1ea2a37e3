/* http_private - what the files of net/http share; nobody else sees libcurl. */
#ifndef NET_HTTP_PRIVATE_H
#define NET_HTTP_PRIVATE_H

#include <curl/curl.h>

#include "net/http.h"
#include "net/proxy.h"

struct trust;

/* Enough for idle connections, one in use, and one per address of a host tried at once. */
#define SOCKETS_MAX 32

/* The sockets that libcurl has open, in no order. */
struct http_sockets {
    curl_socket_t fds[SOCKETS_MAX];
    size_t count;
};

/* One request on its way: set up by http_exchange(), ended by http_collect(). */
struct http_exchange {
    struct http *http;
    bool ended;    /* libcurl is done with it: code is set */
    CURL *easy;    /* not used again: libcurl keeps in it what was sent, secrets too */
    CURLcode code; /* how it ended, by libcurl */
    char reason[CURL_ERROR_SIZE]; /* the same in libcurl's words, "" if it has none */
    struct curl_slist *headers;   /* of the request, owned; wiped by http_detach() */
    const struct request *request;
    struct http_limits limits;
    bool by_proxy;
    struct proxy proxy;   /* valid if by_proxy */
    unsigned sendings;    /* 1 once the request may have been sent; 2: a second was refused */
    size_t header_bytes;  /* of the answer, so far */
    const char *too_long; /* which part of the answer was longer than limit_bytes; NULL: none */
    size_t limit_bytes;
    struct http_answer answer;
};

struct http {
    struct http_config config;
    CURLM *multi;
    CURLSH *share;         /* what outlives an exchange besides connections: sessions of TLS */
    struct trust *trust;   /* NULL until the first exchange that needs TLS */
    struct error no_trust; /* why the last TLS connection could not be given certificates */
    int64_t slept_ms;      /* clock_slept_ms() when the connections were last known good */
    struct http_sockets sockets;
    struct mono answered; /* when the last answer came */
    /*
     * Some peer closes connections after an answer without announcing it: no connection is used
     * twice from now on. This is never taken back, for only a request that might get lost could
     * show that the peer has changed. The price is some more handshakes, and not many, since idle
     * connections are given up after HTTP_IDLE_MAX_S anyway.
     */
    bool peer_closes;
};

/*
 * Removes the exchange from libcurl and frees what it needed there; the answer stays. A connection
 * whose answer was not read to its end is closed.
 */
void http_detach(struct http_exchange *exchange);

/* Waits for the end of an exchange that was begun, detaches it, and passes its answer on. */
enum http_outcome http_collect(struct http_exchange *exchange, const struct wakeup_source *wakeup,
                               struct http_answer *ret_answer, struct error *err);

/*
 * Sets an option of the variable `easy`, and notes the first failure in the variable `code`. Our
 * options are all known to libcurl, so that they fail only if memory has run out.
 */
#define SET(option, value)                                                                         \
    do {                                                                                           \
        CURLcode set_code = curl_easy_setopt(easy, option, value);                                 \
        if (code == CURLE_OK)                                                                      \
            code = set_code;                                                                       \
    } while (0)

/*
 * For an exchange that is about to start. Notes the sockets that it opens and closes. If a peer has
 * closed one of the idle connections, it gets a new one. Once a peer was seen to do so right after
 * an answer, all exchanges do: the next connection might be closed between our look at it and our
 * request.
 */
CURLcode http_sockets_watch(struct http *http, CURL *easy);

#endif
