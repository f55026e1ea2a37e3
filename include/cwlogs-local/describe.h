/* describe - DescribeLogGroups and DescribeLogStreams: filters, pages and what they look like. */
#ifndef CWLOGS_LOCAL_DESCRIBE_H
#define CWLOGS_LOCAL_DESCRIBE_H

#include "cwlogs-local/operations.h"

/* Both check their parameters. */
void describe_groups(const struct scene *scene, const struct call *call, struct answer *answer);
void describe_streams(const struct scene *scene, struct group *group, const struct call *call,
                      struct answer *answer);

#endif
