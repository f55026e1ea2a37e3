/*
 * The third part of net/http: its sockets. What a peer has closed without saying so must not be
 * written to, or the request is lost, and it is unknown whether it was applied. Whether libcurl
 * looks before it uses a connection again depends on its version and on how long it was idle.
 */
#include <poll.h>
#include <unistd.h>

#include "http_private.h"

#define SOON_MS 1000 /* no server closes sooner what it means to keep alive */

/* CURLOPT_SOCKOPTFUNCTION: made, and about to be connected. */
static int on_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
    struct http_sockets *sockets = &((struct http *)context)->sockets;
    (void)purpose;
    if (sockets->count < SOCKETS_MAX) /* what is above is left to libcurl */
        sockets->fds[sockets->count++] = fd;
    return CURL_SOCKOPT_OK;
}

/* CURLOPT_CLOSESOCKETFUNCTION */
static int on_close(void *context, curl_socket_t fd)
{
    struct http_sockets *sockets = &((struct http *)context)->sockets;
    for (size_t i = 0; i < sockets->count; i++) {
        if (sockets->fds[i] == fd)
            sockets->fds[i--] = sockets->fds[--sockets->count];
    }
    return close(fd);
}

/* Has a peer closed a connection? All are idle. What it says there, such as tickets of TLS, is
 * libcurl's. */
static bool has_stale(const struct http *http)
{
    struct pollfd fds[SOCKETS_MAX];
    nfds_t count = http->sockets.count;
    for (nfds_t i = 0; i < count; i++)
        fds[i] = (struct pollfd){.fd = http->sockets.fds[i], .events = POLLRDHUP};
    return poll(fds, count, 0) > 0; /* after a failure nothing is known against them */
}

CURLcode http_sockets_watch(struct http *http, CURL *easy)
{
    CURLcode code = CURLE_OK;
    SET(CURLOPT_SOCKOPTFUNCTION, on_socket);
    SET(CURLOPT_SOCKOPTDATA, http);
    SET(CURLOPT_CLOSESOCKETFUNCTION, on_close);
    SET(CURLOPT_CLOSESOCKETDATA, http);
    bool stale = has_stale(http);
    if (stale && mono_diff(mono_now(), http->answered) < SOON_MS)
        http->peer_closes = true;
    SET(CURLOPT_FRESH_CONNECT, (long)(stale || http->peer_closes));
    SET(CURLOPT_FORBID_REUSE, (long)http->peer_closes);
    return code;
}
