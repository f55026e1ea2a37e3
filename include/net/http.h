/*
 * http - sends requests and tells precisely what became of them; src/net/http.c alone sees libcurl.
 *
 * HTTP/1.1 over kept-alive connections, TLS 1.2 or newer with certificates always verified. It
 * never follows a redirect, never sends a request twice by itself (libcurl would, on a reused
 * connection found dead), never reads proxies from the environment, never touches signals (libcurl
 * writes with MSG_NOSIGNAL, through TLS too since 7.88), never waits beyond the limits given. It
 * asks for no content encoding, and undoes one that comes all the same where libcurl can.
 *
 * Order:   http_new; { http_exchange, http_answer_free }; http_free. One thread at a time.
 * Memory:  an answer owns its body, also after a failure, so http_answer_free() follows every
 *          exchange. It wipes the body, since the answers of some services are keys.
 *
 * A connection that was idle for HTTP_IDLE_MAX_S is not used again. The service closes it after
 * some 6 s, and if it does so while a create is on its way nobody knows whether that was applied.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "net/request.h"

#define HTTP_IDLE_MAX_S    4           /* seconds */
#define HTTP_HEADERS_BYTES (32 * 1024) /* of an answer, interim answers included */
#define HTTP_FIELD_BYTES   160         /* of one header that is kept; longer ones are cut */

struct http_config {
    const char *ca_file; /* for https only its certificates are trusted; NULL: the system's */
    const char *agent;   /* User-Agent */
    /*
     * Where the system's certificates are, a file and a folder; NULL: where curl looks for them.
     * Neither counts if there is a ca_file.
     */
    const char *system_ca_file, *system_ca_folder;
};

/* The limits of one exchange. Those of the request, if it has any, go before the first two. */
struct http_limits {
    int64_t connect_ms;   /* until the name is resolved, and TCP and TLS are connected */
    int64_t read_ms;      /* from the request's first byte to the answer's last */
    struct mono deadline; /* the exchange ends then, even if the two above allow more */
    int64_t grace_ms;     /* how long an answer is waited for after an end was asked for */
    size_t body_bytes;    /* most that the body of the answer may hold */
    const char *proxy;    /* URL; NULL or "": none. Not used if request->direct. */
};

enum http_outcome {
    HTTP_ANSWERED,   /* a whole answer came, of whatever status */
    HTTP_NOT_SENT,   /* surely no byte of the request was sent; err says why */
    HTTP_UNANSWERED, /* sent, and no whole answer came: it may have been applied; err says why */
};

/* Why there is no answer. */
enum http_reason {
    HTTP_REASON_NONE,
    HTTP_REASON_RESOLVE,    /* no address for the host or the proxy */
    HTTP_REASON_CONNECT,    /* refused, unreachable, cut before TLS was agreed on */
    HTTP_REASON_PROXY,      /* the proxy would not connect us */
    HTTP_REASON_PROXY_KEYS, /* it wants credentials, or others: always HTTP_NOT_SENT */
    HTTP_REASON_TLS,        /* certificate or protocol: asking again is no use */
    HTTP_REASON_TIME,       /* connect_ms, read_ms or the deadline */
    HTTP_REASON_LOST,       /* the connection broke after the request was sent */
    HTTP_REASON_LIMIT,      /* body or headers too long */
    HTTP_REASON_GARBLED,    /* not HTTP */
    HTTP_REASON_GIVEN_UP,   /* the wakeup source asked for an end */
    HTTP_REASON_SYSTEM,     /* out of memory, or libcurl failed otherwise */
};

/* Is it no use to send the same request again, after it has failed for this reason? */
bool http_is_final(enum http_reason reason);

struct http_answer {
    enum http_reason reason;
    int status;           /* 0 if none came */
    struct buf body;      /* secret */
    bool reused;          /* the connection had served an earlier exchange */
    struct mono started;  /* when http_exchange() was called; zero if libcurl could not begin */
    struct mono sent;     /* just before the first byte could be sent; started if NOT_SENT */
    struct mono received; /* when the exchange ended, answered or not */
    /* Headers of the answer, made printable; "" if missing. */
    char date[HTTP_FIELD_BYTES];
    char age[HTTP_FIELD_BYTES];
    char request_id[HTTP_FIELD_BYTES];  /* x-amzn-requestid */
    char error_type[HTTP_FIELD_BYTES];  /* x-amzn-errortype */
    char retry_after[HTTP_FIELD_BYTES]; /* x-amz-retry-after, milliseconds */
};

/* The version of the libcurl that is loaded, such as "7.88.1". */
const char *http_version(void);

struct http;

/*
 * Returns NULL with *err set if the CA file cannot be read (ERROR_CONFIG) or libcurl cannot be
 * started (ERROR_SYSTEM). Cheap: neither connects nor reads certificates. The config is copied,
 * but its strings are borrowed until http_free().
 */
struct http *http_new(const struct http_config *config, struct error *err) MUST_USE;

/* Closes all connections. Takes NULL. */
void http_free(struct http *http);

/*
 * Sends the request and waits for its answer. If the wakeup source asks for an end, a request that
 * was not sent yet is given up at once, and the answer to one that was sent is waited for no longer
 * than grace_ms. *ret_answer is filled in whatever the outcome, and err holds one line unless
 * HTTP_ANSWERED.
 */
enum http_outcome http_exchange(struct http *http, const struct request *request,
                                const struct http_limits *limits,
                                const struct wakeup_source *wakeup, struct http_answer *ret_answer,
                                struct error *err) MUST_USE;

/* Wipes and frees the body. Takes NULL. */
void http_answer_free(struct http_answer *answer);

#endif
