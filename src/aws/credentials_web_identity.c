/* A role assumed with a token of another identity provider (EKS, GitHub Actions). */
#include <string.h>

#include "aws/credentials_sts.h"
#include "base/file.h"

/* Environment first where it counts, then the profile. */
static const char *find(const struct credentials_lookup *lookup, const char *variable,
                        const char *key)
{
    const char *value = NULL;
    if (lookup->environment)
        value = aws_settings_variable(lookup->settings, variable);
    return value ? value : credentials_value(lookup, key);
}

static int read_token(struct credentials_lookup *lookup, const char *path, struct error *err)
{
    enum file_result result = file_read(path, &lookup->token, err);
    if (result == FILE_READ)
        return 0;
    if (result == FILE_MISSING)
        return error_set(err, ERROR_DENIED, "the web identity token file '%s' does not exist",
                         path);
    if (err)
        err->kind = ERROR_DENIED;
    return error_add(err, "the web identity token file");
}

int credentials_web_identity(struct credentials_lookup *lookup,
                             const struct credentials_answer *answer, struct credentials_want *want,
                             struct error *err)
{
    const char *path = find(lookup, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
    struct sts_role role = {
        .action = "AssumeRoleWithWebIdentity",
        .role = find(lookup, "AWS_ROLE_ARN", "role_arn"),
        .session = find(lookup, "AWS_ROLE_SESSION_NAME", "role_session_name"),
    };
    if (!path)
        return 0;
    if (!role.role)
        return error_set(err, ERROR_DENIED,
                         "there is a web identity token file ('%s'), but neither AWS_ROLE_ARN nor "
                         "role_arn of profile '%s' names a role for it",
                         path, lookup->profile);
    if (!answer) {
        if (read_token(lookup, path, err) != 0)
            return -1;
        role.identity_token = buf_text(&lookup->token);
        if (credentials_sts_request(lookup, &role, err) != 0)
            return -1;
        return credentials_send(lookup, want, err);
    }
    credentials_origin(lookup, "role '%s' with the web identity token '%s'", role.role, path);
    return credentials_sts_answer(lookup, &role, answer, want, err);
}
