#include "aws/settings.h"

#include <ctype.h>
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#define MAX_ATTEMPTS   3
#define IMDS_TIMEOUT_S 1
#define IMDS_ATTEMPTS  0       /* not configured */
#define NUMBER_MAX     1000000 /* of any setting that is a number */
#define PASSWD_BYTES   4096
#define VARIABLE_BYTES 256 /* a name within a path */

/* A setting that was found: what it says, and what to call it in a message. */
struct found {
    const char *value; /* NULL: unset */
    const char *name;
};

const char *aws_settings_variable(const struct aws_settings *settings, const char *name)
{
    const char *value = settings->environment(name);
    return value && *value ? value : NULL;
}

static const char *value_of(const struct aws_settings *settings, const char *key)
{
    return profiles_get(&settings->profiles, settings->profile, key);
}

/* The environment, then the profile. Either name may be NULL. */
static struct found look_up(const struct aws_settings *settings, const char *variable,
                            const char *key)
{
    const char *value = variable ? aws_settings_variable(settings, variable) : NULL;
    if (value)
        return (struct found){value, variable};
    return (struct found){key ? value_of(settings, key) : NULL, key};
}

static bool is_true(struct found found)
{
    return found.value && strcasecmp(found.value, "true") == 0;
}

static int refuse(const struct aws_settings *settings, struct found found, const char *what,
                  struct error *err)
{
    char shown[200];
    text_printable(text_from(found.value), shown, sizeof(shown));
    return error_set(err, ERROR_CONFIG, "%s '%s' %s (environment or profile '%s')", found.name,
                     shown, what, settings->profile);
}

static int read_number(const struct aws_settings *settings, const char *variable, const char *key,
                       unsigned fallback, unsigned *ret_number, struct error *err)
{
    struct found found = look_up(settings, variable, key);
    uint64_t number = fallback;
    if (found.value &&
        (text_parse_u64(text_trim(text_from(found.value)), NUMBER_MAX, &number) != 0 ||
         number == 0))
        return refuse(settings, found, "is not an integer of at least 1", err);
    *ret_number = (unsigned)number;
    return 0;
}

/* The home directory: HOME, else that of the user database. */
static void find_home(struct aws_settings *settings)
{
    const char *home = aws_settings_variable(settings, "HOME");
    struct passwd entry, *found = NULL;
    char memory[PASSWD_BYTES];
    if (!home && getpwuid_r(getuid(), &entry, memory, sizeof(memory), &found) == 0 && found)
        home = found->pw_dir;
    if (home && strlen(home) < sizeof(settings->home))
        memcpy(settings->home, home, strlen(home) + 1);
}

bool aws_settings_home_path(const struct aws_settings *settings, const char *path, struct buf *out)
{
    bool at_home = path[0] == '~' && (path[1] == '/' || path[1] == '\0');
    if (at_home && *settings->home == '\0')
        return false;
    if (at_home)
        buf_add_text(out, settings->home);
    buf_add_text(out, path + (at_home ? 1 : 0)); /* the caller asks buf_check */
    return true;
}

/* Copies a path with $NAME and ${NAME} replaced; what is not set stays as it is. */
static void expand_variables(const struct aws_settings *settings, const char *path, struct buf *out)
{
    static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    while (*path) {
        char name[VARIABLE_BYTES];
        bool braces = path[0] == '$' && path[1] == '{';
        const char *from = path + (braces ? 2 : 1);
        size_t length = strspn(from, word);
        bool closed = !braces || from[length] == '}';
        const char *value = NULL;
        if (path[0] == '$' && closed && length && length < sizeof(name)) {
            memcpy(name, from, length);
            name[length] = '\0';
            value = settings->environment(name);
        }
        if (!value) {
            buf_add_char(out, *path++); /* the caller asks buf_check, here and below */
            continue;
        }
        buf_add_text(out, value);
        path = from + length + (braces ? 1 : 0);
    }
}

static int find_path(const struct aws_settings *settings, const char *variable,
                     const char *fallback, char ret_path[SETTINGS_PATH_BYTES], struct error *err)
{
    CLEAN(buf) struct buf expanded = BUF(SETTINGS_PATH_BYTES - 1);
    CLEAN(buf) struct buf path = BUF(SETTINGS_PATH_BYTES - 1);
    const char *given = aws_settings_variable(settings, variable);
    expand_variables(settings, given ? given : fallback, &expanded);
    if (buf_check(&expanded, variable, err) != 0)
        return -1;
    if (!aws_settings_home_path(settings, buf_text(&expanded), &path))
        buf_add_text(&path, buf_text(&expanded)); /* asked next */
    if (buf_check(&path, variable, err) != 0)
        return -1;
    memcpy(ret_path, buf_text(&path), path.length + 1);
    return 0;
}

/*
 * Is the file in a folder that we may not enter? sudo and containers leave HOME at root's folder
 * for another user. As for the AWS CLI, a file there counts as missing.
 */
static bool is_out_of_sight(const char *path)
{
    struct stat about;
    return stat(path, &about) != 0 && errno == EACCES;
}

static int read_file(const char *path, enum profile_dialect dialect, struct profile_file *ret_file,
                     const char **ret_missing, struct error *err)
{
    CLEAN(buf) struct buf text = BUF_SECRET(PROFILE_FILE_BYTES);
    struct error failure = {0};
    enum file_result result = file_read(path, &text, &failure);
    bool hidden = result == FILE_FAILED && is_out_of_sight(path);
    *ret_missing = hidden                   ? "may not be looked for"
                   : result == FILE_MISSING ? "no such file"
                                            : NULL;
    if (*ret_missing)
        return 0;
    if (result != FILE_READ) {
        failure.kind = ERROR_CONFIG;
        if (err)
            *err = failure;
        return -1;
    }
    return profile_file_parse(ret_file, dialect, path, buf_view(&text), err);
}

static int read_files(struct aws_settings *settings, struct error *err)
{
    find_home(settings);
    if (find_path(settings, "AWS_CONFIG_FILE", "~/.aws/config", settings->config_path, err) != 0 ||
        find_path(settings, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials",
                  settings->credentials_path, err) != 0 ||
        read_file(settings->config_path, PROFILE_CONFIG, &settings->profiles.config,
                  &settings->config_missing, err) != 0)
        return -1;
    return read_file(settings->credentials_path, PROFILE_CREDENTIALS,
                     &settings->profiles.credentials, &settings->credentials_missing, err);
}

static int choose_profile(struct aws_settings *settings, const char *option, struct error *err)
{
    const char *variable = aws_settings_variable(settings, "AWS_PROFILE");
    if (!variable)
        variable = aws_settings_variable(settings, "AWS_DEFAULT_PROFILE");
    settings->profile = option && *option ? option : variable ? variable : "default";
    settings->profile_origin = option && *option ? PROFILE_BY_OPTION
                               : variable        ? PROFILE_BY_ENVIRONMENT
                                                 : PROFILE_BY_DEFAULT;
    if (settings->profile_origin == PROFILE_BY_DEFAULT ||
        profiles_have(&settings->profiles, PROFILE_PROFILE, settings->profile))
        return 0;
    return error_set(err, ERROR_CONFIG, "profile '%s' is neither in '%s' nor in '%s'",
                     settings->profile, settings->config_path, settings->credentials_path);
}

static int choose_region(struct aws_settings *settings, const char *option, struct error *err)
{
    struct found found = {option, "--region"};
    if (!option || !*option)
        found = look_up(settings, "AWS_REGION", NULL);
    if (!found.value)
        found = look_up(settings, "AWS_DEFAULT_REGION", "region");
    settings->has_region = found.value != NULL;
    settings->fips = is_true(look_up(settings, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"));
    settings->dual_stack =
        is_true(look_up(settings, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"));
    if (!found.value)
        return 0;
    if (region_parse(found.value, &settings->region, err) != 0)
        return error_add(err, "%s", found.name);
    settings->fips = settings->fips || settings->region.fips;
    return 0;
}

/* By the variables that the curl program goes by, so that both trust the same certificates. */
static void choose_system_trust(struct aws_settings *settings)
{
    settings->system_ca_file = look_up(settings, "CURL_CA_BUNDLE", NULL).value;
    if (settings->system_ca_file)
        return;
    settings->system_ca_file = look_up(settings, "SSL_CERT_FILE", NULL).value;
    settings->system_ca_folder = look_up(settings, "SSL_CERT_DIR", NULL).value;
}

/* Why the file cannot be read, as an errno; 0 if it can. */
static int unusable(const char *path)
{
    struct stat about;
    if (access(path, R_OK) != 0)
        return errno;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode) ? EISDIR : 0;
}

static int choose_trust(struct aws_settings *settings, const char *option, struct error *err)
{
    struct found found = {option, "--ca-bundle"};
    if (!option || !*option)
        found = look_up(settings, "AWS_CA_BUNDLE", "ca_bundle");
    if (!found.value)
        found = look_up(settings, "REQUESTS_CA_BUNDLE", NULL);
    settings->ca_bundle = found.value;
    choose_system_trust(settings);
    int failure = found.value ? unusable(found.value) : 0;
    if (!failure)
        return 0;
    (void)error_system(err, failure, "CA bundle '%s' (%s)", found.value, found.name);
    if (err)
        err->kind = ERROR_CONFIG;
    return -1;
}

static int choose_retry(struct aws_settings *settings, struct error *err)
{
    static const char *const modes[] = {"legacy", "standard", "adaptive"};
    struct found found = look_up(settings, "AWS_RETRY_MODE", "retry_mode");
    bool known = !found.value;
    for (size_t i = 0; !known && i < sizeof(modes) / sizeof(modes[0]); i++)
        known = strcmp(found.value, modes[i]) == 0;
    if (!known)
        return refuse(settings, found, "is not legacy, standard or adaptive", err);
    return read_number(settings, "AWS_MAX_ATTEMPTS", "max_attempts", MAX_ATTEMPTS,
                       &settings->max_attempts, err);
}

static int choose_imds(struct aws_settings *settings, struct error *err)
{
    struct imds_settings *imds = &settings->imds;
    struct found mode = look_up(settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                                "ec2_metadata_service_endpoint_mode");
    struct found endpoint =
        look_up(settings, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
    bool ipv6 = mode.value && strcasecmp(mode.value, "ipv6") == 0;
    unsigned timeout_s = 0;
    if (mode.value && !ipv6 && strcasecmp(mode.value, "ipv4") != 0)
        return refuse(settings, mode, "is neither IPv4 nor IPv6", err);
    imds->disabled = is_true(look_up(settings, "AWS_EC2_METADATA_DISABLED", NULL));
    imds->v1_disabled =
        is_true(look_up(settings, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled"));
    imds->endpoint = ipv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254";
    if (endpoint.value) {
        CLEAN(buf) struct buf url = BUF(ENDPOINT_URL_BYTES);
        if (endpoint_given(endpoint.value, endpoint.name, &url, err) != 0)
            return -1;
        imds->endpoint = endpoint.value;
    }
    if (read_number(settings, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout",
                    IMDS_TIMEOUT_S, &timeout_s, err) != 0)
        return -1;
    imds->timeout_ms = (int64_t)timeout_s * 1000;
    return read_number(settings, "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
                       "metadata_service_num_attempts", IMDS_ATTEMPTS, &imds->attempts, err);
}

/* The name in lower case wins, as it does for all variables but HTTP_PROXY in libcurl. */
static void choose_proxies(struct aws_settings *settings)
{
    const char *https = aws_settings_variable(settings, "https_proxy");
    const char *http = aws_settings_variable(settings, "http_proxy");
    const char *none = aws_settings_variable(settings, "no_proxy");
    settings->https_proxy = https ? https : aws_settings_variable(settings, "HTTPS_PROXY");
    settings->http_proxy = http ? http : aws_settings_variable(settings, "HTTP_PROXY");
    settings->no_proxy = none ? none : aws_settings_variable(settings, "NO_PROXY");
}

static int choose(struct aws_settings *settings, const struct aws_options *options,
                  struct error *err)
{
    if (choose_profile(settings, options->profile, err) != 0 ||
        choose_region(settings, options->region, err) != 0 ||
        choose_trust(settings, options->ca_bundle, err) != 0 || choose_retry(settings, err) != 0 ||
        choose_imds(settings, err) != 0)
        return -1;
    choose_proxies(settings);
    settings->endpoint_url =
        options->endpoint_url && *options->endpoint_url ? options->endpoint_url : NULL;
    settings->ignore_endpoints = is_true(look_up(settings, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                                 "ignore_configured_endpoint_urls"));
    settings->app_id = look_up(settings, "AWS_SDK_UA_APP_ID", "sdk_ua_app_id").value;
    return 0;
}

int aws_settings_load(struct aws_settings *ret_settings, const struct aws_options *options,
                      environment_fn *environment, struct error *err)
{
    struct aws_settings settings = {.environment = environment,
                                    .connect_timeout_ms = options->connect_timeout_ms,
                                    .read_timeout_ms = options->read_timeout_ms};
    if (read_files(&settings, err) != 0 || choose(&settings, options, err) != 0) {
        profiles_free(&settings.profiles);
        return -1;
    }
    *ret_settings = settings;
    return 0;
}

void aws_settings_free(struct aws_settings *settings)
{
    if (settings)
        profiles_free(&settings->profiles);
}

int aws_settings_no_region(const struct aws_settings *settings, const char *reason,
                           struct error *err)
{
    return error_set(err, ERROR_CONFIG,
                     "no region: none of --region, AWS_REGION, AWS_DEFAULT_REGION and 'region' of "
                     "profile '%s' in '%s' is set, and instance metadata %s",
                     settings->profile, settings->config_path, reason);
}

/* The service's own URL in `[services X]`, where the profile says `services = X`. */
static int find_in_services(const struct aws_settings *settings, const char *block,
                            struct found *ret_found, struct error *err)
{
    const char *services = value_of(settings, "services");
    if (!services)
        return 0;
    if (!profiles_have(&settings->profiles, PROFILE_SERVICES, services))
        return error_set(err, ERROR_CONFIG,
                         "profile '%s' says services = %s, but there is no [services %s] in '%s'",
                         settings->profile, services, services, settings->config_path);
    ret_found->name = "endpoint_url in [services]";
    ret_found->value = profile_file_get(&settings->profiles.config, PROFILE_SERVICES, services,
                                        block, "endpoint_url");
    return 0;
}

static int find_endpoint(const struct aws_settings *settings, enum aws_service service,
                         struct found *ret_found, struct error *err)
{
    static const struct {
        const char *variable, *block;
    } names[] = {
        [AWS_LOGS] = {"AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "cloudwatch_logs"},
        [AWS_STS] = {"AWS_ENDPOINT_URL_STS", "sts"},
        [AWS_SSO] = {"AWS_ENDPOINT_URL_SSO", "sso"},
        [AWS_SSO_OIDC] = {"AWS_ENDPOINT_URL_SSO_OIDC", "sso_oidc"},
        [AWS_SIGNIN] = {"AWS_ENDPOINT_URL_SIGNIN", "signin"},
    };
    struct found found = {service == AWS_LOGS ? settings->endpoint_url : NULL, "--endpoint-url"};
    if (!found.value && !settings->ignore_endpoints) {
        found = look_up(settings, names[service].variable, NULL);
        if (!found.value)
            found = look_up(settings, "AWS_ENDPOINT_URL", NULL);
        if (!found.value && find_in_services(settings, names[service].block, &found, err) != 0)
            return -1;
        if (!found.value)
            found = look_up(settings, NULL, "endpoint_url");
    }
    *ret_found = found;
    return 0;
}

int aws_settings_endpoint(const struct aws_settings *settings, enum aws_service service,
                          const char *region, struct buf *ret_url, struct error *err)
{
    struct found found = {0};
    if (find_endpoint(settings, service, &found, err) != 0)
        return -1;
    if (found.value)
        return endpoint_given(found.value, found.name, ret_url, err);
    endpoint_default(service, region, settings->fips, settings->dual_stack, ret_url);
    return buf_check(ret_url, "the endpoint", err);
}

void aws_settings_user_agent(const struct aws_settings *settings, struct buf *out)
{
    static const char others[] = "!$%&'*+-.^_`|~";
    buf_add_text(out, "withlock/" WITHLOCK_VERSION); /* the caller asks buf_check */
    if (!settings->app_id)
        return;
    buf_add_text(out, " app/");
    for (size_t i = 0; settings->app_id[i]; i++) {
        char byte = settings->app_id[i];
        bool good = isalnum((unsigned char)byte) || strchr(others, byte);
        buf_add_char(out, (char)(good ? byte : '-'));
    }
}
