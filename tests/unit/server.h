/*
 * server - a local HTTP server for tests whose behaviour is a function: raw bytes, on purpose.
 *
 * Each connection gets a thread that runs the handler. With tls, a certificate for 127.0.0.1 is
 * made at the start and written to ca_file.
 */
#ifndef UNIT_SERVER_H
#define UNIT_SERVER_H

#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct server;

struct peer {
    struct server *server;
    int fd;
    SSL *ssl;
    int number; /* of the connection, from 1 */
    char request[64 * 1024];
    char *body; /* of the request just read */
};

typedef void (*server_handler_fn)(struct peer *peer);

struct server {
    server_handler_fn handler;
    bool tls;
    int listener;
    int port;
    char url[64];
    char ca_file[64];
    SSL_CTX *context;
    pthread_t thread;
    atomic_int connections;
    atomic_int requests;
    atomic_int open; /* connections whose handler runs */
};

void server_start(struct server *server, server_handler_fn handler, bool tls);
void server_stop(struct server *server);

/* Reads one request into peer->request, NUL-terminated; false at the end of the connection. */
bool peer_read(struct peer *peer);
bool peer_write(struct peer *peer, const char *text); /* false if it is closed */
bool peer_write_bytes(struct peer *peer, const void *bytes, size_t length);

/* Waits up to 10 s for the client to close or abandon the connection. */
void peer_wait_closed(struct peer *peer);

#endif
