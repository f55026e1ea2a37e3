/*
 * crypto_memory - what OpenSSL allocates with, so that it survives its own start.
 *
 * When an allocation fails while its default context is set up, OpenSSL 3 goes on with half of it
 * and crashes. Nothing tells beforehand, so the start cannot be let run out of memory: what malloc
 * has not got comes from a reserve then, and stays taken. Later failures it reports.
 */
#ifndef BASE_CRYPTO_MEMORY_H
#define BASE_CRYPTO_MEMORY_H

/* Before OpenSSL is used for anything else. Leaves it with its default context. */
void crypto_memory_start(void);

#endif
