/* crowd - many who wait for one lock: what it costs the service, and how long the lock idles. */
#ifndef SIM_CROWD_H
#define SIM_CROWD_H

#include "scene.h"

/* Prints one line for withlock and one for the role's protocol; 0 if the promises were kept. */
int crowd_measure(struct scene *scene, uint32_t waiters);

#endif
