#include "cwlogs-local/operations.h"

#include "base/json.h"
#include "cwlogs-local/check.h"
#include "cwlogs-local/describe.h"

/* Sets the answer for what the store says; true if it was done. */
static bool done(enum store_result result, struct answer *answer)
{
    switch (result) {
    case STORE_DONE:
        return true;
    case STORE_GROUP_EXISTS:
        answer_fail(answer, OUTCOME_GROUP_EXISTS, "The specified log group already exists");
        break;
    case STORE_TOO_MANY_STREAMS:
        answer_fail(answer, OUTCOME_UNAVAILABLE,
                    "cwlogs-local keeps no more than %d streams of a log group.",
                    STORE_STREAMS_MAX);
        break;
    case STORE_STREAM_EXISTS:
        answer_fail(answer, OUTCOME_GROUP_EXISTS, "The specified log stream already exists");
        break;
    case STORE_GROUP_ABSENT:
        answer_fail(answer, OUTCOME_NOT_FOUND, "The specified log group does not exist.");
        break;
    case STORE_STREAM_ABSENT:
        answer_fail(answer, OUTCOME_NOT_FOUND, "The specified log stream does not exist.");
        break;
    case STORE_PROTECTED:
        answer_fail(answer, OUTCOME_VALIDATION,
                    "The specified log group cannot be deleted because deletion protection is "
                    "enabled.");
        break;
    case STORE_FULL:
        answer_fail(answer, OUTCOME_LIMIT, "Resource limit exceeded.");
        break;
    case STORE_TOO_MANY_TAGS:
        answer_fail(answer, OUTCOME_TOO_MANY_TAGS,
                    "The resource would have more than the %d tags that are allowed.", TAGS_MAX);
        break;
    case STORE_NO_MEMORY:
        answer_fail(answer, OUTCOME_UNAVAILABLE, "cwlogs-local is out of memory.");
        break;
    }
    return false;
}

struct text operations_group_name(const struct call *call)
{
    struct text name = buf_view(&call->group_name), other = buf_view(&call->group_identifier);
    if (name.length)
        return name;
    if (call_given(&call->resource_arn))
        return check_arn_name(buf_view(&call->resource_arn));
    return text_starts(other, "arn:") ? check_arn_name(other) : other;
}

/* The group the call names, or NULL with the answer set. */
static struct group *named_group(const struct scene *scene, enum operation operation,
                                 const struct call *call, struct answer *answer)
{
    struct text name = buf_view(&call->group_name);
    bool by_arn = operation == OPERATION_LIST_TAGS_FOR_RESOURCE ||
                  operation == OPERATION_TAG_RESOURCE || operation == OPERATION_UNTAG_RESOURCE;
    bool by_identifier =
        operation == OPERATION_PUT_LOG_GROUP_DELETION_PROTECTION ||
        (operation == OPERATION_DESCRIBE_LOG_STREAMS && call_given(&call->group_identifier));
    bool good = by_arn ? check_group_arn(buf_view(&call->resource_arn), &name, answer)
                : by_identifier
                    ? check_group_identifier(buf_view(&call->group_identifier), &name, answer)
                    : check_group_name(name, answer);
    if (!good)
        return NULL;
    struct group *group = store_find_group(scene->store, name);
    (void)done(group ? STORE_DONE : STORE_GROUP_ABSENT, answer); /* sets the answer */
    return group;
}

static void create_group(const struct scene *scene, const struct call *call, struct answer *answer)
{
    if (!check_new_group(call, answer))
        return;
    if (call->tags_given && scene->faults->deny[OPERATION_TAG_RESOURCE]) {
        answer_fail(answer, OUTCOME_ACCESS_DENIED,
                    "User with accountId: " ACCOUNT_ID " is not authorized to perform "
                    "CreateLogGroup with Tags. An additional permission \"logs:TagResource\" is "
                    "required.");
        return;
    }
    struct group_wish wish = {.name = buf_view(&call->group_name),
                              .class_name = check_class(buf_view(&call->class_name)),
                              .kms_key_id = buf_view(&call->kms_key_id),
                              .tags = &call->tags,
                              .is_protected = call->is_protected.value != 0};
    (void)done(store_create_group(scene->store, &wish, scene->at), answer); /* sets the answer */
}

static void delete_group(const struct scene *scene, const struct call *call, struct answer *answer)
{
    struct text name = buf_view(&call->group_name);
    if (check_group_name(name, answer))
        (void)done(store_delete_group(scene->store, name, scene->at), answer); /* sets the answer */
}

static void list_tags(struct group *group, struct answer *answer)
{
    json_object(&answer->body, NULL);
    json_object(&answer->body, "tags");
    for (size_t i = 0; i < group->tags.count; i++)
        json_string(&answer->body, group->tags.tags[i].key, group->tags.tags[i].value);
    json_object_end(&answer->body);
    json_object_end(&answer->body);
}

/* The older of the two calls does not know of too many. */
static void tag(struct group *group, enum operation operation, const struct call *call,
                struct answer *answer)
{
    enum store_result result = store_tag_group(group, &call->tags);
    if (result == STORE_TOO_MANY_TAGS && operation == OPERATION_TAG_LOG_GROUP)
        answer_fail(answer, OUTCOME_INVALID_PARAMETER, "A log group has at most %d tags.",
                    TAGS_MAX);
    else
        (void)done(result, answer); /* sets the answer */
}

static void create_stream(const struct scene *scene, struct group *group, const struct call *call,
                          struct answer *answer)
{
    struct text name = buf_view(&call->stream_name);
    if (check_stream_name(name, answer))
        (void)done(store_create_stream(group, name, scene->at), answer); /* sets the answer */
}

static void write_rejected(const struct events *events, const struct events_taken *taken,
                           struct buf *out)
{
    if (taken->first == 0 && taken->too_new == events->count)
        return;
    json_object(out, "rejectedLogEventsInfo");
    if (taken->too_new < events->count)
        json_integer(out, "tooNewLogEventStartIndex", (int64_t)taken->too_new);
    if (taken->too_old_end > 0)
        json_integer(out, "tooOldLogEventEndIndex", (int64_t)taken->too_old_end);
    if (taken->expired_end > taken->too_old_end)
        json_integer(out, "expiredLogEventEndIndex", (int64_t)taken->expired_end);
    json_object_end(out);
}

static void put_events(const struct scene *scene, struct group *group, const struct call *call,
                       struct answer *answer)
{
    struct text name = buf_view(&call->stream_name);
    const struct events *batch = &call->events.batch;
    if (!check_stream_name(name, answer) || !check_events(call, answer))
        return;
    struct events_taken taken = events_choose(batch, scene->wall_ms, group->retention_days);
    struct stream *stream = store_find_stream(group, name);
    if (!check_span(&taken, answer) || !done(stream ? STORE_DONE : STORE_STREAM_ABSENT, answer))
        return;
    if (taken.first < taken.end &&
        !done(
            store_put_events(group, stream, &taken, scene->faults->stored_bytes_lag_ms, scene->at),
            answer))
        return;
    json_object(&answer->body, NULL);
    json_string(&answer->body, "nextSequenceToken", "0"); /* long since without meaning */
    write_rejected(batch, &taken, &answer->body);
    json_object_end(&answer->body);
}

static bool check_call(enum operation operation, const struct call *call, struct answer *answer)
{
    switch (operation) {
    case OPERATION_DESCRIBE_LOG_STREAMS:
        return check_stream_listing(call, answer);
    case OPERATION_PUT_RETENTION_POLICY:
        return check_retention(call, answer);
    case OPERATION_PUT_LOG_GROUP_DELETION_PROTECTION:
        return check_protection(call, answer);
    case OPERATION_TAG_RESOURCE:
    case OPERATION_TAG_LOG_GROUP:
        return check_tags(call, answer);
    case OPERATION_UNTAG_LOG_GROUP:
        return check_tag_keys(call, "tags", 1, answer);
    case OPERATION_UNTAG_RESOURCE:
        return check_tag_keys(call, "tagKeys", 0, answer);
    default:
        return true;
    }
}

/* The calls on a group that must exist. */
static void on_group(const struct scene *scene, enum operation operation, const struct call *call,
                     struct answer *answer)
{
    struct group *group =
        check_call(operation, call, answer) ? named_group(scene, operation, call, answer) : NULL;
    if (!group)
        return;
    switch (operation) {
    case OPERATION_LIST_TAGS_FOR_RESOURCE:
    case OPERATION_LIST_TAGS_LOG_GROUP:
        list_tags(group, answer);
        break;
    case OPERATION_TAG_RESOURCE:
    case OPERATION_TAG_LOG_GROUP:
        tag(group, operation, call, answer);
        break;
    case OPERATION_UNTAG_RESOURCE:
    case OPERATION_UNTAG_LOG_GROUP:
        store_untag_group(group, &call->tags);
        break;
    case OPERATION_PUT_RETENTION_POLICY:
        group->retention_days = call->retention_days.value;
        break;
    case OPERATION_DELETE_RETENTION_POLICY:
        group->retention_days = 0;
        break;
    case OPERATION_PUT_LOG_GROUP_DELETION_PROTECTION:
        group->is_protected = call->is_protected.value != 0;
        break;
    case OPERATION_CREATE_LOG_STREAM:
        create_stream(scene, group, call, answer);
        break;
    case OPERATION_DESCRIBE_LOG_STREAMS:
        describe_streams(scene, group, call, answer);
        break;
    case OPERATION_PUT_LOG_EVENTS:
        put_events(scene, group, call, answer);
        break;
    default:
        break; /* operations_execute has the others */
    }
}

void operations_execute(const struct scene *scene, enum operation operation,
                        const struct call *call, struct answer *answer)
{
    if (operation == OPERATION_LIST_TAGS_LOG_GROUP || operation == OPERATION_UNTAG_LOG_GROUP)
        answer->invalid = OUTCOME_VALIDATION; /* they know no InvalidParameterException */
    switch (operation) {
    case OPERATION_CREATE_LOG_GROUP:
        create_group(scene, call, answer);
        break;
    case OPERATION_DELETE_LOG_GROUP:
        delete_group(scene, call, answer);
        break;
    case OPERATION_DESCRIBE_LOG_GROUPS:
        describe_groups(scene, call, answer);
        break;
    case OPERATION_UNKNOWN:
    case OPERATION_COUNT:
        answer_fail(answer, OUTCOME_UNKNOWN_OPERATION, "cwlogs-local does not know this operation");
        break;
    default:
        on_group(scene, operation, call, answer);
        break;
    }
}

void operations_deny(struct text region, enum operation operation, const struct call *call,
                     struct answer *answer)
{
    struct text name = operations_group_name(call);
    const char *rest = operation == OPERATION_DELETE_LOG_GROUP ? "" : ":log-stream:";
    if (operation == OPERATION_DESCRIBE_LOG_GROUPS)
        name = text_from(""); /* checked against all, whatever the prefix */
    answer_fail(answer, OUTCOME_ACCESS_DENIED,
                "User: arn:aws:iam::" ACCOUNT_ID ":user/cwlogs-local is not authorized to perform: "
                "logs:%s on resource: arn:aws:logs:%.*s:" ACCOUNT_ID ":log-group:%.*s%s because no "
                "identity-based policy allows the logs:%s action",
                operation_name(operation), TEXT_ARGS(region), TEXT_ARGS(name), rest,
                operation_name(operation));
}
