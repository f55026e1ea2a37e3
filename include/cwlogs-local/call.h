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
#include "cwlogs-local/events.h"
#include "cwlogs-local/tags.h"

/*
 * A batch of events has up to 1 MiB of text, of which JSON may make six times as much (\u0001), and
 * up to 10,000 events with some 200 bytes around each.
 */
#define CALL_BODY_BYTES ((size_t)8 * 1024 * 1024)

struct call_number {
    bool given;
    int64_t value; /* of a boolean: 0 or 1 */
};

/* What logEvents holds. */
struct call_events {
    bool given;
    bool incomplete; /* one has no message or no timestamp, and is not in the batch */
    bool negative;   /* one has a timestamp below 0 */
    struct events batch;
    struct call_number open_timestamp; /* of the event being read */
    size_t open_bytes;                 /* of its message; 0: none yet */
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

/*
 * A string that is longer than any the API allows is cut, to a length that is still too long, and
 * refused by its rule like others. -1 with ERROR_GARBLED if it is not JSON, or a member is of
 * another type than it must be.
 */
int call_read(struct call *call, struct text body, struct error *err) MUST_USE;

/* Was this string given, be it empty? */
static inline bool call_given(const struct buf *member)
{
    return member->data != NULL;
}

#endif
