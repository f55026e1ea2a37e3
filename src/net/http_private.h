/* http_private - what the files of net/http share; nobody else sees libcurl. */
#ifndef NET_HTTP_PRIVATE_H
#define NET_HTTP_PRIVATE_H

#include <curl/curl.h>

#include "net/http.h"

struct trust;

struct http_exchange {
    struct http *http;
    bool used;
    bool ended;
    CURL *easy; /* kept for the next exchange */
    CURLcode code;
    char reason[CURL_ERROR_SIZE];
    struct curl_slist *headers;
    const struct request *request;
    struct http_limits limits;
    unsigned sendings;
    size_t header_bytes;
    const char *too_long; /* which part of the answer was longer than limit_bytes; NULL: none */
    size_t limit_bytes;
    struct http_answer answer;
};

struct http {
    struct http_config config;
    CURLM *multi;
    struct trust *trust;
    struct error no_trust; /* why there is none */
    int64_t slept_ms;      /* clock_slept_ms() when the connections were last known good */
    struct http_exchange exchanges[HTTP_EXCHANGES_MAX];
};

/* Takes the exchange out of libcurl's hands; what was not read to its end is cut. */
void http_detach(struct http_exchange *exchange);

#endif
