/*
 * adversary - somebody who may create log groups under the prefix, and means no good.
 *
 * Names are input: what it makes comes out of the edges of the grammar (docs/protocol.md, "Names"),
 * with the IDs, tickets, claims and numbers of those who really contend, also of names that they
 * are about to make; once in a while hundreds of one run. It deletes nothing. It stops in the calm.
 */
#ifndef SIM_ADVERSARY_H
#define SIM_ADVERSARY_H

#include "service.h"

struct adversary {
    struct world *world;
    struct service *service;
    bool burst_over; /* it makes hundreds of names once at most */
};

void adversary_start(struct adversary *adversary, struct world *world, struct service *service);

#endif
