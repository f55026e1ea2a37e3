/*
 * buf - growable bytes with a cap given at birth.
 *
 * A failed addition (cap reached, out of memory) leaves the bytes as they were and sets
 * `failed`, which sticks: add as much as you like, then ask once with buf_check().
 * data is always NUL-terminated once anything was added, so it serves as a C string.
 * A secret buf is wiped whenever its memory is given back, also when it grows, and is left out
 * of core dumps. Whether a buf is secret is decided at birth.
 *
 *     CLEAN(buf) struct buf body = BUF(64 * 1024);
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

/* For a local that owns something: x_free(&local) runs when the scope ends. */
#define CLEAN(type) __attribute__((cleanup(type##_free)))

struct buf {
    char *data; /* NULL until something was added */
    size_t length;
    size_t capacity;
    size_t limit_bytes; /* most bytes it may hold, the NUL not counted */
    bool secret;
    bool failed;
};

#define BUF(limit)                                                                                 \
    {                                                                                              \
        .limit_bytes = (limit)                                                                     \
    }
#define BUF_SECRET(limit)                                                                          \
    {                                                                                              \
        .limit_bytes = (limit), .secret = true                                                     \
    }

/* Each returns 0, or -1 with `failed` set. */
int buf_add(struct buf *buf, const void *data, size_t length);
int buf_add_text(struct buf *buf, const char *text);
int buf_add_char(struct buf *buf, char byte);
int buf_addf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The bytes as a C string, or a view; "" when there are none. Borrowed until the next addition. */
const char *buf_text(const struct buf *buf);
struct text buf_view(const struct buf *buf);

/* 0 if every addition succeeded; else -1 with ERROR_LIMIT or ERROR_SYSTEM naming `what`. */
int buf_check(const struct buf *buf, const char *what, struct error *err) MUST_USE;

/* Forgets the bytes (wiped if secret) and the failure, keeps the memory. */
void buf_clear(struct buf *buf);

/* Gives the memory back; the limit stays, so it may be used again. Takes NULL, may run twice. */
void buf_free(struct buf *buf);

/* Overwrites memory in a way the compiler may not leave out. */
void wipe(void *memory, size_t length);

/*
 * Memory, all zeros, that processes forked from now on have in common with this one; to be given
 * back with munmap(2), or by the end of the process. NULL (errno) if there is none.
 */
void *map_shared(size_t bytes);

/*
 * Room for one more item in an array of `count` (NULL: none yet) whose memory comes from here
 * alone: its capacities are powers of two. NULL without memory: then the array stays as it is.
 */
void *array_grow(void *array, size_t count, size_t item_bytes);

#endif
