#include "aws/renewal.h"

#include <stdint.h>

#define FIRST_PAUSE_MS 1000 /* after the first failure to replace expired keys; then doubled */

static int64_t pause_ms(const struct renewal *renewal, bool expired)
{
    int64_t pause = expired && renewal->failures ? FIRST_PAUSE_MS : expired ? 0 : RENEWAL_PAUSE_MS;
    for (unsigned i = 1; i < renewal->failures && pause < RENEWAL_PAUSE_MS; i++)
        pause *= 2;
    return ms_min(pause, RENEWAL_PAUSE_MS);
}

bool renewal_due(const struct renewal *renewal, const struct credentials *keys, struct wall now,
                 struct mono at)
{
    if (!keys)
        return true;
    if (!keys->renewable || (now.ms < keys->renew_at.ms && !renewal->rejected))
        return false;
    if (renewal->rejected && renewal->failures == 0)
        return true;
    return mono_diff(at, renewal->tried_at) >= pause_ms(renewal, credentials_expired(keys, now));
}

void renewal_tell(struct renewal *renewal, struct mono at, bool success)
{
    renewal->tried_at = at;
    renewal->failures = success ? 0 : renewal->failures + 1;
    renewal->rejected = renewal->rejected && !success;
}
