/*
 * renewal - when to ask for new keys. Pure.
 *
 * New keys are due 15 minutes before the old ones expire, or when the service has refused these;
 * then they are asked for at most once a minute. After the old ones have expired they are asked for
 * again 1 s after the first failure, 2 s after the second, and so on up to a minute. For keys that
 * cannot be renewed no new ones are ever due.
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

/* Are new keys due at `at`? keys are those at hand; NULL: there are none, and that is due. */
bool renewal_due(const struct renewal *renewal, const struct credentials *keys, struct wall now,
                 struct mono at);

/* An attempt made at `at` has ended. */
void renewal_tell(struct renewal *renewal, struct mono at, bool success);

#endif
