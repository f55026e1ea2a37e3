#include "aws/credentials.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/credentials_source.h"
#include "base/file.h"

#define FILE_WORDS_BYTES 64 /* what is said of a file, behind its path */

static credentials_source_fn *const sources[SOURCE_COUNT] = {
    [SOURCE_ENVIRONMENT] = credentials_environment,
    [SOURCE_ROLE] = credentials_role,
    [SOURCE_WEB_IDENTITY] = credentials_web_identity,
    [SOURCE_SSO] = credentials_sso,
    [SOURCE_LOGIN] = credentials_login,
    [SOURCE_PROCESS] = credentials_process,
    [SOURCE_CONTAINER] = credentials_container,
    [SOURCE_IMDS] = credentials_imds,
    [SOURCE_IMDS_REGION] = credentials_imds_region,
    [SOURCE_CREDENTIALS_FILE] = credentials_credentials_file,
    [SOURCE_CONFIG_FILE] = credentials_config_file,
};

void credentials_init(struct credentials *credentials)
{
    *credentials = (struct credentials){
        .id = BUF_SECRET(CREDENTIALS_VALUE_BYTES),
        .secret = BUF_SECRET(CREDENTIALS_VALUE_BYTES),
        .token = BUF_SECRET(CREDENTIALS_VALUE_BYTES),
        .expires_at = CREDENTIALS_NEVER,
        .renew_at = CREDENTIALS_NEVER,
    };
}

void credentials_free(struct credentials *credentials)
{
    if (!credentials)
        return;
    buf_free(&credentials->id);
    buf_free(&credentials->secret);
    buf_free(&credentials->token);
}

bool credentials_expired(const struct credentials *credentials, struct wall now)
{
    return now.ms >= credentials->expires_at.ms;
}

/* Forgets what a source may have left behind, before the next one begins. */
static void clear(struct credentials_lookup *lookup)
{
    lookup->stage = 0;
    lookup->attempt = 0;
    lookup->renewed = false;
    buf_clear(&lookup->scratch);
    buf_clear(&lookup->token);
    credentials_free(&lookup->keys);
    credentials_init(&lookup->keys);
    lookup->reason[0] = '\0';
}

struct credentials_lookup *credentials_lookup_new(const struct aws_settings *settings,
                                                  const char *region, struct retry_budget *budget,
                                                  struct error *err)
{
    struct credentials_lookup *lookup = calloc(1, sizeof(*lookup));
    if (!lookup) {
        (void)error_system(err, ENOMEM, "looking for credentials"); /* told by NULL */
        return NULL;
    }
    bool by_option = settings->profile_origin == PROFILE_BY_OPTION;
    *lookup = (struct credentials_lookup){
        .settings = settings,
        .region = region,
        .retry = {.budget = budget},
        .budget = budget,
        .profile = settings->profile,
        .sources =
            (SOURCE_BIT(SOURCE_COUNT) - 1) & ~(by_option ? SOURCE_BIT(SOURCE_ENVIRONMENT) : 0U),
        .environment = !by_option,
        .source = SOURCE_COUNT,
        .scratch = BUF_SECRET(CREDENTIALS_SCRATCH_BYTES),
        .token = BUF_SECRET(CREDENTIALS_VALUE_BYTES),
    };
    request_init(&lookup->request, "GET");
    credentials_init(&lookup->keys);
    return lookup;
}

struct credentials_lookup *credentials_region_lookup_new(const struct aws_settings *settings,
                                                         struct retry_budget *budget,
                                                         struct error *err)
{
    struct credentials_lookup *lookup = credentials_lookup_new(settings, "", budget, err);
    if (lookup)
        lookup->sources = SOURCE_BIT(SOURCE_IMDS_REGION);
    return lookup;
}

void credentials_lookup_destroy(struct credentials_lookup *lookup)
{
    if (!lookup)
        return;
    credentials_lookup_destroy(lookup->child);
    request_free(&lookup->request);
    buf_free(&lookup->scratch);
    buf_free(&lookup->token);
    credentials_free(&lookup->keys);
    free(lookup);
}

/* What is said after the path of a file: which variable named it, and why it is missing. */
static void describe_file(const struct aws_settings *settings, const char *variable,
                          const char *missing, char ret_words[FILE_WORDS_BYTES])
{
    const char *name = aws_settings_variable(settings, variable) ? variable : "";
    ret_words[0] = '\0';
    if (!missing)
        missing = "";
    if (*name || *missing)
        (void)snprintf(ret_words, FILE_WORDS_BYTES, " (%s%s%s)", name,
                       *name && *missing ? ": " : "", missing); /* fits */
}

static int nothing_found(const struct credentials_lookup *lookup, struct error *err)
{
    const struct aws_settings *settings = lookup->settings;
    bool by_option = settings->profile_origin == PROFILE_BY_OPTION;
    char credentials[FILE_WORDS_BYTES], config[FILE_WORDS_BYTES];
    if (lookup->sources == SOURCE_BIT(SOURCE_IMDS_REGION))
        return aws_settings_no_region(settings, lookup->reason, err);
    describe_file(settings, "AWS_SHARED_CREDENTIALS_FILE", settings->credentials_missing,
                  credentials);
    describe_file(settings, "AWS_CONFIG_FILE", settings->config_missing, config);
    return error_set(
        err, ERROR_DENIED,
        "no credentials found: AWS_ACCESS_KEY_ID %s, profile '%s' has none in '%s'%s "
        "and '%s'%s, no container (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI and _FULL_URI "
        "are not set), instance metadata %s",
        by_option ? "does not count with --profile" : "is not set", lookup->profile,
        settings->credentials_path, credentials, settings->config_path, config, lookup->reason);
}

static int choose(struct credentials_lookup *lookup, struct credentials_want *want,
                  struct error *err)
{
    for (unsigned i = 0; i < SOURCE_COUNT; i++) {
        if (!(lookup->sources & SOURCE_BIT(i)))
            continue;
        *want = (struct credentials_want){.kind = CREDENTIALS_NOT_MINE};
        clear(lookup);
        if (sources[i](lookup, NULL, want, err) != 0)
            return -1;
        if (want->kind == CREDENTIALS_NOT_MINE)
            continue;
        lookup->source = i;
        return 0;
    }
    return 0;
}

/* A line end that was copied along with a key would end up in a header, or in a wrong signature. */
static int check_keys(const struct credentials_lookup *lookup, struct error *err)
{
    const struct credentials *keys = &lookup->keys;
    const struct {
        const char *name;
        const struct buf *value;
    } parts[] = {
        {"access key id (AWS_ACCESS_KEY_ID, aws_access_key_id)", &keys->id},
        {"secret access key (AWS_SECRET_ACCESS_KEY, aws_secret_access_key)", &keys->secret},
        {"session token (AWS_SESSION_TOKEN, aws_session_token)", &keys->token},
    };
    bool users_own = SOURCE_BIT(lookup->source) & CREDENTIALS_USERS_OWN;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        for (const char *byte = buf_text(parts[i].value); *byte; byte++)
            if ((unsigned char)*byte < ' ' || *byte == 0x7f)
                return error_set(err, users_own ? ERROR_CONFIG : ERROR_GARBLED,
                                 "the %s from %s holds a line end or another control character",
                                 parts[i].name, keys->origin);
    return 0;
}

int credentials_step(struct credentials_lookup *lookup, struct wall now,
                     const struct credentials_answer *answer, struct credentials_want *ret_want,
                     struct error *err)
{
    struct credentials_want want = {.kind = CREDENTIALS_NOT_MINE};
    int result;
    lookup->now = now;
    if (lookup->source == SOURCE_COUNT) {
        result = choose(lookup, &want, err);
    } else {
        if (!answer)
            clear(lookup);
        result = sources[lookup->source](lookup, answer, &want, err);
    }
    if (result != 0)
        return -1;
    if (want.kind == CREDENTIALS_NOT_MINE && !lookup->parent)
        return nothing_found(lookup, err);
    if (want.kind == CREDENTIALS_KEYS) {
        retry_succeeded(&lookup->retry);
        if (check_keys(lookup, err) != 0)
            return -1;
    }
    *ret_want = want;
    return 0;
}

void credentials_take(struct credentials_lookup *lookup, struct credentials *ret_credentials)
{
    credentials_free(ret_credentials);
    *ret_credentials = lookup->keys;
    credentials_init(&lookup->keys);
}

struct region credentials_region(const struct credentials_lookup *lookup)
{
    return lookup->found;
}

void credentials_restart(struct credentials_lookup *lookup)
{
    clear(lookup);
    for (; lookup; lookup = lookup->child)
        lookup->refreshing = true;
}

const char *credentials_value(const struct credentials_lookup *lookup, const char *key)
{
    return profiles_get(&lookup->settings->profiles, lookup->profile, key);
}

int credentials_fill(struct credentials_lookup *lookup, struct text id, struct text secret,
                     struct text token, struct error *err)
{
    struct credentials *keys = &lookup->keys;
    buf_add(&keys->id, id.data, id.length); /* all three are asked next */
    buf_add(&keys->secret, secret.data, secret.length);
    buf_add(&keys->token, token.data, token.length);
    if (buf_check(&keys->id, "the access key id", err) != 0 ||
        buf_check(&keys->secret, "the secret access key", err) != 0)
        return -1;
    return buf_check(&keys->token, "the session token", err);
}

void credentials_origin(struct credentials_lookup *lookup, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(lookup->keys.origin, sizeof(lookup->keys.origin), format, args); /* cut */
    va_end(args);
}

void credentials_note_file(struct credentials_lookup *lookup, const char *path)
{
    if (file_is_shared(path))
        (void)snprintf(lookup->keys.shared, sizeof(lookup->keys.shared), "%s", path); /* cut */
}

void credentials_set_expiry(struct credentials_lookup *lookup, struct wall expires_at)
{
    lookup->keys.expires_at = expires_at;
    lookup->keys.renew_at = (struct wall){expires_at.ms - CREDENTIALS_RENEW_MS};
    lookup->keys.renewable = true;
}
