#include "cwlogs-local/store.h"

#include <stdlib.h>
#include <string.h>

#define GROUP_BYTES  (sizeof(struct group) + 64) /* beside its words; with what malloc adds */
#define STREAM_BYTES (sizeof(struct stream) + 64)
#define BATCH_BYTES  (sizeof(struct stored_batch) + 16)

struct stored_batch {
    struct stored_batch *next;
    int64_t bytes;
    int64_t shown_from_ms;
};

static void free_stream(struct entry *entry)
{
    free(entry->name);
    free(entry); /* the entry is the first member */
}

static void free_group(struct entry *entry)
{
    struct group *group = (struct group *)entry;
    struct stored_batch *batch = group->stored.first;
    while (batch) {
        struct stored_batch *next = batch->next;
        free(batch);
        batch = next;
    }
    budget_give(group->budget, group->held_bytes);
    directory_free(&group->streams);
    tags_free(&group->tags);
    free(group->kms_key_id);
    free(entry->name);
    free(group);
}

static bool hold(struct group *group, size_t bytes)
{
    if (!budget_take(group->budget, bytes))
        return false;
    group->held_bytes += bytes;
    return true;
}

static void release(struct group *group, size_t bytes)
{
    budget_give(group->budget, bytes);
    group->held_bytes -= bytes;
}

void store_init(struct store *store, struct budget *budget)
{
    store->budget = budget;
    directory_init(&store->groups, free_group);
}

void store_free(struct store *store)
{
    directory_free(&store->groups);
}

struct group *store_find_group(const struct store *store, struct text name)
{
    return (struct group *)directory_find(&store->groups, name);
}

static struct group *make_group(struct budget *budget, const struct group_wish *wish,
                                struct moment at)
{
    struct group *group = calloc(1, sizeof(*group));
    if (!group)
        return NULL;
    group->budget = budget;
    directory_init(&group->streams, free_stream);
    group->creation_ms = at.stamp_ms;
    group->metric_filters = wish->metric_filters;
    group->is_protected = wish->is_protected;
    group->class_name = wish->class_name ? wish->class_name : "STANDARD";
    group->entry.name = strndup(wish->name.data, wish->name.length);
    bool failed = !group->entry.name ||
                  !hold(group, GROUP_BYTES + wish->name.length + wish->kms_key_id.length);
    if (wish->kms_key_id.length) {
        group->kms_key_id = strndup(wish->kms_key_id.data, wish->kms_key_id.length);
        failed = failed || !group->kms_key_id;
    }
    if (wish->tags)
        failed = failed || store_tag_group(group, wish->tags) != STORE_DONE;
    if (!failed)
        return group;
    free_group(&group->entry);
    return NULL;
}

enum store_result store_create_group(struct store *store, const struct group_wish *wish,
                                     struct moment at)
{
    if (store_find_group(store, wish->name))
        return STORE_GROUP_EXISTS;
    if (store->groups.existing >= STORE_GROUPS_MAX)
        return STORE_FULL;
    struct group *group = make_group(store->budget, wish, at);
    if (!group)
        return STORE_NO_MEMORY;
    if (directory_add(&store->groups, &group->entry, at.now_ms + at.lag_ms) != 0) {
        free_group(&group->entry);
        return STORE_NO_MEMORY;
    }
    return STORE_DONE;
}

enum store_result store_delete_group(struct store *store, struct text name, struct moment at)
{
    struct group *group = store_find_group(store, name);
    if (!group)
        return STORE_GROUP_ABSENT;
    if (group->is_protected)
        return STORE_PROTECTED;
    directory_remove(&store->groups, &group->entry, at.now_ms, at.now_ms + at.lag_ms);
    return STORE_DONE;
}

enum store_result store_tag_group(struct group *group, const struct tags *tags)
{
    size_t more = tags_bytes(tags), before = tags_bytes(&group->tags);
    if (tags_merged_count(&group->tags, tags) > TAGS_MAX)
        return STORE_TOO_MANY_TAGS;
    if (!hold(group, more))
        return STORE_NO_MEMORY;
    int failed = tags_merge(&group->tags, tags);
    release(group, more + before - tags_bytes(&group->tags)); /* of those that were replaced */
    return failed ? STORE_NO_MEMORY : STORE_DONE;
}

void store_untag_group(struct group *group, const struct tags *keys)
{
    size_t before = tags_bytes(&group->tags);
    for (size_t i = 0; i < keys->count; i++)
        tags_remove(&group->tags, text_from(keys->tags[i].key));
    release(group, before - tags_bytes(&group->tags));
}

struct stream *store_find_stream(const struct group *group, struct text name)
{
    return (struct stream *)directory_find(&group->streams, name);
}

enum store_result store_create_stream(struct group *group, struct text name, struct moment at)
{
    if (store_find_stream(group, name))
        return STORE_STREAM_EXISTS;
    if (group->streams.existing >= STORE_STREAMS_MAX)
        return STORE_TOO_MANY_STREAMS;
    struct stream *stream = calloc(1, sizeof(*stream));
    size_t bytes = STREAM_BYTES + name.length;
    if (!stream || !hold(group, bytes)) {
        free(stream);
        return STORE_NO_MEMORY;
    }
    stream->creation_ms = at.stamp_ms;
    stream->entry.name = strndup(name.data, name.length);
    if (!stream->entry.name ||
        directory_add(&group->streams, &stream->entry, at.now_ms + at.lag_ms) != 0) {
        free_stream(&stream->entry);
        release(group, bytes);
        return STORE_NO_MEMORY;
    }
    return STORE_DONE;
}

enum store_result store_put_events(struct group *group, struct stream *stream,
                                   const struct events_taken *taken, int64_t bytes_lag_ms,
                                   struct moment at)
{
    (void)store_shown_bytes(group, at.now_ms); /* those before it that are due make room */
    struct stored_batch *batch = malloc(sizeof(*batch));
    if (!batch || !hold(group, BATCH_BYTES)) {
        free(batch);
        return STORE_NO_MEMORY;
    }
    *batch = (struct stored_batch){NULL, taken->bytes, at.now_ms + bytes_lag_ms};
    *(group->stored.last ? &group->stored.last->next : &group->stored.first) = batch;
    group->stored.last = batch;
    if (!stream->has_events || taken->first_ms < stream->first_event_ms)
        stream->first_event_ms = taken->first_ms;
    if (!stream->has_events || taken->last_ms > stream->last_event_ms)
        stream->last_event_ms = taken->last_ms;
    stream->last_ingestion_ms = at.stamp_ms;
    stream->has_events = true;
    return STORE_DONE;
}

int64_t store_shown_bytes(struct group *group, int64_t now_ms)
{
    struct stored_bytes *stored = &group->stored;
    while (stored->first && stored->first->shown_from_ms <= now_ms) {
        struct stored_batch *batch = stored->first;
        stored->shown += batch->bytes;
        stored->first = batch->next;
        free(batch);
        release(group, BATCH_BYTES);
    }
    if (!stored->first)
        stored->last = NULL;
    return stored->shown;
}

static bool wanted(const struct group *group, const struct group_filter *filter)
{
    if (filter->class_name && strcmp(filter->class_name, group->class_name) != 0)
        return false;
    return filter->pattern.length == 0 || memmem(group->entry.name, strlen(group->entry.name),
                                                 filter->pattern.data, filter->pattern.length);
}

size_t store_list_groups(const struct store *store, const struct group_filter *filter,
                         int64_t now_ms, struct group **page, bool *ret_more)
{
    size_t index = directory_seek(&store->groups, filter->prefix, filter->after), count = 0;
    struct entry *entry;
    bool more = false;
    while (!more && (entry = directory_next(&store->groups, filter->prefix, now_ms, &index))) {
        struct group *group = (struct group *)entry;
        if (!wanted(group, filter))
            continue;
        if (count == filter->limit)
            more = true;
        else
            page[count++] = group;
    }
    *ret_more = more;
    return count;
}
