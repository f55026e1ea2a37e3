#include "crypto_memory.h"

#include <openssl/crypto.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define RESERVE_BYTES                                                                              \
    ((size_t)256 * 1024) /* the start takes 30 KiB; untouched it costs nothing                     \
                          */

/*
 * Parts of OpenSSL's start that take time and are of no use here: a function for atexit(3), since
 * the end of the process frees all memory anyway; the old names of ciphers, since TLS uses the new
 * ones; the texts of 3,000 errors, since TLS loads those that it needs.
 */
#define LEFT_OUT                                                                                   \
    (OPENSSL_INIT_NO_ATEXIT | OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS)

static alignas(max_align_t) unsigned char reserve[RESERVE_BYTES];
static size_t reserve_used;
static bool starting; /* by one thread: crypto_begin() is called once */

static bool is_reserve(const void *memory)
{
    uintptr_t at = (uintptr_t)memory, begin = (uintptr_t)reserve;
    return at >= begin && at < begin + RESERVE_BYTES;
}

static void *take(size_t size)
{
    size_t whole = (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (!starting || size > RESERVE_BYTES || whole > RESERVE_BYTES - reserve_used)
        return NULL;
    void *memory = reserve + reserve_used;
    reserve_used += whole;
    return memory;
}

static void *allocate(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    void *memory = malloc(size);
    return memory ? memory : take(size);
}

static void give_back(void *memory, const char *file, int line)
{
    (void)file;
    (void)line;
    if (!is_reserve(memory))
        free(memory);
}

/*
 * Moves a piece out of the reserve. Its length was not noted, but it cannot go beyond the part of
 * the reserve that is in use.
 */
static void *move_out(const void *memory, size_t size)
{
    size_t most = (size_t)(reserve + reserve_used - (const unsigned char *)memory);
    void *moved = allocate(size, NULL, 0);
    if (moved)
        memmove(moved, memory, size < most ? size : most);
    return moved;
}

static void *reallocate(void *memory, size_t size, const char *file, int line)
{
    if (!memory)
        return allocate(size, file, line);
    if (is_reserve(memory))
        return move_out(memory, size);
    return realloc(memory, size);
}

void crypto_memory_start(void)
{
    if (CRYPTO_set_mem_functions(allocate, reallocate, give_back) != 1)
        return; /* a library has started it already, and that has gone well */
    starting = true;
    (void)OPENSSL_init_crypto(LEFT_OUT, NULL);
    (void)OSSL_LIB_CTX_set0_default(NULL); /* changes nothing, but needs the context: it is made */
    starting = false;
}
