/* Any bytes as the body of an answer of CloudWatch Logs, first byte: operation and status. */
#include "aws/logs.h"
#include "fuzz.h"

/* level: how many bytes of the names are the prefix; 0: nested names are read as well. */
static void list(struct text body, size_t level)
{
    CLEAN(logs_listing) struct logs_listing listing = LOGS_LISTING;
    struct error err = {0};
    listing.level_bytes = level;
    bool good = logs_listing_add(&listing, body, &err) == 0;
    must(good || err.text[0]);
    for (uint32_t i = 0; good && i < listing.count; i++) {
        struct text name = logs_listing_name(&listing, i);
        must(name.length > 0 && name.length <= LOGS_NAME_BYTES && text_is_utf8(name));
        must(listing.groups[i].created_ms >= 0);
        must(listing.groups[i].created_ms <= LOGS_CREATED_MAX_MS);
        must(!level || name.length <= level ||
             !memchr(name.data + level, '/', name.length - level));
    }
    if (good && listing.token.length)
        must(logs_listing_add(&listing, body, &err) == -1); /* it does not move on */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int status[] = {200, 400, 403, 429, 500, 503, 302, 200};
    struct logs_reply reply;
    struct error err = {0};
    bool any;
    if (size == 0)
        return 0;
    struct text body = text_slice((const char *)data + 1, size - 1);
    enum logs_operation operation = data[0] & 3;
    logs_classify(operation, status[data[0] >> 2 & 7], body, "", &reply);
    must(reply.outcome <= LOGS_UNUSABLE);
    if (reply.outcome >= LOGS_REFUSED) {
        (void)logs_error(&reply, operation, "p/a", "us-east-1", "id", &err);
        must(err.text[0] && !strpbrk(err.text, "\r\n\x1b"));
    }
    list(body, 0);
    list(body, 2);
    (void)!logs_read_streams(body, &any, NULL);
    return 0;
}
