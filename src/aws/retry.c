#include "aws/retry.h"

#include <stdlib.h>

#include "base/date.h"
#include "base/text.h"

void retry_init(struct retry *retry)
{
    *retry = (struct retry){.quota = RETRY_QUOTA};
}

void retry_succeeded(struct retry *retry)
{
    retry->quota += retry->spent ? retry->spent : 1;
    if (retry->quota > RETRY_QUOTA)
        retry->quota = RETRY_QUOTA;
    retry->spent = 0;
    retry->failures = 0;
}

int64_t retry_pause_ms(struct retry *retry, bool timeout, int64_t asked_ms, uint32_t random)
{
    int cost = timeout ? RETRY_TIMEOUT_COST : RETRY_COST;
    int64_t longest_ms = RETRY_BASE_MS;
    for (unsigned i = 0; i < retry->failures && longest_ms < RETRY_MAX_MS; i++)
        longest_ms *= 2;
    if (longest_ms > RETRY_MAX_MS)
        longest_ms = RETRY_MAX_MS;
    retry->failures++;
    retry->quota = retry->quota > cost ? retry->quota - cost : 0;
    retry->spent = cost;
    int64_t pause_ms = (int64_t)((uint64_t)longest_ms * random >> 32);
    if (asked_ms > pause_ms)
        pause_ms =
            asked_ms < pause_ms + RETRY_AFTER_EXTRA_MS ? asked_ms : pause_ms + RETRY_AFTER_EXTRA_MS;
    return pause_ms;
}

bool retry_affordable(const struct retry *retry)
{
    return retry->quota > 0;
}

bool retry_clock_offset(struct wall corrected_now, const char *date, const char *age, bool sure,
                        int64_t *offset_ms)
{
    struct wall server;
    if (age && *age)
        return false;
    if (!date || date_parse_http(text_from(date), &server) != 0)
        return false;
    int64_t difference_ms = server.ms - corrected_now.ms;
    if (!sure && llabs(difference_ms) <= RETRY_CLOCK_MS)
        return false;
    *offset_ms += difference_ms;
    return true;
}
