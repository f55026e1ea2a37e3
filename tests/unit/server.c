#include "server.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 60000

static void must(bool good, const char *what)
{
    if (good)
        return;
    (void)fprintf(stderr, "test server: %s\n", what);
    abort();
}

static void make_certificate(struct server *server)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);
    must(key && cert && X509_set_version(cert, 2), "certificate");
    (void)ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    (void)X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    (void)X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1,
                                     -1, 0);
    (void)X509_set_issuer_name(cert, name);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
    (void)X509_add_ext(cert, names, -1);
    X509_EXTENSION_free(names);
    must(X509_set_pubkey(cert, key) && X509_sign(cert, key, EVP_sha256()), "certificate");
    (void)snprintf(server->ca_file, sizeof(server->ca_file), "/tmp/withlock-test-ca-XXXXXX");
    int fd = mkstemp(server->ca_file);
    FILE *file = fdopen(fd, "w");
    must(file && PEM_write_X509(file, cert) && fclose(file) == 0, "CA file");
    server->context = SSL_CTX_new(TLS_server_method());
    must(SSL_CTX_use_certificate(server->context, cert) == 1 &&
             SSL_CTX_use_PrivateKey(server->context, key) == 1,
         "TLS");
    X509_free(cert);
    EVP_PKEY_free(key);
}

static ssize_t read_some(struct peer *peer, char *out, size_t size)
{
    struct pollfd ready = {.fd = peer->fd, .events = POLLIN};
    if (peer->ssl && SSL_pending(peer->ssl) > 0)
        return SSL_read(peer->ssl, out, (int)size);
    if (poll(&ready, 1, PATIENCE_MS) <= 0)
        return -1;
    return peer->ssl ? SSL_read(peer->ssl, out, (int)size) : read(peer->fd, out, size);
}

bool peer_read(struct peer *peer)
{
    size_t length = 0, wanted = 0;
    peer->body = NULL;
    while (!peer->body || length < wanted) {
        ssize_t got = read_some(peer, peer->request + length, sizeof(peer->request) - 1 - length);
        if (got <= 0)
            return false;
        length += (size_t)got;
        peer->request[length] = '\0';
        char *end = peer->body ? NULL : strstr(peer->request, "\r\n\r\n");
        if (!end)
            continue;
        const char *header = strcasestr(peer->request, "\r\nContent-Length:");
        peer->body = end + 4;
        wanted = (size_t)(peer->body - peer->request);
        if (header && header < end)
            wanted += strtoul(header + 17, NULL, 10);
    }
    atomic_fetch_add(&peer->server->requests, 1);
    return true;
}

bool peer_write_bytes(struct peer *peer, const void *bytes, size_t length)
{
    if (peer->ssl)
        return SSL_write(peer->ssl, bytes, (int)length) == (int)length;
    return send(peer->fd, bytes, length, MSG_NOSIGNAL) == (ssize_t)length;
}

bool peer_write(struct peer *peer, const char *text)
{
    return peer_write_bytes(peer, text, strlen(text));
}

void peer_wait_closed(struct peer *peer)
{
    char byte;
    while (read_some(peer, &byte, 1) > 0)
        ;
}

static void *serve(void *argument)
{
    struct peer *peer = argument;
    struct server *server = peer->server;
    sigset_t all;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL); /* SSL_write may raise SIGPIPE */
    bool good = true;
    if (server->tls) {
        peer->ssl = SSL_new(server->context);
        (void)SSL_set_fd(peer->ssl, peer->fd);
        good = SSL_accept(peer->ssl) == 1;
    }
    if (good)
        server->handler(peer);
    SSL_free(peer->ssl);
    (void)close(peer->fd);
    free(peer);
    atomic_fetch_sub(&server->open, 1);
    return NULL;
}

static void *accept_all(void *argument)
{
    struct server *server = argument;
    for (int fd; (fd = accept(server->listener, NULL, NULL)) >= 0;) {
        struct peer *peer = calloc(1, sizeof(*peer));
        pthread_t thread;
        must(peer, "memory");
        peer->server = server;
        peer->fd = fd;
        peer->number = atomic_fetch_add(&server->connections, 1) + 1;
        atomic_fetch_add(&server->open, 1);
        must(pthread_create(&thread, NULL, serve, peer) == 0, "thread");
        (void)pthread_detach(thread);
    }
    return NULL;
}

void server_start(struct server *server, server_handler_fn handler, bool tls)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(address);
    *server = (struct server){.handler = handler, .tls = tls};
    if (tls)
        make_certificate(server);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(bind(server->listener, (struct sockaddr *)&address, size) == 0, "bind");
    must(listen(server->listener, 16) == 0, "listen");
    must(getsockname(server->listener, (struct sockaddr *)&address, &size) == 0, "port");
    server->port = ntohs(address.sin_port);
    (void)snprintf(server->url, sizeof(server->url), "%s://127.0.0.1:%d/", tls ? "https" : "http",
                   server->port);
    must(pthread_create(&server->thread, NULL, accept_all, server) == 0, "thread");
}

/* The clients must have closed their connections: handlers end at the end of their stream. */
void server_stop(struct server *server)
{
    (void)shutdown(server->listener, SHUT_RDWR);
    (void)pthread_join(server->thread, NULL);
    for (int waited_ms = 0; atomic_load(&server->open) > 0 && waited_ms < PATIENCE_MS; waited_ms++)
        (void)poll(NULL, 0, 1);
    must(atomic_load(&server->open) == 0, "a handler does not end");
    (void)close(server->listener);
    SSL_CTX_free(server->context);
    if (server->tls)
        (void)unlink(server->ca_file);
}
