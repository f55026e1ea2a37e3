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

/* Neither empty nor too many, keys and values of the right length, no key of AWS's own. */
bool check_tags(const struct tags *tags, struct answer *answer);

bool check_group_listing(const struct call *call, struct answer *answer);
bool check_stream_listing(const struct call *call, struct answer *answer);
bool check_retention(const struct call *call, struct answer *answer);
bool check_events(const struct call *call, struct answer *answer);

/* The name in arn:PARTITION:logs:REGION:ACCOUNT:log-group:NAME; empty if it is not that. */
struct text check_arn_name(struct text arn);
bool check_group_arn(struct text arn, struct text *ret_name, struct answer *answer);

/* "STANDARD" and its like as a string that lives for ever; NULL if there is no such class. */
const char *check_class(struct text name);

#endif
