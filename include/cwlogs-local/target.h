/*
 * target - what a request line asks for (RFC 9112, section 3.2), and whose page may ask for it.
 *
 * A target is a path ("/a?b") or, as proxies get it and every server has to take it, a whole URL
 * ("http://host/a?b"), whose host then counts instead of the header's. Pure.
 */
#ifndef CWLOGS_LOCAL_TARGET_H
#define CWLOGS_LOCAL_TARGET_H

#include <stdbool.h>

#include "base/text.h"

/* All are views into what was read. */
struct target {
    struct text authority; /* HOST[:PORT] of a URL; empty: it is a path */
    struct text path;      /* "/" if a URL has none */
    struct text query;     /* behind '?' */
};

struct target target_read(struct text raw);

/*
 * Is this Host header (HOST[:PORT]) one by which only this machine, or who is told where the
 * service listens, names it: localhost, 127.0.0.0/8, [::1], or the host in `listen` (HOST:PORT)? A
 * page of a foreign host whose name was made to lead here (DNS rebinding) is told by it.
 */
bool target_is_own_host(struct text host, struct text listen);

#endif
