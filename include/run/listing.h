/*
 * listing - the log groups of a listing, as the lock reads them: what client and aws/logs have read
 * is turned into lock entries, page by page, without copying the names.
 */
#ifndef RUN_LISTING_H
#define RUN_LISTING_H

#include "client/client.h"
#include "lock/lock.h"

/* Zero is valid, and empty. */
struct listing {
    struct lock_entry *entries; /* owned */
    uint32_t room;              /* so many entries fit */
};

/*
 * Makes lock entries of all pages read so far; prefix is the lock's. *ret_listing points into
 * listing and pages, and is valid until the next page is read: the names move then. ERROR_SYSTEM
 * without memory.
 */
int listing_read(struct listing *listing, const struct logs_listing *pages, const char *prefix,
                 struct lock_listing *ret_listing, struct error *err) MUST_USE;
void listing_free(struct listing *listing);

#endif
