#include "cwlogs-local/target.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define ADDRESS_BYTES 64 /* of an address as text */

/* Where the first of these bytes stands; the length if none does. */
static size_t find_any(struct text text, const char *bytes)
{
    size_t i = 0;
    while (i < text.length && !strchr(bytes, text.data[i]))
        i++;
    return i;
}

static bool takes_scheme(struct text *text, const char *scheme)
{
    size_t length = strlen(scheme);
    if (text->length < length || strncasecmp(text->data, scheme, length) != 0)
        return false;
    *text = text_behind(*text, length);
    return true;
}

struct target target_read(struct text raw)
{
    struct target target = {.authority = text_from(""), .query = text_from("")};
    if (takes_scheme(&raw, "http://") || takes_scheme(&raw, "https://")) {
        target.authority = text_slice(raw.data, find_any(raw, "/?"));
        raw = text_behind(raw, target.authority.length);
    }
    target.path = text_slice(raw.data, find_any(raw, "?"));
    if (target.path.length < raw.length)
        target.query = text_behind(raw, target.path.length + 1);
    if (target.path.length == 0)
        target.path = text_from("/");
    return target;
}

/* HOST of HOST[:PORT], without the brackets of an IPv6 address. */
static struct text host_of(struct text authority)
{
    if (text_starts(authority, "[")) {
        struct text inner = text_behind(authority, 1);
        return text_slice(inner.data, find_any(inner, "]"));
    }
    return text_slice(authority.data, find_any(authority, ":"));
}

static bool is_loopback(struct text host)
{
    char copy[ADDRESS_BYTES];
    struct in_addr four;
    struct in6_addr six;
    if (text_same_name(host, text_from("localhost")))
        return true;
    if (host.length >= sizeof(copy))
        return false;
    memcpy(copy, host.data, host.length);
    copy[host.length] = '\0';
    if (inet_pton(AF_INET, copy, &four) == 1)
        return ntohl(four.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, copy, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

bool target_is_own_host(struct text host, struct text listen)
{
    struct text name = host_of(host);
    return is_loopback(name) || (name.length > 0 && text_same_name(name, host_of(listen)));
}
