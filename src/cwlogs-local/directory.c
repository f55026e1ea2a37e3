#include "cwlogs-local/directory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define COMPACT_AT_LEAST 256 /* entries that are gone, tolerated before any are looked for */

void directory_init(struct directory *directory, entry_free_fn free_entry)
{
    *directory = (struct directory){.compact_at = COMPACT_AT_LEAST, .free_entry = free_entry};
}

void directory_free(struct directory *directory)
{
    for (size_t i = 0; i < directory->count; i++)
        directory->free_entry(directory->entries[i]);
    free(directory->entries);
    directory_init(directory, directory->free_entry);
}

/* The first index whose name is not less than text; with `beyond`, is greater than it. */
static size_t search(const struct directory *directory, struct text text, bool beyond)
{
    size_t low = 0, high = directory->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = text_order(text_from(directory->entries[middle]->name), text);
        if (order < 0 || (beyond && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct entry *directory_find(const struct directory *directory, struct text name)
{
    size_t index = search(directory, name, true);
    if (index == 0)
        return NULL;
    struct entry *entry = directory->entries[index - 1];
    return entry->exists && text_order(text_from(entry->name), name) == 0 ? entry : NULL;
}

/* What listings show of an earlier life ends where they show the next one. */
static void cut_short(struct directory *directory, size_t index, const char *name, int64_t ms)
{
    struct entry *before = index ? directory->entries[index - 1] : NULL;
    if (before && strcmp(before->name, name) == 0 && before->shown_until_ms > ms)
        before->shown_until_ms = ms;
}

int directory_add(struct directory *directory, struct entry *entry, int64_t shown_from_ms)
{
    void *entries = array_grow(directory->entries, directory->count, sizeof(struct entry *));
    if (!entries)
        return -1;
    directory->entries = entries;
    size_t index = search(directory, text_from(entry->name), true);
    struct entry **place = directory->entries + index;
    cut_short(directory, index, entry->name, shown_from_ms);
    memmove(place + 1, place, (directory->count - index) * sizeof(struct entry *));
    *place = entry;
    directory->count++;
    directory->existing++;
    entry->exists = true;
    entry->shown_from_ms = shown_from_ms;
    entry->shown_until_ms = INT64_MAX;
    return 0;
}

/* One pass over everything, made rare enough that it costs each removal little. */
static void compact(struct directory *directory, int64_t now_ms)
{
    size_t kept = 0;
    for (size_t i = 0; i < directory->count; i++) {
        struct entry *entry = directory->entries[i];
        if (entry->shown_until_ms > now_ms)
            directory->entries[kept++] = entry;
        else
            directory->free_entry(entry);
    }
    directory->count = kept;
    directory->compact_at = (kept - directory->existing) * 2 + COMPACT_AT_LEAST;
}

void directory_remove(struct directory *directory, struct entry *entry, int64_t now_ms,
                      int64_t shown_until_ms)
{
    assert(entry->exists);
    entry->exists = false;
    entry->shown_until_ms = shown_until_ms;
    directory->existing--;
    if (directory->count - directory->existing >= directory->compact_at)
        compact(directory, now_ms);
}

size_t directory_seek(const struct directory *directory, struct text prefix, struct text after)
{
    size_t from_prefix = search(directory, prefix, false);
    size_t from_after = after.length ? search(directory, after, true) : 0;
    return from_prefix > from_after ? from_prefix : from_after;
}

static bool shown(const struct entry *entry, int64_t now_ms)
{
    return entry->shown_from_ms <= now_ms && now_ms < entry->shown_until_ms;
}

struct entry *directory_next(const struct directory *directory, struct text prefix, int64_t now_ms,
                             size_t *index)
{
    struct entry *found = NULL;
    while (*index < directory->count) {
        struct entry *entry = directory->entries[*index];
        if (strncmp(entry->name, prefix.data, prefix.length) != 0)
            break;
        if (found && strcmp(found->name, entry->name) != 0)
            break; /* found is the youngest of its name */
        if (shown(entry, now_ms))
            found = entry;
        ++*index;
    }
    return found;
}
