#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crypto.h"
#include "http_private.h"
#include "http_trust.h"

#define SLEPT_MS          1000 /* after a suspension of more than this connections are dead */
#define CONNECTIONS_KEPT  4
#define SEND_BUFFER_BYTES (16 * 1024) /* libcurl's least; each request takes, and wipes, one */
#define HEADER_LINE_BYTES (REQUEST_NAME_BYTES + REQUEST_VALUE_BYTES + 4)

/* --- birth and death --- */

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_started;

/* libcurl copies headers, and with them session tokens. Whatever it frees is wiped first. */
static void wiping_free(void *memory)
{
    if (memory)
        wipe(memory, malloc_usable_size(memory));
    free(memory);
}

static void *wiping_realloc(void *memory, size_t size)
{
    size_t old_size = memory ? malloc_usable_size(memory) : 0;
    void *moved = size ? malloc(size) : NULL;
    if (size && !moved)
        return NULL;
    if (moved && memory)
        memcpy(moved, memory, old_size < size ? old_size : size);
    wiping_free(memory);
    return moved;
}

static void start_curl(void)
{
    crypto_begin();
    curl_started = curl_global_init_mem(CURL_GLOBAL_DEFAULT, malloc, wiping_free, wiping_realloc,
                                        strdup, calloc);
}

const char *http_version(void)
{
    return curl_version_info(CURLVERSION_NOW)->version;
}

static CURLM *new_multi(void)
{
    CURLM *multi = curl_multi_init();
    if (multi)
        (void)curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    return multi;
}

static CURLSH *new_share(void)
{
    CURLSH *share = curl_share_init();
    if (share) /* if this fails each connection makes a TLS session of its own: slower, not wrong */
        (void)curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    return share;
}

struct http *http_new(const struct http_config *config, struct error *err)
{
    if (config->ca_file && access(config->ca_file, R_OK) != 0) {
        (void)error_system(err, errno, "CA file '%s'", config->ca_file);
        if (err)
            err->kind = ERROR_CONFIG;
        return NULL;
    }
    (void)pthread_once(&curl_once, start_curl); /* cannot fail */
    struct http *http = curl_started == CURLE_OK ? calloc(1, sizeof(*http)) : NULL;
    if (http)
        http->multi = new_multi();
    if (http)
        http->share = new_share();
    if (!http || !http->multi || !http->share) {
        http_free(http);
        (void)error_set(err, ERROR_SYSTEM, "libcurl cannot be started");
        return NULL;
    }
    http->config = *config;
    http->slept_ms = clock_slept_ms();
    return http;
}

void http_answer_free(struct http_answer *answer)
{
    if (answer)
        buf_free(&answer->body);
}

void http_detach(struct http_exchange *exchange)
{
    /* a failure changes nothing: the handle is freed below */
    (void)curl_multi_remove_handle(exchange->http->multi, exchange->easy);
    for (struct curl_slist *item = exchange->headers; item; item = item->next)
        wipe(item->data, strlen(item->data));
    curl_easy_cleanup(exchange->easy);
    curl_slist_free_all(exchange->headers);
}

void http_free(struct http *http)
{
    if (!http)
        return;
    (void)curl_multi_cleanup(http->multi); /* nothing could be done if it failed, */
    (void)curl_share_cleanup(http->share); /* or this */
    trust_free(http->trust);
    free(http);
}

/* --- callbacks of libcurl --- */

/* CURLOPT_SSL_CTX_FUNCTION: a TLS connection is about to be made. */
static CURLcode on_tls(CURL *easy, void *context, void *http_context)
{
    struct http *http = http_context;
    (void)easy;
    http->no_trust = (struct error){0};
    return trust_install(http->trust, context, &http->no_trust) == 0 ? CURLE_OK
                                                                     : CURLE_SSL_CACERT_BADFILE;
}

/*
 * CURLOPT_PREREQFUNCTION: connected, and about to send. A second call for the same exchange means
 * that libcurl is going to send the request again by itself, which is refused.
 */
static int on_sending(void *context, char *ip, char *local_ip, int port, int local_port)
{
    struct http_exchange *exchange = context;
    (void)ip;
    (void)local_ip;
    (void)port;
    (void)local_port;
    if (exchange->sendings++ > 0)
        return CURL_PREREQFUNC_ABORT;
    long connects = 0;
    (void)curl_easy_getinfo(exchange->easy, CURLINFO_NUM_CONNECTS, &connects); /* 0 if it fails */
    exchange->answer.reused = connects == 0;
    exchange->answer.sent = mono_now();
    return CURL_PREREQFUNC_OK;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    if (buf_add(&exchange->answer.body, data, size * count) == 0)
        return size * count;
    exchange->too_long = "the answer";
    exchange->limit_bytes = exchange->limits.body_bytes;
    return 0; /* tells libcurl to end the transfer; so does on_header() */
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
    struct http_exchange *exchange = context;
    (void)data; /* libcurl keeps the headers for curl_easy_header(): here they are only counted */
    exchange->header_bytes += size * count;
    if (exchange->header_bytes <= HTTP_HEADERS_BYTES)
        return size * count;
    exchange->too_long = "the header of the answer";
    exchange->limit_bytes = HTTP_HEADERS_BYTES;
    return 0;
}

/* --- start --- */

/* Adds a header to the request; with data NULL libcurl is told not to send its own. */
static bool add_header(struct http_exchange *exchange, const char *name, struct text value)
{
    CLEAN(buf) struct buf line = BUF_SECRET(HEADER_LINE_BYTES);
    /* libcurl: "Name;" is an empty value, "Name:" takes its own header away */
    buf_addf(&line, value.data ? value.length ? "%s: %.*s" : "%s;" : "%s:", name, TEXT_ARGS(value));
    struct curl_slist *longer =
        line.failed ? NULL : curl_slist_append(exchange->headers, line.data);
    if (longer)
        exchange->headers = longer;
    return longer != NULL;
}

static bool add_headers(struct http_exchange *exchange)
{
    static const char *const unwanted[] = {"Expect", "Accept", "Accept-Encoding", "Content-Type"};
    const struct request *request = exchange->request;
    CLEAN(buf) struct buf host = BUF(REQUEST_HOST_BYTES + 16);
    request_host(request, &host);
    bool good = add_header(exchange, "Host", text_from(buf_text(&host)));
    for (size_t i = 0; good && i < request->header_count; i++) {
        const char *name = request->headers[i].name;
        good = add_header(exchange, name, request_find_header(request, name));
    }
    for (size_t i = 0; good && i < sizeof(unwanted) / sizeof(unwanted[0]); i++) {
        if (!request_find_header(request, unwanted[i]).data)
            good = add_header(exchange, unwanted[i], (struct text){NULL, 0});
    }
    return good;
}

/* What is the same for all exchanges: what libcurl may do and what it must not. */
static CURLcode set_manners(const struct http *http, CURL *easy)
{
    CURLcode code = CURLE_OK;
    SET(CURLOPT_SHARE, http->share);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_QUICK_EXIT, 1L); /* do not wait for a name server when abandoned */
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_PATH_AS_IS, 1L);      /* the signature is of the path as it is */
    SET(CURLOPT_ACCEPT_ENCODING, ""); /* decode what comes; add_headers() asks for none */
    SET(CURLOPT_MAXAGE_CONN, (long)HTTP_IDLE_MAX_S);
    SET(CURLOPT_USERAGENT, http->config.agent);
    SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BUFFER_BYTES);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    return code;
}

/* Only if TLS will be used, to the service or to the proxy: finding certificates takes time. */
static CURLcode set_trust(const struct http_exchange *exchange, CURL *easy)
{
    struct http *http = exchange->http;
    CURLcode code = CURLE_OK;
    if (!exchange->request->https && strcmp(exchange->proxy.scheme, "https") != 0)
        return code;
    if (!http->trust)
        http->trust = trust_new(&http->config, easy);
    if (!http->trust)
        return CURLE_OUT_OF_MEMORY;
    bool ours = trust_can_install(http->trust);
    SET(CURLOPT_CAINFO, ours ? NULL : trust_bundle(http->trust));
    SET(CURLOPT_CAPATH, ours ? NULL : trust_folder(http->trust));
    if (ours) {
        SET(CURLOPT_SSL_CTX_FUNCTION, on_tls);
        SET(CURLOPT_SSL_CTX_DATA, http);
    }
    return code;
}

static CURLcode set_callbacks(struct http_exchange *exchange, CURL *easy)
{
    CURLcode code = CURLE_OK;
    SET(CURLOPT_ERRORBUFFER, exchange->reason);
    SET(CURLOPT_PREREQFUNCTION, on_sending);
    SET(CURLOPT_PREREQDATA, exchange);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, exchange);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, exchange);
    return code;
}

/* libcurl is told name and password apart from the URL: it may quote a URL in its messages. */
static CURLcode set_proxy(const struct http_exchange *exchange, CURL *easy)
{
    char url[PROXY_SHOWN_BYTES];
    const struct proxy *proxy = &exchange->proxy;
    CLEAN(buf) struct buf user = BUF_SECRET(proxy->user.length);
    CURLcode code = CURLE_OK;
    /* empty strings, since libcurl reads the environment where nothing is set */
    SET(CURLOPT_NOPROXY, "");
    SET(CURLOPT_PROXY, exchange->by_proxy ? proxy_url(proxy, url) : "");
    if (!exchange->by_proxy || !proxy->user.length)
        return code;
    if (buf_add(&user, proxy->user.data, proxy->user.length) != 0)
        return CURLE_OUT_OF_MEMORY;
    SET(CURLOPT_PROXYUSERPWD, buf_text(&user)); /* libcurl decodes it */
    return code;
}

static CURLcode set_request(struct http_exchange *exchange, CURL *easy)
{
    const struct request *request = exchange->request;
    const struct http_limits *limits = &exchange->limits;
    CLEAN(buf) struct buf url = BUF_SECRET(2 * REQUEST_TARGET_BYTES + 2 * REQUEST_HOST_BYTES);
    CURLcode code = CURLE_OK;
    request_write_url(request, &url);
    SET(CURLOPT_URL, buf_text(&url));
    if (strcmp(request->method, "GET") != 0) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.length);
        SET(CURLOPT_POSTFIELDS, buf_text(&request->body));
        SET(CURLOPT_CUSTOMREQUEST, request->method);
    }
    SET(CURLOPT_HTTPHEADER, exchange->headers);
    SET(CURLOPT_CONNECTTIMEOUT_MS, (long)(limits->connect_ms > 0 ? limits->connect_ms : 1));
    if (code == CURLE_OK)
        code = set_proxy(exchange, easy);
    return url.failed ? CURLE_OUT_OF_MEMORY : code;
}

/* libcurl's clock stands still during a suspension: dead connections look young to it. */
static void drop_stale_connections(struct http *http)
{
    int64_t slept_ms = clock_slept_ms();
    CURLM *fresh = slept_ms - http->slept_ms > SLEPT_MS ? new_multi() : NULL;
    if (!fresh)
        return;
    (void)curl_multi_cleanup(http->multi); /* nothing could be done if it failed */
    http->multi = fresh;
    http->slept_ms = slept_ms;
}

/* Hands the exchange to libcurl. False if that failed, mostly since memory has run out. */
static bool begin(struct http_exchange *exchange)
{
    struct http *http = exchange->http;
    CURL *easy = exchange->easy;
    return easy && add_headers(exchange) && set_manners(http, easy) == CURLE_OK &&
           set_trust(exchange, easy) == CURLE_OK && set_callbacks(exchange, easy) == CURLE_OK &&
           http_sockets_watch(http, easy) == CURLE_OK && set_request(exchange, easy) == CURLE_OK &&
           curl_multi_add_handle(http->multi, easy) == CURLM_OK;
}

enum http_outcome http_exchange(struct http *http, const struct request *request,
                                const struct http_limits *limits,
                                const struct wakeup_source *wakeup, struct http_answer *ret_answer,
                                struct error *err)
{
    struct http_exchange exchange = {.http = http,
                                     .request = request,
                                     .limits = *limits,
                                     .by_proxy =
                                         limits->proxy && *limits->proxy && !request->direct,
                                     .proxy = {.scheme = ""}};
    struct mono now = mono_now();
    *ret_answer = (struct http_answer){.reason = HTTP_REASON_SYSTEM, .sent = now};
    if (request_check(request, err) != 0 ||
        (exchange.by_proxy && proxy_parse(limits->proxy, &exchange.proxy, err) != 0))
        return HTTP_NOT_SENT;
    drop_stale_connections(http);
    exchange.easy = curl_easy_init();
    if (request->connect_time_ms)
        exchange.limits.connect_ms = request->connect_time_ms;
    if (request->read_time_ms)
        exchange.limits.read_ms = request->read_time_ms;
    exchange.answer =
        (struct http_answer){.body = BUF_SECRET(limits->body_bytes), .started = now, .sent = now};
    if (begin(&exchange))
        return http_collect(&exchange, wakeup, ret_answer, err);
    http_detach(&exchange);
    (void)error_set(err, ERROR_SYSTEM, "libcurl cannot begin a request");
    return HTTP_NOT_SENT;
}
