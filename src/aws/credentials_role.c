/* A role assumed with the keys of another profile, or of a source that the profile names. */
#include <assert.h>
#include <string.h>

#include "aws/credentials_sts.h"

enum stage {
    STAGE_SOURCE, /* the keys to assume the role with are looked for */
    STAGE_CODE,   /* the user is asked for an MFA code */
    STAGE_ROLE,   /* STS is asked */
};

/* The sources that a source profile may use: those of its own, none of the environment's. */
#define PROFILE_SOURCES                                                                            \
    (SOURCE_BIT(SOURCE_WEB_IDENTITY) | SOURCE_BIT(SOURCE_SSO) |                                    \
     SOURCE_BIT(SOURCE_CREDENTIALS_FILE) | SOURCE_BIT(SOURCE_LOGIN) | SOURCE_BIT(SOURCE_PROCESS) | \
     SOURCE_BIT(SOURCE_CONFIG_FILE))

static const char *value_of(const struct credentials_lookup *lookup, const char *profile,
                            const char *key)
{
    return profiles_get(&lookup->settings->profiles, profile, key);
}

static bool has_static_keys(const struct credentials_lookup *lookup, const char *profile)
{
    return value_of(lookup, profile, "aws_access_key_id") ||
           value_of(lookup, profile, "aws_secret_access_key");
}

static bool has_role(const struct credentials_lookup *lookup, const char *profile)
{
    return value_of(lookup, profile, "role_arn") &&
           !value_of(lookup, profile, "web_identity_token_file");
}

static int open_child(struct credentials_lookup *lookup, const char *profile, unsigned sources,
                      struct error *err)
{
    struct credentials_lookup *child =
        credentials_lookup_new(lookup->settings, lookup->region, lookup->budget, err);
    if (!child)
        return -1;
    child->parent = lookup;
    child->profile = profile;
    child->sources = sources;
    child->environment = false;
    child->refreshing = lookup->refreshing;
    credentials_lookup_destroy(lookup->child);
    lookup->child = child;
    return 0;
}

/*
 * Refuses a chain of source profiles that comes to the same profile twice. But a profile may name
 * itself as its source if it has static keys: these are used then.
 */
static int check_loop(const struct credentials_lookup *lookup, const char *source,
                      struct error *err)
{
    unsigned depth = 0;
    if (strcmp(source, lookup->profile) == 0 && has_static_keys(lookup, source))
        return 0;
    for (const struct credentials_lookup *at = lookup; at; at = at->parent, depth++)
        if (strcmp(at->profile, source) == 0)
            return error_set(err, ERROR_CONFIG,
                             "the source_profile settings form a loop: profile '%s' leads to '%s' "
                             "again",
                             lookup->profile, source);
    if (depth >= CREDENTIALS_CHAIN_MAX)
        return error_set(err, ERROR_CONFIG, "more than %d roles lead to profile '%s'",
                         CREDENTIALS_CHAIN_MAX, source);
    return 0;
}

static int open_profile(struct credentials_lookup *lookup, const char *source, struct error *err)
{
    if (!profiles_have(&lookup->settings->profiles, PROFILE_PROFILE, source))
        return error_set(err, ERROR_CONFIG, "source_profile '%s' of profile '%s' does not exist",
                         source, lookup->profile);
    if (check_loop(lookup, source, err) != 0)
        return -1;
    bool chained = has_role(lookup, source) && !has_static_keys(lookup, source);
    return open_child(lookup, source, chained ? SOURCE_BIT(SOURCE_ROLE) : PROFILE_SOURCES, err);
}

static int open_named(struct credentials_lookup *lookup, const char *name, struct error *err)
{
    static const struct {
        const char *name;
        enum credentials_source source;
    } names[] = {
        {"Environment", SOURCE_ENVIRONMENT},
        {"EcsContainer", SOURCE_CONTAINER},
        {"Ec2InstanceMetadata", SOURCE_IMDS},
    };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i].name, name) == 0)
            return open_child(lookup, lookup->profile, SOURCE_BIT(names[i].source), err);
    return error_set(err, ERROR_CONFIG,
                     "credential_source '%s' of profile '%s' is not Environment, EcsContainer or "
                     "Ec2InstanceMetadata",
                     name, lookup->profile);
}

static int open_source(struct credentials_lookup *lookup, struct error *err)
{
    const char *profile = credentials_value(lookup, "source_profile");
    const char *named = credentials_value(lookup, "credential_source");
    if (!profile == !named)
        return error_set(err, ERROR_CONFIG,
                         "profile '%s' has role_arn and needs exactly one of source_profile and "
                         "credential_source, but has %s",
                         lookup->profile, profile ? "both" : "neither");
    return profile ? open_profile(lookup, profile, err) : open_named(lookup, named, err);
}

static int no_source(const struct credentials_lookup *lookup, struct error *err)
{
    const char *named = credentials_value(lookup, "credential_source");
    return error_set(err, ERROR_CONFIG, "%s '%s' of profile '%s' has no credentials",
                     named ? "credential_source" : "source_profile",
                     named ? named : credentials_value(lookup, "source_profile"), lookup->profile);
}

static void describe(const struct credentials_lookup *lookup, struct sts_role *role)
{
    *role = (struct sts_role){
        .action = "AssumeRole",
        .role = credentials_value(lookup, "role_arn"),
        .session = credentials_value(lookup, "role_session_name"),
        .external_id = credentials_value(lookup, "external_id"),
        .duration = credentials_value(lookup, "duration_seconds"),
        .mfa_serial = credentials_value(lookup, "mfa_serial"),
    };
}

static int ask_role(struct credentials_lookup *lookup, struct sts_role *role,
                    struct credentials_want *want, struct error *err)
{
    lookup->stage = STAGE_ROLE;
    if (credentials_sts_request(lookup, role, err) != 0)
        return error_add(err, "profile '%s'", lookup->profile);
    want->sign_with = &lookup->child->keys;
    want->region = lookup->region;
    return credentials_send(lookup, want, err);
}

/* The look-up of the source has made a step: it wants something, or has keys, or found none. */
static int have_source(struct credentials_lookup *lookup, struct sts_role *role,
                       struct credentials_want *want, struct error *err)
{
    if (want->kind == CREDENTIALS_NOT_MINE)
        return no_source(lookup, err);
    if (want->kind != CREDENTIALS_KEYS)
        return 0;
    *want = (struct credentials_want){0};
    if (!role->mfa_serial)
        return ask_role(lookup, role, want, err);
    lookup->stage = STAGE_CODE;
    want->kind = CREDENTIALS_CODE;
    want->mfa_serial = role->mfa_serial;
    return 0;
}

static int have_code(struct credentials_lookup *lookup, struct sts_role *role,
                     const struct credentials_answer *answer, struct credentials_want *want,
                     struct error *err)
{
    assert(answer); /* a code was asked for, so there is an answer to that */
    if (answer->failure) {
        if (err)
            *err = *answer->failure;
        return error_add(err, "mfa_serial '%s' of profile '%s'", role->mfa_serial, lookup->profile);
    }
    buf_add(&lookup->token, answer->output.data, answer->output.length); /* asked next */
    if (buf_check(&lookup->token, "the MFA code", err) != 0)
        return -1;
    role->mfa_code = buf_text(&lookup->token);
    return ask_role(lookup, role, want, err);
}

/* Was the user asked for a code anywhere down the chain? */
static bool is_prompted(const struct credentials_lookup *lookup)
{
    for (; lookup; lookup = lookup->child)
        if (lookup->source == SOURCE_ROLE && credentials_value(lookup, "mfa_serial"))
            return true;
    return false;
}

static int have_answer(struct credentials_lookup *lookup, const struct sts_role *role,
                       const struct credentials_answer *answer, struct credentials_want *want,
                       struct error *err)
{
    credentials_origin(lookup, "role '%s' of profile '%s'", role->role, lookup->profile);
    memcpy(lookup->keys.shared, lookup->child->keys.shared, sizeof(lookup->keys.shared));
    if (credentials_sts_answer(lookup, role, answer, want, err) != 0)
        return -1;
    if (want->kind == CREDENTIALS_SEND) {
        want->sign_with = &lookup->child->keys;
        want->region = lookup->region;
    } else {
        lookup->keys.renewable =
            !credentials_value(lookup, "mfa_serial") && !is_prompted(lookup->child);
    }
    return 0;
}

int credentials_role(struct credentials_lookup *lookup, const struct credentials_answer *answer,
                     struct credentials_want *want, struct error *err)
{
    struct sts_role role;
    describe(lookup, &role);
    if (!has_role(lookup, lookup->profile))
        return 0;
    if (!answer && !lookup->child && open_source(lookup, err) != 0)
        return -1;
    if (lookup->stage == STAGE_CODE)
        return have_code(lookup, &role, answer, want, err);
    if (lookup->stage == STAGE_ROLE)
        return have_answer(lookup, &role, answer, want, err);
    if (credentials_step(lookup->child, lookup->now, answer, want, err) != 0)
        return -1;
    return have_source(lookup, &role, want, err);
}
