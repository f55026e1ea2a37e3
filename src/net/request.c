#include "net/request.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HTTP_PORT  80
#define HTTPS_PORT 443
#define PORT_MAX   65535

void request_init(struct request *request, const char *method)
{
    *request = (struct request){
        .method = method,
        .path = BUF_SECRET(REQUEST_TARGET_BYTES),
        .query = BUF_SECRET(REQUEST_TARGET_BYTES),
        .body = BUF_SECRET(REQUEST_BODY_BYTES),
    };
}

void request_free(struct request *request)
{
    if (!request)
        return;
    buf_free(&request->path);
    buf_free(&request->query);
    buf_free(&request->body);
    for (size_t i = 0; i < request->header_count; i++)
        buf_free(&request->headers[i].value);
    request->header_count = 0;
    request->failed = false;
}

/* The URL without "user:password@", for messages. */
static int refuse(const char *url, const char *reason, struct error *err)
{
    char shown[REQUEST_HOST_BYTES * 2];
    const char *at =
        strrchr(url, '@'); /* a password may hold '/' and the like if it is not encoded */
    struct text text = text_from(at ? at + 1 : url);
    return error_set(err, ERROR_CONFIG, "URL '%s' %s", text_printable(text, shown, sizeof(shown)),
                     reason);
}

static bool take_scheme(struct request *request, const char **rest)
{
    request->https = strncasecmp(*rest, "https://", 8) == 0;
    if (!request->https && strncasecmp(*rest, "http://", 7) != 0)
        return false;
    *rest += request->https ? 8 : 7;
    return true;
}

const char *request_authority(struct text authority, unsigned default_port,
                              char host[REQUEST_HOST_BYTES], unsigned *port)
{
    struct text name = authority, digits = {NULL, 0};
    bool literal = authority.length && authority.data[0] == '[';
    const char *end = authority.data + authority.length;
    const char *colon = literal ? memchr(authority.data, ']', authority.length)
                                : memchr(authority.data, ':', authority.length);
    if (literal) {
        if (!colon || (colon + 1 < end && colon[1] != ':'))
            return "has a bad address in brackets";
        name = text_slice(authority.data + 1, (size_t)(colon - authority.data) - 1);
        colon = colon + 1 < end ? colon + 1 : NULL;
    } else if (colon) {
        name.length = (size_t)(colon - authority.data);
    }
    if (colon)
        digits = text_slice(colon + 1, (size_t)(end - colon) - 1);
    uint64_t number = default_port;
    if (digits.length && (text_parse_u64(digits, PORT_MAX, &number) != 0 || number == 0))
        return "has a bad port";
    if (name.length == 0)
        return "has no host";
    if (name.length >= REQUEST_HOST_BYTES)
        return "has too long a host";
    for (size_t i = 0; i < name.length; i++) {
        char byte = name.data[i];
        if (!isalnum((unsigned char)byte) && !strchr(literal ? ":." : "-._", byte))
            return "has a bad host";
        host[i] = (char)tolower((unsigned char)byte);
    }
    host[name.length] = '\0';
    struct in6_addr address;
    if (literal && inet_pton(AF_INET6, host, &address) != 1)
        return "has a bad address in brackets";
    *port = (unsigned)number;
    return NULL;
}

/* What may stand in a path or query as it is: visible ASCII; the rest is encoded by the caller. */
static const char visible[] = "!\"#$%&'()*+,/:;<=>?@[\\]^`{|}";

int request_url(struct request *request, const char *url, struct error *err)
{
    const char *rest = url;
    for (const char *byte = url; *byte; byte++) {
        if ((unsigned char)*byte <= ' ' || *byte == 0x7f)
            return refuse(url, "holds a blank or a control character", err);
    }
    if (!take_scheme(request, &rest))
        return refuse(url, "begins with neither http:// nor https://", err);
    struct text authority = text_slice(rest, strcspn(rest, "/?#"));
    if (memchr(authority.data, '@', authority.length))
        return refuse(url, "has a user part, which is not supported", err);
    const char *reason = request_authority(authority, request->https ? HTTPS_PORT : HTTP_PORT,
                                           request->host, &request->port);
    if (reason)
        return refuse(url, reason, err);
    rest += authority.length;
    size_t path_length = strcspn(rest, "?#");
    buf_clear(&request->path);
    buf_clear(&request->query);
    if (path_length == 0)
        buf_add_char(&request->path, '/'); /* failures stick, request_check tells */
    request_encode(text_slice(rest, path_length), visible, &request->path);
    rest += path_length;
    if (*rest == '?')
        request_encode(text_slice(rest + 1, strcspn(rest + 1, "#")), visible, &request->query);
    if (request->path.failed || request->query.failed)
        return refuse(url, "is too long", err);
    return 0;
}

void request_path(struct request *request, const char *path)
{
    struct buf *out = &request->path;
    if (strcmp(path, "/") == 0)
        return;
    if (out->length && out->data[out->length - 1] == '/')
        path++;
    buf_add_text(out, path); /* failures stick, here and below */
}

void request_query(struct request *request, const char *name, const char *value)
{
    if (request->query.length)
        buf_add_char(&request->query, '&');
    request_encode(text_from(name), "", &request->query);
    buf_add_char(&request->query, '=');
    request_encode(text_from(value), "", &request->query);
}

static struct request_header *find(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++) {
        if (strcasecmp(request->headers[i].name, name) == 0)
            return (struct request_header *)&request->headers[i];
    }
    return NULL;
}

static bool breaks_line(struct text value)
{
    for (size_t i = 0; i < value.length; i++) {
        if (memchr("\r\n", value.data[i], 3)) /* with the NUL */
            return true;
    }
    return false;
}

static void remove_header(struct request *request, struct request_header *header)
{
    if (!header)
        return;
    buf_free(&header->value);
    *header = request->headers[--request->header_count];
}

void request_header(struct request *request, const char *name, struct text value)
{
    struct request_header *header = find(request, name);
    if (!value.data) {
        remove_header(request, header);
        return;
    }
    if (!header && request->header_count < REQUEST_HEADERS_MAX &&
        strlen(name) < sizeof(header->name)) {
        header = &request->headers[request->header_count++];
        *header = (struct request_header){.value = BUF_SECRET(REQUEST_VALUE_BYTES)};
        (void)snprintf(header->name, sizeof(header->name), "%s", name); /* fits, see above */
    }
    if (!header || breaks_line(value)) {
        request->failed = true;
        return;
    }
    buf_clear(&header->value);
    buf_add(&header->value, value.data, value.length);
}

struct text request_find_header(const struct request *request, const char *name)
{
    const struct request_header *header = find(request, name);
    if (!header)
        return (struct text){NULL, 0};
    return buf_view(&header->value);
}

void request_host(const struct request *request, struct buf *out)
{
    bool literal = strchr(request->host, ':') != NULL;
    buf_addf(out, literal ? "[%s]" : "%s", request->host);
    if (request->port != (request->https ? HTTPS_PORT : HTTP_PORT))
        buf_addf(out, ":%u", request->port);
}

void request_write_url(const struct request *request, struct buf *out)
{
    buf_add_text(out, request->https ? "https://" : "http://");
    request_host(request, out);
    buf_add(out, request->path.data, request->path.length);
    if (request->query.length) {
        buf_add_char(out, '?');
        buf_add(out, request->query.data, request->query.length);
    }
}

void request_encode(struct text text, const char *keep, struct buf *out)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        bool plain = (byte < 0x80 && isalnum(byte)) || (byte && strchr("-_.~", byte)) ||
                     (byte && strchr(keep, byte));
        if (plain)
            buf_add_char(out, (char)byte);
        else
            buf_addf(out, "%%%02X", byte);
    }
}

int request_check(const struct request *request, struct error *err)
{
    bool failed = request->failed || request->path.failed || request->query.failed;
    if (buf_check(&request->body, "the request's body", err) != 0)
        return -1;
    for (size_t i = 0; i < request->header_count; i++) {
        if (buf_check(&request->headers[i].value, request->headers[i].name, err) != 0)
            return -1;
    }
    if (failed)
        return error_set(err, ERROR_LIMIT,
                         "the request to '%s' is too long, or a header holds a line end",
                         request->host);
    return 0;
}
