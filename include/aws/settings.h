/*
 * settings - what the command line, the environment and the two files say about AWS.
 *
 * Every setting: option, then environment, then the profile in use, then the default; an empty
 * variable or value counts as unset. Variables are looked up with a function that the caller
 * brings, so nothing here reads the process's environment. Files are read once, when loading.
 *
 *     struct aws_settings settings;
 *     if (aws_settings_load(&settings, &options, environment, err) != 0) ...
 *     aws_settings_endpoint(&settings, AWS_LOGS, region, &url, err);
 *     aws_settings_free(&settings);
 */
#ifndef AWS_SETTINGS_H
#define AWS_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/endpoint.h"
#include "aws/profile.h"
#include "base/buf.h"
#include "base/error.h"

#define SETTINGS_PATH_BYTES 4096

/* The value of a variable, NULL if it is unset; borrowed for as long as the settings live. */
typedef const char *environment_fn(const char *name);

/* What the command line says; NULL: not given. Borrowed for as long as the settings live. */
struct aws_options {
    const char *profile;
    const char *region;
    const char *endpoint_url; /* for CloudWatch Logs only */
    const char *ca_bundle;
    int64_t connect_timeout_ms, read_timeout_ms; /* of a request without limits of its own */
};

enum profile_origin {
    PROFILE_BY_OPTION,      /* --profile: keys in the environment do not count */
    PROFILE_BY_ENVIRONMENT, /* AWS_PROFILE or AWS_DEFAULT_PROFILE */
    PROFILE_BY_DEFAULT,
};

/* Instance metadata: whether and how it may be asked. */
struct imds_settings {
    bool disabled;
    bool v1_disabled;
    const char *endpoint; /* given or by mode, never NULL */
    int64_t timeout_ms;   /* of connecting, and of reading */
    unsigned attempts;    /* per request; 0: not configured, the caller has its own default */
};

/* All pointers are borrowed from the options, the environment or the profiles. */
struct aws_settings {
    environment_fn *environment;
    char config_path[SETTINGS_PATH_BYTES];
    char credentials_path[SETTINGS_PATH_BYTES];
    char home[SETTINGS_PATH_BYTES]; /* "" if it is not known */
    const char *config_missing,
        *credentials_missing; /* why there is no such file; NULL: there is */
    struct profiles profiles;

    const char *profile;
    enum profile_origin profile_origin;
    bool has_region;
    struct region region; /* only if has_region: else instance metadata is to be asked */
    bool fips, dual_stack;
    const char *endpoint_url;                      /* the option */
    bool ignore_endpoints;                         /* configured endpoints other than the option */
    const char *ca_bundle;                         /* NULL: the system's */
    const char *system_ca_file, *system_ca_folder; /* in place of the system's; NULL: those */
    unsigned max_attempts;
    int64_t connect_timeout_ms, read_timeout_ms;     /* the options */
    const char *app_id;                              /* NULL if there is none */
    const char *https_proxy, *http_proxy, *no_proxy; /* NULL if not set */
    struct imds_settings imds;
};

/*
 * Reads both files and every setting. ERROR_CONFIG, in one line that names what was looked at:
 * a profile that was named and is not there, a file that cannot be read or parsed, a bad region,
 * number, mode or retry mode, a missing CA bundle. Nothing is to be freed after a failure.
 */
int aws_settings_load(struct aws_settings *ret_settings, const struct aws_options *options,
                      environment_fn *environment, struct error *err) MUST_USE;
void aws_settings_free(struct aws_settings *settings);

/* The value of an environment variable; NULL if it is unset or empty. */
const char *aws_settings_variable(const struct aws_settings *settings, const char *name);

/*
 * Adds the URL at which a service is asked, without a final slash. region is the one in use, or
 * sso_region for AWS_SSO and AWS_SSO_OIDC. ERROR_CONFIG for a URL that is none and a `services`
 * section that is not there.
 */
int aws_settings_endpoint(const struct aws_settings *settings, enum aws_service service,
                          const char *region, struct buf *ret_url, struct error *err) MUST_USE;

/*
 * Sets the error for "no region anywhere": one line that says where it was looked for. reason says
 * what instance metadata did ("did not answer"). Returns -1.
 */
int aws_settings_no_region(const struct aws_settings *settings, const char *reason,
                           struct error *err);

/* Adds the value of the User-Agent header: "withlock/1.0 app/ID". */
void aws_settings_user_agent(const struct aws_settings *settings, struct buf *out);

/* Adds a path that may begin with "~/"; false if it needs the home directory and none is known. */
bool aws_settings_home_path(const struct aws_settings *settings, const char *path, struct buf *out);

#endif
