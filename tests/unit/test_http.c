#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "scene.h"

static void answers_whole(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, polite);
    struct mono before = mono_now();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(perform(&scene), HTTP_ANSWERED);
        assert_int_equal(scene.answer.status, 200);
        assert_int_equal(scene.answer.reason, HTTP_REASON_NONE);
        assert_string_equal(buf_text(&scene.answer.body), "hello");
        assert_string_equal(scene.answer.date, "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_string_equal(scene.answer.request_id, "id-1");
        assert_string_equal(scene.answer.age, "");
        assert_int_equal(scene.answer.reused, i > 0);
        assert_true(scene.answer.sent.ms >= before.ms);
        assert_true(scene.answer.sent.ms >= scene.answer.started.ms);
        assert_true(scene.answer.received.ms >= scene.answer.sent.ms);
        assert_true(mono_now().ms >= scene.answer.received.ms);
    }
    assert_int_equal(scene.server.connections, 1);
    assert_int_equal(scene.server.requests, 3);
    close_scene(&scene);
}

static char seen[64 * 1024];

static void noting(struct peer *peer)
{
    while (peer_read(peer)) {
        memcpy(seen, peer->request, sizeof(seen));
        (void)peer_write(peer, OK_HELLO);
    }
}

static void sends_what_it_was_given(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, noting);
    assert_int_equal(request_url(&scene.request, scene.server.url, NULL), 0);
    request_path(&scene.request, "/a/../b//c%2Fd");
    request_query(&scene.request, "q", "x y");
    request_header(&scene.request, "X-Empty", text_from(""));
    for (int i = 0; i < 3000; i++)
        (void)buf_add_char(&scene.request.body, 'b');
    assert_int_equal(perform(&scene), HTTP_ANSWERED);
    char expected[512];
    (void)snprintf(expected, sizeof(expected),
                   "POST /a/../b//c%%2Fd?q=x%%20y HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
                   "User-Agent: withlock/test\r\nContent-Type: application/x-amz-json-1.1\r\n"
                   "X-Empty:\r\nContent-Length: 3002\r\n\r\n{}bbb",
                   scene.server.port);
    seen[strlen(expected)] = '\0';
    assert_string_equal(seen, expected);
    request_free(&scene.request);
    request_init(&scene.request, "GET");
    assert_int_equal(request_url(&scene.request, scene.server.url, NULL), 0);
    assert_int_equal(perform(&scene), HTTP_ANSWERED);
    (void)snprintf(expected, sizeof(expected),
                   "GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: withlock/test\r\n\r\n",
                   scene.server.port);
    assert_string_equal(seen, expected);
    request_free(&scene.request);
    request_init(&scene.request, "PUT");
    assert_int_equal(request_url(&scene.request, scene.server.url, NULL), 0);
    assert_int_equal(perform(&scene), HTTP_ANSWERED);
    assert_true(strncmp(seen, "PUT / HTTP/1.1\r\n", 16) == 0);
    assert_non_null(strstr(seen, "Content-Length: 0\r\n"));
    close_scene(&scene);
}

/* The second request on a connection is read and never answered. */
static void dies_on_second(struct peer *peer)
{
    if (peer_read(peer) && peer_write(peer, OK_HELLO))
        (void)peer_read(peer);
}

static void never_sends_twice(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, dies_on_second);
    assert_int_equal(perform(&scene), HTTP_ANSWERED);
    assert_int_equal(perform(&scene), HTTP_UNANSWERED);
    assert_int_equal(scene.answer.reason, HTTP_REASON_LOST);
    assert_true(scene.answer.reused);
    assert_int_equal(scene.err.kind, ERROR_UNKNOWN);
    assert_non_null(strstr(scene.err.text, "127.0.0.1"));
    assert_int_equal(perform(&scene), HTTP_ANSWERED);
    assert_false(scene.answer.reused);
    assert_int_equal(scene.server.requests, 3);
    close_scene(&scene);
}

static void once_per_connection(struct peer *peer)
{
    if (peer_read(peer))
        (void)peer_write(peer, OK_HELLO);
}

/* Waits until no handler runs: the server has closed its side. */
static void wait_closed(struct server *server)
{
    for (int waited_ms = 0; atomic_load(&server->open) > 0 && waited_ms < 10000; waited_ms++)
        (void)usleep(1000);
}

static void closed_connections_are_not_used(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, once_per_connection);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(perform(&scene), HTTP_ANSWERED);
        assert_false(scene.answer.reused);
        wait_closed(&scene.server);
    }
    close_scene(&scene);
}

static void idle_connections_are_not_used(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, polite);
    assert_int_equal(perform(&scene), HTTP_ANSWERED);
    (void)sleep(HTTP_IDLE_MAX_S + 2); /* libcurl counts whole seconds */
    assert_int_equal(perform(&scene), HTTP_ANSWERED);
    assert_false(scene.answer.reused);
    assert_int_equal(scene.server.connections, 2);
    close_scene(&scene);
}

/* To be answered: other statuses, redirects, interim and chunked answers. */
static void redirect(struct peer *peer)
{
    while (peer_read(peer) &&
           peer_write(peer, "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"))
        ;
}

static void interim(struct peer *peer)
{
    (void)peer_read(peer);
    (void)peer_write(peer, "HTTP/1.1 100 Continue\r\nDate: no\r\n\r\n" OK_HELLO);
}

static void chunked_error(struct peer *peer)
{
    (void)peer_read(peer);
    (void)peer_write(peer, "HTTP/1.1 503 Slow\r\nTransfer-Encoding: chunked\r\nAge: 7\r\n"
                           "x-amzn-ErrorType: Busy\x01\r\nx-amz-retry-after: 250\r\n"
                           "Connection: close\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
}

static void until_close(struct peer *peer)
{
    (void)peer_read(peer);
    (void)peer_write(peer, "HTTP/1.0 200 OK\r\n\r\nhello");
}

static void V6_other_answers(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        server_handler_fn handler;
        int status;
        const char *body, *date, *error_type, *retry_after, *age;
    } rows[] = {
        {"redirect", redirect, 302, "", "", "", "", ""},
        {"interim", interim, 200, "hello", "Sun, 06 Nov 1994 08:49:37 GMT", "", "", ""},
        {"chunked", chunked_error, 503, "hello", "", "Busy?", "250", "7"},
        {"until close", until_close, 200, "hello", "", "", "", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene scene;
        open_scene(&scene, rows[i].handler);
        check_row(perform(&scene) == HTTP_ANSWERED, rows[i].name);
        check_row(scene.answer.status == rows[i].status, rows[i].name);
        check_row(strcmp(buf_text(&scene.answer.body), rows[i].body) == 0, rows[i].name);
        check_row(strcmp(scene.answer.date, rows[i].date) == 0, rows[i].name);
        check_row(strcmp(scene.answer.error_type, rows[i].error_type) == 0, rows[i].name);
        check_row(strcmp(scene.answer.retry_after, rows[i].retry_after) == 0, rows[i].name);
        check_row(strcmp(scene.answer.age, rows[i].age) == 0, rows[i].name);
        check_row(scene.server.requests == 1, rows[i].name);
        close_scene(&scene);
    }
}

static void forbidding(struct peer *peer)
{
    while (peer_read(peer) &&
           peer_write(peer, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"))
        ;
}

static void proxies(void **state)
{
    (void)state;
    struct scene scene;
    char proxy[128];
    open_scene(&scene, noting);
    (void)snprintf(proxy, sizeof(proxy), "http://user:p%%40w%%2541@127.0.0.1:%d",
                   scene.server.port);
    scene.limits.proxy = proxy;
    assert_int_equal(request_url(&scene.request, "http://logs.example/x", NULL), 0);
    assert_int_equal(perform(&scene), HTTP_ANSWERED);
    assert_non_null(
        strstr(seen, "\r\nProxy-Authorization: Basic dXNlcjpwQHclNDE=\r\n")); /* p@w%41 */
    assert_true(strncmp(seen, "POST http://logs.example/x HTTP/1.1\r\n", 37) == 0);
    scene.request.direct = true;
    assert_int_equal(request_url(&scene.request, scene.server.url, NULL), 0);
    assert_int_equal(perform(&scene), HTTP_ANSWERED);
    assert_true(strncmp(seen, "POST / HTTP/1.1\r\n", 17) == 0);
    close_scene(&scene);

    open_scene(&scene, forbidding);
    (void)snprintf(proxy, sizeof(proxy), "user:pw@127.0.0.1:%d", scene.server.port);
    scene.limits.proxy = proxy;
    assert_int_equal(request_url(&scene.request, "https://logs.example/", NULL), 0);
    assert_int_equal(perform(&scene), HTTP_NOT_SENT);
    assert_int_equal(scene.answer.reason, HTTP_REASON_PROXY);
    assert_non_null(strstr(scene.err.text, "logs.example"));
    assert_non_null(strstr(scene.err.text, "by proxy 127.0.0.1:"));
    assert_non_null(strstr(scene.err.text, "403"));
    assert_null(strstr(scene.err.text, "pw"));
    close_scene(&scene);
}

/* "hello", by gzip(1). */
static void compressing(struct peer *peer)
{
    static const unsigned char hello[] = {0x1f, 0x8b, 8,    0,    0,    0,    0,    0,    2,
                                          3,    0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x86,
                                          0xa6, 0x10, 0x36, 5,    0,    0,    0};
    while (peer_read(peer)) {
        (void)snprintf(seen, sizeof(seen), "%s", peer->request);
        if (!peer_write(peer, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                              "Content-Length: 25\r\n\r\n") ||
            !peer_write_bytes(peer, hello, sizeof(hello)))
            return;
    }
}

static void compression_that_nobody_asked_for_is_undone(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, compressing);
    assert_int_equal(perform(&scene), HTTP_ANSWERED);
    assert_string_equal(buf_text(&scene.answer.body), "hello");
    assert_null(strcasestr(seen, "Accept-Encoding"));
    close_scene(&scene);
}

static void environment_is_not_read(void **state)
{
    (void)state;
    static const char *const names[] = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"};
    struct scene scene;
    for (size_t i = 0; i < 4; i++)
        (void)setenv(names[i], "http://127.0.0.1:1", 1);
    open_scene(&scene, polite);
    assert_int_equal(perform(&scene), HTTP_ANSWERED);
    close_scene(&scene);
    open_scene(&scene, polite);
    (void)setenv("no_proxy", "*", 1);
    scene.limits.proxy = "http://127.0.0.1:1";
    assert_int_equal(perform(&scene), HTTP_NOT_SENT);
    close_scene(&scene);
    for (size_t i = 0; i < 4; i++)
        (void)unsetenv(names[i]);
    (void)unsetenv("no_proxy");
}

static int wake_pipe[2];

static void wakes_client(struct peer *peer)
{
    if (!peer_read(peer))
        return;
    (void)!write(wake_pipe[1], "x", 1);
    peer_wait_closed(peer);
}

static void wakes_and_answers(struct peer *peer)
{
    if (!peer_read(peer))
        return;
    (void)!write(wake_pipe[1], "x", 1);
    (void)peer_write(peer, OK_HELLO);
    peer_wait_closed(peer);
}

static void wakes_in_handshake(struct peer *peer)
{
    (void)!write(wake_pipe[1], "x", 1);
    peer_wait_closed(peer);
}

/* What is not sent yet is given up, the rest may settle for a while. */
static void wake_descriptor(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        server_handler_fn handler;
        bool woken_before, https;
        int64_t grace_ms;
        enum http_outcome outcome;
        enum http_reason reason;
        int requests;
    } rows[] = {
        {"before", polite, true, false, 5000, HTTP_NOT_SENT, HTTP_REASON_GIVEN_UP, 0},
        {"while connecting", wakes_in_handshake, false, true, 60000, HTTP_NOT_SENT,
         HTTP_REASON_GIVEN_UP, 0},
        {"no grace", wakes_client, false, false, 0, HTTP_UNANSWERED, HTTP_REASON_GIVEN_UP, 1},
        {"grace runs out", wakes_client, false, false, 100, HTTP_UNANSWERED, HTTP_REASON_TIME, 1},
        {"answered within grace", wakes_and_answers, false, false, 5000, HTTP_ANSWERED,
         HTTP_REASON_NONE, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene scene;
        char url[64];
        open_scene(&scene, rows[i].handler);
        assert_int_equal(pipe2(wake_pipe, O_CLOEXEC), 0);
        if (rows[i].woken_before)
            assert_int_equal(write(wake_pipe[1], "x", 1), 1);
        (void)snprintf(url, sizeof(url), "%s://127.0.0.1:%d/", rows[i].https ? "https" : "http",
                       scene.server.port);
        assert_int_equal(request_url(&scene.request, url, NULL), 0);
        scene.limits.grace_ms = rows[i].grace_ms;
        enum http_outcome outcome = perform_until(&scene, wake_pipe[0]);
        check_row(outcome == rows[i].outcome, rows[i].name);
        check_row(scene.answer.reason == rows[i].reason, rows[i].name);
        check_row(scene.server.requests == rows[i].requests, rows[i].name);
        close_scene(&scene); /* ends the handler that writes to the pipe */
        (void)close(wake_pipe[0]);
        (void)close(wake_pipe[1]);
    }
}

static void hangs_up_while_reading(struct peer *peer)
{
    char byte[1];
    (void)!read(peer->fd, byte, 1);
}

/* SIGPIPE keeps its deadly disposition; it must neither come nor stay pending. */
static void signals_stay_untouched(void **state)
{
    (void)state;
    struct sigaction before, after;
    sigset_t mask_before, mask_after, pending;
    memset(&mask_before, 0, sizeof(mask_before)); /* the kernel fills in a part only */
    memset(&mask_after, 0, sizeof(mask_after));
    (void)signal(SIGPIPE, SIG_DFL);
    (void)sigaction(SIGPIPE, NULL, &before);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &mask_before);
    for (int tls = 0; tls <= 1; tls++) {
        struct scene scene;
        open_with(&scene, hangs_up_while_reading, tls, true);
        for (int i = 0; i < REQUEST_BODY_BYTES - 2; i++)
            (void)buf_add_char(&scene.request.body, 'x');
        for (int i = 0; i < 5; i++)
            assert_int_not_equal(perform(&scene), HTTP_ANSWERED);
        close_scene(&scene);
    }
    (void)sigaction(SIGPIPE, NULL, &after);
    (void)pthread_sigmask(SIG_SETMASK, NULL, &mask_after);
    (void)sigpending(&pending);
    assert_true(before.sa_handler == after.sa_handler);
    assert_memory_equal(&mask_before, &mask_after, sizeof(mask_before));
    assert_int_equal(sigismember(&pending, SIGPIPE), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_whole),
        cmocka_unit_test(sends_what_it_was_given),
        cmocka_unit_test(never_sends_twice),
        cmocka_unit_test(closed_connections_are_not_used),
        cmocka_unit_test(idle_connections_are_not_used),
        cmocka_unit_test(V6_other_answers),
        cmocka_unit_test(proxies),
        cmocka_unit_test(compression_that_nobody_asked_for_is_undone),
        cmocka_unit_test(environment_is_not_read),
        cmocka_unit_test(wake_descriptor),
        cmocka_unit_test(signals_stay_untouched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
