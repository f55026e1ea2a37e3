/*
 * budget - how much memory may be in use at once, counted by those who use it.
 *
 * What others send decides how much is kept; this is where it ends. Any thread may use it.
 */
#ifndef CWLOGS_LOCAL_BUDGET_H
#define CWLOGS_LOCAL_BUDGET_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct budget {
    atomic_size_t used_bytes;
    size_t limit_bytes; /* never changes */
};

/* Give back exactly what was taken. False: there is no room, and nothing was taken. */
bool budget_take(struct budget *budget, size_t bytes);
void budget_give(struct budget *budget, size_t bytes);

#endif
