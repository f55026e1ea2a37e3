/*
 * retry - what is worth another try, how long to leave the service alone before it, and whether
 * it is within the budget. The AWS SDKs' standard mode (docs.aws.amazon.com/sdkref, "Retry
 * behavior"): full jitter over a doubling pause, and a quota of tokens, one for calls to
 * Logs and one for the sources of credentials, that a storm of failures uses up.
 *
 * Throttling is kept apart from errors: each has a count of its own, and throttling always begins
 * with a long pause. Errors begin with a short one, as in the SDKs since November 2026. They begin
 * with a long one if the caller counts its attempts and gives up after a few: three attempts within
 * 0.2 s would outlast no outage.
 */
#ifndef AWS_RETRY_H
#define AWS_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/text.h"

#define RETRY_BASE_MS        1000 /* longest first pause */
#define RETRY_QUICK_MS       50   /* the same for errors, where attempts are not counted */
#define RETRY_CROWD_MS       8000 /* the same for throttling, where many ask at once (Y8) */
#define RETRY_MAX_MS         20000
#define RETRY_QUOTA          500
#define RETRY_COST           14 /* as in the SDKs since November 2026 */
#define RETRY_THROTTLED_COST 5
#define RETRY_AFTER_EXTRA_MS 5000 /* x-amz-retry-after makes our pause longer by this at most */
#define RETRY_CLOCK_MS       (4 * 60 * 1000) /* a smaller difference is not why it was refused */
#define RETRY_NOTE_BYTES     128
/* 2020-01-01 and 2100-01-01: a Date before or after is not that of AWS's clocks. */
#define RETRY_DATE_MIN_MS ((int64_t)1577836800000)
#define RETRY_DATE_MAX_MS ((int64_t)4102444800000)

/* The tokens that are left for retries, shared by all that use this budget. */
struct retry_budget {
    int tokens;
};

#define RETRY_BUDGET ((struct retry_budget){RETRY_QUOTA})

enum retry_cause {
    RETRY_ERROR,
    RETRY_TIMEOUT,
    RETRY_THROTTLED,
};

/* The failures so far. Set budget, counted and crowd at the start; all else begins as zero. */
struct retry {
    struct retry_budget *budget; /* borrowed */
    bool counted;                /* few attempts will be made: spread them by longer pauses */
    bool crowd;                  /* Y8: see retry_succeeded() */
    unsigned errors, throttles;  /* in a row */
    int spent;                   /* by the last retry; 0 after a success */
};

/*
 * A request succeeded: the next failure begins with the first pause again. In a crowd throttling is
 * different: that one request got through does not mean that the quota has room for all who wait
 * for it. So one success only halves the next pause.
 */
void retry_succeeded(struct retry *retry);

/*
 * A request failed: the pause before the next one, random(0..1) x min(base x 2^(n-1), 20 s), and
 * at least what the service asked for (asked_ms, 0 if it did not). random is uniform over 32 bits.
 */
int64_t retry_pause_ms(struct retry *retry, enum retry_cause cause, int64_t asked_ms,
                       uint32_t random);

/* What the header x-amz-retry-after asks for; 0 if it is no number up to an hour, or NULL. */
int64_t retry_asked_ms(const char *header);

/* Is there budget left? If not, another try is not to be made. */
bool retry_affordable(const struct retry *retry);

enum retry_verdict {
    RETRY_NO,
    RETRY_LATER,   /* throttled; it was not applied */
    RETRY_BUSY,    /* throttled; it may have been applied */
    RETRY_UNKNOWN, /* it may have been applied */
};

/*
 * What a service's error code says about another try. LimitExceededException is a quota that
 * stays exceeded unless the message speaks of a rate.
 */
enum retry_verdict retry_classify(const char *code, const char *message);

/* Is the time of the signature what a service refused (V5)? */
enum retry_clock {
    RETRY_CLOCK_FINE,
    RETRY_CLOCK_MAYBE, /* a signature does not match: compare with the Date header */
    RETRY_CLOCK_WRONG,
};

/* By the error codes that are in the answer, be it JSON or XML, or in its x-amzn-ErrorType. */
enum retry_clock retry_classify_clock(struct text body, const char *error_type);

/* The Date of an answer. False if it has none, or one that AWS's clocks cannot show. */
bool retry_date(const char *date, struct wall *ret_date);

/*
 * The offset to add to our clock when signing, from the Date of an answer that refused the
 * signature. True if it is worth one more try at once. An answer with an Age header came from a
 * cache and says nothing; a Date that AWS's clocks cannot show is not believed. note: what to say
 * of the clocks, "" for nothing.
 */
bool retry_clock_offset(struct wall corrected_now, const char *date, const char *age,
                        enum retry_clock clock, int64_t *offset_ms, char note[RETRY_NOTE_BYTES]);

#endif
