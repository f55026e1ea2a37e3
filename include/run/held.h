/*
 * held - the WITHLOCK_HELD_* variables: which locks the processes above us hold.
 *
 * Each is a list separated by blanks, innermost lock last, of equal length: prefixes, IDs,
 * tokens, endpoints. A command gets them extended by the lock it runs under. withlock inside
 * withlock on the same lock (prefix and endpoint) would wait for itself: that is refused.
 */
#ifndef RUN_HELD_H
#define RUN_HELD_H

#include <stdint.h>

#include "aws/settings.h"
#include "base/error.h"

#define HELD_VARIABLE_BYTES (16 * 1024 - 2) /* four with their NULs fit a guardian's launch */
#define HELD_VARIABLES      4
#define HELD_TOKEN_BYTES    20   /* of a 64-bit number */
#define HELD_ENDPOINT_BYTES 2048 /* of the service's URL */

struct held {
    char *variables[HELD_VARIABLES + 1]; /* "NAME=VALUE", NULL-terminated; owned */
};

/* ERROR_USAGE, naming the variable to unset, if this very lock is held above us. */
int held_check(environment_fn *environment, const char *prefix, const char *endpoint,
               struct error *err) MUST_USE;

/* Before anything is asked of anybody: ERROR_USAGE if a list is too long for this lock's part. */
int held_check_room(environment_fn *environment, const char *prefix, const char *id,
                    struct error *err) MUST_USE;

/*
 * The variables for the command: those of the environment, each extended by this lock. To be freed
 * by held_free(). ERROR_LIMIT if one would exceed HELD_VARIABLE_BYTES, or without memory.
 */
int held_make(struct held *ret_held, environment_fn *environment, const char *prefix,
              const char *id, int64_t token, const char *endpoint, struct error *err) MUST_USE;
void held_free(struct held *held);

#endif
