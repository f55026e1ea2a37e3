#include "cwlogs-local/listener.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOST_BYTES 256
#define PORT_MAX   65535

struct place {
    char host[HOST_BYTES];
    char port[8];
};

static int split(struct text words, struct place *place, struct error *err)
{
    char shown[HOST_BYTES];
    uint64_t port;
    const char *colon = words.length ? memrchr(words.data, ':', words.length) : NULL;
    size_t length = colon ? (size_t)(colon - words.data) : 0;
    struct text host = text_slice(words.data, length);
    if (host.length >= 2 && host.data[0] == '[' && host.data[host.length - 1] == ']')
        host = text_slice(host.data + 1, host.length - 2);
    if (!colon || host.length == 0 || host.length >= sizeof(place->host) ||
        text_parse_u64(text_slice(colon + 1, words.length - length - 1), PORT_MAX, &port) != 0)
        return error_set(err, ERROR_USAGE, "'%s' is not HOST:PORT with a port from 0 to %d",
                         text_printable(words, shown, sizeof(shown)), PORT_MAX);
    memcpy(place->host, host.data, host.length);
    place->host[host.length] = '\0';
    (void)snprintf(place->port, sizeof(place->port), "%u", (unsigned)port); /* fits */
    return 0;
}

static int bind_one(const struct addrinfo *at)
{
    int on = 1;
    int descriptor = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
    if (descriptor < 0)
        return -1;
    if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        bind(descriptor, at->ai_addr, at->ai_addrlen) == 0 && listen(descriptor, SOMAXCONN) == 0)
        return descriptor;
    int reason = errno;
    (void)close(descriptor); /* nothing was sent */
    errno = reason;
    return -1;
}

static int describe(int descriptor, char *address, size_t size, struct error *err)
{
    struct sockaddr_storage bound = {0};
    socklen_t length = sizeof(bound);
    char host[HOST_BYTES], port[8];
    if (getsockname(descriptor, (struct sockaddr *)&bound, &length) != 0)
        return error_system(err, errno, "asking for the socket's address");
    int failed = getnameinfo((struct sockaddr *)&bound, length, host, sizeof(host), port,
                             sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
    if (failed)
        return error_set(err, ERROR_SYSTEM, "naming the socket's address: %s",
                         gai_strerror(failed));
    bool brackets = bound.ss_family == AF_INET6;
    (void)snprintf(address, size, "%s%s%s:%s", brackets ? "[" : "", host, brackets ? "]" : "",
                   port); /* numeric: fits */
    return 0;
}

int listener_open(struct text words, int *ret_socket, char *address, size_t size, struct error *err)
{
    struct place place;
    struct addrinfo *found;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    if (split(words, &place, err) != 0)
        return -1;
    int failed = getaddrinfo(place.host, place.port, &hints, &found);
    if (failed)
        return error_set(err, ERROR_SYSTEM, "cannot listen on %s:%s: %s", place.host, place.port,
                         failed == EAI_SYSTEM ? strerror(errno) : gai_strerror(failed));
    int descriptor = bind_one(found);
    int reason = errno;
    freeaddrinfo(found);
    if (descriptor < 0)
        return error_system(err, reason, "cannot listen on %s:%s", place.host, place.port);
    if (describe(descriptor, address, size, err) != 0) {
        (void)close(descriptor); /* nothing was sent */
        return -1;
    }
    *ret_socket = descriptor;
    return 0;
}
