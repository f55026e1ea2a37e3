/* Keys that a container's host gives over http: ECS, EKS Pod Identity, Greengrass. */
#include <arpa/inet.h>
#include <string.h>

#include "aws/credentials_source.h"
#include "base/file.h"

#define ECS_HOST     "http://169.254.170.2"
#define TIME_MS      2000 /* of connecting, and of reading */
#define ATTEMPTS     3
#define PAUSE_MS     1000
#define TOKEN_FILE   "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
#define TOKEN        "AWS_CONTAINER_AUTHORIZATION_TOKEN"
#define RELATIVE_URI "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL_URI     "AWS_CONTAINER_CREDENTIALS_FULL_URI"

/* Is it an address of this machine, or one that container hosts are known by? */
static bool is_local(const char *host)
{
    static const char *const known[] = {"169.254.170.2", "169.254.170.23", "::1", "fd00:ec2::23"};
    struct in6_addr address; /* or the shorter one, at its beginning */
    char name[INET6_ADDRSTRLEN];
    int family = strchr(host, ':') ? AF_INET6 : AF_INET;
    if (strcmp(host, "localhost") == 0)
        return true;
    if (inet_pton(family, host, &address) != 1 || !inet_ntop(family, &address, name, sizeof(name)))
        return false;
    bool local = family == AF_INET && strncmp(name, "127.", strlen("127.")) == 0;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        local |= strcmp(name, known[i]) == 0;
    return local;
}

static int set_url(struct credentials_lookup *lookup, struct error *err)
{
    CLEAN(buf) struct buf url = BUF(ENDPOINT_URL_BYTES);
    const char *relative = aws_settings_variable(lookup->settings, RELATIVE_URI);
    const char *full = aws_settings_variable(lookup->settings, FULL_URI);
    struct request *request = &lookup->request;
    request_free(request);
    request_init(request, "GET");
    if (relative)
        buf_addf(&url, ECS_HOST "%s%s", *relative == '/' ? "" : "/", relative);
    else
        buf_add_text(&url, full); /* asked next */
    if (buf_check(&url, "the URI", err) != 0 || request_url(request, buf_text(&url), err) != 0)
        return -1;
    if (!request->https && !is_local(request->host))
        return error_set(err, ERROR_DENIED,
                         "%s: host '%s' is neither this machine nor a known container host, and "
                         "http is not https",
                         FULL_URI, request->host);
    return 0;
}

static int set_token(struct credentials_lookup *lookup, struct error *err)
{
    const char *path = aws_settings_variable(lookup->settings, TOKEN_FILE);
    const char *token = aws_settings_variable(lookup->settings, TOKEN);
    buf_clear(&lookup->token);
    if (path) {
        enum file_result result = file_read(path, &lookup->token, err);
        if (result == FILE_MISSING)
            return error_set(err, ERROR_DENIED, "%s: '%s' does not exist", TOKEN_FILE, path);
        if (result != FILE_READ)
            return error_add(err, "%s", TOKEN_FILE);
        token = buf_text(&lookup->token);
    }
    if (!token)
        return 0;
    if (strpbrk(token, "\r\n"))
        return error_set(err, ERROR_DENIED, "%s '%s' holds a line end", path ? TOKEN_FILE : TOKEN,
                         path ? path : "");
    request_header(&lookup->request, "Authorization", text_from(token));
    return 0;
}

static int ask(struct credentials_lookup *lookup, struct credentials_want *want, struct error *err)
{
    struct request *request = &lookup->request;
    if (set_url(lookup, err) != 0 || set_token(lookup, err) != 0)
        return error_add(err, "container credentials");
    request_header(request, "Accept", text_from("application/json"));
    request->direct = true;
    request->connect_time_ms = request->read_time_ms = TIME_MS;
    want->pause_ms = lookup->attempt++ ? PAUSE_MS : 0;
    return credentials_send(lookup, want, err);
}

int credentials_container(struct credentials_lookup *lookup,
                          const struct credentials_answer *answer, struct credentials_want *want,
                          struct error *err)
{
    static const struct credentials_json names = {"AccessKeyId", "SecretAccessKey", "Token",
                                                  "Expiration"};
    struct error why = {0};
    if (!aws_settings_variable(lookup->settings, RELATIVE_URI) &&
        !aws_settings_variable(lookup->settings, FULL_URI))
        return 0;
    if (!answer)
        return ask(lookup, want, err);
    if (!answer->failure && answer->status == 200 &&
        credentials_fill_json(lookup, answer->output, &names, &why) == 0) {
        credentials_origin(lookup, "the container host %s", lookup->request.host);
        want->kind = CREDENTIALS_KEYS;
        return 0;
    }
    if (lookup->attempt < ATTEMPTS)
        return ask(lookup, want, err);
    if (!answer->failure && answer->status == 200) {
        if (err)
            *err = why;
        return error_add(err, "container credentials from %s", lookup->request.host);
    }
    struct refusal refusal = credentials_refusal(answer);
    (void)credentials_refused(answer, &refusal, lookup->request.host, err);
    return error_add(err, "container credentials from");
}
