#include "client/credentials_provider.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/provider_errand.h"

#define PROVIDER_ERRANDS_MAX 1000 /* of one look-up: roles x attempts, and then some */
#define WARN_BEFORE_MS       (15 * 60 * 1000)

void provider_init(struct provider *provider, const struct aws_settings *settings,
                   struct http *http, struct retry_budget *budget)
{
    *provider = (struct provider){
        .settings = settings,
        .http = http,
        .budget = budget,
        .connect_ms = PROVIDER_CONNECT_MS,
        .read_ms = PROVIDER_READ_MS,
    };
    credentials_init(&provider->keys);
}

void provider_free(struct provider *provider)
{
    if (!provider)
        return;
    credentials_lookup_destroy(provider->lookup);
    provider->lookup = NULL;
    credentials_free(&provider->keys);
    provider->has_keys = false;
}

static void warn(struct provider *provider, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void warn(struct provider *provider, const char *format, ...)
{
    va_list args;
    if (provider->warning_count == PROVIDER_WARNINGS_MAX)
        return;
    va_start(args, format);
    (void)vsnprintf(provider->warnings[provider->warning_count++], PROVIDER_WARNING_BYTES, format,
                    args); /* cutting is fine */
    va_end(args);
}

const char *provider_warning(struct provider *provider)
{
    if (provider->warning_next < provider->warning_count)
        return provider->warnings[provider->warning_next++];
    provider->warning_next = provider->warning_count = 0;
    return NULL;
}

/* Brings a look-up to its end. */
static int look_up(struct provider *provider, struct credentials_lookup *lookup,
                   const struct provider_limits *limits, struct error *err)
{
    struct credentials_want want;
    if (credentials_step(lookup, wall_now(), NULL, &want, err) != 0)
        return -1;
    for (unsigned i = 0; want.kind != CREDENTIALS_KEYS; i++) {
        CLEAN(provider_errand) struct provider_errand errand = {0};
        if (i == PROVIDER_ERRANDS_MAX)
            return error_set(err, ERROR_INTERNAL, "the look-up of credentials does not end");
        if (provider_carry_out(provider, &want, limits, &errand, err) != 0 ||
            credentials_step(lookup, wall_now(), &errand.answer, &want, err) != 0)
            return -1;
    }
    return 0;
}

void provider_report(struct provider *provider, enum report_level shared)
{
    const char *line;
    while ((line = provider_warning(provider)))
        report(REPORT_WARNING, "warning: %s", line);
    if (!provider->has_keys || provider->shared_told || !*provider->keys.shared)
        return;
    provider->shared_told = true;
    report(shared, "warning: '%s' can be read by others than its owner", provider->keys.shared);
}

int provider_region(struct provider *provider, const struct provider_limits *limits,
                    const char **ret_region, struct error *err)
{
    if (!provider->settings->has_region && !*provider->region.name) {
        struct credentials_lookup *lookup =
            credentials_region_lookup_new(provider->settings, provider->budget, err);
        int result = lookup ? look_up(provider, lookup, limits, err) : -1;
        if (result == 0)
            provider->region = credentials_region(lookup);
        credentials_lookup_destroy(lookup);
        if (result != 0)
            return -1;
    }
    *ret_region =
        provider->settings->has_region ? provider->settings->region.name : provider->region.name;
    return 0;
}

static int find_keys(struct provider *provider, const struct provider_limits *limits,
                     struct error *err)
{
    const char *region = NULL;
    if (!provider->lookup) {
        if (provider_region(provider, limits, &region, err) != 0)
            return -1;
        provider->lookup =
            credentials_lookup_new(provider->settings, region, provider->budget, err);
        if (!provider->lookup)
            return -1;
    }
    if (look_up(provider, provider->lookup, limits, err) != 0)
        return -1;
    credentials_take(provider->lookup, &provider->keys);
    return 0;
}

static void warn_of_failure(struct provider *provider, bool expired)
{
    if (provider->warned_expired || (provider->warned && !expired))
        return;
    provider->warned = true;
    provider->warned_expired = expired;
    warn(provider, "cannot get new credentials, those at hand %s: %s",
         expired ? "have expired" : "go on serving until they expire", provider->failure.text);
}

static void warn_of_the_end(struct provider *provider, struct wall now)
{
    const struct credentials *keys = &provider->keys;
    int64_t left_ms = keys->expires_at.ms - now.ms;
    if (provider->warned || keys->renewable || left_ms > WARN_BEFORE_MS)
        return;
    provider->warned = true;
    warn(provider, "the credentials from %s expire in %lld s and cannot be renewed", keys->origin,
         (long long)(left_ms / 1000));
}

static void renew(struct provider *provider, const struct provider_limits *limits, struct mono at)
{
    struct error why = {0};
    provider->given_up = false;
    bool success = find_keys(provider, limits, &why) == 0;
    /* Having been interrupted is no reason, where there is a better one. */
    if (!success && !(provider->given_up && provider->renewal.failures))
        provider->failure = why;
    renewal_tell(&provider->renewal, at, success);
    if (success) {
        provider->has_keys = true;
        provider->warned = provider->warned_expired = false;
    }
    if (success || provider->has_keys) {
        credentials_restart(provider->lookup);
        return;
    }
    credentials_lookup_destroy(provider->lookup); /* it is not known yet which source it will be */
    provider->lookup = NULL;
}

int provider_get(struct provider *provider, const struct provider_limits *limits,
                 const struct credentials **ret_keys, struct error *err)
{
    struct mono at = mono_now();
    const struct credentials *keys = provider->has_keys ? &provider->keys : NULL;
    if (renewal_due(&provider->renewal, keys, wall_now(), at))
        renew(provider, limits, at);
    struct wall now = wall_now();
    bool expired = credentials_expired(&provider->keys, now);
    if (!provider->has_keys || (provider->renewal.failures && expired)) {
        /* Whoever gives up after the first failure tells it; whoever goes on warns. */
        if (provider->has_keys && provider->renewal.failures > 1)
            warn_of_failure(provider, true);
        if (err)
            *err = provider->failure;
        return -1;
    }
    if (expired)
        return error_set(err, ERROR_DENIED,
                         "the credentials from %s have expired and cannot be renewed",
                         provider->keys.origin);
    if (provider->renewal.failures)
        warn_of_failure(provider, false);
    warn_of_the_end(provider, now);
    *ret_keys = &provider->keys;
    return 0;
}

bool provider_rejected(struct provider *provider)
{
    provider->renewal.rejected = provider->has_keys && provider->keys.renewable;
    return provider->renewal.rejected;
}
