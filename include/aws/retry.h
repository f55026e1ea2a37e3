/*
 * retry - how long to leave the service alone after a failure, and whether one more try is within
 * the budget. The AWS SDKs' standard mode (docs.aws.amazon.com/sdkref, "Retry behavior"): full
 * jitter over a doubling pause, and a quota of tokens that a storm of failures uses up.
 */
#ifndef AWS_RETRY_H
#define AWS_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define RETRY_BASE_MS        1000
#define RETRY_MAX_MS         20000
#define RETRY_QUOTA          500
#define RETRY_COST           5
#define RETRY_TIMEOUT_COST   10
#define RETRY_AFTER_EXTRA_MS 5000 /* x-amz-retry-after counts at most so far beyond our pause */
#define RETRY_CLOCK_MS       (4 * 60 * 1000) /* a smaller difference is not the clock's fault */

struct retry {
    unsigned failures; /* in a row */
    int quota;
    int spent; /* by the retries since the last success */
};

void retry_init(struct retry *retry);
void retry_succeeded(struct retry *retry);

/*
 * A request failed: the pause before the next one, random(0..1) x min(2^(n-1) s, 20 s), and at
 * least what the service asked for (asked_ms, 0 if it did not). random is uniform over 32 bits.
 */
int64_t retry_pause_ms(struct retry *retry, bool timeout, int64_t asked_ms, uint32_t random);

/* False once the quota is used up: stop hammering. */
bool retry_affordable(const struct retry *retry);

/*
 * The offset to add to our clock when signing, from the Date of an answer that refused the
 * signature (V5). True if it is worth one more try at once. sure: the code said that it is the
 * time. An answer with an Age header came from a cache and says nothing.
 */
bool retry_clock_offset(struct wall corrected_now, const char *date, const char *age, bool sure,
                        int64_t *offset_ms);

#endif
