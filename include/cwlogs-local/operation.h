/* operation - the calls of the CloudWatch Logs API that the stand-in knows, by name. */
#ifndef CWLOGS_LOCAL_OPERATION_H
#define CWLOGS_LOCAL_OPERATION_H

#include "base/text.h"

enum operation {
    OPERATION_CREATE_LOG_GROUP,
    OPERATION_DELETE_LOG_GROUP,
    OPERATION_DESCRIBE_LOG_GROUPS,
    OPERATION_LIST_TAGS_FOR_RESOURCE,
    OPERATION_TAG_RESOURCE,
    OPERATION_UNTAG_RESOURCE,
    OPERATION_PUT_RETENTION_POLICY,
    OPERATION_DELETE_RETENTION_POLICY,
    OPERATION_PUT_LOG_GROUP_DELETION_PROTECTION,
    OPERATION_CREATE_LOG_STREAM,
    OPERATION_DESCRIBE_LOG_STREAMS,
    OPERATION_PUT_LOG_EVENTS,
    OPERATION_LIST_TAGS_LOG_GROUP, /* the three older tag calls: Ansible's modules use them */
    OPERATION_TAG_LOG_GROUP,
    OPERATION_UNTAG_LOG_GROUP,
    OPERATION_UNKNOWN, /* anything else; counted and logged under this name */
    OPERATION_COUNT,
};

/* As in X-Amz-Target: "CreateLogGroup". */
const char *operation_name(enum operation operation);

/* OPERATION_UNKNOWN if there is none of that name. */
enum operation operation_find(struct text name);

#endif
