/*
 * buf - bytes that grow up to a limit, which is set when the buf is initialized.
 *
 * An addition that fails (limit reached, out of memory) leaves the bytes as they were and sets
 * `failed`, which stays set: add as much as you like, then ask once with buf_check().
 * data is always NUL-terminated once anything was added, so it serves as a C string.
 * The memory of a secret buf is wiped before it is freed, also when the buf grows, and is left out
 * of core dumps. Whether a buf is secret is decided when it is initialized.
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

/* Each adds to the end. Returns 0, or -1 with `failed` set. */
int buf_add(struct buf *buf, const void *data, size_t length);
int buf_add_text(struct buf *buf, const char *text);
int buf_add_char(struct buf *buf, char byte);
int buf_addf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The bytes as a C string, or as a view; "" if there are none. Borrowed until the buf changes. */
const char *buf_text(const struct buf *buf);
struct text buf_view(const struct buf *buf);

/* 0 if every addition succeeded; else -1 with ERROR_LIMIT or ERROR_SYSTEM naming `what`. */
int buf_check(const struct buf *buf, const char *what, struct error *err) MUST_USE;

/* Forgets the bytes (wiped if secret) and the failure, keeps the memory. */
void buf_clear(struct buf *buf);

/* Gives the memory back; the limit stays, so it may be used again. Takes NULL, may run twice. */
void buf_free(struct buf *buf);

/* Overwrites memory with zeros; the compiler may not leave that out. Takes NULL. */
void wipe(void *memory, size_t length);

/*
 * Memory, all zeros, that is shared with the processes that this one forks from now on. Freed by
 * munmap(2), or at the end of the process. NULL, with errno set, if there is none.
 */
void *map_shared(size_t bytes);

/*
 * Makes room for one more item in an array of `count` items (NULL: none yet), and returns where the
 * array is from now on; free(3) frees it. Every growth of an array has to be made by this function,
 * since it takes the capacity to be the next power of two. NULL if there is no memory; the array
 * stays as it is then.
 */
void *array_grow(void *array, size_t count, size_t item_bytes);

#endif
