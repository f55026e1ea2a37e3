/* random - bytes and fractions for nonces and jitter, from the kernel (getrandom(2)). */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Fills out with at most 256 random bytes. Fails with ERROR_SYSTEM if the kernel has none. */
int random_bytes(void *out, size_t length, struct error *err) MUST_USE;

/* Uniform over 32 bits; for jitter only: if the kernel has none it falls back to the clock. */
uint32_t random_u32(void);

#endif
