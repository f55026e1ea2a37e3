/*
 * renewal - when to ask for new keys. Pure.
 *
 * 15 minutes before the old ones end, or when the service refused them, and then at most once a
 * minute; once they have expired, 1 s after the first failure, 2 s after the second, and so on
 * to a minute. Keys that cannot be renewed are never due.
 */
#ifndef AWS_RENEWAL_H
#define AWS_RENEWAL_H

#include <stdbool.h>

#include "aws/credentials.h"
#include "base/clock.h"

#define RENEWAL_PAUSE_MS (60 * 1000) /* between attempts */

/* All zeros: never tried. */
struct renewal {
    struct mono tried_at; /* the last attempt */
    unsigned failures;    /* in a row */
    bool rejected;        /* the service does not take the keys at hand */
};

/* keys is NULL if there never were any. */
bool renewal_due(const struct renewal *renewal, const struct credentials *keys, struct wall now,
                 struct mono at);

/* An attempt made at `at` has ended. */
void renewal_tell(struct renewal *renewal, struct mono at, bool success);

#endif
