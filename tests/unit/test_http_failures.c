/* What net/http says when there is no answer, and why. */
#include "unit.h"

#include <unistd.h>

#include "scene.h"

static void mute(struct peer *peer)
{
    if (peer_read(peer))
        peer_wait_closed(peer);
}

static void endless_body(struct peer *peer)
{
    (void)peer_read(peer);
    (void)peer_write(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (peer_write(peer, "a\r\n0123456789\r\n"))
        ;
}

static void endless_headers(struct peer *peer)
{
    (void)peer_read(peer);
    (void)peer_write(peer, "HTTP/1.1 200 OK\r\n");
    while (peer_write(peer, "X-More: 0123456789\r\n"))
        ;
}

static void endless_header(struct peer *peer)
{
    (void)peer_read(peer);
    (void)peer_write(peer, "HTTP/1.1 200 OK\r\nX-More: ");
    while (peer_write(peer, "0123456789"))
        ;
}

static void odd_encoding(struct peer *peer)
{
    (void)peer_read(peer);
    (void)peer_write(peer, "HTTP/1.1 200 OK\r\nContent-Encoding: rot13\r\nContent-Length: 1\r\n"
                           "\r\nx");
}

static void endless_interim(struct peer *peer)
{
    (void)peer_read(peer);
    while (peer_write(peer, "HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"))
        ;
}

static void trickle(struct peer *peer)
{
    (void)peer_read(peer);
    (void)peer_write(peer, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
    while (peer_write(peer, "x"))
        (void)usleep(1000);
}

static void trickle_headers(struct peer *peer)
{
    (void)peer_read(peer);
    (void)peer_write(peer, "HTTP/1.1 200 OK\r\nX: ");
    while (peer_write(peer, "x"))
        (void)usleep(1000);
}

static void cut_body(struct peer *peer)
{
    (void)peer_read(peer);
    (void)peer_write(peer, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
}

static void cut_chunk(struct peer *peer)
{
    (void)peer_read(peer);
    (void)peer_write(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n");
}

static void bad_chunk(struct peer *peer)
{
    (void)peer_read(peer);
    (void)peer_write(peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n");
}

static void no_answer(struct peer *peer)
{
    (void)peer_read(peer);
}

static void not_http(struct peer *peer)
{
    (void)peer_read(peer);
    (void)peer_write(peer, "SSH-2.0-OpenSSH_9.2\r\n");
}

static void long_body(struct peer *peer)
{
    (void)peer_read(peer);
    (void)peer_write(peer, "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n");
    while (peer_write(peer, "0123456789"))
        ;
}

static void failures_are_told_apart(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        server_handler_fn handler;
        int64_t read_ms;
        enum http_reason reason;
        enum error_kind kind;
        int status;
        const char *words;
    } rows[] = {
        {"mute", mute, 100, HTTP_REASON_TIME, ERROR_UNKNOWN, 0},
        {"endless body", endless_body, 5000, HTTP_REASON_LIMIT, ERROR_GARBLED, 200,
         "the answer of 127.0.0.1:"},
        {"long body", long_body, 5000, HTTP_REASON_LIMIT, ERROR_GARBLED, 200, "is longer than"},
        {"endless headers", endless_headers, 5000, HTTP_REASON_LIMIT, ERROR_GARBLED, 200,
         "is longer than 32768 bytes"},
        {"endless interim answers", endless_interim, 5000, HTTP_REASON_LIMIT, ERROR_GARBLED, 103,
         "the header of the answer of 127.0.0.1:"},
        {"endless header", endless_header, 5000, HTTP_REASON_LIMIT, ERROR_GARBLED, 200,
         "a line of the header of the answer of 127.0.0.1:"},
        {"odd encoding", odd_encoding, 5000, HTTP_REASON_GARBLED, ERROR_GARBLED, 200,
         "content encoding"},
        {"trickle", trickle, 200, HTTP_REASON_TIME, ERROR_UNKNOWN, 200},
        {"trickling headers", trickle_headers, 200, HTTP_REASON_TIME, ERROR_UNKNOWN, 200},
        {"cut body", cut_body, 5000, HTTP_REASON_LOST, ERROR_UNKNOWN, 200},
        {"cut chunk", cut_chunk, 5000, HTTP_REASON_LOST, ERROR_UNKNOWN, 200},
        {"bad chunk", bad_chunk, 5000, HTTP_REASON_LOST, ERROR_UNKNOWN, 200},
        {"no answer", no_answer, 5000, HTTP_REASON_LOST, ERROR_UNKNOWN, 0},
        {"not HTTP", not_http, 5000, HTTP_REASON_GARBLED, ERROR_GARBLED, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene scene;
        open_scene(&scene, rows[i].handler);
        scene.limits.read_ms = rows[i].read_ms;
        enum http_outcome outcome = perform(&scene);
        if (scene.answer.reason != rows[i].reason || scene.answer.status != rows[i].status)
            print_error("reason %d status %d: %s\n", (int)scene.answer.reason, scene.answer.status,
                        scene.err.text);
        check_row(outcome == HTTP_UNANSWERED, rows[i].name);
        check_row(scene.answer.reason == rows[i].reason, rows[i].name);
        check_row(scene.answer.status == rows[i].status, rows[i].name);
        check_row(scene.err.kind == rows[i].kind, rows[i].name);
        check_row(strstr(scene.err.text, "127.0.0.1"), rows[i].name);
        check_row(!rows[i].words || strstr(scene.err.text, rows[i].words), rows[i].name);
        check_row(scene.server.requests == 1, rows[i].name);
        close_scene(&scene);
    }
}

static void deadline_ends_it(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, trickle);
    scene.limits.deadline = mono_add(mono_now(), 100);
    assert_int_equal(perform(&scene), HTTP_UNANSWERED);
    assert_int_equal(scene.answer.reason, HTTP_REASON_TIME);
    scene.limits.deadline = mono_now();
    assert_int_equal(perform(&scene), HTTP_NOT_SENT);
    assert_int_equal(scene.answer.reason, HTTP_REASON_TIME);
    close_scene(&scene);
}

static void not_connected(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, polite);
    close_scene(&scene); /* nobody listens on that port any more */
    struct http_config config = {.agent = "withlock/test"};
    scene.http = http_new(&config, &scene.err);
    request_init(&scene.request, "GET");
    assert_int_equal(request_url(&scene.request, scene.server.url, NULL), 0);
    assert_int_equal(perform(&scene), HTTP_NOT_SENT);
    assert_int_equal(scene.answer.reason, HTTP_REASON_CONNECT);
    assert_int_equal(scene.err.kind, ERROR_LATER);
    assert_non_null(strstr(scene.err.text, "127.0.0.1:"));
    assert_non_null(strstr(scene.err.text, "Connection refused"));
    assert_int_equal(request_url(&scene.request, "http://nowhere.invalid/", NULL), 0);
    assert_int_equal(perform(&scene), HTTP_NOT_SENT);
    assert_int_equal(scene.answer.reason, HTTP_REASON_RESOLVE);
    assert_non_null(strstr(scene.err.text, "nowhere.invalid"));
    http_answer_free(&scene.answer);
    http_free(scene.http);
    request_free(&scene.request);
}

static void wanting_keys(struct peer *peer)
{
    while (peer_read(peer) &&
           peer_write(peer, "HTTP/1.1 407 Proxy Authentication Required\r\n"
                            "Proxy-Authenticate: Basic realm=\"x\"\r\nContent-Length: 0\r\n\r\n"))
        ;
}

static void a_proxy_that_wants_keys_has_passed_nothing_on(void **state)
{
    (void)state;
    static const char *const urls[] = {"http://logs.example/", "https://logs.example/"};
    for (size_t i = 0; i < 2; i++) {
        struct scene scene;
        char proxy[128];
        open_scene(&scene, wanting_keys);
        (void)snprintf(proxy, sizeof(proxy), "http://user:pw@127.0.0.1:%d", scene.server.port);
        scene.limits.proxy = proxy;
        assert_int_equal(request_url(&scene.request, urls[i], NULL), 0);
        check_row(perform(&scene) == HTTP_NOT_SENT, urls[i]);
        check_row(scene.answer.reason == HTTP_REASON_PROXY_KEYS, urls[i]);
        check_row(http_is_final(scene.answer.reason), urls[i]);
        check_row(scene.err.kind == ERROR_UNAVAILABLE, urls[i]);
        check_row(strstr(scene.err.text, "by proxy 127.0.0.1:"), urls[i]);
        check_row(strstr(scene.err.text, "the proxy wants"), urls[i]);
        check_row(!strstr(scene.err.text, "pw"), urls[i]);
        check_row(scene.server.requests == 1, urls[i]);
        close_scene(&scene);
    }
    struct scene scene;
    open_scene(&scene, wanting_keys); /* no proxy: an answer like others */
    assert_int_equal(perform(&scene), HTTP_ANSWERED);
    assert_int_equal(scene.answer.status, 407);
    close_scene(&scene);
}

static void tls_is_verified(void **state)
{
    (void)state;
    static const struct {
        const char *name, *host;
        bool trusted;
        enum http_outcome outcome;
    } rows[] = {
        {"trusted", "127.0.0.1", true, HTTP_ANSWERED},
        {"another host's certificate", "localhost", true, HTTP_NOT_SENT},
        {"unknown issuer", "127.0.0.1", false, HTTP_NOT_SENT},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene scene;
        char url[64];
        open_with(&scene, polite, true, rows[i].trusted);
        (void)snprintf(url, sizeof(url), "https://%s:%d/", rows[i].host, scene.server.port);
        assert_int_equal(request_url(&scene.request, url, NULL), 0);
        check_row(perform(&scene) == rows[i].outcome, rows[i].name);
        if (rows[i].outcome == HTTP_NOT_SENT) {
            check_row(scene.answer.reason == HTTP_REASON_TLS, rows[i].name);
            check_row(scene.err.kind == ERROR_UNAVAILABLE, rows[i].name);
            check_row(strcasestr(scene.err.text, "certificate"), rows[i].name);
            check_row(strstr(scene.err.text, rows[i].host), rows[i].name);
            check_row(!rows[i].trusted || strstr(scene.err.text, scene.server.ca_file),
                      rows[i].name);
            check_row(scene.server.requests == 0, rows[i].name);
        } else {
            check_row(perform(&scene) == HTTP_ANSWERED && scene.answer.reused, rows[i].name);
        }
        close_scene(&scene);
    }
}

static void hang_up(struct peer *peer)
{
    (void)peer;
}

static void wait_mutely(struct peer *peer)
{
    peer_wait_closed(peer);
}

static void speak_plainly(struct peer *peer)
{
    (void)peer_write(peer, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    peer_wait_closed(peer);
}

/* The alert close_notify (RFC 8446, 6.1), as a server sends it that ends idle connections. */
static void take_leave(struct peer *peer)
{
    static const unsigned char alert[] = {21, 3, 3, 0, 2, 1, 0};
    assert_int_equal(write(peer->fd, alert, sizeof(alert)), sizeof(alert));
    peer_wait_closed(peer);
}

/* https spoken to servers that do not get as far as TLS */
static void handshakes_that_fail(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        server_handler_fn handler;
        enum http_reason reason;
    } rows[] = {
        {"hangs up", hang_up, HTTP_REASON_CONNECT},
        {"takes its leave", take_leave, HTTP_REASON_CONNECT},
        {"waits", wait_mutely, HTTP_REASON_TIME},
        {"is no TLS server", speak_plainly, HTTP_REASON_TLS},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene scene;
        char url[64];
        open_scene(&scene, rows[i].handler);
        scene.limits.connect_ms = rows[i].reason == HTTP_REASON_TIME ? 200 : 5000;
        (void)snprintf(url, sizeof(url), "https://127.0.0.1:%d/", scene.server.port);
        assert_int_equal(request_url(&scene.request, url, NULL), 0);
        check_row(perform(&scene) == HTTP_NOT_SENT, rows[i].name);
        if (scene.answer.reason != rows[i].reason)
            print_error("%s\n", scene.err.text);
        check_row(scene.answer.reason == rows[i].reason, rows[i].name);
        close_scene(&scene);
    }
}

static void ca_file_must_exist(void **state)
{
    (void)state;
    struct http_config config = {.agent = "x", .ca_file = "/nonexistent/ca.pem"};
    struct error err;
    assert_null(http_new(&config, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_non_null(strstr(err.text, "/nonexistent/ca.pem"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_are_told_apart),
        cmocka_unit_test(deadline_ends_it),
        cmocka_unit_test(not_connected),
        cmocka_unit_test(tls_is_verified),
        cmocka_unit_test(a_proxy_that_wants_keys_has_passed_nothing_on),
        cmocka_unit_test(handshakes_that_fail),
        cmocka_unit_test(ca_file_must_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
