/*
 * clock - the two times, as two types that cannot be mixed.
 *
 * struct mono is milliseconds of CLOCK_BOOTTIME: it only grows, and counts on while the
 * machine is suspended, so that a lease is known to be over after a sleep. Every decision
 * is made on it, handed in as an argument. struct wall is milliseconds since 1970 and serves
 * signatures and people's eyes only. clock.c is the only caller of clock_gettime().
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

_Static_assert(sizeof(time_t) == 8, "signatures and tokens need times after 2038: meson.build");

struct mono {
    int64_t ms;
};

struct wall {
    int64_t ms;
};

#define MONO_NEVER ((struct mono){INT64_MAX})

struct mono mono_now(void);
struct wall wall_now(void);

/* Milliseconds since boot that the machine was suspended; grows only while it sleeps. */
int64_t clock_slept_ms(void);

/* The moment that is later than t by ms; after MONO_NEVER that is MONO_NEVER. */
static inline struct mono mono_add(struct mono t, int64_t ms)
{
    return t.ms == INT64_MAX ? t : (struct mono){t.ms + ms};
}

/* a - b, in milliseconds. */
static inline int64_t mono_diff(struct mono a, struct mono b)
{
    return a.ms - b.ms;
}

static inline bool mono_reached(struct mono now, struct mono moment)
{
    return now.ms >= moment.ms;
}

static inline struct mono mono_min(struct mono a, struct mono b)
{
    return a.ms < b.ms ? a : b;
}

static inline struct mono mono_max(struct mono a, struct mono b)
{
    return a.ms > b.ms ? a : b;
}

/* The same for spans of time, and for moments by another's clock, such as the service's. */
static inline int64_t ms_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t ms_max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* A span from 0 to less than below_ms. It is uniform if random is, over all 32 bits. */
static inline int64_t ms_random(int64_t below_ms, uint32_t random)
{
    return (int64_t)((uint64_t)below_ms * random >> 32);
}

#endif
