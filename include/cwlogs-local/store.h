/*
 * store - the log groups and log streams of the one account and Region that the stand-in is.
 *
 * What exists and what listings show are two things (see directory.h): creating, deleting and
 * looking up by name are exact at once, listings follow behind. Stored bytes lag on their own.
 * Pure: times and the lag of each change are handed in, nothing is drawn or waited for. Not
 * thread safe, the caller holds a lock.
 *
 * Groups and streams are borrowed until the next call that changes the store.
 */
#ifndef CWLOGS_LOCAL_STORE_H
#define CWLOGS_LOCAL_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cwlogs-local/budget.h"
#include "cwlogs-local/directory.h"
#include "cwlogs-local/events.h"
#include "cwlogs-local/tags.h"

#define STORE_GROUPS_MAX  1000000 /* AWS quota L-C7B9AAAB */
#define STORE_STREAMS_MAX 10000   /* of one group; AWS has no limit */

/* When something happens. */
struct moment {
    int64_t now_ms;   /* decides what is shown; a clock that does not go back */
    int64_t stamp_ms; /* what creation times are written as: since 1970, skew and all */
    int64_t lag_ms;   /* after which listings show the change */
};

enum store_result {
    STORE_DONE,
    STORE_GROUP_EXISTS,
    STORE_GROUP_ABSENT,
    STORE_STREAM_EXISTS,
    STORE_STREAM_ABSENT,
    STORE_PROTECTED,
    STORE_FULL,
    STORE_TOO_MANY_STREAMS,
    STORE_TOO_MANY_TAGS,
    STORE_NO_MEMORY, /* the budget, or the machine's */
};

struct stored_bytes {
    int64_t shown; /* by listings */
    struct stored_batch *first, *last;
};

struct stream {
    struct entry entry;
    int64_t creation_ms;
    bool has_events;
    int64_t first_event_ms, last_event_ms, last_ingestion_ms; /* if has_events */
};

struct group {
    struct entry entry;
    struct budget *budget;
    size_t held_bytes; /* of the budget, streams and all */
    int64_t creation_ms;
    int64_t retention_days; /* 0: kept for ever */
    int64_t metric_filters;
    bool is_protected; /* from deletion */
    const char *class_name;
    char *kms_key_id; /* NULL: none */
    struct tags tags;
    struct stored_bytes stored;
    struct directory streams;
};

struct store {
    struct directory groups;
    struct budget *budget;
};

/* A group to create. All borrowed; what is zero is left at its default. */
struct group_wish {
    struct text name;
    const char *class_name; /* a string that lives for ever */
    struct text kms_key_id;
    const struct tags *tags;
    bool is_protected;
    int64_t metric_filters;
};

/* budget, borrowed until store_free, is of all that it keeps, remains included. */
void store_init(struct store *store, struct budget *budget);
void store_free(struct store *store); /* may run twice */

enum store_result store_create_group(struct store *store, const struct group_wish *wish,
                                     struct moment at) MUST_USE;
enum store_result store_delete_group(struct store *store, struct text name,
                                     struct moment at) MUST_USE;

/* The group that exists under this name, or NULL. */
struct group *store_find_group(const struct store *store, struct text name);

enum store_result store_tag_group(struct group *group, const struct tags *tags) MUST_USE;
void store_untag_group(struct group *group, const struct tags *keys); /* absent ones are fine */

enum store_result store_create_stream(struct group *group, struct text name,
                                      struct moment at) MUST_USE;

/* The stream of this name that exists, or NULL. */
struct stream *store_find_stream(const struct group *group, struct text name);

/* What was taken, one event at least, appears in the group's stored.shown after bytes_lag_ms. */
enum store_result store_put_events(struct group *group, struct stream *stream,
                                   const struct events_taken *taken, int64_t bytes_lag_ms,
                                   struct moment at) MUST_USE;

/* Brings stored.shown up to date. */
int64_t store_shown_bytes(struct group *group, int64_t now_ms);

/* Which groups a page is to show. */
struct group_filter {
    struct text prefix;
    struct text pattern;    /* a substring; empty: any */
    struct text after;      /* the last name of the page before; empty: from the start */
    const char *class_name; /* NULL: any */
    size_t limit;
};

/*
 * Writes the groups that listings show at now_ms, in ASCII order, to page (of filter->limit) and
 * says whether there are more. Returns their number. A page is read by itself: what changes
 * between two pages may be missed or seen twice, as with the real service.
 */
size_t store_list_groups(const struct store *store, const struct group_filter *filter,
                         int64_t now_ms, struct group **page, bool *ret_more);

#endif
