/*
 * auth - is a request signed with keys that the stand-in was given?
 *
 * Without keys any signature, and none, is good. Pure: the time is handed in. The messages are
 * those that users of the service reported, or AWS's general ones.
 */
#ifndef CWLOGS_LOCAL_AUTH_H
#define CWLOGS_LOCAL_AUTH_H

#include <stdbool.h>

#include "base/clock.h"
#include "cwlogs-local/answer.h"
#include "net/sigv4.h"

#define AUTH_KEYS_MAX 128

struct auth_key {
    struct buf id;
    struct buf secret;
    struct buf token; /* empty: none */
};

struct auth {
    struct auth_key keys[AUTH_KEYS_MAX];
    size_t count;
    struct text region; /* that a scope must have; empty: any */
};

/* Adds KEYID:SECRET[:TOKEN]; ERROR_USAGE, without the secret, if it is not that. */
int auth_add(struct auth *auth, struct text words, struct error *err) MUST_USE;
void auth_free(struct auth *auth); /* takes zero, may run twice */

/* expired_key: the ID of a key whose session has expired; "" for none. False: answer is set. */
bool auth_check(const struct auth *auth, const struct sigv4_received *received, struct wall now,
                const char *expired_key, struct answer *answer);

/* The Region in the request's scope, or `otherwise` if it has none that could be one. */
struct text auth_region(const struct sigv4_received *received, struct text otherwise);

#endif
