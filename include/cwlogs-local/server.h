/*
 * server - HTTP/1.1 with keep-alive, plain or TLS, in front of a service; the only file that sees
 * libmicrohttpd and the GnuTLS below it. A thread for each connection: a request that has to wait
 * delays no other.
 */
#ifndef CWLOGS_LOCAL_SERVER_H
#define CWLOGS_LOCAL_SERVER_H

#include <gnutls/gnutls.h>
#include <stdatomic.h>

#include "cwlogs-local/service.h"

#define SERVER_URL_BYTES 320

struct MHD_Daemon;

struct server_options {
    struct text listen;          /* HOST:PORT; port 0: a free one */
    const char *tls_certificate; /* PEM; NULL: no TLS */
    const char *tls_key;
};

struct server {
    struct service *service;
    struct MHD_Daemon *daemon;
    struct budget receiving;    /* the bodies of requests that have no answer yet */
    gnutls_datum_t ticket_key;  /* seals TLS sessions that clients resume; data NULL: none */
    char url[SERVER_URL_BYTES]; /* where it listens: "http://127.0.0.1:4586" */
    char complaint[256];        /* the first thing that libmicrohttpd complained of */
    atomic_flag complained;
};

/* Serves until server_stop. The service, and the PEM texts, must outlive it. */
int server_start(struct server *server, const struct server_options *options,
                 struct service *service, struct error *err) MUST_USE;

/* Call service_stop first: it waits for all requests under way. */
void server_stop(struct server *server);

#endif
