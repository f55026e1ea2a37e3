/*
 * The third part of net/http: its sockets. A request that is written to a connection that the peer
 * has already closed is lost, and we do not know whether it was applied. Whether libcurl looks
 * before it uses a connection again depends on its version and on how long that was idle. So we
 * look ourselves.
 */
#include <poll.h>
#include <unistd.h>

#include "http_private.h"

/* A server that closes a connection sooner than this after an answer never keeps them alive. */
#define SOON_MS 1000

/* CURLOPT_SOCKOPTFUNCTION: a socket was made, and is about to be connected. */
static int on_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
    struct http_sockets *sockets = &((struct http *)context)->sockets;
    (void)purpose;
    if (sockets->count < SOCKETS_MAX) /* only libcurl watches further ones */
        sockets->fds[sockets->count++] = fd;
    return CURL_SOCKOPT_OK;
}

/* CURLOPT_CLOSESOCKETFUNCTION: it is ours to close the socket. */
static int on_close(void *context, curl_socket_t fd)
{
    struct http_sockets *sockets = &((struct http *)context)->sockets;
    for (size_t i = 0; i < sockets->count; i++) {
        if (sockets->fds[i] == fd)
            sockets->fds[i--] = sockets->fds[--sockets->count];
    }
    return close(fd);
}

/*
 * Has a peer closed one of the connections? They are all idle now. Only the end is asked for, not
 * data: that may be a TLS session ticket, which libcurl will read.
 */
static bool has_stale(const struct http *http)
{
    struct pollfd fds[SOCKETS_MAX];
    nfds_t count = http->sockets.count;
    for (nfds_t i = 0; i < count; i++)
        fds[i] = (struct pollfd){.fd = http->sockets.fds[i], .events = POLLRDHUP};
    return poll(fds, count, 0) > 0; /* if poll fails, they are taken to be open */
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
