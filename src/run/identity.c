#include "run/identity.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/date.h"
#include "base/random.h"
#include "base/text.h"

#define STAMP_CHARS (DATE_BASIC_BYTES - 1) /* "20261122T064512Z" */

/* The host's name up to its first dot, with only what an ID may hold. */
static void host_name(char out[IDENTITY_HOST_BYTES + 1])
{
    char name[256] = "";
    if (gethostname(name, sizeof(name) - 1) != 0 || !name[0])
        (void)strcpy(name, "host");
    size_t length = 0;
    for (; name[length] && name[length] != '.' && length < IDENTITY_HOST_BYTES; length++)
        out[length] = (char)(isalnum((unsigned char)name[length]) ? name[length] : '-');
    out[length] = '\0';
}

/* Takes "-word" off the end of the text. */
static struct text take_last(struct text *text)
{
    const char *dash = text->length ? memrchr(text->data, '-', text->length) : NULL;
    if (!dash)
        return text_slice(NULL, 0);
    struct text word = text_slice(dash + 1, text->length - (size_t)(dash + 1 - text->data));
    text->length = (size_t)(dash - text->data);
    return word;
}

struct identity_parts identity_parse(struct text id)
{
    struct identity_parts parts = {0};
    uint64_t number;
    struct text nonce = take_last(&id);
    struct text pid = take_last(&id);
    const char *dash = id.length ? memchr(id.data, '-', id.length) : NULL;
    if (!dash || nonce.length != ATTEMPT_NONCE_BYTES || dash - id.data != STAMP_CHARS ||
        id.data[STAMP_CHARS - 1] != 'Z' || text_parse_u64(pid, UINT32_MAX, &number) != 0)
        return parts;
    parts.host = text_slice(dash + 1, id.length - STAMP_CHARS - 1);
    parts.pid = pid;
    parts.known = parts.host.length > 0;
    return parts.known ? parts : (struct identity_parts){0};
}

void identity_stamp(struct identity *identity, struct wall now)
{
    char stamp[DATE_BASIC_BYTES];
    if (identity->nonce[0]) /* an explicit ID's */
        return;
    date_write_basic(now, stamp);
    memcpy(identity->id, stamp, STAMP_CHARS);
}

int identity_make(struct identity *ret_identity, const char *explicit_id, struct wall now,
                  struct error *err)
{
    unsigned char random[ATTEMPT_NONCE_BYTES / 2];
    char hex[ATTEMPT_NONCE_BYTES + 1], host[IDENTITY_HOST_BYTES + 1], stamp[DATE_BASIC_BYTES];
    if (random_bytes(random, sizeof(random), err) != 0)
        return error_add(err, "making a unique ID");
    for (size_t i = 0; i < sizeof(random); i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", random[i]);
    if (explicit_id) {
        (void)snprintf(ret_identity->id, sizeof(ret_identity->id), "%s", explicit_id);
        memcpy(ret_identity->nonce, hex, sizeof(hex));
        return 0;
    }
    date_write_basic(now, stamp);
    host_name(host);
    (void)snprintf(ret_identity->id, sizeof(ret_identity->id), "%s-%s-%ld-%s", stamp, host,
                   (long)getpid(), hex);
    ret_identity->nonce[0] = '\0';
    return 0;
}
