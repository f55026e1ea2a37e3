#include "aws/retry.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"

#define ASKED_MAX_MS (3600 * 1000)

void retry_succeeded(struct retry *retry)
{
    int *tokens = &retry->budget->tokens;
    *tokens += retry->spent ? retry->spent : 1;
    if (*tokens > RETRY_QUOTA)
        *tokens = RETRY_QUOTA;
    retry->spent = 0;
    retry->errors = 0;
    retry->throttles = retry->crowd && retry->throttles ? retry->throttles - 1 : 0;
}

static int64_t first_pause_ms(const struct retry *retry, bool throttled)
{
    if (throttled && retry->crowd)
        return RETRY_CROWD_MS;
    return throttled || retry->counted ? RETRY_BASE_MS : RETRY_QUICK_MS;
}

int64_t retry_pause_ms(struct retry *retry, enum retry_cause cause, int64_t asked_ms,
                       uint32_t random)
{
    bool throttled = cause == RETRY_THROTTLED;
    int cost = throttled ? RETRY_THROTTLED_COST : RETRY_COST;
    unsigned *before = throttled ? &retry->throttles : &retry->errors;
    int64_t longest_ms = first_pause_ms(retry, throttled);
    for (unsigned i = 0; i < *before && longest_ms < RETRY_MAX_MS; i++)
        longest_ms *= 2;
    longest_ms = ms_min(longest_ms, RETRY_MAX_MS);
    (*before)++;
    int *tokens = &retry->budget->tokens;
    *tokens = *tokens > cost ? *tokens - cost : 0;
    retry->spent = cost;
    int64_t pause_ms = ms_random(longest_ms, random);
    return ms_max(pause_ms, ms_min(asked_ms, pause_ms + RETRY_AFTER_EXTRA_MS));
}

int64_t retry_asked_ms(const char *header)
{
    uint64_t ms;
    return header && text_parse_u64(text_from(header), ASKED_MAX_MS, &ms) == 0 ? (int64_t)ms : 0;
}

bool retry_affordable(const struct retry *retry)
{
    return retry->budget->tokens > 0;
}

enum retry_verdict retry_classify(const char *code, const char *message)
{
    static const struct {
        const char *code;
        enum retry_verdict verdict;
    } rows[] = {
        {"RequestTimeout", RETRY_UNKNOWN},
        {"RequestTimeoutException", RETRY_UNKNOWN},
        {"PriorRequestNotComplete", RETRY_BUSY},
        {"TransactionInProgressException", RETRY_BUSY},
        {"Throttling", RETRY_LATER},
        {"ThrottlingException", RETRY_LATER},
        {"ThrottledException", RETRY_LATER},
        {"RequestThrottled", RETRY_LATER},
        {"RequestThrottledException", RETRY_LATER},
        {"TooManyRequestsException", RETRY_LATER},
        {"RequestLimitExceeded", RETRY_LATER},
        {"BandwidthLimitExceeded", RETRY_LATER},
        {"SlowDown", RETRY_LATER},
        {"ProvisionedThroughputExceededException", RETRY_LATER},
        {"EC2ThrottledException", RETRY_LATER},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(code, rows[i].code) == 0)
            return rows[i].verdict;
    bool rate = strcmp(code, "LimitExceededException") == 0 && strstr(message, "Rate exceeded");
    return rate ? RETRY_LATER : RETRY_NO;
}

static bool has_word(struct text text, const char *word)
{
    size_t length = strlen(word);
    const char *end = text.data + text.length;
    for (const char *at = text.data; (at = memmem(at, (size_t)(end - at), word, length)); at++)
        if ((at == text.data || !isalnum((unsigned char)at[-1])) &&
            (at + length == end || !isalnum((unsigned char)at[length])))
            return true;
    return false;
}

enum retry_clock retry_classify_clock(struct text body, const char *error_type)
{
    static const struct {
        const char *code;
        enum retry_clock clock;
    } rows[] = {
        {"InvalidSignatureException", RETRY_CLOCK_MAYBE},
        {"SignatureDoesNotMatch", RETRY_CLOCK_MAYBE},
        {"RequestTimeTooSkewed", RETRY_CLOCK_WRONG},
        {"RequestExpired", RETRY_CLOCK_WRONG},
        {"RequestInTheFuture", RETRY_CLOCK_WRONG},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if ((body.length && has_word(body, rows[i].code)) ||
            (error_type && has_word(text_from(error_type), rows[i].code)))
            return rows[i].clock;
    return RETRY_CLOCK_FINE;
}

bool retry_date(const char *date, struct wall *ret_date)
{
    return date && date_parse_http(text_from(date), ret_date) == 0 &&
           ret_date->ms >= RETRY_DATE_MIN_MS && ret_date->ms <= RETRY_DATE_MAX_MS;
}

bool retry_clock_offset(struct wall corrected_now, const char *date, const char *age,
                        enum retry_clock clock, int64_t *offset_ms, char note[RETRY_NOTE_BYTES])
{
    struct wall server = {0};
    bool known = clock != RETRY_CLOCK_FINE && !(age && *age) && date &&
                 date_parse_http(text_from(date), &server) == 0;
    bool believed = known && retry_date(date, &server);
    int64_t difference_ms = server.ms - corrected_now.ms;
    bool corrects =
        believed && (clock == RETRY_CLOCK_WRONG || llabs(difference_ms) > RETRY_CLOCK_MS);
    if (corrects)
        *offset_ms += difference_ms;
    note[0] = '\0';
    if (known && !believed)
        (void)snprintf(note, RETRY_NOTE_BYTES, "the service's Date '%s' is not believed", date);
    else if (*offset_ms)
        (void)snprintf(note, RETRY_NOTE_BYTES, "this machine's clock is %lld s %s the service's",
                       llabs(*offset_ms) / 1000, *offset_ms > 0 ? "behind" : "ahead of");
    return corrects;
}
