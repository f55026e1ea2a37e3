#include "net/proxy.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* Is host this name, or a subdomain of it? That may be a single label, as for the AWS CLI. */
static bool covers(struct text name, const char *host)
{
    size_t length = strlen(host);
    if (text_same_name(name, text_from(host)))
        return true;
    return name.length && length > name.length && host[length - name.length - 1] == '.' &&
           text_same_name(name, text_from(host + length - name.length));
}

/* Does this entry of NO_PROXY say that the request goes by no proxy? */
static bool exempts(struct text entry, const struct request *request)
{
    char with_port[REQUEST_HOST_BYTES + 16];
    bool literal = strchr(request->host, ':') != NULL;
    (void)snprintf(with_port, sizeof(with_port), literal ? "[%s]:%u" : "%s:%u", request->host,
                   request->port); /* sized to fit */
    if (text_equal(entry, "*"))
        return true;
    while (entry.length && entry.data[0] == '.')
        entry = text_behind(entry, 1);
    if (covers(entry, request->host) || covers(entry, with_port))
        return true;
    bool brackets =
        literal && entry.length > 2 && entry.data[0] == '[' && entry.data[entry.length - 1] == ']';
    return brackets &&
           text_same_name(text_slice(entry.data + 1, entry.length - 2), text_from(request->host));
}

const char *proxy_for(const struct proxy_settings *settings, const struct request *request)
{
    const char *proxy = request->https ? settings->https : settings->http;
    struct text entry, list = text_from(settings->none);
    if (request->direct || !proxy || !proxy[0])
        return NULL;
    while (text_next(&list, ',', &entry))
        if (exempts(text_trim(entry), request))
            return NULL;
    return proxy;
}

static const struct {
    const char *name;
    unsigned port; /* that libcurl uses if the URL has none */
} schemes[] = {{"http", 1080},    {"https", 443},   {"socks4", 1080},
               {"socks4a", 1080}, {"socks5", 1080}, {"socks5h", 1080}};

/* Never quotes the URL: the fault may be that a password is in the wrong part of it. */
static int refuse(const char *reason, struct error *err)
{
    return error_set(err, ERROR_CONFIG,
                     "the proxy's URL %s (in its user name and password every byte but letters, "
                     "digits and -._~ must be percent-encoded)",
                     reason);
}

static bool take_scheme(const char **rest, struct proxy *proxy)
{
    const char *end = strstr(*rest, "://");
    struct text name = end ? text_slice(*rest, (size_t)(end - *rest)) : text_from("http");
    *rest = end ? end + strlen("://") : *rest;
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (text_same_name(name, text_from(schemes[i].name))) {
            proxy->scheme = schemes[i].name;
            proxy->port = schemes[i].port;
            return true;
        }
    return false;
}

/* User name and password: is each '%' followed by two hex digits, not both 0? */
static bool is_encoded(struct text part)
{
    for (size_t i = 0; i < part.length; i++) {
        if (part.data[i] != '%')
            continue;
        if (part.length - i < 3 || !isxdigit((unsigned char)part.data[i + 1]) ||
            !isxdigit((unsigned char)part.data[i + 2]) || strncmp(part.data + i, "%00", 3) == 0)
            return false;
    }
    return true;
}

static const char *take_user(struct text *authority, struct proxy *proxy)
{
    struct text user, rest = *authority;
    if (!text_next(&rest, '@', &user) || !rest.data)
        return NULL;
    *authority = rest;
    if (memchr(authority->data, '@', authority->length))
        return "has more than one '@'";
    proxy->user = user;
    return is_encoded(user) ? NULL
                            : "has a '%' that is followed by no two hexadecimal digits, or by 00";
}

int proxy_parse(const char *url, struct proxy *ret_proxy, struct error *err)
{
    struct proxy proxy = {.user = {"", 0}};
    const char *rest = url;
    for (const char *byte = url; *byte; byte++)
        if ((unsigned char)*byte <= ' ' || *byte == 0x7f)
            return refuse("holds a blank or a control character", err);
    if (!take_scheme(&rest, &proxy))
        return refuse("begins with none of http://, https:// and socks5://", err);
    struct text authority = text_slice(rest, strcspn(rest, "/?#"));
    rest += authority.length;
    if (*rest == '?' || *rest == '#' || strchr(rest, '@'))
        return refuse("has a '/', '?' or '#' where none belongs", err);
    const char *reason = take_user(&authority, &proxy);
    if (!reason)
        reason = request_authority(authority, proxy.port, proxy.host, &proxy.port);
    if (reason)
        return refuse(reason, err);
    *ret_proxy = proxy;
    return 0;
}

static const char *at_host(const struct proxy *proxy, const char *scheme, char *out, size_t size)
{
    bool literal = strchr(proxy->host, ':') != NULL;
    (void)snprintf(out, size, "%s%s%s%s%s:%u", scheme, *scheme ? "://" : "", literal ? "[" : "",
                   proxy->host, literal ? "]" : "", proxy->port); /* sized to fit */
    return out;
}

const char *proxy_url(const struct proxy *proxy, char out[PROXY_SHOWN_BYTES])
{
    return at_host(proxy, proxy->scheme, out, PROXY_SHOWN_BYTES);
}

const char *proxy_shown(const struct proxy *proxy, char out[PROXY_SHOWN_BYTES])
{
    return at_host(proxy, "", out, PROXY_SHOWN_BYTES);
}
