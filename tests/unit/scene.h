/* scene - a client of net/http and a server for it, for tests. */
#ifndef UNIT_SCENE_H
#define UNIT_SCENE_H

#include "net/http.h"
#include "server.h"

/* One client, one server, one request: what nearly every test needs. */
struct scene {
    struct server server;
    struct http *http;
    struct request request;
    struct http_limits limits;
    struct http_answer answer;
    struct error err;
};

void open_with(struct scene *scene, server_handler_fn handler, bool tls, bool trusted);
void open_scene(struct scene *scene, server_handler_fn handler); /* without TLS */
void close_scene(struct scene *scene);
enum http_outcome perform(struct scene *scene);
enum http_outcome perform_until(struct scene *scene, int wake_fd); /* ... it is readable */

#define OK_HELLO                                                                                   \
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"              \
    "x-amzn-RequestId: id-1\r\nContent-Type: application/x-amz-json-1.1\r\n\r\nhello"

/* Answers every request with OK_HELLO. */
void polite(struct peer *peer);

#endif
