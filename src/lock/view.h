/* view - a listing as the rules see it: what is alive, and which names belong to one run. */
#ifndef LOCK_VIEW_H
#define LOCK_VIEW_H

#include "lock/state.h"

/* Neighbours in a listing that are names of one run; or one name that is nobody's. */
struct view_run {
    uint32_t first, end;
    bool live, live_claim; /* one of them is; or may be, on the next page */
};

/* The run that begins at entry `first`; now_ms is own_service_ms(). */
struct view_run view_run(const struct lock *lock, const struct lock_listing *listing,
                         uint32_t first, int64_t now_ms);

bool view_is_live(const struct lock *lock, const struct lock_entry *entry, int64_t now_ms);

/* The order of keys: ticket, then ID, then nonce. Does the other precede us? */
bool view_precedes(const struct lock *lock, const struct lock_entry *other);
int64_t view_ticket_ms(const struct lock_entry *entry);

/* "The same explicit ID twice": a waiting attempt of an earlier run of it, which we replace. */
bool view_is_leftover(const struct lock *lock, const struct lock_entry *entry,
                      const struct view_run *run);

/* So long others' may be deleted by what it shows: it takes time to read many pages. */
struct mono view_fresh_until(const struct lock *lock, const struct lock_listing *listing);

/* A short hash of a name, or of a run's ID and nonce. */
uint64_t view_hash(struct text first, struct text second);

/* Tells the user of that name, unless something else is being told, or it was told before. */
void view_notice(struct lock *lock, enum lock_notice notice, struct text name, bool *told);

/* Of anybody's name, as much as a name may have. */
void view_copy_name(struct text name, char out[ATTEMPT_NAME_BYTES + 1]);

#endif
