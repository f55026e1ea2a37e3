/* The second half of net/http: waiting for an exchange's end, and telling what became of it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/wait.h"
#include "http_private.h"
#include "http_trust.h"
#include "net/proxy.h"

/*
 * Longest single poll. Deadlines count the time that the machine is suspended, the time-out of
 * poll(2) does not: so the clock is looked at this often.
 */
#define SLICE_MS 1000

#define PROXY_WANTS_KEYS   407 /* RFC 9110, 15.5.8 */
#define PROXY_REFUSES_KEYS 401 /* what tinyproxy 1.11 says to CONNECT with a wrong password */

static void copy_header(const struct http_exchange *exchange, const char *name,
                        char out[HTTP_FIELD_BYTES])
{
    struct curl_header *header = NULL;
    out[0] = '\0';
    if (curl_easy_header(exchange->easy, name, 0, CURLH_HEADER, -1, &header) == CURLHE_OK)
        (void)text_printable(text_from(header->value), out, HTTP_FIELD_BYTES);
}

static void read_answer(struct http_exchange *exchange)
{
    struct http_answer *answer = &exchange->answer;
    long status = 0;
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status); /* 0 if it fails */
    answer->status = (int)status;
    copy_header(exchange, "date", answer->date);
    copy_header(exchange, "age", answer->age);
    copy_header(exchange, "x-amzn-requestid", answer->request_id);
    copy_header(exchange, "x-amzn-errortype", answer->error_type);
    copy_header(exchange, "x-amz-retry-after", answer->retry_after);
}

/*
 * Did the connection break during the TLS handshake? That may pass, unlike other TLS errors.
 * libcurl has one code for both, so that its text is searched for what OpenSSL calls it.
 */
static bool cut_in_handshake(const struct http_exchange *exchange)
{
    long os_errno = 0;
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_OS_ERRNO, &os_errno); /* 0 if it fails */
    return os_errno == ECONNRESET || os_errno == EPIPE || os_errno == ETIMEDOUT ||
           strstr(exchange->reason, "SSL_ERROR_SYSCALL") ||
           strstr(exchange->reason, "SSL_ERROR_ZERO_RETURN") ||
           strstr(exchange->reason, "error:00000000") || /* nothing that OpenSSL minded */
           strstr(exchange->reason, "unexpected eof") ||
           strstr(exchange->reason, "Connection reset");
}

/* The status of the proxy's answer to CONNECT; 0 if there was none. */
static long connect_status(const struct http_exchange *exchange)
{
    long status = 0;
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_HTTP_CONNECTCODE, &status); /* 0 if it fails */
    return status;
}

/*
 * Does the proxy want (other) credentials? It says so to CONNECT, or for http in place of the
 * service's answer.
 */
static bool is_proxy_refusal(const struct http_exchange *exchange)
{
    long status = 0, to_connect = connect_status(exchange);
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_RESPONSE_CODE, &status); /* 0 if it fails */
    return exchange->by_proxy && (to_connect == PROXY_WANTS_KEYS ||
                                  to_connect == PROXY_REFUSES_KEYS || status == PROXY_WANTS_KEYS);
}

/*
 * Was a line of the answer's header too long for libcurl? Before 8.6 it has no code for that and
 * says that memory has run out; that it really has is less likely once an answer was to come.
 */
static bool is_long_line(const struct http_exchange *exchange)
{
    bool said = exchange->code == CURLE_OUT_OF_MEMORY;
#if LIBCURL_VERSION_NUM >= 0x080600
    said = said || exchange->code == CURLE_TOO_LARGE;
#endif
    return said && exchange->sendings > 0 && exchange->answer.body.length == 0;
}

static enum http_reason classify(struct http_exchange *exchange)
{
    if (is_long_line(exchange)) {
        exchange->too_long = "a line of the header of the answer";
        exchange->limit_bytes = CURL_MAX_HTTP_HEADER;
        return HTTP_REASON_LIMIT;
    }
    if (is_proxy_refusal(exchange))
        return HTTP_REASON_PROXY_KEYS;
    switch (exchange->code) {
    case CURLE_OK:
        return HTTP_REASON_NONE;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        return HTTP_REASON_RESOLVE;
    case CURLE_COULDNT_CONNECT: /* also the proxy's refusal, from libcurl 8.22 on */
        return connect_status(exchange) ? HTTP_REASON_PROXY : HTTP_REASON_CONNECT;
    case CURLE_OPERATION_TIMEDOUT:
        return HTTP_REASON_TIME;
    case CURLE_SSL_CONNECT_ERROR:
        return cut_in_handshake(exchange) ? HTTP_REASON_CONNECT : HTTP_REASON_TLS;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_USE_SSL_FAILED:
        return HTTP_REASON_TLS;
    case CURLE_PROXY:
        return HTTP_REASON_PROXY;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
        if (exchange->sendings > 0)
            return HTTP_REASON_LOST;
        return exchange->by_proxy ? HTTP_REASON_PROXY : HTTP_REASON_CONNECT;
    case CURLE_PARTIAL_FILE:
    case CURLE_ABORTED_BY_CALLBACK: /* libcurl was about to send again: see on_sending */
        return HTTP_REASON_LOST;
    case CURLE_WRITE_ERROR:
        return exchange->too_long ? HTTP_REASON_LIMIT : HTTP_REASON_SYSTEM;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
        return HTTP_REASON_GARBLED;
    default:
        return HTTP_REASON_SYSTEM;
    }
}

static enum error_kind kind_of(enum http_reason reason, enum http_outcome outcome)
{
    switch (reason) {
    case HTTP_REASON_TLS:
    case HTTP_REASON_PROXY_KEYS:
        return ERROR_UNAVAILABLE;
    case HTTP_REASON_LIMIT:
    case HTTP_REASON_GARBLED:
        return ERROR_GARBLED;
    case HTTP_REASON_SYSTEM:
        return outcome == HTTP_NOT_SENT ? ERROR_SYSTEM : ERROR_UNKNOWN;
    default:
        return outcome == HTTP_NOT_SENT ? ERROR_LATER : ERROR_UNKNOWN;
    }
}

/*
 * The cause in words that quote nothing of a URL: the system's text, or libcurl's for its code.
 * libcurl's own sentence is used for TLS only, where it says what is wrong with a certificate and
 * quotes nothing but names in it. Returns out or a constant text.
 */
static const char *detail(const struct http_exchange *exchange, char *out, size_t size)
{
    long os_errno = 0, to_connect = connect_status(exchange);
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_OS_ERRNO, &os_errno); /* 0 if it fails */
    if (exchange->answer.reason == HTTP_REASON_CONNECT && os_errno)
        return error_reason((int)os_errno);
    if (exchange->answer.reason == HTTP_REASON_TLS && exchange->reason[0])
        return text_printable(text_from(exchange->reason), out, size);
    if (exchange->answer.reason == HTTP_REASON_PROXY && to_connect) {
        (void)snprintf(out, size, "the proxy answered with status %ld", to_connect);
        return out;
    }
    return curl_easy_strerror(exchange->code);
}

static void tell_failure(const struct http_exchange *exchange, enum http_outcome outcome,
                         struct error *err)
{
    const struct trust *trust = exchange->http->trust;
    const char *ca_file = trust ? trust_bundle(trust) : NULL;
    char why[CURL_ERROR_SIZE], shown[PROXY_SHOWN_BYTES];
    enum http_reason reason = exchange->answer.reason;
    enum error_kind kind =
        exchange->code == CURLE_SSL_CACERT_BADFILE ? ERROR_CONFIG : kind_of(reason, outcome);
    CLEAN(buf) struct buf at = BUF(REQUEST_HOST_BYTES + PROXY_SHOWN_BYTES + 32);
    request_host(exchange->request, &at);
    if (exchange->by_proxy)
        buf_addf(&at, " (by proxy %s)", proxy_shown(&exchange->proxy, shown));
    const char *host = buf_text(&at), *text = detail(exchange, why, sizeof(why));
    if (reason == HTTP_REASON_RESOLVE)
        (void)error_set(err, kind, "no address found for %s: %s", host, text);
    else if (reason == HTTP_REASON_CONNECT || reason == HTTP_REASON_PROXY)
        (void)error_set(err, kind, "cannot connect to %s: %s", host, text);
    else if (reason == HTTP_REASON_TLS && exchange->http->no_trust.kind)
        (void)error_set(err, exchange->http->no_trust.kind, "no trusted TLS connection to %s: %s",
                        host, exchange->http->no_trust.text);
    else if (reason == HTTP_REASON_TLS)
        (void)error_set(err, kind, "no trusted TLS connection to %s: %s (CA file: %s)", host, text,
                        ca_file ? ca_file : "none");
    else if (reason == HTTP_REASON_TIME && outcome == HTTP_NOT_SENT)
        (void)error_set(err, kind, "no connection to %s in time", host);
    else if (reason == HTTP_REASON_TIME)
        (void)error_set(err, kind, "no answer from %s in time", host);
    else if (reason == HTTP_REASON_LOST)
        (void)error_set(err, kind, "the connection to %s was lost", host);
    else if (reason == HTTP_REASON_LIMIT)
        (void)error_set(err, kind, "%s of %s is longer than %zu bytes", exchange->too_long, host,
                        exchange->limit_bytes);
    else if (reason == HTTP_REASON_PROXY_KEYS)
        (void)error_set(err, kind,
                        "cannot connect to %s: the proxy wants a user name and password, or others",
                        host);
    else if (exchange->code == CURLE_BAD_CONTENT_ENCODING)
        (void)error_set(err, kind,
                        "the answer of %s has a content encoding that cannot be read: %s", host,
                        text);
    else if (reason == HTTP_REASON_GARBLED)
        (void)error_set(err, kind, "the answer of %s is not HTTP: %s", host, text);
    else if (reason == HTTP_REASON_GIVEN_UP)
        (void)error_set(err, kind, "the request to %s was given up", host);
    else
        (void)error_set(err, kind, "the request to %s failed: %s", host, text);
}

/* Ends the exchange, whatever the reason: sets *ret_answer, and *err unless it was answered. */
static enum http_outcome finish(struct http_exchange *exchange, enum http_reason reason,
                                struct http_answer *ret_answer, struct error *err)
{
    enum http_outcome outcome = reason == HTTP_REASON_NONE ? HTTP_ANSWERED
                                : exchange->sendings > 0   ? HTTP_UNANSWERED
                                                           : HTTP_NOT_SENT;
    if (reason == HTTP_REASON_PROXY_KEYS)
        outcome = HTTP_NOT_SENT; /* it came no further than the proxy */
    exchange->answer.reason = reason;
    exchange->answer.received = mono_now();
    if (reason == HTTP_REASON_NONE)
        exchange->http->answered = exchange->answer.received;
    if (reason == HTTP_REASON_LOST && exchange->answer.reused)
        exchange->http->peer_closes = true;
    read_answer(exchange);
    if (outcome != HTTP_ANSWERED)
        tell_failure(exchange, outcome, err);
    http_detach(exchange);
    *ret_answer = exchange->answer;
    return outcome;
}

/* Lets libcurl do what can be done without waiting; notes whether it has ended. */
static CURLMcode work(struct http_exchange *exchange)
{
    int running = 0, left = 0;
    CURLM *multi = exchange->http->multi;
    CURLMcode code = curl_multi_perform(multi, &running);
    for (CURLMsg *message; (message = curl_multi_info_read(multi, &left));) {
        exchange->ended = true;
        exchange->code = message->data.result;
    }
    return code;
}

/* The moment at which waiting ends, as far as the exchange has come by now. */
static struct mono end_of(const struct http_exchange *exchange)
{
    const struct http_limits *limits = &exchange->limits;
    struct mono end = exchange->sendings > 0
                          ? mono_add(exchange->answer.sent, limits->read_ms)
                          : mono_add(exchange->answer.started, limits->connect_ms);
    return mono_min(end, limits->deadline);
}

enum http_outcome http_collect(struct http_exchange *exchange, const struct wakeup_source *wakeup,
                               struct http_answer *ret_answer, struct error *err)
{
    int wake_fd = wakeup->fd; /* -1 once an end was asked for */
    for (;;) {
        struct curl_waitfd wake = {.fd = wake_fd, .events = CURL_WAIT_POLLIN};
        CURLMcode code = work(exchange);
        if (exchange->ended)
            return finish(exchange, classify(exchange), ret_answer, err);
        struct mono now = mono_now(), end = end_of(exchange);
        if (mono_reached(now, end))
            return finish(exchange, HTTP_REASON_TIME, ret_answer, err);
        if (code == CURLM_OK)
            code =
                curl_multi_poll(exchange->http->multi, &wake, wake_fd >= 0 ? 1 : 0,
                                wait_timeout_ms(now, mono_min(end, mono_add(now, SLICE_MS))), NULL);
        if (code == CURLM_UNRECOVERABLE_POLL) { /* poll(2) fails: nap and look, as base/wait does */
            (void)wait_ready(NULL, 0, mono_add(now, WAIT_NAP_MS));
            wake.revents = CURL_WAIT_POLLIN;
        } else if (code != CURLM_OK) {
            return finish(exchange, HTTP_REASON_SYSTEM, ret_answer, err);
        }
        if (wake_fd < 0 || !wake.revents || !wakeup_asked(wakeup))
            continue;
        if (exchange->sendings == 0 || exchange->limits.grace_ms <= 0)
            return finish(exchange, HTTP_REASON_GIVEN_UP, ret_answer, err);
        struct mono answered_by = mono_add(mono_now(), exchange->limits.grace_ms);
        exchange->limits.deadline = mono_min(answered_by, exchange->limits.deadline);
        wake_fd = -1;
    }
}

bool http_is_final(enum http_reason reason)
{
    return reason == HTTP_REASON_TLS || reason == HTTP_REASON_PROXY_KEYS ||
           reason == HTTP_REASON_LIMIT || reason == HTTP_REASON_GARBLED;
}
