/*
 * Keys of IAM Identity Center: the CLI has logged in and left a token in a cache file; the portal
 * gives keys for it. With an sso-session the token is renewed here; without, never.
 */
#include <string.h>

#include "aws/credentials_source.h"
#include "base/crypto.h"
#include "base/date.h"
#include "base/file.h"
#include "base/json.h"

#define REFRESH_MS (15 * 60 * 1000) /* a token that ends sooner is renewed */

enum stage {
    STAGE_TOKEN, /* the token was asked to be renewed */
    STAGE_KEYS,  /* the portal was asked for keys */
};

/* What the profile, and the session it names, say. */
struct sso {
    const char *session; /* NULL: the old form */
    const char *start_url, *account, *role;
    struct region region;
};

/* What the cache file says; the access token itself is in lookup->token. */
struct sso_token {
    struct wall expires_at;
    struct buf refresh, client_id, client_secret;
    bool renewable;
};

static void sso_token_free(struct sso_token *token)
{
    buf_free(&token->refresh);
    buf_free(&token->client_id);
    buf_free(&token->client_secret);
}

#define SSO_TOKEN                                                                                  \
    {                                                                                              \
        .refresh = BUF_SECRET(CREDENTIALS_VALUE_BYTES),                                            \
        .client_id = BUF_SECRET(CREDENTIALS_VALUE_BYTES),                                          \
        .client_secret = BUF_SECRET(CREDENTIALS_VALUE_BYTES)                                       \
    }

/* The error for a log-in that is missing or has expired, with the command that mends it. */
static int log_in_again(const struct credentials_lookup *lookup, const struct sso *sso,
                        const char *why, struct error *err)
{
    if (sso->session)
        return error_set(err, ERROR_DENIED,
                         "SSO of profile '%s' (sso-session '%s'): %s; run: aws sso login "
                         "--sso-session %s",
                         lookup->profile, sso->session, why, sso->session);
    return error_set(err, ERROR_DENIED, "SSO of profile '%s': %s; run: aws sso login --profile %s",
                     lookup->profile, why, lookup->profile);
}

/*
 * A value that the session must give, or the profile if it names no session. A profile that gives
 * one beside the session's must give the same.
 */
static int find_key(const struct credentials_lookup *lookup, const char *session, const char *key,
                    const char **ret_value, struct error *err)
{
    const struct profile_file *config = &lookup->settings->profiles.config;
    const char *own = credentials_value(lookup, key);
    const char *value = own;
    if (session)
        value = profile_file_get(config, PROFILE_SSO_SESSION, session, NULL, key);
    if (session && value && own && strcmp(own, value) != 0)
        return error_set(err, ERROR_DENIED,
                         "%s of profile '%s' is not that of its sso-session '%s'", key,
                         lookup->profile, session);
    if (!value && session)
        return error_set(err, ERROR_DENIED, "sso-session '%s' of profile '%s' has no %s", session,
                         lookup->profile, key);
    if (!value)
        return error_set(err, ERROR_DENIED, "profile '%s' uses SSO, but has no %s", lookup->profile,
                         key);
    *ret_value = value;
    return 0;
}

static int describe(const struct credentials_lookup *lookup, struct sso *ret_sso, struct error *err)
{
    struct sso sso = {.session = credentials_value(lookup, "sso_session")};
    const char *region = NULL;
    if (sso.session &&
        !profiles_have(&lookup->settings->profiles, PROFILE_SSO_SESSION, sso.session))
        return error_set(err, ERROR_DENIED,
                         "profile '%s' says sso_session = %s, but there is no [sso-session %s]",
                         lookup->profile, sso.session, sso.session);
    if (find_key(lookup, sso.session, "sso_start_url", &sso.start_url, err) != 0 ||
        find_key(lookup, sso.session, "sso_region", &region, err) != 0 ||
        find_key(lookup, NULL, "sso_account_id", &sso.account, err) != 0 ||
        find_key(lookup, NULL, "sso_role_name", &sso.role, err) != 0)
        return -1;
    if (region_parse(region, &sso.region, err) != 0)
        return error_add(err, "sso_region of profile '%s'", lookup->profile);
    *ret_sso = sso;
    return 0;
}

static int cache_path(const struct credentials_lookup *lookup, const struct sso *sso,
                      struct buf *out, struct error *err)
{
    char digest[CRYPTO_SHA1_HEX_BYTES];
    const char *name = sso->session ? sso->session : sso->start_url;
    if (crypto_sha1_hex(text_from(name), digest, err) != 0)
        return -1;
    if (!aws_settings_home_path(lookup->settings, "~/.aws/sso/cache/", out))
        return error_set(err, ERROR_CONFIG, "the home directory is not known");
    buf_addf(out, "%s.json", digest); /* asked next */
    return buf_check(out, "the path of the SSO cache", err);
}

static bool read_time(const struct buf *text, struct wall *ret_wall)
{
    return date_parse_iso(text_from(buf_text(text)), ret_wall) == 0;
}

/* Reads lookup->scratch, a cache file. False if it is not good for anything. */
static bool read_cache(struct credentials_lookup *lookup, struct sso_token *token)
{
    CLEAN(buf) struct buf expires = BUF(DATE_ISO_BYTES * 2);
    CLEAN(buf) struct buf registration = BUF(DATE_ISO_BYTES * 2);
    struct wall registered_until;
    struct json_pick picks[] = {
        {.path = "accessToken", .value = &lookup->token},
        {.path = "expiresAt", .value = &expires},
        {.path = "refreshToken", .value = &token->refresh},
        {.path = "clientId", .value = &token->client_id},
        {.path = "clientSecret", .value = &token->client_secret},
        {.path = "registrationExpiresAt", .value = &registration},
    };
    struct text document = buf_view(&lookup->scratch);
    if (json_pick(document, CREDENTIALS_SCRATCH_BYTES, picks, 6, NULL) != 0 ||
        picks[0].type != JSON_STRING || picks[1].type != JSON_STRING || lookup->token.length == 0 ||
        !read_time(&expires, &token->expires_at))
        return false;
    token->renewable = picks[2].type == JSON_STRING && picks[3].type == JSON_STRING &&
                       picks[4].type == JSON_STRING && picks[5].type == JSON_STRING &&
                       read_time(&registration, &registered_until) &&
                       registered_until.ms > lookup->now.ms;
    return true;
}

static int open_cache(struct credentials_lookup *lookup, const struct sso *sso,
                      struct sso_token *token, struct error *err)
{
    CLEAN(buf) struct buf path = BUF(SETTINGS_PATH_BYTES);
    if (cache_path(lookup, sso, &path, err) != 0)
        return -1;
    switch (file_read(buf_text(&path), &lookup->scratch, err)) {
    case FILE_MISSING:
        return log_in_again(lookup, sso, "there is no token", err);
    case FILE_FAILED:
        return log_in_again(lookup, sso, "the token cannot be read", err);
    case FILE_READ:
        break;
    }
    if (!read_cache(lookup, token))
        return log_in_again(lookup, sso, "the token cannot be used", err);
    credentials_note_file(lookup, buf_text(&path));
    return 0;
}

static int ask_for_token(struct credentials_lookup *lookup, const struct sso *sso,
                         const struct sso_token *token, struct credentials_want *want,
                         struct error *err)
{
    struct request *request = &lookup->request;
    lookup->stage = STAGE_TOKEN;
    if (credentials_request(lookup, "POST", AWS_SSO_OIDC, sso->region.name, err) != 0)
        return -1;
    request_path(request, "/token");
    request_header(request, "Content-Type", text_from("application/json"));
    json_object(&request->body, NULL);
    json_string(&request->body, "grantType", "refresh_token");
    json_string(&request->body, "clientId", buf_text(&token->client_id));
    json_string(&request->body, "clientSecret", buf_text(&token->client_secret));
    json_string(&request->body, "refreshToken", buf_text(&token->refresh));
    json_object_end(&request->body);
    return credentials_send(lookup, want, err);
}

static int ask_for_keys(struct credentials_lookup *lookup, const struct sso *sso,
                        struct credentials_want *want, struct error *err)
{
    struct request *request = &lookup->request;
    lookup->stage = STAGE_KEYS;
    if (credentials_request(lookup, "GET", AWS_SSO, sso->region.name, err) != 0)
        return -1;
    request_path(request, "/federation/credentials");
    request_query(request, "account_id", sso->account);
    request_query(request, "role_name", sso->role);
    request_header(request, "x-amz-sso_bearer_token", text_from(buf_text(&lookup->token)));
    return credentials_send(lookup, want, err);
}

static int start(struct credentials_lookup *lookup, const struct sso *sso,
                 struct credentials_want *want, struct error *err)
{
    CLEAN(sso_token) struct sso_token token = SSO_TOKEN;
    if (open_cache(lookup, sso, &token, err) != 0)
        return -1;
    bool due = token.expires_at.ms - lookup->now.ms < REFRESH_MS;
    if (sso->session && due && token.renewable)
        return ask_for_token(lookup, sso, &token, want, err);
    if (token.expires_at.ms <= lookup->now.ms)
        return log_in_again(lookup, sso, "the token has expired", err);
    return ask_for_keys(lookup, sso, want, err);
}

/* Writes the cache file anew, for us and the CLI. */
static int write_cache(struct credentials_lookup *lookup, const struct sso *sso,
                       const char *refresh, struct wall expires_at, struct error *err)
{
    char until[DATE_ISO_BYTES];
    CLEAN(buf) struct buf path = BUF(SETTINGS_PATH_BYTES);
    CLEAN(buf) struct buf out = BUF_SECRET(CREDENTIALS_SCRATCH_BYTES);
    date_write_iso(expires_at, until);
    struct json_replacement replacements[] = {
        {"startUrl", sso->start_url},
        {"region", sso->region.name},
        {"accessToken", buf_text(&lookup->token)},
        {"expiresAt", until},
        {"refreshToken", refresh},
    };
    if (cache_path(lookup, sso, &path, err) != 0 ||
        json_replace(buf_view(&lookup->scratch), CREDENTIALS_SCRATCH_BYTES, replacements,
                     *refresh ? 5 : 4, &out, err) != 0)
        return -1;
    return file_replace(buf_text(&path), buf_view(&out), err);
}

/* Puts the new token into lookup->token and the cache. False if the answer has none. */
static bool accept_token(struct credentials_lookup *lookup, const struct sso *sso,
                         struct text document)
{
    CLEAN(buf) struct buf access = BUF_SECRET(CREDENTIALS_VALUE_BYTES);
    CLEAN(buf) struct buf refresh = BUF_SECRET(CREDENTIALS_VALUE_BYTES);
    CLEAN(buf) struct buf seconds = BUF(32);
    uint64_t lifetime_s = 0;
    struct json_pick picks[] = {
        {.path = "accessToken", .value = &access},
        {.path = "expiresIn", .value = &seconds},
        {.path = "refreshToken", .value = &refresh},
    };
    if (json_pick(document, CREDENTIALS_ANSWER_BYTES, picks, 3, NULL) != 0 ||
        picks[0].type != JSON_STRING || picks[1].type != JSON_INTEGER || access.length == 0 ||
        text_parse_u64(text_from(buf_text(&seconds)), UINT32_MAX, &lifetime_s) != 0)
        return false;
    struct wall expires_at = {lookup->now.ms + (int64_t)lifetime_s * 1000};
    buf_clear(&lookup->token);
    buf_add(&lookup->token, access.data, access.length); /* has the same limit */
    const char *next = picks[2].type == JSON_STRING ? buf_text(&refresh) : "";
    /* Where the cache cannot be written, the token still serves this run. */
    (void)!write_cache(lookup, sso, next, expires_at, NULL);
    return true;
}

static int have_token(struct credentials_lookup *lookup, const struct sso *sso,
                      const struct credentials_answer *answer, struct credentials_want *want,
                      struct error *err)
{
    CLEAN(sso_token) struct sso_token token = SSO_TOKEN;
    if (!answer->failure && answer->status == 200 && accept_token(lookup, sso, answer->output))
        return ask_for_keys(lookup, sso, want, err);
    struct refusal refusal = credentials_refusal(answer);
    if (credentials_again(lookup, answer, &refusal, want))
        return 0;
    if (!read_cache(lookup, &token) || token.expires_at.ms <= lookup->now.ms)
        return log_in_again(lookup, sso, "the token has expired and cannot be renewed", err);
    return ask_for_keys(lookup, sso, want, err);
}

static int have_keys(struct credentials_lookup *lookup, const struct sso *sso,
                     const struct credentials_answer *answer, struct credentials_want *want,
                     struct error *err)
{
    static const struct credentials_json names = {
        "roleCredentials.accessKeyId", "roleCredentials.secretAccessKey",
        "roleCredentials.sessionToken", "roleCredentials.expiration", .milliseconds = true};
    if (!answer->failure && answer->status == 200) {
        if (credentials_fill_json(lookup, answer->output, &names, err) != 0)
            return error_add(err, "SSO of profile '%s'", lookup->profile);
        credentials_origin(lookup, "SSO role '%s' of account %s (profile '%s')", sso->role,
                           sso->account, lookup->profile);
        want->kind = CREDENTIALS_KEYS;
        return 0;
    }
    if (!answer->failure && answer->status == 401)
        return log_in_again(lookup, sso, "the token was refused", err);
    struct refusal refusal = credentials_refusal(answer);
    if (credentials_again(lookup, answer, &refusal, want))
        return 0;
    (void)credentials_refused(answer, &refusal, "the SSO portal", err);
    return error_add(err, "SSO role '%s' of account %s (profile '%s')", sso->role, sso->account,
                     lookup->profile);
}

/*
 * Does the profile mean SSO? It does if it gives account or role. If the profile in use names a
 * session that cannot be used it does, too: that is an error then, where another source must not
 * take its place.
 */
static bool is_meant(const struct credentials_lookup *lookup)
{
    const struct profile_file *config = &lookup->settings->profiles.config;
    const char *session = credentials_value(lookup, "sso_session");
    if (credentials_value(lookup, "sso_account_id") || credentials_value(lookup, "sso_role_name"))
        return true;
    return session && !lookup->parent &&
           (!profile_file_get(config, PROFILE_SSO_SESSION, session, NULL, "sso_start_url") ||
            !profile_file_get(config, PROFILE_SSO_SESSION, session, NULL, "sso_region"));
}

int credentials_sso(struct credentials_lookup *lookup, const struct credentials_answer *answer,
                    struct credentials_want *want, struct error *err)
{
    struct sso sso;
    if (!is_meant(lookup))
        return 0;
    if (describe(lookup, &sso, err) != 0)
        return -1;
    if (!answer)
        return start(lookup, &sso, want, err);
    if (lookup->stage == STAGE_TOKEN)
        return have_token(lookup, &sso, answer, want, err);
    return have_keys(lookup, &sso, answer, want, err);
}
