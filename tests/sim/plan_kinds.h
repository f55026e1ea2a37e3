/* plan_kinds - worlds that lean to one side, for hunting rules that are left out. */
#ifndef SIM_PLAN_KINDS_H
#define SIM_PLAN_KINDS_H

#include "plan.h"

/* Leans a plan towards its kind; within the bounds, like any other. Before bounds are drawn. */
void plan_lean(struct plan *plan, enum plan_kind kind, struct prng *prng);

#endif
