#include "prng.h"

#include <math.h>

uint64_t prng_next(struct prng *prng)
{
    uint64_t z = (prng->state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

double prng_unit(struct prng *prng)
{
    return (double)(prng_next(prng) >> 11) * 0x1p-53;
}

int64_t prng_range(struct prng *prng, int64_t low, int64_t high)
{
    if (high <= low)
        return low;
    return low + (int64_t)(prng_next(prng) % ((uint64_t)(high - low) + 1));
}

bool prng_chance(struct prng *prng, double probability)
{
    return probability > 0 && prng_unit(prng) < probability;
}

double prng_scale(struct prng *prng, double low, double high)
{
    return low * pow(high / low, prng_unit(prng));
}
