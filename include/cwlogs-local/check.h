/*
 * check - the API's rules for names and values, with its own messages.
 *
 * Each returns true, or false with the answer set to the error. Source of the rules: botocore's
 * model of logs 2014-03-28; the messages are those users reported.
 */
#ifndef CWLOGS_LOCAL_CHECK_H
#define CWLOGS_LOCAL_CHECK_H

#include <stdbool.h>

#include "cwlogs-local/answer.h"
#include "cwlogs-local/call.h"

/* Is this a name a log group may have, reserved ones included? Characters and length only. */
bool check_is_group_name(struct text name);

bool check_group_name(struct text name, struct answer *answer);
bool check_new_group(const struct call *call, struct answer *answer);
bool check_stream_name(struct text name, struct answer *answer);

/* Neither empty nor too many, keys and values of the right characters, no key of AWS's own. */
bool check_tags(const struct call *call, struct answer *answer);

/* The keys of tags to take away, given under this name; how many there must be at least. */
bool check_tag_keys(const struct call *call, const char *member, size_t least,
                    struct answer *answer);

bool check_group_listing(const struct call *call, struct answer *answer);
bool check_stream_listing(const struct call *call, struct answer *answer);
bool check_retention(const struct call *call, struct answer *answer);
bool check_protection(const struct call *call, struct answer *answer);

/* The batch as it was sent; then the span of what is taken of it. */
bool check_events(const struct call *call, struct answer *answer);
bool check_span(const struct events_taken *taken, struct answer *answer);

/* The name in arn:PARTITION:logs:REGION:ACCOUNT:log-group:NAME; empty if it is not that. */
struct text check_arn_name(struct text arn);
bool check_group_arn(struct text arn, struct text *ret_name, struct answer *answer);

/* The name in an identifier, which is a name or an ARN. */
bool check_group_identifier(struct text identifier, struct text *ret_name, struct answer *answer);

/* "STANDARD" and its like as a string that lives for ever; NULL if there is no such class. */
const char *check_class(struct text name);

#endif
