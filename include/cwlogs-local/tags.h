/* tags - the tags of a log group: key and value, in order of their keys. */
#ifndef CWLOGS_LOCAL_TAGS_H
#define CWLOGS_LOCAL_TAGS_H

#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

#define TAGS_MAX 50 /* of one resource: AWS General Reference, tag naming and usage */

struct tag {
    char *key;
    char *value;
};

/* The zero value is an empty set. */
struct tags {
    struct tag *tags;
    size_t count;
    size_t capacity;
};

/* Adds or replaces one. Returns 0, or -1 if memory ran out. */
int tags_set(struct tags *tags, struct text key, struct text value) MUST_USE;

/* Adds or replaces all of `more`; -1 leaves some of them set. */
int tags_merge(struct tags *tags, const struct tags *more) MUST_USE;

/* How many there would be after tags_merge. */
size_t tags_merged_count(const struct tags *tags, const struct tags *more);

void tags_remove(struct tags *tags, struct text key); /* absent is fine */
void tags_free(struct tags *tags);                    /* may run twice */

#endif
