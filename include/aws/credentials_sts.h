/* credentials_sts - requests to STS for temporary keys, and its answers, for two sources. */
#ifndef AWS_CREDENTIALS_STS_H
#define AWS_CREDENTIALS_STS_H

#include "aws/credentials_source.h"

/* The parameters of AssumeRole and AssumeRoleWithWebIdentity; NULL: not sent. All borrowed. */
struct sts_role {
    const char *action;
    const char *role;
    const char *session; /* NULL: withlock-<seconds> */
    const char *external_id;
    const char *duration; /* sent if it is a number */
    const char *mfa_serial, *mfa_code;
    const char *identity_token;
};

/* Makes lookup->request the request for this role, in the region in use. */
int credentials_sts_request(struct credentials_lookup *lookup, const struct sts_role *role,
                            struct error *err) MUST_USE;

/*
 * Judges an answer: keys (lookup->keys is filled), the same request once more, or an error that
 * names action, role, code and message. Sets want->kind.
 */
int credentials_sts_answer(struct credentials_lookup *lookup, const struct sts_role *role,
                           const struct credentials_answer *answer, struct credentials_want *want,
                           struct error *err) MUST_USE;

#endif
