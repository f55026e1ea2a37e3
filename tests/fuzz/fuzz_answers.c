/*
 * Any bytes -> what gives out credentials: STS (XML), the portal, a container host, instance
 * metadata, a program (JSON). The first byte says which, the second the status.
 */
#include "aws/credentials.h"
#include "aws/retry.h"
#include "fuzz.h"

#define STEPS_MAX 20

static const char *const configs[] = {
    ("[default]\nrole_arn = R\nsource_profile = default\naws_access_key_id = a\n"
     "aws_secret_access_key = b\n"),
    "[default]\ncredential_process = p\n", "[default]\n", /* a container */
    "[default]\n",                                        /* instance metadata */
};

static bool in_container;

static const char *get(const char *name)
{
    if (in_container && strcmp(name, "AWS_CONTAINER_CREDENTIALS_FULL_URI") == 0)
        return "http://127.0.0.1/";
    return NULL;
}

/* One line, safe on a terminal. */
static void check_error(const struct error *err)
{
    must(err->kind != ERROR_NONE && err->text[0]);
    for (const char *byte = err->text; *byte; byte++)
        must(*byte >= 0x20 && *byte < 0x7f);
}

static void talk(struct credentials_lookup *lookup, const struct credentials_answer *answer)
{
    struct credentials_want want = {0};
    struct error err = {0};
    struct wall now = {1800000000000};
    const struct credentials_answer *given = NULL;
    for (int i = 0; i < STEPS_MAX; i++) {
        if (credentials_step(lookup, now, given, &want, &err) != 0) {
            check_error(&err);
            return;
        }
        must(want.kind != CREDENTIALS_NOT_MINE);
        if (want.kind == CREDENTIALS_KEYS) {
            struct credentials keys;
            credentials_init(&keys);
            credentials_take(lookup, &keys);
            must(keys.id.length && keys.secret.length && !credentials_expired(&keys, now));
            credentials_free(&keys);
            return;
        }
        given = answer;
    }
    must(false); /* a look-up ends */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 400, 401, 403, 404, 500, 503, 0};
    if (size < 2)
        return 0;
    size_t which = data[0] % 4;
    struct aws_settings settings = {.environment = get, .profile = "default", .max_attempts = 2};
    struct credentials_answer answer = {.status = statuses[data[1] % 8],
                                        .output = text_slice((const char *)data + 2, size - 2),
                                        .messages = text_slice((const char *)data + 2, size - 2)};
    settings.imds.endpoint = "http://127.0.0.1";
    settings.imds.attempts = 2;
    settings.imds.disabled = which != 3;
    in_container = which == 2;
    if (profile_file_parse(&settings.profiles.config, PROFILE_CONFIG, "F",
                           text_from(configs[which]), NULL) != 0)
        return 0;
    struct retry_budget budget = RETRY_BUDGET;
    struct credentials_lookup *lookup =
        credentials_lookup_new(&settings, "us-east-1", &budget, NULL);
    if (lookup)
        talk(lookup, &answer);
    credentials_lookup_destroy(lookup);
    aws_settings_free(&settings);
    return 0;
}
