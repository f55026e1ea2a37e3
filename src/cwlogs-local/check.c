#include "cwlogs-local/check.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NAME_CHARACTERS  512
#define NAME_ALPHABET    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/#-"
#define LIMIT_MAX        50
#define ARN_ALPHABET     NAME_ALPHABET "+=:,@" /* "w" of its pattern is of ASCII */
#define ARN_BYTES        1011
#define IDENTIFIER_BYTES 2048
#define KMS_KEY_BYTES    256
#define SHOWN_BYTES      600 /* of a bad value in a message */

static const int retention_days[] = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                     365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

static const char *const classes[] = {"STANDARD", "INFREQUENT_ACCESS", "DELIVERY"};

static bool in_alphabet(struct text name, const char *alphabet)
{
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] == '\0' || !strchr(alphabet, name.data[i]))
            return false;
    return true;
}

bool check_is_group_name(struct text name)
{
    return name.length >= 1 && name.length <= NAME_CHARACTERS && in_alphabet(name, NAME_ALPHABET);
}

static bool invalid(struct answer *answer, const char *message)
{
    answer_fail(answer, answer->invalid, "%s", message);
    return false;
}

static bool constraint(struct answer *answer, struct text value, const char *member,
                       const char *rule)
{
    char shown[SHOWN_BYTES];
    answer_fail(answer, answer->invalid,
                "1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: "
                "Member must %s",
                text_printable(value, shown, sizeof(shown)), member, rule);
    return false;
}

static bool name_like(struct text value, const char *member, struct answer *answer)
{
    if (value.length == 0)
        return constraint(answer, value, member, "have length greater than or equal to 1");
    if (value.length > NAME_CHARACTERS)
        return invalid(answer, "Invalid LogGroup or LogStream, both must have length less than or "
                               "equal to 512.");
    if (!in_alphabet(value, NAME_ALPHABET))
        return constraint(answer, value, member,
                          "satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+");
    return true;
}

bool check_group_name(struct text name, struct answer *answer)
{
    return name_like(name, "logGroupName", answer);
}

static bool check_class_member(const struct call *call, struct answer *answer)
{
    struct text name = buf_view(&call->class_name);
    if (!call_given(&call->class_name) || check_class(name))
        return true;
    return constraint(answer, name, "logGroupClass",
                      "satisfy enum value set: [STANDARD, INFREQUENT_ACCESS, DELIVERY]");
}

/* A token that is no token of ours gives an empty page, an empty one is refused. */
static bool check_token(const struct call *call, struct answer *answer)
{
    if (!call_given(&call->next_token) || call->next_token.length > 0)
        return true;
    return constraint(answer, text_from(""), "nextToken", "have length greater than or equal to 1");
}

bool check_new_group(const struct call *call, struct answer *answer)
{
    struct text name = buf_view(&call->group_name);
    if (!check_group_name(name, answer))
        return false;
    if (name.length >= 4 && strncasecmp(name.data, "aws/", 4) == 0)
        return invalid(answer, "Log groups starting with AWS/ are reserved for AWS.");
    if (call->kms_key_id.length > KMS_KEY_BYTES)
        return constraint(answer, buf_view(&call->kms_key_id), "kmsKeyId",
                          "have length less than or equal to 256");
    return check_class_member(call, answer) && (!call->tags_given || check_tags(call, answer));
}

static bool stream_name_like(struct text name, const char *member, struct answer *answer)
{
    if (name.length == 0)
        return constraint(answer, name, member, "have length greater than or equal to 1");
    if (text_characters(name) > NAME_CHARACTERS)
        return invalid(answer, "Invalid LogGroup or LogStream, both must have length less than or "
                               "equal to 512.");
    if (memchr(name.data, ':', name.length) || memchr(name.data, '*', name.length))
        return constraint(answer, name, member, "satisfy regular expression pattern: [^:*]*");
    return true;
}

bool check_stream_name(struct text name, struct answer *answer)
{
    return stream_name_like(name, "logStreamName", answer);
}

#define TAG_PATTERN                                                                                \
    "Member must satisfy regular expression pattern: ^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]"

static bool check_tag_key(struct text key, const char *member, struct answer *answer)
{
    if (key.length > 0 && tags_is_text(key, TAG_KEY_CHARACTERS))
        return true;
    return constraint(answer, key, member,
                      "satisfy constraint: [Member must have length less than or equal to 128, "
                      "Member must have length greater than or equal to 1, " TAG_PATTERN "+)$]");
}

/* Tags are given as a map, keys of tags as a list; what is neither has been told by call_read. */
static bool check_tag_count(const struct call *call, const char *member, size_t least, bool listed,
                            struct answer *answer)
{
    char rule[64];
    if (call->tags_given && call->tags_listed != listed) {
        answer_fail(answer, OUTCOME_SERIALIZATION, "%s can not be converted to %s",
                    listed ? "START_OBJECT" : "START_ARRAY", listed ? "a List" : "a Map");
        return false;
    }
    if (call->tags_given && call->tags.count >= least && call->tags.count <= TAGS_MAX)
        return true;
    (void)snprintf(rule, sizeof(rule), "have length %s than or equal to %zu", /* fits */
                   call->tags.count < least ? "greater" : "less",
                   call->tags.count < least ? least : TAGS_MAX);
    return constraint(answer, text_from(call->tags_given ? "{...}" : "null"), member,
                      call->tags_given ? rule : "not be null");
}

bool check_tags(const struct call *call, struct answer *answer)
{
    const struct tags *tags = &call->tags;
    if (!check_tag_count(call, "tags", 1, false, answer))
        return false;
    for (size_t i = 0; i < tags->count; i++) {
        struct text key = text_from(tags->tags[i].key), value = text_from(tags->tags[i].value);
        if (!check_tag_key(key, "tags", answer))
            return false;
        if (key.length >= 4 && strncasecmp(key.data, "aws:", 4) == 0)
            return invalid(answer, "aws: prefixed tag key names are not allowed for external use.");
        if (!tags_is_text(value, TAG_VALUE_CHARACTERS))
            return constraint(answer, value, "tags",
                              "satisfy constraint: [Member must have length less than or equal to "
                              "256, " TAG_PATTERN "*)$]");
    }
    return true;
}

bool check_tag_keys(const struct call *call, const char *member, size_t least,
                    struct answer *answer)
{
    bool good = check_tag_count(call, member, least, true, answer);
    for (size_t i = 0; good && i < call->tags.count; i++)
        good = check_tag_key(text_from(call->tags.tags[i].key), member, answer);
    return good;
}

static bool check_limit(const struct call_number *limit, struct answer *answer)
{
    char shown[24];
    if (!limit->given || (limit->value >= 1 && limit->value <= LIMIT_MAX))
        return true;
    (void)snprintf(shown, sizeof(shown), "%lld", (long long)limit->value); /* 20 digits at most */
    return constraint(answer, text_from(shown), "limit",
                      limit->value < 1 ? "have value greater than or equal to 1"
                                       : "have value less than or equal to 50");
}

bool check_group_listing(const struct call *call, struct answer *answer)
{
    struct text pattern = buf_view(&call->group_pattern);
    if (call->group_identifiers_given)
        return invalid(answer, "logGroupIdentifiers is not supported by cwlogs-local");
    if (call_given(&call->group_prefix) && call_given(&call->group_pattern))
        return invalid(answer, "LogGroup name prefix and LogGroup name pattern are mutually "
                               "exclusive parameters.");
    if (call_given(&call->group_prefix) &&
        !name_like(buf_view(&call->group_prefix), "logGroupNamePrefix", answer))
        return false;
    if (pattern.length && !name_like(pattern, "logGroupNamePattern", answer))
        return false;
    return check_class_member(call, answer) && check_token(call, answer) &&
           check_limit(&call->limit, answer);
}

/* Of the calls that take a log group's name or an identifier: one of the two. */
static bool check_group_choice(const struct call *call, struct answer *answer)
{
    bool by_name = call_given(&call->group_name), by_any = call_given(&call->group_identifier);
    if (by_name && by_any)
        return invalid(answer, "LogGroup name and LogGroup identifier are mutually exclusive "
                               "parameters.");
    if (!by_name && !by_any)
        return invalid(answer, "Either LogGroup name or LogGroup identifier must be given.");
    return true;
}

bool check_stream_listing(const struct call *call, struct answer *answer)
{
    struct text order = buf_view(&call->order_by);
    bool by_time = text_equal(order, "LastEventTime");
    if (call_given(&call->order_by) && !by_time && !text_equal(order, "LogStreamName"))
        return constraint(answer, order, "orderBy",
                          "satisfy enum value set: [LogStreamName, LastEventTime]");
    if (by_time && call_given(&call->stream_prefix))
        return invalid(answer, "Cannot order by LastEventTime with a logStreamNamePrefix.");
    if (call_given(&call->stream_prefix) &&
        !stream_name_like(buf_view(&call->stream_prefix), "logStreamNamePrefix", answer))
        return false;
    return check_group_choice(call, answer) && check_token(call, answer) &&
           check_limit(&call->limit, answer);
}

bool check_retention(const struct call *call, struct answer *answer)
{
    for (size_t i = 0; i < sizeof(retention_days) / sizeof(retention_days[0]); i++)
        if (call->retention_days.given && call->retention_days.value == retention_days[i])
            return true;
    return invalid(answer, "1 validation error detected: Value at 'retentionInDays' failed to "
                           "satisfy constraint: Member must satisfy enum value set: [1, 3, 5, 7, "
                           "14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, "
                           "2557, 2922, 3288, 3653]");
}

bool check_events(const struct call *call, struct answer *answer)
{
    const struct call_events *events = &call->events;
    if (events->incomplete)
        return invalid(answer, "each log event must have a timestamp and a message of at least one "
                               "character");
    if (events->negative)
        return invalid(answer,
                       "1 validation error detected: Value at 'logEvents' failed to satisfy "
                       "constraint: Member must have value greater than or equal to 0");
    if (events->batch.count == 0)
        return constraint(answer, text_from("[]"), "logEvents",
                          "have length greater than or equal to 1");
    if (events->batch.count > EVENTS_MAX)
        return constraint(answer, text_from("[...]"), "logEvents",
                          "have length less than or equal to 10000");
    if (events->batch.bytes > EVENTS_BATCH_BYTES)
        return invalid(answer, "Upload too large: the batch exceeds 1048576 bytes");
    if (events->batch.unordered)
        return invalid(answer, "Log events in a single PutLogEvents request must be in "
                               "chronological order.");
    return true;
}

bool check_span(const struct events_taken *taken, struct answer *answer)
{
    return !taken->span_too_long ||
           invalid(answer, "The batch of log events in a single PutLogEvents request cannot span "
                           "more than 24 hours.");
}

bool check_protection(const struct call *call, struct answer *answer)
{
    if (call->is_protected.given)
        return true;
    return invalid(answer,
                   "1 validation error detected: Value at 'deletionProtectionEnabled' failed "
                   "to satisfy constraint: Member must not be null");
}

/* What stands behind the nth colon; empty if there are fewer. */
static struct text behind_colon(struct text text, unsigned n)
{
    struct text piece;
    while (n > 0 && text_next(&text, ':', &piece))
        n--;
    return text.data ? text : text_from("");
}

struct text check_arn_name(struct text arn)
{
    struct text resource = behind_colon(arn, 5);
    struct text name = behind_colon(resource, 1);
    bool good = text_starts(arn, "arn:") && text_starts(behind_colon(arn, 2), "logs:") &&
                text_starts(resource, "log-group:") && check_is_group_name(name);
    return good ? name : text_from("");
}

bool check_group_arn(struct text arn, struct text *ret_name, struct answer *answer)
{
    struct text name = check_arn_name(arn);
    if (arn.length > ARN_BYTES)
        return constraint(answer, arn, "resourceArn", "have length less than or equal to 1011");
    if (name.length == 0)
        return constraint(answer, arn, "resourceArn", "be the ARN of a log group");
    *ret_name = name;
    return true;
}

bool check_group_identifier(struct text identifier, struct text *ret_name, struct answer *answer)
{
    if (identifier.length > IDENTIFIER_BYTES)
        return constraint(answer, identifier, "logGroupIdentifier",
                          "have length less than or equal to 2048");
    if (!in_alphabet(identifier, ARN_ALPHABET))
        return constraint(answer, identifier, "logGroupIdentifier",
                          "satisfy regular expression pattern: [\\w#+=/:,.@-]*");
    if (text_starts(identifier, "arn:"))
        return check_group_arn(identifier, ret_name, answer);
    *ret_name = identifier;
    return name_like(identifier, "logGroupIdentifier", answer);
}

const char *check_class(struct text name)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (text_equal(name, classes[i]))
            return classes[i];
    return NULL;
}
