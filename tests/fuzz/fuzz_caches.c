/*
 * Any bytes -> the caches that the AWS CLI leaves, and the answers that renew them. The first
 * byte says which of SSO and console login, the second the status; the rest is the cache file's
 * text, and behind a NUL the answer.
 */
#include <sys/stat.h>
#include <unistd.h>

#include "aws/credentials.h"
#include "aws/retry.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "fuzz.h"

#define STEPS_MAX 20

static const char config[] = "[profile sso]\nsso_session = s\nsso_account_id = 1\n"
                             "sso_role_name = R\n[sso-session s]\nsso_start_url = u\n"
                             "sso_region = us-east-1\n[profile login]\nlogin_session = l\n";

static char home[64];

static const char *get(const char *name)
{
    return strcmp(name, "AWS_LOGIN_CACHE_DIRECTORY") == 0 ? home : NULL;
}

static void remove_home(void)
{
    char command[100];
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", home);
    (void)!system(command); /* NOLINT(cert-env33-c): a directory of our own */
}

static void make_home(void)
{
    static const char *const folders[] = {"", "/.aws", "/.aws/sso", "/.aws/sso/cache"};
    char path[128];
    if (home[0])
        return;
    const char *fast = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(home, sizeof(home), "%s/withlock-fuzz-%d", fast, (int)getpid());
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof(path), "%s%s", home, folders[i]);
        must(mkdir(path, 0700) == 0);
    }
    must(atexit(remove_home) == 0);
}

static void cache_path(bool login, char *out, size_t size)
{
    char digest[CRYPTO_SHA256_HEX_BYTES];
    int failed = login ? crypto_sha256_hex(text_from("l"), digest, NULL)
                       : crypto_sha1_hex(text_from("s"), digest, NULL);
    must(failed == 0);
    (void)snprintf(out, size, "%s/%s%s.json", home, login ? "" : ".aws/sso/cache/", digest);
}

static void write_cache(const char *path, struct text text)
{
    FILE *file = fopen(path, "w");
    must(file);
    must(fwrite(text.data, 1, text.length, file) == text.length);
    must(fclose(file) == 0);
}

static int ignore(void *context, const struct json_event *event, struct error *err)
{
    (void)context;
    (void)event;
    (void)err;
    return 0;
}

/* If it was written anew it is JSON. */
static void check_cache(const char *path, struct text before)
{
    CLEAN(buf) struct buf after = BUF((size_t)1024 * 1024);
    must(file_read(path, &after, NULL) == FILE_READ);
    struct text text = buf_view(&after);
    if (!text_same(text, before))
        must(json_read(text, after.limit_bytes, ignore, NULL, NULL) == 0);
}

static void talk(struct credentials_lookup *lookup, const struct credentials_answer *answer)
{
    struct credentials_want want = {0};
    struct error err = {0};
    const struct credentials_answer *given = NULL;
    for (int i = 0; i < STEPS_MAX; i++) {
        if (credentials_step(lookup, (struct wall){1800000000000}, given, &want, &err) != 0) {
            must(err.kind != ERROR_NONE && err.text[0]);
            for (const char *byte = err.text; *byte; byte++)
                must(*byte >= 0x20 && *byte < 0x7f);
            return;
        }
        if (want.kind == CREDENTIALS_KEYS)
            return;
        must(want.kind == CREDENTIALS_SEND);
        given = answer;
    }
    must(false); /* a look-up ends */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 400, 401, 503};
    if (size < 2)
        return 0;
    bool login = data[0] & 1;
    struct text text = text_slice((const char *)data + 2, size - 2), output = {"", 0};
    const char *nul = text.length ? memchr(text.data, '\0', text.length) : NULL;
    if (nul) {
        output = text_slice(nul + 1, (size_t)(text.data + text.length - nul) - 1);
        text.length = (size_t)(nul - text.data);
    }
    struct aws_settings settings = {.environment = get,
                                    .profile = login ? "login" : "sso",
                                    .max_attempts = 2,
                                    .imds = {.disabled = true}};
    struct credentials_answer answer = {.status = statuses[data[1] % 4], .output = output};
    char path[256];
    make_home();
    memcpy(settings.home, home, strlen(home) + 1);
    cache_path(login, path, sizeof(path));
    write_cache(path, text);
    if (profile_file_parse(&settings.profiles.config, PROFILE_CONFIG, "F", text_from(config),
                           NULL) != 0)
        return 0;
    struct retry_budget budget = RETRY_BUDGET;
    struct credentials_lookup *lookup =
        credentials_lookup_new(&settings, "us-east-1", &budget, NULL);
    if (lookup)
        talk(lookup, &answer);
    credentials_lookup_destroy(lookup);
    aws_settings_free(&settings);
    check_cache(path, text);
    return 0;
}
