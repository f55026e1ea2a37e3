/*
 * identity - who this run is, to others: the ID in its attempts' names.
 *
 * The default ID, 20261122T064512Z-HOST-PID-8HEX, is unique and sorts by when its place in the
 * queue was taken (read it from the right: a host may hold '-'). An explicit ID is not unique; its
 * names get a nonce instead.
 */
#ifndef RUN_IDENTITY_H
#define RUN_IDENTITY_H

#include "base/clock.h"
#include "base/error.h"
#include "lock/attempt.h"

#define IDENTITY_HOST_BYTES 63 /* of the host's name; RFC 1035 allows no longer label */
#define IDENTITY_ID_BYTES   (16 + 1 + IDENTITY_HOST_BYTES + 1 + 10 + 1 + ATTEMPT_NONCE_BYTES)

struct identity {
    char id[ATTEMPT_NAME_BYTES + 1];
    char nonce[ATTEMPT_NONCE_BYTES + 1]; /* "" with a default ID, which holds it */
};

/* explicit_id: NULL for a default one. Fails only if the kernel gives no random bytes. */
int identity_make(struct identity *ret_identity, const char *explicit_id, struct wall now,
                  struct error *err) MUST_USE;

/*
 * A default ID sorts by when its place in the queue was taken: as long as nothing was made with it,
 * its time is brought up to date, in place. An explicit one stays.
 */
void identity_stamp(struct identity *identity, struct wall now);

/* What a default ID says; of another one nothing. Views into the ID. */
struct identity_parts {
    struct text host;
    struct text pid;
    bool known;
};
struct identity_parts identity_parse(struct text id);

#endif
