#include "cwlogs-local/check.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define NAME_CHARACTERS 512
#define NAME_ALPHABET   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._/#-"
#define LIMIT_MAX       50
#define KEY_BYTES       (128 * 4) /* 128 characters in UTF-8 */
#define VALUE_BYTES     (256 * 4)
#define EVENTS_MAX      10000
#define BATCH_BYTES     1048576
#define SHOWN_BYTES     600 /* of a bad value in a message */

static const int retention_days[] = {1,   3,   5,   7,   14,   30,   60,   90,   120,  150,  180,
                                     365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653};

static const char *const classes[] = {"STANDARD", "INFREQUENT_ACCESS", "DELIVERY"};

static bool in_alphabet(struct text name)
{
    for (size_t i = 0; i < name.length; i++)
        if (name.data[i] == '\0' || !strchr(NAME_ALPHABET, name.data[i]))
            return false;
    return true;
}

bool check_is_group_name(struct text name)
{
    return name.length >= 1 && name.length <= NAME_CHARACTERS && in_alphabet(name);
}

static bool invalid(struct answer *answer, const char *message)
{
    answer_fail(answer, OUTCOME_INVALID_PARAMETER, "%s", message);
    return false;
}

static bool constraint(struct answer *answer, struct text value, const char *member,
                       const char *rule)
{
    char shown[SHOWN_BYTES];
    answer_fail(answer, OUTCOME_INVALID_PARAMETER,
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
    if (!in_alphabet(value))
        return constraint(answer, value, member,
                          "satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+");
    return true;
}

bool check_group_name(struct text name, struct answer *answer)
{
    return name_like(name, "logGroupName", answer);
}

bool check_new_group(const struct call *call, struct answer *answer)
{
    struct text name = call_text(&call->group_name);
    if (!check_group_name(name, answer))
        return false;
    if (name.length >= 4 && strncasecmp(name.data, "aws/", 4) == 0)
        return invalid(answer, "Log groups starting with AWS/ are reserved for AWS.");
    if (call_given(&call->class_name) && !check_class(call_text(&call->class_name)))
        return constraint(answer, call_text(&call->class_name), "logGroupClass",
                          "satisfy enum value set: [STANDARD, INFREQUENT_ACCESS, DELIVERY]");
    return !call->tags_given || check_tags(&call->tags, answer);
}

bool check_stream_name(struct text name, struct answer *answer)
{
    if (name.length == 0)
        return constraint(answer, name, "logStreamName", "have length greater than or equal to 1");
    if (name.length > NAME_CHARACTERS)
        return invalid(answer, "Invalid LogGroup or LogStream, both must have length less than or "
                               "equal to 512.");
    if (memchr(name.data, ':', name.length) || memchr(name.data, '*', name.length))
        return constraint(answer, name, "logStreamName",
                          "satisfy regular expression pattern: [^:*]*");
    return true;
}

bool check_tags(const struct tags *tags, struct answer *answer)
{
    if (tags->count == 0)
        return constraint(answer, text_from("{}"), "tags",
                          "have length greater than or equal to 1");
    if (tags->count > TAGS_MAX)
        return constraint(answer, text_from("{...}"), "tags",
                          "have length less than or equal to 50");
    for (size_t i = 0; i < tags->count; i++) {
        struct text key = text_from(tags->tags[i].key);
        if (key.length == 0 || key.length > KEY_BYTES)
            return constraint(answer, key, "tags", "have keys of 1 to 128 characters");
        if (strlen(tags->tags[i].value) > VALUE_BYTES)
            return constraint(answer, key, "tags", "have values of at most 256 characters");
        if (key.length >= 4 && strncasecmp(key.data, "aws:", 4) == 0)
            return invalid(answer, "aws: prefixed tag key names are not allowed for external use.");
    }
    return true;
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
    struct text pattern = call_text(&call->group_pattern);
    if (call->group_identifiers_given)
        return invalid(answer, "logGroupIdentifiers is not supported by cwlogs-local");
    if (call_given(&call->group_prefix) && call_given(&call->group_pattern))
        return invalid(answer, "LogGroup name prefix and LogGroup name pattern are mutually "
                               "exclusive parameters.");
    if (call_given(&call->group_prefix) &&
        !name_like(call_text(&call->group_prefix), "logGroupNamePrefix", answer))
        return false;
    if (pattern.length && !name_like(pattern, "logGroupNamePattern", answer))
        return false;
    if (call_given(&call->class_name) && !check_class(call_text(&call->class_name)))
        return constraint(answer, call_text(&call->class_name), "logGroupClass",
                          "satisfy enum value set: [STANDARD, INFREQUENT_ACCESS, DELIVERY]");
    return check_limit(&call->limit, answer);
}

bool check_stream_listing(const struct call *call, struct answer *answer)
{
    struct text order = call_text(&call->order_by);
    bool by_time = text_equal(order, "LastEventTime");
    if (call_given(&call->order_by) && !by_time && !text_equal(order, "LogStreamName"))
        return constraint(answer, order, "orderBy",
                          "satisfy enum value set: [LogStreamName, LastEventTime]");
    if (by_time && call_given(&call->stream_prefix))
        return invalid(answer, "Cannot order by LastEventTime with a logStreamNamePrefix.");
    return check_limit(&call->limit, answer);
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
    if (events->count == 0)
        return constraint(answer, text_from("[]"), "logEvents",
                          "have length greater than or equal to 1");
    if (events->count > EVENTS_MAX)
        return constraint(answer, text_from("[...]"), "logEvents",
                          "have length less than or equal to 10000");
    if (events->bytes > BATCH_BYTES)
        return invalid(answer, "Upload too large: the batch exceeds 1048576 bytes");
    if (events->unordered)
        return invalid(answer, "Log events in a single PutLogEvents request must be in "
                               "chronological order.");
    return true;
}

/* What stands behind the nth colon; empty if there are fewer. */
static struct text behind_colon(struct text text, unsigned n)
{
    for (; n > 0; n--) {
        const char *colon = text.length ? memchr(text.data, ':', text.length) : NULL;
        if (!colon)
            return text_from("");
        size_t used = (size_t)(colon - text.data) + 1;
        text = text_slice(text.data + used, text.length - used);
    }
    return text;
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
    if (name.length == 0)
        return constraint(answer, arn, "resourceArn", "be the ARN of a log group");
    *ret_name = name;
    return true;
}

const char *check_class(struct text name)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
        if (text_equal(name, classes[i]))
            return classes[i];
    return NULL;
}
