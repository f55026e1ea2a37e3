#include "cwlogs-local/auth.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#include "base/date.h"

#define WINDOW_MS     (5 * 60 * 1000) /* a signature may be so old, or of a clock so far ahead */
#define WORD_BYTES    8192            /* of a key ID, secret or token */
#define REGION_LENGTH 64

static int keep(struct buf *out, struct text words)
{
    *out = (struct buf)BUF_SECRET(WORD_BYTES);
    return buf_add(out, words.data, words.length);
}

int auth_add(struct auth *auth, struct text words, struct error *err)
{
    if (auth->count == AUTH_KEYS_MAX)
        return error_set(err, ERROR_USAGE, "more than %d credentials", AUTH_KEYS_MAX);
    struct auth_key key;
    struct text id = {NULL, 0}, secret = {NULL, 0};
    (void)text_next(&words, ':', &id); /* what is missing is empty */
    (void)text_next(&words, ':', &secret);
    if (id.length == 0 || secret.length == 0)
        return error_set(err, ERROR_USAGE, "credentials must be KEYID:SECRET[:TOKEN]");
    bool failed = keep(&key.id, id) != 0;
    failed |= keep(&key.secret, secret) != 0;
    failed |= keep(&key.token, words) != 0;
    auth->keys[auth->count++] = key; /* auth_free wipes it, complete or not */
    return failed ? error_set(err, ERROR_USAGE, "credentials are longer than %d bytes", WORD_BYTES)
                  : 0;
}

void auth_free(struct auth *auth)
{
    for (size_t i = 0; i < auth->count; i++) {
        buf_free(&auth->keys[i].id);
        buf_free(&auth->keys[i].secret);
        buf_free(&auth->keys[i].token);
    }
    auth->count = 0;
}

static bool is_region(struct text region)
{
    bool good = region.length > 0 && region.length <= REGION_LENGTH;
    for (size_t i = 0; good && i < region.length; i++)
        good = isalnum((unsigned char)region.data[i]) || region.data[i] == '-';
    return good;
}

struct text auth_region(const struct sigv4_received *received, struct text otherwise)
{
    struct sigv4_claim claim;
    if (sigv4_parse(sigv4_header(received, "authorization"), &claim, NULL) != 0)
        return otherwise;
    return is_region(claim.region) ? claim.region : otherwise;
}

static bool refuse(struct answer *answer, enum outcome outcome, const char *message)
{
    answer_fail(answer, outcome, "%s", message);
    return false;
}

/* Milliseconds of "20150830T123600Z"; false if it is not that. */
static bool read_date(struct text date, struct wall *ret_date)
{
    char copy[DATE_BASIC_BYTES];
    struct tm parts = {0};
    if (date.length != sizeof(copy) - 1)
        return false;
    memcpy(copy, date.data, date.length);
    copy[date.length] = '\0';
    const char *end = strptime(copy, "%Y%m%dT%H%M%SZ", &parts);
    if (!end || *end != '\0')
        return false;
    ret_date->ms = (int64_t)timegm(&parts) * 1000;
    return true;
}

/* "(now -/+ 5 min.)" and all that goes before it. */
static bool refuse_date(struct wall now, struct text date, bool late, struct answer *answer)
{
    char edge[DATE_BASIC_BYTES], shown_now[DATE_BASIC_BYTES];
    date_write_basic((struct wall){now.ms + (late ? -WINDOW_MS : WINDOW_MS)}, edge);
    date_write_basic(now, shown_now);
    answer_fail(answer, OUTCOME_INVALID_SIGNATURE, "Signature %s: %.*s is %s %s (%s %s 5 min.)",
                late ? "expired" : "not yet current", TEXT_ARGS(date),
                late ? "now earlier than" : "still later than", edge, shown_now, late ? "-" : "+");
    return false;
}

static bool check_date(const struct sigv4_received *received, struct wall now,
                       struct answer *answer)
{
    struct text date = sigv4_header(received, "x-amz-date");
    struct wall signed_at;
    if (!read_date(date, &signed_at))
        return refuse(answer, OUTCOME_INCOMPLETE_SIGNATURE,
                      "Date must be in ISO-8601 'basic format', in the header X-Amz-Date.");
    int64_t age_ms = now.ms - signed_at.ms;
    if (age_ms > WINDOW_MS || age_ms < -WINDOW_MS)
        return refuse_date(now, date, age_ms > 0, answer);
    return true;
}

static bool check_scope(const struct auth *auth, const struct sigv4_claim *claim,
                        struct answer *answer)
{
    char shown[REGION_LENGTH];
    if (auth->region.length && !text_same(claim->region, auth->region)) {
        answer_fail(answer, OUTCOME_INVALID_SIGNATURE,
                    "Credential should be scoped to a valid region, not '%s'. ",
                    text_printable(claim->region, shown, sizeof(shown)));
        return false;
    }
    if (!text_equal(claim->service, "logs"))
        return refuse(answer, OUTCOME_INVALID_SIGNATURE,
                      "Credential should be scoped to correct service: 'logs'. ");
    return true;
}

static const struct auth_key *find_key(const struct auth *auth, struct text id)
{
    for (size_t i = 0; i < auth->count; i++)
        if (text_same(id, buf_view(&auth->keys[i].id)))
            return &auth->keys[i];
    return NULL;
}

static bool check_signature(const struct auth *auth, const struct sigv4_received *received,
                            const struct sigv4_claim *claim, struct wall now, struct answer *answer)
{
    const struct auth_key *key = find_key(auth, claim->key_id);
    struct text token = sigv4_header(received, "x-amz-security-token");
    char expected[CRYPTO_SHA256_HEX_BYTES];
    if (!key || !crypto_same(token, buf_view(&key->token)))
        return refuse(answer, OUTCOME_UNRECOGNIZED_CLIENT,
                      "The security token included in the request is invalid.");
    if (!check_date(received, now, answer) || !check_scope(auth, claim, answer))
        return false;
    struct error err;
    if (sigv4_signature(received, claim, buf_text(&key->secret), expected, &err) != 0)
        return refuse(answer, OUTCOME_INVALID_SIGNATURE, err.text);
    if (crypto_same(claim->signature, text_from(expected)))
        return true;
    return refuse(answer, OUTCOME_INVALID_SIGNATURE,
                  "The request signature we calculated does not match the signature you provided. "
                  "Check your AWS Secret Access Key and signing method. Consult the service "
                  "documentation for details.");
}

bool auth_check(const struct auth *auth, const struct sigv4_received *received, struct wall now,
                const char *expired_key, struct answer *answer)
{
    struct text authorization = sigv4_header(received, "authorization");
    struct sigv4_claim claim;
    if (authorization.length == 0)
        return auth->count == 0 ||
               refuse(answer, OUTCOME_MISSING_TOKEN, "Missing Authentication Token");
    struct error err;
    if (sigv4_parse(authorization, &claim, &err) != 0)
        return auth->count == 0 || refuse(answer, OUTCOME_INCOMPLETE_SIGNATURE, err.text);
    if (expired_key[0] != '\0' && text_equal(claim.key_id, expired_key))
        return refuse(answer, OUTCOME_EXPIRED_TOKEN,
                      "The security token included in the request is expired");
    return auth->count == 0 || check_signature(auth, received, &claim, now, answer);
}
