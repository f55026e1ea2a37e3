#include "run/listing.h"

#include <stdlib.h>

static int make_room(struct listing *listing, uint32_t room, struct error *err)
{
    if (room <= listing->room)
        return 0;
    struct lock_entry *entries = realloc(listing->entries, room * sizeof(*entries));
    if (!entries)
        return error_set(err, ERROR_SYSTEM, "out of memory for %u log groups", room);
    listing->entries = entries;
    listing->room = room;
    return 0;
}

int listing_read(struct listing *listing, const struct logs_listing *pages, const char *prefix,
                 struct lock_listing *ret_listing, struct error *err)
{
    if (make_room(listing, pages->room, err) != 0)
        return -1;
    for (uint32_t i = 0; i < pages->count; i++)
        listing->entries[i] =
            lock_entry_make(prefix, logs_listing_name(pages, i), pages->groups[i].created_ms,
                            pages->groups[i].has_content);
    *ret_listing = (struct lock_listing){.entries = listing->entries,
                                         .count = pages->count,
                                         .pages = pages->pages,
                                         .complete = pages->token.length == 0,
                                         .asked = pages->asked};
    return 0;
}

void listing_free(struct listing *listing)
{
    free(listing->entries);
    *listing = (struct listing){0};
}
