/* crowd - many who want one lock: what it costs the service, and how long the lock idles. */
#ifndef SIM_CROWD_H
#define SIM_CROWD_H

#include "scene.h"

struct crowd_options {
    uint64_t seed;
    uint32_t waiters; /* all the time: whoever has held comes again */
    int64_t hold_ms;
    double quota;      /* calls a second of each operation; 0: none, and */
    double stranger;   /* so many of them a stranger's */
    bool at_once;      /* all come within a second, each once */
    int64_t behind_ms; /* one comes before the others and holds for so long; 0: nobody does; */
    int64_t expect_ms; /* what it says about that: --expect; */
    uint64_t most; /* more calls than that by those behind it are too many; 0: any number will do */
    double most_throttled; /* more of the calls, in percent, are too many at once; 0: any number */
    int64_t trip_ms;       /* of a request and its answer, on the average */
};

/* Prints one line for withlock and one for the role's protocol; 0 if the promises were kept. */
int crowd_measure(struct scene *scene, const struct crowd_options *options);

#endif
