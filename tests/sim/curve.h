/* curve - double holds on both sides of the bound: against lag / D, with the mutex and (in the
 * build that can leave rules out) without, and against skew / D. */
#ifndef SIM_CURVE_H
#define SIM_CURVE_H

#include "scene.h"

/* Prints the tables, `seeds` worlds for each point, and writes the plot if svg is not NULL. If only
 * is not negative: nothing but the row of that lag / D. */
int curve_measure(struct scene *scene, uint64_t seeds, double only, const char *svg);

#endif
