/*
 * call - the parameters of an API call, read from its JSON body.
 *
 * Members nobody here knows are passed over; null counts as not given.
 */
#ifndef CWLOGS_LOCAL_CALL_H
#define CWLOGS_LOCAL_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/text.h"
#include "cwlogs-local/tags.h"

#define CALL_BODY_BYTES ((size_t)2 * 1024 * 1024) /* a batch of events has up to 1 MiB */

struct call_number {
    bool given;
    int64_t value; /* of a boolean: 0 or 1 */
};

/* What logEvents adds up to. */
struct call_events {
    bool given;
    bool incomplete; /* one has no message or no timestamp */
    bool unordered;  /* not in the order of their timestamps */
    int64_t count;
    int64_t bytes; /* as AWS counts: the messages and 26 bytes for each */
    int64_t first_ms, last_ms;
    bool open_message, open_timestamp; /* seen in the event being read */
};

struct call {
    struct buf group_name;
    struct buf group_prefix;
    struct buf group_pattern;
    struct buf next_token;
    struct buf stream_name;
    struct buf stream_prefix;
    struct buf group_identifier;
    struct buf resource_arn;
    struct buf class_name;
    struct buf kms_key_id;
    struct buf order_by;
    struct call_number limit;
    struct call_number retention_days;
    struct call_number is_protected;
    struct call_number descending;
    struct tags tags; /* or tag keys, each with the value "" */
    bool tags_given;
    bool tags_listed; /* as an array of keys */
    bool group_identifiers_given;
    struct call_events events;
};

void call_init(struct call *call);
void call_free(struct call *call); /* may run twice */

/* -1 with ERROR_GARBLED if it is not JSON, or a member is of another type than it must be. */
int call_read(struct call *call, struct text body, struct error *err) MUST_USE;

/* Was this string given, be it empty? */
static inline bool call_given(const struct buf *member)
{
    return member->data != NULL;
}

static inline struct text call_text(const struct buf *member)
{
    return text_slice(buf_text(member), member->length);
}

#endif
