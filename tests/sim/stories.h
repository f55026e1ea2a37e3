/*
 * stories - ten situations worth knowing, as transcripts (tests/sim/stories/NAME.txt).
 *
 * Each is a small world in which everything is set by hand. With the rules nothing is violated
 * and the transcript is the one on file; with one rule left out the invariant that the story
 * names is violated (only in the build with LOCK_MUTATIONS).
 */
#ifndef SIM_STORIES_H
#define SIM_STORIES_H

#include <stdbool.h>

#include "scene.h"

/* Compares all stories with their files (or rewrites these); 0 if all is as it should be. */
int stories_check(struct scene *scene, const char *directory, bool rewrite);

#endif
