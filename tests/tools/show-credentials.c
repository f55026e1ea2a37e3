/*
 * show-credentials - what withlock finds: key id, region, endpoint, expiry. Never a secret.
 *
 *     show-credentials [--profile P] [--region R] [--endpoint-url U] [--ca-bundle F]
 *                      [--times N --every MS] [--reject]
 *
 * --times asks N times, MS apart, as a holder would; --reject says in between that the service
 * did not accept the keys. Exit status as withlock's.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/crypto.h"
#include "base/date.h"
#include "client/credentials_provider.h"
#include "client/transport.h"

#define DEADLINE_MS (60 * 1000) /* of one look-up */
#define CONNECT_MS  5000
#define READ_MS     30000
#define LOOK_MS     5 /* between looks whether new keys are there */

struct show {
    struct aws_options options;
    long times, every_ms;
    bool reject;
};

static const char *get(const char *name)
{
    return getenv(name);
}

static int fail(const struct error *err)
{
    (void)fprintf(stderr, "show-credentials: %s\n", err->text);
    return error_exit_status(err->kind);
}

static void print(const struct credentials *keys, const char *region, const char *url)
{
    char expires[DATE_ISO_BYTES], digest[CRYPTO_SHA256_HEX_BYTES] = "-";
    CLEAN(buf) struct buf both = BUF_SECRET(2 * CREDENTIALS_VALUE_BYTES + 1);
    (void)buf_addf(&both, "%s\n%s", buf_text(&keys->secret), buf_text(&keys->token));
    if (crypto_sha256_hex(buf_view(&both), digest, NULL) != 0)
        digest[0] = '?';
    date_write_iso(keys->expires_at, expires);
    (void)printf("id %s digest %.16s region %s endpoint %s expires %s renewable %s origin %s\n",
                 buf_text(&keys->id), digest, region, url, *expires ? expires : "never",
                 keys->renewable ? "yes" : "no", keys->origin);
    (void)fflush(stdout);
}

static void wait_ms(long ms)
{
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    (void)nanosleep(&pause, NULL); /* a shorter pause does no harm */
}

static int show_once(struct provider *provider, const struct aws_settings *settings,
                     struct error *err)
{
    CLEAN(buf) struct buf url = BUF(ENDPOINT_URL_BYTES);
    struct wakeup_source wakeup = {.fd = -1};
    struct provider_limits limits = {mono_add(mono_now(), DEADLINE_MS), &wakeup};
    const struct credentials *keys = NULL;
    const char *region = NULL;
    int result = provider_region(provider, &limits, &region, err);
    if (result == 0)
        result = aws_settings_endpoint(settings, AWS_LOGS, region, &url, err);
    if (result == 0)
        result = provider_get(provider, &limits, &keys, err);
    while (provider_is_refreshing(provider))
        wait_ms(LOOK_MS);
    if (result == 0)
        result = provider_get(provider, &limits, &keys, err); /* takes what was found meanwhile */
    if (result == 0)
        print(keys, region, buf_text(&url));
    return result;
}

static int show(const struct show *show)
{
    struct aws_options options = show->options;
    struct aws_settings settings;
    struct provider provider;
    struct error err = {0};
    int status = 0;
    options.connect_timeout_ms = CONNECT_MS;
    options.read_timeout_ms = READ_MS;
    if (aws_settings_load(&settings, &options, get, &err) != 0)
        return fail(&err);
    struct transport transport;
    if (transport_init(&transport, &settings, &err) != 0) {
        aws_settings_free(&settings);
        return fail(&err);
    }
    provider_init(&provider, &transport);
    for (long i = 0; i < show->times; i++) {
        if (i)
            wait_ms(show->every_ms);
        if (i && show->reject)
            (void)printf("rejected %s\n", provider_rejected(&provider) ? "yes" : "no");
        status = show_once(&provider, &settings, &err) == 0 ? 0 : fail(&err);
    }
    provider_free(&provider);
    transport_free(&transport);
    aws_settings_free(&settings);
    return status;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"profile", required_argument, NULL, 'p'},
        {"region", required_argument, NULL, 'r'},
        {"endpoint-url", required_argument, NULL, 'e'},
        {"ca-bundle", required_argument, NULL, 'c'},
        {"times", required_argument, NULL, 't'},
        {"every", required_argument, NULL, 'i'},
        {"reject", no_argument, NULL, 'x'},
        {0},
    };
    struct show what = {.times = 1};
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'p')
            what.options.profile = optarg;
        else if (option == 'r')
            what.options.region = optarg;
        else if (option == 'e')
            what.options.endpoint_url = optarg;
        else if (option == 'c')
            what.options.ca_bundle = optarg;
        else if (option == 't')
            what.times = strtol(optarg, NULL, 10);
        else if (option == 'i')
            what.every_ms = strtol(optarg, NULL, 10);
        else if (option == 'x')
            what.reject = true;
        else
            return 64;
    }
    return show(&what);
}
