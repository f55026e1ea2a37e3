/*
 * crypto_memory - what OpenSSL allocates with, so that it survives its own start.
 *
 * If an allocation fails while OpenSSL 3 sets up its default context, it goes on with an incomplete
 * one and crashes, and there is no way to detect that before. So during the start memory that
 * malloc cannot give comes from a reserve. It is never freed. Failures of later allocations OpenSSL
 * reports as errors.
 */
#ifndef BASE_CRYPTO_MEMORY_H
#define BASE_CRYPTO_MEMORY_H

/* Sets up OpenSSL's default context. To be called before OpenSSL is used for anything else. */
void crypto_memory_start(void);

#endif
