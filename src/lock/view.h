/* view - a listing as the rules see it: what is alive, and which names belong to one run. */
#ifndef LOCK_VIEW_H
#define LOCK_VIEW_H

#include "lock/state.h"

/* Entries [first, end) of a listing: all names of one run, which are neighbours; or one other name.
 */
struct view_run {
    uint32_t first, end;
    bool live;       /* one of them has not expired, or one on the next page may not have */
    bool live_claim; /* ... and is a claim */
};

/* The run that begins at entry `first`; now_ms is own_service_ms(). */
struct view_run view_run(const struct lock *lock, const struct lock_listing *listing,
                         uint32_t first, int64_t now_ms);

/* Not expired by now_ms; its timeout is its own, or --role-timeout if it is unmarked (EXPIRES). */
bool view_is_live(const struct lock *lock, const struct lock_entry *entry, int64_t now_ms);

/* The order of keys: ticket, then ID, then nonce. Does the other precede us? */
bool view_precedes(const struct lock *lock, const struct lock_entry *other);

/* Its place in the queue: the ticket in its name, or else its creation time. */
int64_t view_ticket_ms(const struct lock_entry *entry);

/* "The same explicit ID twice": a waiting attempt of an earlier run of it, which we replace. */
bool view_is_leftover(const struct lock *lock, const struct lock_entry *entry,
                      const struct view_run *run);

/* Until when others' names may be deleted by what the listing shows (CLEAN_FRESH). */
struct mono view_fresh_until(const struct lock *lock, const struct lock_listing *listing);

/* A short hash of a name, or of a run's ID and nonce. */
uint64_t view_hash(struct text first, struct text second);

/*
 * Leaves a notice about that name for the user, unless one is yet to be taken, or *told says that
 * it was given before. Sets *told.
 */
void view_notice(struct lock *lock, enum lock_notice notice, struct text name, bool *told);

/* Copies a name, cut to ATTEMPT_NAME_BYTES. */
void view_copy_name(struct text name, char out[ATTEMPT_NAME_BYTES + 1]);

#endif
