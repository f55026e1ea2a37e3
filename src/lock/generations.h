/* generations - the run's own names: which there are, and the list of what is left alone. */
#ifndef LOCK_GENERATIONS_H
#define LOCK_GENERATIONS_H

#include "lock/lock.h"

/* A slot for a new name: a free one, else that of the oldest name that matters least. */
struct lock_generation *generations_take(struct lock *lock);

/* By number; NULL if it is not remembered. */
struct lock_generation *generations_find(struct lock *lock, uint32_t number);

/* Plans the next generation; it is created by the next LOCK_TODO_CREATE. */
struct lock_generation *generations_plan(struct lock *lock, bool claim);

/* The wanted generation with the largest number, in any of planned, sent, made; or NULL. */
struct lock_generation *generations_newest(struct lock *lock);

/* The next older of these. */
struct lock_generation *generations_before(struct lock *lock,
                                           const struct lock_generation *generation);

/* One whose create is to be sent (again); one to delete; NULL if there is none. */
struct lock_generation *generations_to_create(struct lock *lock);
struct lock_generation *generations_to_delete(struct lock *lock);

/* Mark to be deleted: one; all wanted ones with a smaller number (all, with UINT32_MAX); claims. */
void generations_drop(struct lock_generation *generation);
void generations_drop_below(struct lock *lock, uint32_t number);
void generations_drop_claims(struct lock *lock);

void generations_name(const struct lock *lock, const struct lock_generation *generation,
                      char out[ATTEMPT_NAME_BYTES + 1]);

/* Of anybody's name, as much as a name may have. */
void generations_copy_name(struct text name, char out[ATTEMPT_NAME_BYTES + 1]);

uint64_t generations_hash(struct text name);
bool generations_left_alone(const struct lock *lock, struct text name);

#endif
