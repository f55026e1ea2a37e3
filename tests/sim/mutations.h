/*
 * mutations - every rule left out in turn, and how many seeds it takes to notice.
 *
 * Only in the build with LOCK_MUTATIONS; there the rules of src/lock/rule.h can be switched
 * off. A rule whose absence nothing notices is needless or untested.
 */
#ifndef SIM_MUTATIONS_H
#define SIM_MUTATIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "scene.h"

/* Leaves rules out by name, "A+B" (or none, with NULL); false if there is no such rule. */
bool mutations_leave_out(const char *name);

/* Hunts each rule (or `only` that one) for at most so many seeds; 0 if all are noticed. */
int mutations_hunt(struct scene *scene, const char *only, uint64_t seeds_max);

#endif
