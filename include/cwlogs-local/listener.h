/* listener - a TCP socket that listens, from words like "127.0.0.1:4586", "[::1]:0". */
#ifndef CWLOGS_LOCAL_LISTENER_H
#define CWLOGS_LOCAL_LISTENER_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/*
 * Port 0 picks a free port; the host may be a name. On success *ret_socket is the caller's to
 * close and address gets HOST:PORT as it turned out. ERROR_USAGE for bad words, ERROR_SYSTEM if
 * the address cannot be had.
 */
int listener_open(struct text words, int *ret_socket, char *address, size_t size,
                  struct error *err) MUST_USE;

#endif
