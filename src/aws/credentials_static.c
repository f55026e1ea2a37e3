/* Keys that stand in one of the two files. Id, secret and token always come from the same one. */
#include <string.h>

#include "aws/credentials_source.h"

static int from_file(struct credentials_lookup *lookup, const struct profile_file *file,
                     const char *path, struct credentials_want *want, struct error *err)
{
    static const char *const keys[] = {"aws_access_key_id", "aws_secret_access_key",
                                       "aws_security_token", "aws_session_token"};
    const char *values[4];
    for (size_t i = 0; i < 4; i++)
        values[i] = profile_file_get(file, PROFILE_PROFILE, lookup->profile, NULL, keys[i]);
    if (!values[0])
        return 0;
    if (!values[1])
        return error_set(err, ERROR_DENIED,
                         "profile '%s' in '%s' has aws_access_key_id, but no aws_secret_access_key",
                         lookup->profile, path);
    for (size_t i = 0; i < 2; i++)
        if (strpbrk(values[i], " \t\n"))
            return error_set(err, ERROR_CONFIG,
                             "%s of profile '%s' in '%s' holds a blank (a comment needs a line of "
                             "its own)",
                             keys[i], lookup->profile, path);
    if (credentials_fill(lookup, text_from(values[0]), text_from(values[1]),
                         text_from(values[2] ? values[2] : values[3]), err) != 0)
        return -1;
    credentials_origin(lookup, "profile '%s' in '%s'", lookup->profile, path);
    credentials_note_file(lookup, path);
    want->kind = CREDENTIALS_KEYS;
    return 0;
}

int credentials_credentials_file(struct credentials_lookup *lookup,
                                 const struct credentials_answer *answer,
                                 struct credentials_want *want, struct error *err)
{
    (void)answer; /* asks for nothing, here and below */
    return from_file(lookup, &lookup->settings->profiles.credentials,
                     lookup->settings->credentials_path, want, err);
}

int credentials_config_file(struct credentials_lookup *lookup,
                            const struct credentials_answer *answer, struct credentials_want *want,
                            struct error *err)
{
    (void)answer;
    return from_file(lookup, &lookup->settings->profiles.config, lookup->settings->config_path,
                     want, err);
}
