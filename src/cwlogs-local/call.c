#include "cwlogs-local/call.h"

#include <stddef.h>

#include "base/json.h"

#define STRING_BYTES 4096 /* of a parameter; the longest that AWS allows is 2048 characters */

enum kind {
    KIND_STRING,
    KIND_INTEGER,
    KIND_BOOL
};

static const struct field {
    const char *name;
    enum kind kind;
    size_t offset;
} fields[] = {
    {"logGroupName", KIND_STRING, offsetof(struct call, group_name)},
    {"logGroupNamePrefix", KIND_STRING, offsetof(struct call, group_prefix)},
    {"logGroupNamePattern", KIND_STRING, offsetof(struct call, group_pattern)},
    {"nextToken", KIND_STRING, offsetof(struct call, next_token)},
    {"logStreamName", KIND_STRING, offsetof(struct call, stream_name)},
    {"logStreamNamePrefix", KIND_STRING, offsetof(struct call, stream_prefix)},
    {"logGroupIdentifier", KIND_STRING, offsetof(struct call, group_identifier)},
    {"resourceArn", KIND_STRING, offsetof(struct call, resource_arn)},
    {"logGroupClass", KIND_STRING, offsetof(struct call, class_name)},
    {"kmsKeyId", KIND_STRING, offsetof(struct call, kms_key_id)},
    {"orderBy", KIND_STRING, offsetof(struct call, order_by)},
    {"limit", KIND_INTEGER, offsetof(struct call, limit)},
    {"retentionInDays", KIND_INTEGER, offsetof(struct call, retention_days)},
    {"deletionProtectionEnabled", KIND_BOOL, offsetof(struct call, is_protected)},
    {"descending", KIND_BOOL, offsetof(struct call, descending)},
};

#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

static void *member(struct call *call, const struct field *field)
{
    return (char *)call + field->offset;
}

void call_init(struct call *call)
{
    *call = (struct call){0};
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (fields[i].kind == KIND_STRING)
            *(struct buf *)member(call, &fields[i]) = (struct buf)BUF(STRING_BYTES);
}

void call_free(struct call *call)
{
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (fields[i].kind == KIND_STRING)
            buf_free(member(call, &fields[i]));
    tags_free(&call->tags);
    events_free(&call->events.batch);
}

/* The words of AWS's own messages. */
static const char *type_word(enum json_type type)
{
    switch (type) {
    case JSON_STRING:
        return "STRING_VALUE";
    case JSON_INTEGER:
    case JSON_NUMBER:
        return "NUMBER_VALUE";
    case JSON_BOOL:
        return "TRUE_VALUE or FALSE_VALUE";
    case JSON_OBJECT:
    case JSON_OBJECT_END:
        return "START_OBJECT";
    case JSON_ARRAY:
    case JSON_ARRAY_END:
        return "START_ARRAY";
    case JSON_NULL:
    case JSON_ABSENT:
        break;
    }
    return "NULL_VALUE";
}

static int wrong_type(const struct json_event *event, const char *wanted, struct error *err)
{
    return error_set(err, ERROR_GARBLED, "%s can not be converted to %s", type_word(event->type),
                     wanted);
}

static int out_of_memory(struct error *err)
{
    return error_set(err, ERROR_SYSTEM, "out of memory");
}

static int add_string(struct buf *place, struct text text, struct error *err)
{
    size_t length = text.length < STRING_BYTES ? text.length : STRING_BYTES;
    return buf_add(place, text.data, length) == 0 ? 0 : out_of_memory(err);
}

static int read_field(struct call *call, const struct field *field, const struct json_event *event,
                      struct error *err)
{
    void *place = member(call, field);
    struct call_number number = {.given = true};
    switch (field->kind) {
    case KIND_STRING:
        if (event->type != JSON_STRING)
            return wrong_type(event, "a String", err);
        return add_string(place, event->text, err);
    case KIND_INTEGER:
        if (event->type != JSON_INTEGER)
            return wrong_type(event, "an Integer", err);
        number.value = event->integer;
        break;
    case KIND_BOOL:
        if (event->type != JSON_BOOL)
            return wrong_type(event, "a Boolean", err);
        number.value = event->boolean;
        break;
    }
    *(struct call_number *)place = number;
    return 0;
}

/* tags and tagKeys, at depth 1, are an object or an array; anything else there is not for us. */
static int read_collection(struct call *call, const struct json_event *event, struct error *err)
{
    bool tags = json_at(event, "tags"), keys = json_at(event, "tagKeys");
    bool object = event->type == JSON_OBJECT, array = event->type == JSON_ARRAY;
    if (tags && !object && !array)
        return wrong_type(event, "a Map", err);
    if (keys && !array)
        return wrong_type(event, "a List", err);
    if (tags || keys) {
        call->tags_given = true;
        call->tags_listed = array;
    }
    if (json_at(event, "logEvents")) {
        if (!array)
            return wrong_type(event, "a List", err);
        call->events.given = true;
    }
    if (json_at(event, "logGroupIdentifiers"))
        call->group_identifiers_given = true;
    return 0;
}

static int read_tag(struct call *call, const struct json_event *event, bool listed,
                    struct error *err)
{
    if (event->type != JSON_STRING)
        return wrong_type(event, "a String", err);
    struct text key = listed ? event->text : event->key;
    struct text value = listed ? text_from("") : event->text;
    if (tags_set(&call->tags, key, value) != 0)
        return out_of_memory(err);
    return 0;
}

static int close_event(struct call_events *events, struct error *err)
{
    struct call_number timestamp = events->open_timestamp;
    size_t bytes = events->open_bytes;
    events->open_timestamp = (struct call_number){0};
    events->open_bytes = 0;
    if (!timestamp.given || bytes == 0) {
        events->incomplete = true;
        return 0;
    }
    events->negative |= timestamp.value < 0;
    return events_add(&events->batch, timestamp.value, bytes) == 0 ? 0 : out_of_memory(err);
}

static int read_event(struct call_events *events, const struct json_event *event, struct error *err)
{
    if (json_at(event, "logEvents[]")) {
        if (event->type == JSON_OBJECT_END)
            return close_event(events, err);
        return event->type == JSON_OBJECT ? 0 : wrong_type(event, "an InputLogEvent", err);
    }
    if (json_at(event, "logEvents[].timestamp")) {
        if (event->type != JSON_INTEGER)
            return wrong_type(event, "a Long", err);
        events->open_timestamp = (struct call_number){.given = true, .value = event->integer};
    } else if (json_at(event, "logEvents[].message")) {
        if (event->type != JSON_STRING)
            return wrong_type(event, "a String", err);
        events->open_bytes = event->text.length;
    }
    return 0;
}

static int visit(void *context, const struct json_event *event, struct error *err)
{
    struct call *call = context;
    if (event->type == JSON_NULL)
        return 0;
    if (event->depth == 0) {
        bool object = event->type == JSON_OBJECT || event->type == JSON_OBJECT_END;
        return object ? 0 : wrong_type(event, "a structure", err);
    }
    if (call->events.given && text_starts(text_from(event->path), "logEvents[]"))
        return read_event(&call->events, event, err);
    if (event->type == JSON_OBJECT_END || event->type == JSON_ARRAY_END)
        return 0;
    if (event->depth == 2 && text_starts(text_from(event->path), "tags."))
        return read_tag(call, event, false, err);
    if (json_at(event, "tags[]") || json_at(event, "tagKeys[]"))
        return read_tag(call, event, true, err);
    if (event->depth != 1)
        return 0;
    for (size_t i = 0; i < FIELD_COUNT; i++)
        if (json_at(event, fields[i].name))
            return read_field(call, &fields[i], event, err);
    return read_collection(call, event, err);
}

int call_read(struct call *call, struct text body, struct error *err)
{
    if (text_trim(body).length == 0)
        body = text_from("{}"); /* as the real service takes it */
    return json_read(body, CALL_BODY_BYTES, visit, call, err);
}
