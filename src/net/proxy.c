#include "net/proxy.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool same_ignoring_case(struct text a, const char *b)
{
    return a.length == strlen(b) && strncasecmp(a.data, b, a.length) == 0;
}

/* Is host the name, or below it? Names of one label match below too, as in the AWS CLI. */
static bool covers(struct text name, const char *host)
{
    size_t length = strlen(host);
    if (same_ignoring_case(name, host))
        return true;
    return name.length && length > name.length && host[length - name.length - 1] == '.' &&
           strncasecmp(host + length - name.length, name.data, name.length) == 0;
}

static bool exempts(struct text entry, const struct request *request)
{
    char with_port[REQUEST_HOST_BYTES + 16];
    bool literal = strchr(request->host, ':') != NULL;
    (void)snprintf(with_port, sizeof(with_port), literal ? "[%s]:%u" : "%s:%u", request->host,
                   request->port); /* sized to fit */
    if (text_equal(entry, "*"))
        return true;
    while (entry.length && entry.data[0] == '.')
        entry = text_slice(entry.data + 1, entry.length - 1);
    if (covers(entry, request->host) || covers(entry, with_port))
        return true;
    bool brackets =
        literal && entry.length > 2 && entry.data[0] == '[' && entry.data[entry.length - 1] == ']';
    return brackets &&
           same_ignoring_case(text_slice(entry.data + 1, entry.length - 2), request->host);
}

const char *proxy_for(const struct proxy_settings *settings, const struct request *request)
{
    const char *proxy = request->https ? settings->https : settings->http;
    const char *entry = settings->none ? settings->none : "";
    if (request->direct || !proxy || !proxy[0])
        return NULL;
    while (*entry) {
        size_t length = strcspn(entry, ",");
        if (exempts(text_trim(text_slice(entry, length)), request))
            return NULL;
        entry += length + (entry[length] == ',');
    }
    return proxy;
}

char *proxy_shown(const char *proxy, char out[PROXY_SHOWN_BYTES])
{
    const char *scheme = strstr(proxy, "://");
    const char *from = scheme ? scheme + 3 : proxy;
    size_t length = strcspn(from, "/?#");
    /* a password may hold any of these bytes if it was not encoded: the last '@' counts */
    const char *at = strrchr(from, '@');
    if (at) {
        from = at + 1;
        length = strcspn(from, "/?#");
    }
    return text_printable(text_slice(from, length), out, PROXY_SHOWN_BYTES);
}
