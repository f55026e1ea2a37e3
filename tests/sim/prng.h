/* prng - the one source of chance in a simulated world (splitmix64): same seed, same world. */
#ifndef SIM_PRNG_H
#define SIM_PRNG_H

#include <stdbool.h>
#include <stdint.h>

struct prng {
    uint64_t state;
};

uint64_t prng_next(struct prng *prng);
double prng_unit(struct prng *prng);                              /* 0 <= x < 1 */
int64_t prng_range(struct prng *prng, int64_t low, int64_t high); /* both included */
bool prng_chance(struct prng *prng, double probability);

/* Between low and high, small values as likely as large ones (by order of magnitude). */
double prng_scale(struct prng *prng, double low, double high);

#endif
