/* What the sources share: reading answers, asking again, failing. */
#include <string.h>

#include "aws/credentials_source.h"
#include "base/date.h"
#include "base/json.h"
#include "base/random.h"

static int missing(const char *path, struct error *err)
{
    return error_set(err, ERROR_GARBLED, "the answer has no %s", path);
}

static int read_expiration(struct credentials_lookup *lookup, const struct json_pick *pick,
                           bool milliseconds, struct error *err)
{
    struct text text = buf_view(pick->value);
    struct wall expires_at;
    uint64_t ms = 0;
    bool good = milliseconds
                    ? pick->type == JSON_INTEGER && text_parse_u64(text, INT64_MAX, &ms) == 0
                    : pick->type == JSON_STRING && date_parse_iso(text, &expires_at) == 0;
    if (!good)
        return error_set(err, ERROR_GARBLED, "%s is not a time", pick->path);
    if (milliseconds)
        expires_at.ms = (int64_t)ms;
    credentials_set_expiry(lookup, expires_at);
    return 0;
}

enum member {
    MEMBER_ID,
    MEMBER_SECRET,
    MEMBER_TOKEN,
    MEMBER_EXPIRATION,
};

/* Decides which members must be there. A token that is "" or null means that there is none. */
static bool is_good(const struct json_pick *pick, enum member member, bool long_term)
{
    bool absent = pick->type == JSON_ABSENT;
    switch (member) {
    case MEMBER_ID:
    case MEMBER_SECRET:
        return pick->type == JSON_STRING && pick->value->length > 0;
    case MEMBER_TOKEN:
        return pick->type == JSON_STRING || pick->null || (absent && long_term);
    case MEMBER_EXPIRATION:
        break;
    }
    return !absent || long_term;
}

int credentials_fill_json(struct credentials_lookup *lookup, struct text document,
                          const struct credentials_json *names, struct error *err)
{
    CLEAN(buf) struct buf expiration = BUF(DATE_ISO_BYTES * 2);
    struct credentials *keys = &lookup->keys;
    struct json_pick picks[] = {
        {.path = names->id, .value = &keys->id},
        {.path = names->secret, .value = &keys->secret},
        {.path = names->token, .value = &keys->token},
        {.path = names->expiration, .value = &expiration},
    };
    size_t count = names->expiration ? 4 : 3;
    if (json_pick(document, CREDENTIALS_ANSWER_BYTES, picks, count, err) != 0)
        return -1;
    for (size_t i = 0; i < count; i++)
        if (!is_good(&picks[i], i, names->long_term))
            return missing(picks[i].path, err);
    if (count == 4 && picks[3].type != JSON_ABSENT &&
        read_expiration(lookup, &picks[3], names->milliseconds, err) != 0)
        return -1;
    if (credentials_expired(keys, lookup->now))
        return error_set(err, ERROR_DENIED, "the credentials it gave have already expired");
    return 0;
}

struct refusal credentials_refusal(const struct credentials_answer *answer)
{
    struct refusal refusal = {0};
    CLEAN(buf) struct buf error = BUF_SECRET(CREDENTIALS_ANSWER_BYTES);
    struct json_pick pick = {.path = "error", .value = &error};
    bool read =
        !answer->failure && refusal_read(answer->output, answer->error_type, &refusal, NULL) == 0;
    if (read && !*refusal.code &&
        json_pick(answer->output, CREDENTIALS_ANSWER_BYTES, &pick, 1, NULL) == 0)
        (void)text_printable(buf_view(&error), refusal.code, sizeof(refusal.code));
    return refusal;
}

/* Is the request worth another try? IDPCommunicationError is a code that only STS has. */
static enum retry_verdict classify(const struct credentials_answer *answer,
                                   const struct refusal *refusal)
{
    if (answer->failure)
        return answer->retryable ? RETRY_UNKNOWN : RETRY_NO;
    enum retry_verdict verdict = retry_classify(refusal->code, refusal->message);
    if (verdict != RETRY_NO)
        return verdict;
    if (answer->status == 429)
        return RETRY_LATER;
    bool unknown = answer->status == 500 || (answer->status >= 502 && answer->status <= 504) ||
                   strcmp(refusal->code, "IDPCommunicationError") == 0;
    return unknown ? RETRY_UNKNOWN : RETRY_NO;
}

bool credentials_again(struct credentials_lookup *lookup, const struct credentials_answer *answer,
                       const struct refusal *refusal, struct credentials_want *want)
{
    enum retry_verdict verdict = classify(answer, refusal);
    enum retry_cause cause = verdict == RETRY_UNKNOWN ? RETRY_ERROR : RETRY_THROTTLED;
    if (answer->failure && answer->late)
        cause = RETRY_TIMEOUT;
    if (verdict == RETRY_NO || lookup->attempt >= lookup->settings->max_attempts ||
        !retry_affordable(&lookup->retry))
        return false;
    lookup->attempt++;
    want->kind = CREDENTIALS_SEND;
    want->request = &lookup->request;
    want->pause_ms =
        retry_pause_ms(&lookup->retry, cause, retry_asked_ms(answer->retry_after), random_u32());
    return true;
}

int credentials_refused(const struct credentials_answer *answer, const struct refusal *refusal,
                        const char *what, struct error *err)
{
    if (answer->failure) {
        if (err)
            *err = *answer->failure;
        return error_add(err, "%s", what);
    }
    enum error_kind kind = answer->status >= 500 ? ERROR_UNAVAILABLE : ERROR_DENIED;
    const char *code = *refusal->code ? refusal->code : "no error code";
    return error_set(err, kind, "%s: status %d, %s%s%s", what, answer->status, code,
                     *refusal->message ? ": " : "", refusal->message);
}

int credentials_request(struct credentials_lookup *lookup, const char *method,
                        enum aws_service service, const char *region, struct error *err)
{
    CLEAN(buf) struct buf url = BUF(ENDPOINT_URL_BYTES);
    request_free(&lookup->request);
    request_init(&lookup->request, method);
    lookup->attempt = 1;
    lookup->retry = (struct retry){.budget = lookup->budget, .counted = true};
    if (aws_settings_endpoint(lookup->settings, service, region, &url, err) != 0)
        return -1;
    return request_url(&lookup->request, buf_text(&url), err);
}

int credentials_send(struct credentials_lookup *lookup, struct credentials_want *want,
                     struct error *err)
{
    want->kind = CREDENTIALS_SEND;
    want->request = &lookup->request;
    return request_check(&lookup->request, err);
}
