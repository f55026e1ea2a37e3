/* One exchange: signed, sent, and once more with the clock corrected; for whoever asks. */
#include "aws_world.h"

#include "base/date.h"
#include "client/transport.h"
#include "server.h"

#define OFFSET_S 7200

struct scene {
    struct world world;
    struct aws_settings settings;
    struct transport transport;
    struct server server;
    struct request request;
    struct credentials keys;
    struct exchange exchange;
};

static struct wakeup_source nobody = {.fd = -1};

static void open_scene(struct scene *scene, server_handler_fn handler)
{
    *scene = (struct scene){.world = {.config = "[default]\nregion = r\n"}};
    server_start(&scene->server, handler, false);
    assert_int_equal(world_load(&scene->world, &scene->settings, NULL), 0);
    assert_int_equal(transport_init(&scene->transport, &scene->settings, NULL), 0);
    credentials_init(&scene->keys);
    assert_int_equal(buf_add_text(&scene->keys.id, "AKID"), 0);
    assert_int_equal(buf_add_text(&scene->keys.secret, "secret"), 0);
    request_init(&scene->request, "POST");
    assert_int_equal(request_url(&scene->request, scene->server.url, NULL), 0);
    scene->exchange = (struct exchange){.request = &scene->request,
                                        .keys = &scene->keys,
                                        .region = "r",
                                        .service = "logs",
                                        .deadline = mono_add(mono_now(), 20000),
                                        .wakeup = &nobody,
                                        .answer_bytes = 4096};
}

static void close_scene(struct scene *scene)
{
    exchange_free(&scene->exchange);
    request_free(&scene->request);
    credentials_free(&scene->keys);
    transport_free(&scene->transport);
    aws_settings_free(&scene->settings);
    server_stop(&scene->server);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static void write_date(int64_t offset_s, char out[64])
{
    time_t then = (time_t)(wall_now().ms / 1000 + offset_s);
    struct tm parts;
    (void)gmtime_r(&then, &parts);
    (void)strftime(out, 64, "%a, %d %b %Y %H:%M:%S GMT", &parts);
}

/* Is the request signed for a moment within a minute of then? */
static bool is_signed_for(const char *request, int64_t offset_s)
{
    const char *at = strcasestr(request, "\r\nx-amz-date: ");
    struct wall signed_for;
    if (!at || date_parse_iso(text_slice(at + 14, 16), &signed_for) != 0)
        return false;
    return llabs(signed_for.ms - wall_now().ms - offset_s * 1000) < 60000;
}

/* A service two hours ahead, which refuses what is signed for another time. */
static void ahead(struct peer *peer, const char *refusal)
{
    while (peer_read(peer)) {
        char date[64], answer[600];
        bool good = is_signed_for(peer->request, OFFSET_S);
        write_date(OFFSET_S, date);
        (void)snprintf(answer, sizeof(answer),
                       "HTTP/1.1 %s\r\nDate: %s\r\nContent-Length: %zu\r\n\r\n%s",
                       good ? "200 OK" : "403 Forbidden", date, good ? 2 : strlen(refusal),
                       good ? "{}" : refusal);
        if (!peer_write(peer, answer))
            return;
    }
}

static void ahead_as_logs(struct peer *peer)
{
    ahead(peer, "{\"__type\":\"InvalidSignatureException\",\"message\":\"x\"}");
}

static void ahead_as_sts(struct peer *peer)
{
    ahead(peer, "<ErrorResponse><Error><Code>RequestExpired</Code></Error></ErrorResponse>");
}

static void V5_the_clock_is_corrected_once_for_all_exchanges(void **state)
{
    (void)state;
    static const server_handler_fn handlers[] = {ahead_as_logs, ahead_as_sts};
    for (size_t i = 0; i < 2; i++) {
        struct scene scene;
        open_scene(&scene, handlers[i]);
        assert_int_equal(transport_exchange(&scene.transport, &scene.exchange), HTTP_ANSWERED);
        assert_int_equal(scene.exchange.answer.status, 200);
        assert_int_equal(scene.exchange.sends, 2);
        assert_true(llabs(scene.transport.clock_offset_ms - OFFSET_S * 1000) < 60000);
        assert_int_equal(transport_exchange(&scene.transport, &scene.exchange), HTTP_ANSWERED);
        assert_int_equal(scene.exchange.sends, 1); /* known by now */
        assert_int_equal(scene.exchange.answer.status, 200);
        close_scene(&scene);
    }
}

static void never_content(struct peer *peer)
{
    char date[64], answer[300];
    while (peer_read(peer)) {
        write_date(OFFSET_S * peer->server->requests, date);
        (void)snprintf(answer, sizeof(answer),
                       "HTTP/1.1 403 F\r\nDate: %s\r\nContent-Length: 14\r\n\r\nRequestExpired",
                       date);
        if (!peer_write(peer, answer))
            return;
    }
}

static void a_service_whose_clock_jumps_is_asked_no_more_than_twice(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, never_content);
    assert_int_equal(transport_exchange(&scene.transport, &scene.exchange), HTTP_ANSWERED);
    assert_int_equal(scene.exchange.answer.status, 403);
    assert_int_equal(scene.exchange.sends, TRANSPORT_SENDS_MAX);
    assert_non_null(strstr(scene.exchange.clock_note, "this machine's clock is"));
    scene.exchange.keys = NULL; /* what is not signed does not become better */
    assert_int_equal(transport_exchange(&scene.transport, &scene.exchange), HTTP_ANSWERED);
    assert_int_equal(scene.exchange.sends, 1);
    close_scene(&scene);
}

static void silent(struct peer *peer)
{
    if (peer_read(peer))
        peer_wait_closed(peer);
}

/* From the so many-th time on. */
static bool ask_for_an_end(void *context)
{
    int *left = context;
    return --*left < 0;
}

static void an_end_that_is_asked_for_comes_after_the_grace(void **state)
{
    (void)state;
    struct scene scene;
    int pipe_fds[2], not_before_it_waits = 1;
    assert_int_equal(pipe(pipe_fds), 0);
    assert_int_equal(write(pipe_fds[1], "", 1), 1); /* stays readable */
    struct wakeup_source now = {
        .fd = pipe_fds[0], .on_wakeup = ask_for_an_end, .context = &not_before_it_waits};
    open_scene(&scene, silent);
    scene.exchange.wakeup = &now;
    enum http_outcome outcome = transport_exchange(&scene.transport, &scene.exchange);
    assert_true(outcome == HTTP_NOT_SENT || outcome == HTTP_UNANSWERED);
    assert_int_equal(scene.exchange.answer.reason, HTTP_REASON_GIVEN_UP);
    (void)close(pipe_fds[0]);
    (void)close(pipe_fds[1]);
    close_scene(&scene);
}

/* The signal was read while an earlier request was answered: its descriptor shows nothing more. */
static void nothing_is_sent_once_an_end_was_asked_for(void **state)
{
    (void)state;
    struct scene scene;
    int at_once = 0;
    struct wakeup_source read_before = {.fd = -1, .on_wakeup = ask_for_an_end, .context = &at_once};
    open_scene(&scene, silent);
    scene.exchange.wakeup = &read_before;
    assert_int_equal(transport_exchange(&scene.transport, &scene.exchange), HTTP_NOT_SENT);
    assert_int_equal(scene.exchange.answer.reason, HTTP_REASON_GIVEN_UP);
    assert_int_equal(scene.exchange.sends, 0);
    assert_int_equal(scene.server.requests, 0);
    close_scene(&scene);
}

static void nothing_is_sent_by_a_proxy_that_is_none(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, silent);
    scene.settings.http_proxy = "http://u:SECRET/@127.0.0.1:1";
    assert_int_equal(transport_exchange(&scene.transport, &scene.exchange), HTTP_NOT_SENT);
    assert_int_equal(scene.exchange.err.kind, ERROR_CONFIG);
    assert_int_equal(scene.exchange.sends, 0);
    assert_non_null(strstr(scene.exchange.err.text, "HTTP_PROXY"));
    assert_null(strstr(scene.exchange.err.text, "SECRET"));
    assert_int_equal(scene.server.requests, 0);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(V5_the_clock_is_corrected_once_for_all_exchanges),
        cmocka_unit_test(a_service_whose_clock_jumps_is_asked_no_more_than_twice),
        cmocka_unit_test(an_end_that_is_asked_for_comes_after_the_grace),
        cmocka_unit_test(nothing_is_sent_once_an_end_was_asked_for),
        cmocka_unit_test(nothing_is_sent_by_a_proxy_that_is_none),
    };
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
