#include "aws/credentials_sts.h"

#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/xml.h"

#define WHAT_BYTES       512
#define SESSION_NAME_MIN 2
#define SESSION_NAME_MAX 64
#define DURATION_MAX_S   UINT32_MAX

static void add(struct buf *body, const char *name, const char *value)
{
    if (!value)
        return;
    buf_addf(body, "&%s=", name); /* asked by request_check */
    request_encode(text_from(value), "", body);
}

static bool is_session_name(const char *name)
{
    size_t length = strlen(name);
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_+=,.@-";
    return length >= SESSION_NAME_MIN && length <= SESSION_NAME_MAX &&
           strspn(name, allowed) == length;
}

int credentials_sts_request(struct credentials_lookup *lookup, const struct sts_role *role,
                            struct error *err)
{
    char session[SESSION_NAME_MAX];
    struct buf *body = &lookup->request.body;
    uint64_t seconds;
    if (role->session && !is_session_name(role->session))
        return error_set(err, ERROR_CONFIG,
                         "role_session_name '%s' is not 2 to %d of A-Za-z0-9_+=,.@-", role->session,
                         SESSION_NAME_MAX);
    if (credentials_request(lookup, "POST", AWS_STS, lookup->region, err) != 0)
        return -1;
    (void)snprintf(session, sizeof(session), "withlock-%lld", (long long)(lookup->now.ms / 1000));
    request_header(&lookup->request, "Content-Type",
                   text_from("application/x-www-form-urlencoded"));
    buf_addf(body, "Action=%s&Version=2011-06-15", role->action); /* request_check tells */
    add(body, "RoleArn", role->role);
    add(body, "RoleSessionName", role->session ? role->session : session);
    add(body, "ExternalId", role->external_id);
    if (role->duration && text_parse_u64(text_from(role->duration), DURATION_MAX_S, &seconds) == 0)
        add(body, "DurationSeconds", role->duration);
    add(body, "SerialNumber", role->mfa_serial);
    add(body, "TokenCode", role->mfa_code);
    add(body, "WebIdentityToken", role->identity_token);
    return 0;
}

/* Adds the text of a child. False if there is none, or it is not plain text, or too long. */
static bool take(struct text inside, const char *name, struct buf *out)
{
    struct text value;
    return xml_find(inside, name, &value) && xml_decode(text_trim(value), out) && out->length;
}

static int read_keys(struct credentials_lookup *lookup, struct text body, struct error *err)
{
    CLEAN(buf) struct buf expiration = BUF(DATE_ISO_BYTES * 2);
    struct credentials *keys = &lookup->keys;
    struct {
        const char *name;
        struct buf *value;
    } members[] = {
        {"AccessKeyId", &keys->id},
        {"SecretAccessKey", &keys->secret},
        {"SessionToken", &keys->token},
        {"Expiration", &expiration},
    };
    struct text inside;
    struct wall expires_at;
    if (!xml_find(body, "Credentials", &inside))
        return error_set(err, ERROR_GARBLED, "the answer has no Credentials");
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (!take(inside, members[i].name, members[i].value))
            return error_set(err, ERROR_GARBLED, "the answer has no %s, or one that cannot be used",
                             members[i].name);
    if (date_parse_iso(text_from(buf_text(&expiration)), &expires_at) != 0)
        return error_set(err, ERROR_GARBLED, "Expiration is not a time");
    credentials_set_expiry(lookup, expires_at);
    if (credentials_expired(keys, lookup->now))
        return error_set(err, ERROR_DENIED, "the credentials it gave have already expired");
    return 0;
}

static void read_refusal(struct text body, struct refusal *ret_refusal)
{
    CLEAN(buf) struct buf code = BUF(CREDENTIALS_ANSWER_BYTES);
    CLEAN(buf) struct buf message = BUF(CREDENTIALS_ANSWER_BYTES);
    struct text inside;
    if (!xml_find(body, "Error", &inside))
        return;
    (void)take(inside, "Code", &code); /* either may be missing */
    (void)take(inside, "Message", &message);
    text_printable(text_from(buf_text(&code)), ret_refusal->code, sizeof(ret_refusal->code));
    text_printable(text_from(buf_text(&message)), ret_refusal->message,
                   sizeof(ret_refusal->message));
}

int credentials_sts_answer(struct credentials_lookup *lookup, const struct sts_role *role,
                           const struct credentials_answer *answer, struct credentials_want *want,
                           struct error *err)
{
    struct refusal refusal = {0};
    char what[WHAT_BYTES];
    (void)snprintf(what, sizeof(what), "%s of role '%s'", role->action, role->role);
    if (!answer->failure && answer->status == 200) {
        want->kind = CREDENTIALS_KEYS;
        return read_keys(lookup, answer->output, err) == 0 ? 0 : error_add(err, "%s", what);
    }
    if (!answer->failure)
        read_refusal(answer->output, &refusal);
    if (credentials_again(lookup, answer, &refusal, want))
        return 0;
    return credentials_refused(answer, &refusal, what, err);
}
