#include "unit.h"

#include <poll.h>

#include "scene.h"

void open_with(struct scene *scene, server_handler_fn handler, bool tls, bool trusted)
{
    *scene = (struct scene){0};
    server_start(&scene->server, handler, tls);
    struct http_config config = {.agent = "withlock/test",
                                 .ca_file = tls && trusted ? scene->server.ca_file : NULL};
    scene->http = http_new(&config, &scene->err);
    assert_non_null(scene->http);
    request_init(&scene->request, "POST");
    assert_int_equal(request_url(&scene->request, scene->server.url, &scene->err), 0);
    request_header(&scene->request, "Content-Type", text_from("application/x-amz-json-1.1"));
    (void)buf_add_text(&scene->request.body, "{}");
    scene->limits =
        (struct http_limits){5000, 5000, mono_add(mono_now(), 20000), .body_bytes = 4096};
}

void open_scene(struct scene *scene, server_handler_fn handler)
{
    open_with(scene, handler, false, false);
}

void close_scene(struct scene *scene)
{
    http_answer_free(&scene->answer);
    http_free(scene->http);
    request_free(&scene->request);
    server_stop(&scene->server);
}

static bool is_readable(void *context)
{
    struct pollfd fd = {.fd = *(int *)context, .events = POLLIN};
    return poll(&fd, 1, 0) > 0;
}

enum http_outcome perform_until(struct scene *scene, int wake_fd)
{
    struct wakeup_source wakeup = {.fd = wake_fd, .on_wakeup = is_readable, .context = &wake_fd};
    http_answer_free(&scene->answer);
    return http_exchange(scene->http, &scene->request, &scene->limits, &wakeup, &scene->answer,
                         &scene->err);
}

enum http_outcome perform(struct scene *scene)
{
    return perform_until(scene, -1);
}

void polite(struct peer *peer)
{
    while (peer_read(peer) && peer_write(peer, OK_HELLO))
        ;
}
