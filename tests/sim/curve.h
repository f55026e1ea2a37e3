/* curve - double holds on both sides of the bound: against lag / D, and against skew / D. */
#ifndef SIM_CURVE_H
#define SIM_CURVE_H

#include "scene.h"

/* Prints the two tables, `seeds` worlds for each point, and writes the plot if svg is not NULL. */
int curve_measure(struct scene *scene, uint64_t seeds, const char *svg);

#endif
