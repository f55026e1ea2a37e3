/* command - what a W runs while it holds, and the watchdog that ends it in time. */
#ifndef SIM_COMMAND_H
#define SIM_COMMAND_H

#include "contender_w.h"

#define COMMAND_CALM_MS 3000 /* longest hold in the calm */

void command_decide(struct contender_w *contender);
void command_start(struct contender_w *contender);
void command_start_later(void *contender, uint64_t serial);

/* The launcher says that the lock is lost, */
void command_say_lost(struct contender_w *contender);
/* and that its command must go: TERM, then KILL. */
void command_lost(struct contender_w *contender);

/* Moves the watchdog's alarm to the lease that the launcher has just published. */
void command_watch(struct contender_w *contender);

void command_end_by(struct contender_w *contender, int64_t at_ms); /* true time */
void command_kill(struct contender_w *contender);                  /* with its machine */
void command_freeze(struct contender_w *contender);

void command_say_listing(const struct contender_w *contender, const struct lock_listing *listing);

#endif
