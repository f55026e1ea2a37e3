/*
 * Keys of a console login: `aws login` has left them in a cache file with what renews them, a
 * token bound to a private key.
 */
#include <string.h>

#include "aws/credentials_source.h"
#include "aws/dpop.h"
#include "base/crypto.h"
#include "base/date.h"
#include "base/file.h"
#include "base/json.h"

#define REFRESH_MS (5 * 60 * 1000) /* keys that end sooner are renewed */

static const struct credentials_json names = {"accessToken.accessKeyId",
                                              "accessToken.secretAccessKey",
                                              "accessToken.sessionToken", "accessToken.expiresAt"};

/* What the cache file says about renewing. */
struct login {
    struct buf client_id, refresh, key;
    struct wall expires_at;
};

static void login_free(struct login *login)
{
    buf_free(&login->client_id);
    buf_free(&login->refresh);
    buf_free(&login->key);
}

#define LOGIN                                                                                      \
    {                                                                                              \
        .client_id = BUF_SECRET(CREDENTIALS_VALUE_BYTES),                                          \
        .refresh = BUF_SECRET(CREDENTIALS_VALUE_BYTES), .key = BUF_SECRET(CREDENTIALS_VALUE_BYTES) \
    }

static int log_in_again(const struct credentials_lookup *lookup, const char *why, struct error *err)
{
    return error_set(err, ERROR_DENIED, "login_session of profile '%s': %s; run: aws login",
                     lookup->profile, why);
}

static int cache_path(const struct credentials_lookup *lookup, const char *session, struct buf *out,
                      struct error *err)
{
    const char *folder = aws_settings_variable(lookup->settings, "AWS_LOGIN_CACHE_DIRECTORY");
    char digest[CRYPTO_SHA256_HEX_BYTES];
    if (crypto_sha256_hex(text_from(session), digest, err) != 0)
        return -1;
    if (!aws_settings_home_path(lookup->settings, folder ? folder : "~/.aws/login/cache", out))
        return error_set(err, ERROR_CONFIG, "the home directory is not known");
    buf_addf(out, "/%s.json", digest); /* asked next */
    return buf_check(out, "the path of the login cache", err);
}

/* Reads lookup->scratch, a cache file. False if a member is missing. */
static bool read_cache(const struct credentials_lookup *lookup, struct login *login)
{
    CLEAN(buf) struct buf expires = BUF(DATE_ISO_BYTES * 2);
    struct json_pick picks[] = {
        {.path = "clientId", .value = &login->client_id},
        {.path = "refreshToken", .value = &login->refresh},
        {.path = "dpopKey", .value = &login->key},
        {.path = names.expiration, .value = &expires},
        {.path = names.id},
        {.path = names.secret},
        {.path = names.token},
        {.path = "accessToken.accountId"},
    };
    size_t count = sizeof(picks) / sizeof(picks[0]);
    struct text document = buf_view(&lookup->scratch);
    if (json_pick(document, CREDENTIALS_SCRATCH_BYTES, picks, count, NULL) != 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (picks[i].type != JSON_STRING)
            return false;
    return date_parse_iso(text_from(buf_text(&expires)), &login->expires_at) == 0;
}

static int use_cache(struct credentials_lookup *lookup, struct credentials_want *want,
                     struct error *err)
{
    struct text document = buf_view(&lookup->scratch);
    if (credentials_fill_json(lookup, document, &names, err) != 0)
        return log_in_again(lookup, "the keys in the cache cannot be used", err);
    credentials_origin(lookup, "the console login of profile '%s'", lookup->profile);
    lookup->keys.renew_at = (struct wall){lookup->keys.expires_at.ms - REFRESH_MS};
    want->kind = CREDENTIALS_KEYS;
    return 0;
}

/* The request is built anew for each attempt: a proof is good for one only. */
static int add_proof(struct credentials_lookup *lookup, const struct login *login,
                     struct error *err)
{
    CLEAN(buf) struct buf url = BUF(ENDPOINT_URL_BYTES);
    CLEAN(buf) struct buf proof = BUF_SECRET(DPOP_BYTES);
    struct text key = buf_view(&login->key);
    request_write_url(&lookup->request, &url);
    if (buf_check(&url, "the URL", err) != 0 ||
        dpop_proof(key, "POST", buf_text(&url), lookup->now, &proof, err) != 0)
        return -1;
    request_header(&lookup->request, "DPoP", buf_view(&proof));
    return 0;
}

static int ask(struct credentials_lookup *lookup, const struct login *login,
               struct credentials_want *want, struct error *err)
{
    struct request *request = &lookup->request;
    if (credentials_request(lookup, "POST", AWS_SIGNIN, lookup->region, err) != 0)
        return -1;
    request_path(request, "/v1/token");
    request_header(request, "Content-Type", text_from("application/json"));
    json_object(&request->body, NULL);
    json_string(&request->body, "clientId", buf_text(&login->client_id));
    json_string(&request->body, "grantType", "refresh_token");
    json_string(&request->body, "refreshToken", buf_text(&login->refresh));
    json_object_end(&request->body);
    if (add_proof(lookup, login, err) != 0)
        return log_in_again(lookup, "the key in the cache cannot be used", err);
    return credentials_send(lookup, want, err);
}

static int start(struct credentials_lookup *lookup, const char *session, struct login *login,
                 struct credentials_want *want, struct error *err)
{
    CLEAN(buf) struct buf path = BUF(SETTINGS_PATH_BYTES);
    if (cache_path(lookup, session, &path, err) != 0)
        return -1;
    if (file_read(buf_text(&path), &lookup->scratch, err) != FILE_READ)
        return log_in_again(lookup, "there is no login in the cache", err);
    credentials_note_file(lookup, buf_text(&path));
    if (!read_cache(lookup, login))
        return log_in_again(lookup, "the login in the cache lacks something", err);
    if (login->expires_at.ms - lookup->now.ms > REFRESH_MS)
        return use_cache(lookup, want, err);
    return ask(lookup, login, want, err);
}

/* Makes lookup->scratch the new text of the cache file. False if the answer lacks something. */
static bool merge(struct credentials_lookup *lookup, struct text document)
{
    CLEAN(buf) struct buf id = BUF_SECRET(CREDENTIALS_VALUE_BYTES);
    CLEAN(buf) struct buf secret = BUF_SECRET(CREDENTIALS_VALUE_BYTES);
    CLEAN(buf) struct buf token = BUF_SECRET(CREDENTIALS_VALUE_BYTES);
    CLEAN(buf) struct buf refresh = BUF_SECRET(CREDENTIALS_VALUE_BYTES);
    CLEAN(buf) struct buf lifetime = BUF(32);
    CLEAN(buf) struct buf out = BUF_SECRET(CREDENTIALS_SCRATCH_BYTES);
    struct json_pick picks[] = {
        {.path = names.id, .value = &id},          {.path = names.secret, .value = &secret},
        {.path = names.token, .value = &token},    {.path = "refreshToken", .value = &refresh},
        {.path = "expiresIn", .value = &lifetime},
    };
    char until[DATE_ISO_BYTES];
    uint64_t seconds;
    if (json_pick(document, CREDENTIALS_ANSWER_BYTES, picks, 5, NULL) != 0 ||
        picks[4].type != JSON_INTEGER ||
        text_parse_u64(buf_view(&lifetime), UINT32_MAX, &seconds) != 0)
        return false;
    for (size_t i = 0; i < 4; i++)
        if (picks[i].type != JSON_STRING)
            return false;
    date_write_iso((struct wall){lookup->now.ms + (int64_t)seconds * 1000}, until);
    struct json_replacement replacements[] = {
        {names.id, buf_text(&id)},       {names.secret, buf_text(&secret)},
        {names.token, buf_text(&token)}, {"refreshToken", buf_text(&refresh)},
        {names.expiration, until},
    };
    if (json_replace(buf_view(&lookup->scratch), CREDENTIALS_SCRATCH_BYTES, replacements, 5, &out,
                     NULL) != 0)
        return false;
    buf_clear(&lookup->scratch);
    return buf_add(&lookup->scratch, out.data, out.length) == 0;
}

static int accept(struct credentials_lookup *lookup, const char *session,
                  const struct credentials_answer *answer, struct credentials_want *want,
                  struct error *err)
{
    CLEAN(buf) struct buf path = BUF(SETTINGS_PATH_BYTES);
    if (!merge(lookup, answer->output))
        return error_set(err, ERROR_GARBLED,
                         "login_session of profile '%s': the answer of sign-in lacks something",
                         lookup->profile);
    if (cache_path(lookup, session, &path, err) != 0)
        return -1;
    /* Where the cache cannot be written, the keys still serve this run. */
    (void)!file_replace(buf_text(&path), buf_view(&lookup->scratch), NULL);
    return use_cache(lookup, want, err);
}

static int have_answer(struct credentials_lookup *lookup, const char *session, struct login *login,
                       const struct credentials_answer *answer, struct credentials_want *want,
                       struct error *err)
{
    if (!answer->failure && answer->status == 200)
        return accept(lookup, session, answer, want, err);
    struct refusal refusal = credentials_refusal(answer);
    if (!read_cache(lookup, login))
        return log_in_again(lookup, "the login in the cache lacks something", err);
    if (credentials_again(lookup, answer, &refusal, want))
        return add_proof(lookup, login, err);
    bool refused = !answer->failure && answer->status < 500;
    if (!refused && login->expires_at.ms > lookup->now.ms)
        return use_cache(lookup, want, err);
    if (refused)
        return log_in_again(lookup, *refusal.code ? refusal.code : "renewing it was refused", err);
    return credentials_refused(answer, &refusal, "renewing the console login (aws login)", err);
}

int credentials_login(struct credentials_lookup *lookup, const struct credentials_answer *answer,
                      struct credentials_want *want, struct error *err)
{
    CLEAN(login) struct login login = LOGIN;
    const char *session = credentials_value(lookup, "login_session");
    if (!session)
        return 0;
    if (!answer)
        return start(lookup, session, &login, want, err);
    return have_answer(lookup, session, &login, answer, want, err);
}
