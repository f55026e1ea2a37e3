/* Keys in the environment. */
#include <string.h>

#include "aws/credentials_source.h"
#include "base/date.h"

/* A key or token: blanks alone are nothing, as for the SDKs. */
static const char *find(const struct aws_settings *settings, const char *name)
{
    const char *value = aws_settings_variable(settings, name);
    return value && value[strspn(value, " \t\r\n")] ? value : NULL;
}

int credentials_environment(struct credentials_lookup *lookup,
                            const struct credentials_answer *answer, struct credentials_want *want,
                            struct error *err)
{
    const struct aws_settings *settings = lookup->settings;
    const char *id = find(settings, "AWS_ACCESS_KEY_ID");
    const char *secret = find(settings, "AWS_SECRET_ACCESS_KEY");
    const char *token = find(settings, "AWS_SECURITY_TOKEN");
    const char *expiration = aws_settings_variable(settings, "AWS_CREDENTIAL_EXPIRATION");
    (void)answer; /* asks for nothing */
    if (!id)
        return 0;
    if (!secret)
        return error_set(err, ERROR_DENIED,
                         "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
    if (!token)
        token = find(settings, "AWS_SESSION_TOKEN");
    if (credentials_fill(lookup, text_from(id), text_from(secret), text_from(token), err) != 0)
        return -1;
    credentials_origin(lookup, "the environment");
    if (expiration) {
        if (date_parse_iso(text_from(expiration), &lookup->keys.expires_at) != 0)
            return error_set(err, ERROR_DENIED, "AWS_CREDENTIAL_EXPIRATION is not a time");
        if (credentials_expired(&lookup->keys, lookup->now))
            return error_set(err, ERROR_DENIED,
                             "the credentials in the environment have expired "
                             "(AWS_CREDENTIAL_EXPIRATION)");
    }
    want->kind = CREDENTIALS_KEYS;
    return 0;
}
