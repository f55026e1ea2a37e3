#include "client/credentials_provider.h"

/* Keys that cannot be renewed are warned of once they expire within this. */
#define WARN_BEFORE_MS (15 * 60 * 1000)

void provider_init(struct provider *provider, struct transport *transport)
{
    *provider = (struct provider){.transport = transport, .budget = RETRY_BUDGET};
    credentials_init(&provider->keys);
}

bool provider_end(struct provider *provider)
{
    return credentials_refresh_finish(&provider->refresh);
}

void provider_free(struct provider *provider)
{
    if (!provider)
        return;
    while (!provider_end(provider))
        ; /* the thread still uses what would be freed, and by now nobody waits for us */
    credentials_lookup_destroy(provider->lookup);
    provider->lookup = NULL;
    credentials_free(&provider->keys);
    provider->has_keys = false;
}

/* Executes a look-up in the thread of the caller. */
static int look_up(struct provider *provider, struct credentials_lookup *lookup,
                   const struct provider_limits *limits, struct error *err)
{
    struct credentials_fetch fetch = {.transport = provider->transport,
                                      .unattended = provider->has_keys || provider->unattended,
                                      .deadline = limits->deadline,
                                      .wakeup = limits->wakeup};
    int result = credentials_fetch(&fetch, lookup, err);
    provider->given_up = fetch.given_up;
    return result;
}

void provider_report_shared(struct provider *provider, enum report_level level)
{
    if (!provider->has_keys || provider->shared_told || !*provider->keys.shared)
        return;
    provider->shared_told = true;
    report(level, "warning: '%s' can be read by others than its owner", provider->keys.shared);
}

int provider_region(struct provider *provider, const struct provider_limits *limits,
                    const char **ret_region, struct error *err)
{
    if (!provider->transport->settings->has_region && !*provider->region.name) {
        struct credentials_lookup *lookup =
            credentials_region_lookup_new(provider->transport->settings, &provider->budget, err);
        int result = lookup ? look_up(provider, lookup, limits, err) : -1;
        if (result == 0)
            provider->region = credentials_region(lookup);
        credentials_lookup_destroy(lookup);
        if (result != 0)
            return -1;
    }
    *ret_region = provider->transport->settings->has_region
                      ? provider->transport->settings->region.name
                      : provider->region.name;
    return 0;
}

/* Looks for keys in the thread of the caller; begins a look-up if there is none yet. */
static int find_keys(struct provider *provider, const struct provider_limits *limits,
                     struct error *err)
{
    const char *region = NULL;
    if (!provider->lookup) {
        if (provider_region(provider, limits, &region, err) != 0)
            return -1;
        provider->lookup =
            credentials_lookup_new(provider->transport->settings, region, &provider->budget, err);
        if (!provider->lookup)
            return -1;
    }
    return look_up(provider, provider->lookup, limits, err);
}

static void warn_of_failure(struct provider *provider, bool expired)
{
    if (provider->warned_expired || (provider->warned && !expired))
        return;
    provider->warned = true;
    provider->warned_expired = expired;
    report(REPORT_WARNING, "warning: cannot get new credentials, those at hand %s: %s",
           expired ? "have expired" : "go on serving until they expire", provider->failure.text);
}

static void warn_of_the_end(struct provider *provider, struct wall now)
{
    const struct credentials *keys = &provider->keys;
    int64_t left_ms = keys->expires_at.ms - now.ms;
    if (provider->warned || keys->renewable || left_ms > WARN_BEFORE_MS)
        return;
    provider->warned = true;
    report(REPORT_WARNING,
           "warning: the credentials from %s expire in %lld s and cannot be renewed", keys->origin,
           (long long)(left_ms / 1000));
}

/* An attempt to get keys has ended. why is its error; NULL: it has succeeded. */
static void take_result(struct provider *provider, const struct error *why)
{
    bool success = !why;
    /* An earlier failure says more than that this attempt was interrupted. */
    if (!success && !(provider->given_up && provider->renewal.failures))
        provider->failure = *why;
    renewal_tell(&provider->renewal, provider->tried_at, success);
    if (success) {
        credentials_take(provider->lookup, &provider->keys);
        provider->has_keys = true;
        provider->warned = provider->warned_expired = false;
    }
    if (provider->has_keys) {
        credentials_restart(provider->lookup);
        return;
    }
    /* Without keys it is not settled which source has them: the next attempt asks all anew. */
    credentials_lookup_destroy(provider->lookup);
    provider->lookup = NULL;
}

/* A look-up in the background may take as long as the old keys serve, or PROVIDER_REFRESH_MS. */
static struct mono refresh_deadline(const struct credentials *keys, struct mono now)
{
    int64_t left_ms = keys->expires_at.ms == CREDENTIALS_NEVER.ms
                          ? PROVIDER_REFRESH_MS
                          : keys->expires_at.ms - wall_now().ms;
    return mono_add(now, ms_max(left_ms, PROVIDER_REFRESH_MS));
}

/*
 * Begins to look for keys: in the background if there are old ones. If there are none, or no thread
 * can be started, it is done here, and the caller waits.
 */
static void begin_attempt(struct provider *provider, const struct provider_limits *limits)
{
    struct error why = {0};
    provider->tried_at = mono_now();
    if (provider->has_keys &&
        credentials_refresh_start(&provider->refresh, provider->transport, provider->lookup,
                                  refresh_deadline(&provider->keys, provider->tried_at), &why) == 0)
        return;
    bool success = find_keys(provider, limits, &why) == 0;
    take_result(provider, success ? NULL : &why);
}

/* Takes the result of the thread, if it is done. */
static void take_refreshed(struct provider *provider)
{
    struct credentials_refresh *refresh = &provider->refresh;
    if (!credentials_refresh_is_done(refresh))
        return;
    provider->given_up = refresh->fetch.given_up;
    provider->transport->clock_offset_ms = refresh->transport.clock_offset_ms;
    (void)credentials_refresh_finish(refresh); /* it is done */
    take_result(provider, refresh->result == 0 ? NULL : &refresh->why);
}

/* The error for: new keys are being looked for, and the old ones serve no longer. Returns -1. */
static int still_awaited(const struct provider *provider, struct error *err)
{
    if (provider->renewal.failures == 0)
        return error_set(err, ERROR_LATER, "new credentials from %s are still awaited",
                         provider->keys.origin);
    if (err) {
        *err =
            provider->failure; /* why the last attempt failed says more than that this one lasts */
        err->kind = ERROR_LATER;
    }
    return -1;
}

/* Waits, within the limits, for the thread to bring new keys, since the old ones do not serve. */
static void wait_for_refreshed(struct provider *provider, const struct provider_limits *limits)
{
    struct credentials_refresh *refresh = &provider->refresh;
    while (!wakeup_asked(limits->wakeup) && !credentials_refresh_is_done(refresh)) {
        struct pollfd fds[] = {{.fd = refresh->done.fd, .events = POLLIN},
                               {.fd = limits->wakeup->fd, .events = POLLIN}};
        (void)wait_ready(fds, 2, limits->deadline);
        if ((fds[1].revents && wakeup_asked(limits->wakeup)) ||
            mono_reached(mono_now(), limits->deadline))
            break;
    }
    take_refreshed(provider);
}

int provider_get(struct provider *provider, const struct provider_limits *limits,
                 const struct credentials **ret_keys, struct error *err)
{
    const struct credentials *old = provider->has_keys ? &provider->keys : NULL;
    take_refreshed(provider);
    if (!provider->refresh.running && renewal_due(&provider->renewal, old, wall_now(), mono_now()))
        begin_attempt(provider, limits);
    if (provider->refresh.running &&
        (provider->renewal.rejected || credentials_expired(&provider->keys, wall_now())))
        wait_for_refreshed(provider, limits);
    struct wall now = wall_now();
    bool expired = credentials_expired(&provider->keys, now);
    if (provider->refresh.running && (provider->renewal.rejected || expired))
        return still_awaited(provider, err);
    if (!provider->has_keys || (provider->renewal.failures && expired)) {
        /* A caller that gives up at the first failure prints it; one that goes on needs a warning.
         */
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

bool provider_is_refreshing(const struct provider *provider)
{
    return provider->refresh.running && !credentials_refresh_is_done(&provider->refresh);
}

bool provider_rejected(struct provider *provider)
{
    provider->renewal.rejected = provider->has_keys && provider->keys.renewable;
    return provider->renewal.rejected;
}
