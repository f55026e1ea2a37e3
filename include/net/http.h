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
 * Memory:  an answer owns its body (wiped: answers hold keys), also after failures.
 *
 * Idle connections are not used again after HTTP_IDLE_MAX_S: the service closes them after some
 * 6 s, and a create sent into a dying one has an unknown outcome.
 */
#ifndef NET_HTTP_H
#define NET_HTTP_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/wait.h"
#include "net/request.h"

#define HTTP_IDLE_MAX_S    4
#define HTTP_HEADERS_BYTES (32 * 1024) /* of an answer, interim answers included */
#define HTTP_FIELD_BYTES   160         /* of one header that is kept; longer ones are cut */

struct http_config {
    const char *ca_file; /* the only trust for https; NULL: the system's */
    const char *agent;   /* User-Agent */
    /* instead of the system's bundle and folder, as curl has it; NULL: these */
    const char *system_ca_file, *system_ca_folder;
};

/* For one exchange. */
struct http_limits {
    int64_t connect_ms;   /* until resolved, connected and TLS agreed on */
    int64_t read_ms;      /* from the request's first byte to the answer's last */
    struct mono deadline; /* whatever the two above would allow */
    int64_t grace_ms;     /* for what was sent to be answered, when an end is asked for */
    size_t body_bytes;    /* most that an answer may hold */
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

/* Is asking again no use? */
bool http_is_final(enum http_reason reason);

struct http_answer {
    enum http_reason reason;
    int status;           /* 0 if none came */
    struct buf body;      /* secret */
    bool reused;          /* the connection had served an earlier exchange */
    struct mono started;  /* zero if libcurl could not even begin */
    struct mono sent;     /* just before the first byte could be sent; started if NOT_SENT */
    struct mono received; /* when the exchange ended, answered or not */
    /* headers, "" if missing, made printable */
    char date[HTTP_FIELD_BYTES];
    char age[HTTP_FIELD_BYTES];
    char request_id[HTTP_FIELD_BYTES];  /* x-amzn-requestid */
    char error_type[HTTP_FIELD_BYTES];  /* x-amzn-errortype */
    char retry_after[HTTP_FIELD_BYTES]; /* x-amz-retry-after, milliseconds */
};

/* "7.88.1": of the libcurl that is loaded. */
const char *http_version(void);

struct http;

/*
 * NULL with *err set (ERROR_CONFIG if the CA file cannot be read). Cheap: neither connects nor
 * reads certificates. The config's strings must live as long as it.
 */
struct http *http_new(const struct http_config *config, struct error *err) MUST_USE;

/* Closes all connections. Takes NULL. */
void http_free(struct http *http);

/*
 * Sends the request and waits for its answer, or until the wakeup source asks for an end: what has
 * not been sent is given up then, the rest after grace_ms. *ret_answer is filled in, whatever the
 * outcome, and err holds one line unless HTTP_ANSWERED.
 */
enum http_outcome http_exchange(struct http *http, const struct request *request,
                                const struct http_limits *limits,
                                const struct wakeup_source *wakeup, struct http_answer *ret_answer,
                                struct error *err) MUST_USE;

void http_answer_free(struct http_answer *answer);

#endif
