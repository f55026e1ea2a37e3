#include "cwlogs-local/operation.h"

#include <assert.h>

static const char *const names[OPERATION_COUNT] = {
    [OPERATION_CREATE_LOG_GROUP] = "CreateLogGroup",
    [OPERATION_DELETE_LOG_GROUP] = "DeleteLogGroup",
    [OPERATION_DESCRIBE_LOG_GROUPS] = "DescribeLogGroups",
    [OPERATION_LIST_TAGS_FOR_RESOURCE] = "ListTagsForResource",
    [OPERATION_TAG_RESOURCE] = "TagResource",
    [OPERATION_UNTAG_RESOURCE] = "UntagResource",
    [OPERATION_PUT_RETENTION_POLICY] = "PutRetentionPolicy",
    [OPERATION_DELETE_RETENTION_POLICY] = "DeleteRetentionPolicy",
    [OPERATION_PUT_LOG_GROUP_DELETION_PROTECTION] = "PutLogGroupDeletionProtection",
    [OPERATION_CREATE_LOG_STREAM] = "CreateLogStream",
    [OPERATION_DESCRIBE_LOG_STREAMS] = "DescribeLogStreams",
    [OPERATION_PUT_LOG_EVENTS] = "PutLogEvents",
    [OPERATION_LIST_TAGS_LOG_GROUP] = "ListTagsLogGroup",
    [OPERATION_TAG_LOG_GROUP] = "TagLogGroup",
    [OPERATION_UNTAG_LOG_GROUP] = "UntagLogGroup",
    [OPERATION_UNKNOWN] = "Unknown",
};

const char *operation_name(enum operation operation)
{
    assert(operation >= 0 && operation < OPERATION_COUNT);
    return names[operation];
}

enum operation operation_find(struct text name)
{
    for (enum operation i = 0; i < OPERATION_UNKNOWN; i++)
        if (text_equal(name, names[i]))
            return i;
    return OPERATION_UNKNOWN;
}
