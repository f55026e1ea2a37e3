/*
 * EC2 instance metadata: keys of the instance's role, and the region. Version 2 (with a token
 * first); version 1 only where version 2 is not known or blocked.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "aws/credentials_source.h"
#include "base/json.h"
#include "base/random.h"

#define TOKEN_PATH     "/latest/api/token"
#define ROLES_PATH     "/latest/meta-data/iam/security-credentials/"
#define REGION_PATH    "/latest/meta-data/placement/region"
#define ZONE_PATH      "/latest/meta-data/placement/availability-zone"
#define TOKEN_LIFE_S   "21600"
#define STALE_MS       (15 * 60 * 1000) /* keys that expire sooner are used all the same, */
#define STALE_MIN_MS   (17 * 60 * 1000) /* and new ones are asked for after at least this, */
#define STALE_EXTRA_MS (8 * 60 * 1000)  /* or up to so much later, at random */
#define ROLE_BYTES     256
#define ATTEMPTS       1   /* of each request, where nothing is configured */
#define BUSY_ATTEMPTS  3   /* the same if it is answered with 5xx */
#define BUSY_PAUSE_MS  300 /* before the second one, at most; twice as much before the third */

enum stage {
    STAGE_TOKEN,
    STAGE_ROLE,
    STAGE_KEYS,
    STAGE_REGION,
    STAGE_ZONE,
};

/* Gives up without an error: there is nothing here. */
static int nothing(struct credentials_lookup *lookup, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int nothing(struct credentials_lookup *lookup, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(lookup->reason, sizeof(lookup->reason), format, args); /* cutting is fine */
    va_end(args);
    return 0; /* want->kind is CREDENTIALS_NOT_MINE from the start */
}

static void set_path(struct credentials_lookup *lookup, enum stage stage)
{
    struct buf *path = &lookup->request.path;
    static const char *const paths[] = {
        [STAGE_TOKEN] = TOKEN_PATH,   [STAGE_ROLE] = ROLES_PATH, [STAGE_KEYS] = ROLES_PATH,
        [STAGE_REGION] = REGION_PATH, [STAGE_ZONE] = ZONE_PATH,
    };
    request_path(&lookup->request, paths[stage]);
    if (stage == STAGE_KEYS)
        request_encode(text_from(buf_text(&lookup->scratch)), "+=,@", path);
}

/* Sends what a stage has to send. */
static int send_stage(struct credentials_lookup *lookup, enum stage stage,
                      struct credentials_want *want, struct error *err)
{
    const struct imds_settings *imds = &lookup->settings->imds;
    struct request *request = &lookup->request;
    request_free(request);
    request_init(request, stage == STAGE_TOKEN ? "PUT" : "GET");
    if (request_url(request, imds->endpoint, err) != 0)
        return -1;
    set_path(lookup, stage);
    if (stage == STAGE_TOKEN)
        request_header(request, "x-aws-ec2-metadata-token-ttl-seconds", text_from(TOKEN_LIFE_S));
    else if (lookup->token.length)
        request_header(request, "x-aws-ec2-metadata-token", text_from(buf_text(&lookup->token)));
    request->direct = true;
    request->connect_time_ms = request->read_time_ms = imds->timeout_ms;
    if (lookup->stage != stage || lookup->attempt == 0) {
        lookup->stage = stage;
        lookup->attempt = 0;
    }
    lookup->attempt++;
    return credentials_send(lookup, want, err);
}

/* Is the service overloaded? That happens when many programs start in the same second. */
static bool is_busy(const struct credentials_answer *answer)
{
    return !answer->failure && answer->status >= 500;
}

static unsigned attempts_max(const struct credentials_lookup *lookup, bool busy)
{
    unsigned configured = lookup->settings->imds.attempts;
    return configured ? configured : busy ? BUSY_ATTEMPTS : ATTEMPTS;
}

/* A failed attempt: once more, or there is nothing here. */
static int failed(struct credentials_lookup *lookup, const struct credentials_answer *answer,
                  struct credentials_want *want, struct error *err)
{
    bool busy = is_busy(answer);
    if (lookup->attempt < attempts_max(lookup, busy)) {
        /* at random, so that those who came at the same time do not do so again */
        int64_t longest_ms = lookup->attempt > 1 ? 2 * BUSY_PAUSE_MS : BUSY_PAUSE_MS;
        want->pause_ms = busy ? ms_random(longest_ms, random_u32()) : 0;
        return send_stage(lookup, lookup->stage, want, err);
    }
    if (answer->failure)
        return nothing(lookup, "did not answer (%s)", answer->failure->text);
    if (answer->status == 200)
        return nothing(lookup, "gave an answer that cannot be used");
    return nothing(lookup, "answered with status %d", answer->status);
}

static int have_token(struct credentials_lookup *lookup, const struct credentials_answer *answer,
                      enum stage next, struct credentials_want *want, struct error *err)
{
    struct text token = text_trim(answer->output);
    bool unknown = !answer->failure &&
                   (answer->status == 403 || answer->status == 404 || answer->status == 405);
    bool late = answer->failure && answer->late;
    lookup->token.failed = false;
    buf_clear(&lookup->token);
    if (!answer->failure && answer->status == 200 && token.length) {
        buf_add(&lookup->token, token.data, token.length); /* asked next */
        if (buf_check(&lookup->token, "the token of instance metadata", err) != 0)
            return -1;
        return send_stage(lookup, next, want, err);
    }
    if (!answer->failure && answer->status == 400)
        return nothing(lookup, "answered with status 400");
    if (late && lookup->attempt < attempts_max(lookup, false))
        return failed(lookup, answer, want, err);
    if (!unknown && !late)
        return failed(lookup, answer, want, err);
    if (lookup->settings->imds.v1_disabled)
        return nothing(lookup, "gave no token, and its version 1 is disabled");
    return send_stage(lookup, next, want, err);
}

static int have_role(struct credentials_lookup *lookup, const struct credentials_answer *answer,
                     struct credentials_want *want, struct error *err)
{
    struct text role = {NULL, 0}, rest = answer->output;
    (void)text_next(&rest, '\n', &role); /* without a line it is nothing */
    role = text_trim(role);
    if (role.length == 0 || role.length > ROLE_BYTES)
        return failed(lookup, answer, want, err);
    buf_clear(&lookup->scratch);
    buf_add(&lookup->scratch, role.data, role.length); /* far below its limit */
    return send_stage(lookup, STAGE_KEYS, want, err);
}

/* The code with which the service says that it has no keys; "" if it does not say so. */
static void read_code(struct text document, char *out, size_t size)
{
    CLEAN(buf) struct buf code = BUF(200);
    struct json_pick pick = {.path = "Code", .value = &code};
    out[0] = '\0';
    if (json_pick(document, CREDENTIALS_ANSWER_BYTES, &pick, 1, NULL) == 0 &&
        pick.type == JSON_STRING && strcmp(buf_text(&code), "Success") != 0)
        text_printable(text_from(buf_text(&code)), out, size);
}

/*
 * Keys that have expired, or soon will, are used until the service refuses them: metadata that is
 * late with new ones, or a wrong clock of ours, must not stop us. (AWS calls it static stability.)
 */
static void extend(struct credentials *keys, struct wall now)
{
    if (keys->expires_at.ms - now.ms > STALE_MS)
        return;
    keys->expires_at = CREDENTIALS_NEVER;
    keys->renew_at.ms = now.ms + STALE_MIN_MS + ms_random(STALE_EXTRA_MS, random_u32());
}

static int have_keys(struct credentials_lookup *lookup, const struct credentials_answer *answer,
                     struct credentials_want *want, struct error *err)
{
    static const struct credentials_json names = {"AccessKeyId", "SecretAccessKey", "Token",
                                                  "Expiration"};
    char code[100];
    struct error why = {0};
    struct wall now = lookup->now;
    read_code(answer->output, code, sizeof(code));
    if (*code)
        return nothing(lookup, "has no keys: %s", code);
    lookup->now = (struct wall){INT64_MIN}; /* an expiration that is past is no error here */
    int result = credentials_fill_json(lookup, answer->output, &names, &why);
    lookup->now = now;
    if (result != 0)
        return failed(lookup, answer, want, err);
    credentials_origin(lookup, "instance metadata (role '%s')", buf_text(&lookup->scratch));
    extend(&lookup->keys, now);
    want->kind = CREDENTIALS_KEYS;
    return 0;
}

static int have_region(struct credentials_lookup *lookup, const struct credentials_answer *answer,
                       struct credentials_want *want, struct error *err)
{
    struct text text = text_trim(answer->output);
    char name[REGION_BYTES + 1];
    if (lookup->stage == STAGE_ZONE && text.length)
        text.length--; /* the zone us-east-1a is in us-east-1 */
    if (text.length >= sizeof(name))
        text.length = 0;
    text_printable(text, name, sizeof(name));
    if (region_parse(name, &lookup->found, NULL) != 0)
        return failed(lookup, answer, want, err);
    want->kind = CREDENTIALS_KEYS;
    return 0;
}

/* A GET got no answer, or one with a status other than 200. */
static int refused(struct credentials_lookup *lookup, const struct credentials_answer *answer,
                   struct credentials_want *want, struct error *err)
{
    if (!answer->failure && answer->status == 401 && !lookup->renewed) {
        lookup->renewed = true;
        return send_stage(lookup, STAGE_TOKEN, want, err);
    }
    if (lookup->stage == STAGE_REGION && !answer->failure && answer->status == 404)
        return send_stage(lookup, STAGE_ZONE, want, err);
    if (!answer->failure && answer->status == 404)
        return nothing(lookup, "has no %s", lookup->stage == STAGE_ZONE ? "region" : "role");
    return failed(lookup, answer, want, err);
}

static int step(struct credentials_lookup *lookup, enum stage first,
                const struct credentials_answer *answer, struct credentials_want *want,
                struct error *err)
{
    if (lookup->settings->imds.disabled)
        return nothing(lookup, "is disabled");
    if (!answer)
        return send_stage(lookup, STAGE_TOKEN, want, err);
    if (lookup->stage == STAGE_TOKEN)
        return have_token(lookup, answer, first, want, err);
    if (answer->failure || answer->status != 200)
        return refused(lookup, answer, want, err);
    if (lookup->stage == STAGE_ROLE)
        return have_role(lookup, answer, want, err);
    if (lookup->stage == STAGE_KEYS)
        return have_keys(lookup, answer, want, err);
    return have_region(lookup, answer, want, err);
}

int credentials_imds(struct credentials_lookup *lookup, const struct credentials_answer *answer,
                     struct credentials_want *want, struct error *err)
{
    return step(lookup, STAGE_ROLE, answer, want, err);
}

int credentials_imds_region(struct credentials_lookup *lookup,
                            const struct credentials_answer *answer, struct credentials_want *want,
                            struct error *err)
{
    return step(lookup, STAGE_REGION, answer, want, err);
}
