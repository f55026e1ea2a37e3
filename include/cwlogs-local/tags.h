/* tags - the tags of a log group: key and value, in order of their keys. */
#ifndef CWLOGS_LOCAL_TAGS_H
#define CWLOGS_LOCAL_TAGS_H

#include <stddef.h>

#include <stdbool.h>

#include "base/error.h"
#include "base/text.h"

/* Of one resource: AWS General Reference, tag naming and usage. */
#define TAGS_MAX             50
#define TAG_KEY_CHARACTERS   128
#define TAG_VALUE_CHARACTERS 256

struct tag {
    char *key;
    char *value;
};

/* The zero value is an empty set. */
struct tags {
    struct tag *tags;
    size_t count;
};

/*
 * Is this of at most so many characters (not bytes), each a letter, a digit or a blank of any
 * script or one of _.:/=+-@? What is a letter beyond ASCII is the C library's opinion, which takes
 * combining marks for letters and superscripts for none; Unicode's categories say otherwise.
 */
bool tags_is_text(struct text text, size_t characters_max);

/* Adds or replaces one. Returns 0, or -1 if memory ran out. */
int tags_set(struct tags *tags, struct text key, struct text value) MUST_USE;

/* Adds or replaces all of `more`; -1 leaves some of them set. */
int tags_merge(struct tags *tags, const struct tags *more) MUST_USE;

/* How many there would be after tags_merge. */
size_t tags_merged_count(const struct tags *tags, const struct tags *more);

/* About what they take of memory. */
size_t tags_bytes(const struct tags *tags);

void tags_remove(struct tags *tags, struct text key); /* absent is fine */
void tags_free(struct tags *tags);                    /* may run twice */

#endif
