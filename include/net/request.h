/*
 * request - an HTTP request as a value: what the signer reads and the sender sends.
 *
 * Order:  request_init; request_url; maybe request_path, request_query, request_header, the
 *         body (add to request.body); then sign (net/sigv4), send (net/http), request_free.
 *         A request may be signed and sent again; headers set again replace the old ones.
 * Memory: the struct owns its bytes. request_free() wipes them all, for headers and bodies hold
 *         tokens. An addition that does not fit is remembered, as in a buf; request_check() tells.
 */
#ifndef NET_REQUEST_H
#define NET_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"

#define REQUEST_HOST_BYTES   256        /* a name (RFC 1035: 253) or an IP literal, with the NUL */
#define REQUEST_TARGET_BYTES (8 * 1024) /* of path and of query, each */
#define REQUEST_HEADERS_MAX  16
#define REQUEST_NAME_BYTES   48          /* of a header, with the NUL */
#define REQUEST_VALUE_BYTES  (16 * 1024) /* of a header: session and bearer tokens are long */
#define REQUEST_BODY_BYTES   (128 * 1024)

struct request_header {
    char name[REQUEST_NAME_BYTES];
    struct buf value;
};

struct request {
    const char *method; /* a literal: "GET", "POST", "PUT" */
    bool https;
    char host[REQUEST_HOST_BYTES]; /* lower case; an IPv6 address without its brackets */
    unsigned port;
    struct buf path;  /* as sent, begins with '/' */
    struct buf query; /* as sent, without '?' */
    struct request_header headers[REQUEST_HEADERS_MAX];
    size_t header_count;
    struct buf body;
    bool direct;             /* never by a proxy: metadata and container services are local */
    int64_t connect_time_ms; /* in place of the sender's connect_ms; 0: the sender's counts */
    int64_t read_time_ms;    /* the same for its read_ms */
    bool failed;             /* something did not fit, or a header held a line end */
};

void request_init(struct request *request, const char *method);
void request_free(struct request *request);

/*
 * Takes "host", "host:port", "[v6]", "[v6]:port" apart; the host in lower case, without brackets.
 * Returns NULL, or what is wrong with it, as the end of a sentence: "has a bad port".
 */
const char *request_authority(struct text authority, unsigned default_port,
                              char host[REQUEST_HOST_BYTES], unsigned *port);

/*
 * Sets scheme, host, port, path and query from an absolute http or https URL. Bytes beyond
 * ASCII are percent-encoded. Refused with ERROR_CONFIG and a text that holds the URL, its user
 * part left out: other schemes, no host, a user part, blanks, control characters, a bad port.
 * A fragment is dropped.
 */
int request_url(struct request *request, const char *url, struct error *err) MUST_USE;

/* Appends "/path" (already encoded) to what the URL gave; "/" alone changes nothing. */
void request_path(struct request *request, const char *path);

/* Adds name=value to the query, percent-encoding both. */
void request_query(struct request *request, const char *name, const char *value);

/*
 * Sets a header; names do not depend on case. A CR, LF or NUL in the value counts as a failure.
 * A value whose data is NULL takes the header away.
 */
void request_header(struct request *request, const char *name, struct text value);

/* The value of a header, or a view whose data is NULL if there is none. */
struct text request_find_header(const struct request *request, const char *name);

/* Adds the Host header's value: brackets around IPv6, the port unless it is the scheme's own. */
void request_host(const struct request *request, struct buf *out);

/* Adds the URL, for the sender. */
void request_write_url(const struct request *request, struct buf *out);

/* Adds text with every byte outside A-Z a-z 0-9 - _ . ~ and those in `keep` as %XX. */
void request_encode(struct text text, const char *keep, struct buf *out);

/* Fails with ERROR_LIMIT if anything that was added did not fit: such a request is not sent. */
int request_check(const struct request *request, struct error *err) MUST_USE;

#endif
