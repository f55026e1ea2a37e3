/*
 * directory - names in ASCII order that listings see late.
 *
 * An entry exists from directory_add to directory_remove: that is what directory_find answers
 * by. Listings follow behind: they show an entry from shown_from_ms and still show it until
 * shown_until_ms after it is gone. One name may therefore stand in the directory several times,
 * as remains of earlier lives and at most one that exists; a listing shows the youngest of those
 * it may show.
 *
 * Embed struct entry as the first member of what is to be listed. Times are milliseconds on any
 * clock that does not go back; they are handed in. The directory owns its entries and gives them
 * back through the function given to directory_init.
 */
#ifndef CWLOGS_LOCAL_DIRECTORY_H
#define CWLOGS_LOCAL_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/text.h"

struct entry {
    char *name;
    bool exists;
    int64_t shown_from_ms;
    int64_t shown_until_ms; /* INT64_MAX while it exists */
};

typedef void (*entry_free_fn)(struct entry *entry);

struct directory {
    struct entry **entries; /* by name, then by age; the youngest last */
    size_t count;
    size_t existing;   /* of those, entries that exist */
    size_t compact_at; /* entries that are gone, at which the expired ones are dropped */
    entry_free_fn free_entry;
};

void directory_init(struct directory *directory, entry_free_fn free_entry);

/* Gives everything back; takes a zero directory and may run twice. */
void directory_free(struct directory *directory);

/* The entry of this name that exists, or NULL. Borrowed until it is removed. */
struct entry *directory_find(const struct directory *directory, struct text name);

/*
 * Takes over an entry whose name is set and of which none exists. Returns 0, or -1 if memory ran
 * out; the entry then stays the caller's.
 */
int directory_add(struct directory *directory, struct entry *entry, int64_t shown_from_ms) MUST_USE;

/* Ends the entry's existence; it is given back once no listing may show it any more. */
void directory_remove(struct directory *directory, struct entry *entry, int64_t now_ms,
                      int64_t shown_until_ms);

/*
 * The index from which names come that begin with prefix and follow `after` (empty: all of
 * them). Pass it to directory_next.
 */
size_t directory_seek(const struct directory *directory, struct text prefix, struct text after);

/* The next entry to show, or NULL at the end of the names that begin with prefix. */
struct entry *directory_next(const struct directory *directory, struct text prefix, int64_t now_ms,
                             size_t *index);

#endif
