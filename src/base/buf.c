#include "base/buf.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BUF_FIRST_BYTES 128
#define SPARE_PAGES     16 /* for secrets: mapped together, and kept for reuse after a wipe */

void wipe(void *memory, size_t length)
{
    if (memory && length)
        explicit_bzero(memory, length);
}

void *array_grow(void *array, size_t count, size_t item_bytes)
{
    bool full = (count & (count - 1)) == 0;
    return full ? reallocarray(array, count ? 2 * count : 1, item_bytes) : array;
}

static _Atomic(char *) spare_pages[SPARE_PAGES];

static size_t page_bytes(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Returns NULL if there is none. Threads may do this at the same time, and the next as well. */
static char *take_spare_page(void)
{
    char *page = NULL;
    for (size_t i = 0; !page && i < SPARE_PAGES; i++)
        page = atomic_exchange(&spare_pages[i], NULL);
    return page;
}

static bool keep_spare_page(char *page)
{
    for (size_t i = 0; i < SPARE_PAGES; i++) {
        char *none = NULL;
        if (atomic_compare_exchange_strong(&spare_pages[i], &none, page))
            return true;
    }
    return false;
}

static void *map_pages(size_t bytes, int sharing)
{
    void *pages = mmap(NULL, bytes, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

void *map_shared(size_t bytes)
{
    return map_pages(bytes, MAP_SHARED);
}

/* Pages that are left out of core dumps. NULL if there is no memory. */
static char *map(size_t bytes)
{
    char *pages = map_pages(bytes, MAP_PRIVATE);
    if (pages)
        (void)madvise(pages, bytes, MADV_DONTDUMP); /* refused by no kernel that we run on */
    return pages;
}

/* Maps SPARE_PAGES pages, returns the first and keeps the others. NULL if there is no memory. */
static char *map_spare_pages(void)
{
    char *pages = map(SPARE_PAGES * page_bytes());
    for (size_t i = 1; pages && i < SPARE_PAGES; i++) {
        if (!keep_spare_page(pages + i * page_bytes()))
            (void)munmap(pages + i * page_bytes(), page_bytes()); /* cannot fail: mapped above */
    }
    return pages;
}

/*
 * Secrets have pages of their own, so that a core dump can leave them out. capacity is then a
 * multiple of the page's size, as it begins with one and is doubled. Most secrets are short and
 * live for a moment (the steps of a signature, the lines of a request): their pages are kept.
 */
static char *allocate(bool secret, size_t capacity)
{
    if (!secret)
        return malloc(capacity);
    if (capacity != page_bytes())
        return map(capacity);
    char *spare = take_spare_page();
    return spare ? spare : map_spare_pages();
}

static void give_back(struct buf *buf)
{
    if (!buf->secret) {
        free(buf->data);
    } else if (buf->data) {
        wipe(buf->data, buf->capacity);
        if (buf->capacity != page_bytes() || !keep_spare_page(buf->data))
            (void)munmap(buf->data, buf->capacity); /* cannot fail for what mmap gave */
    }
}

/* Moves the bytes by hand rather than with realloc, which would leave a copy of a secret behind. */
static int grow(struct buf *buf, size_t needed)
{
    size_t first = buf->secret ? page_bytes() : BUF_FIRST_BYTES;
    size_t capacity = buf->capacity ? buf->capacity : first;
    while (capacity < needed)
        capacity *= 2;
    char *data = allocate(buf->secret, capacity);
    if (!data)
        return -1;
    if (buf->length)
        memcpy(data, buf->data, buf->length);
    give_back(buf);
    buf->data = data;
    buf->capacity = capacity;
    return 0;
}

static int reserve(struct buf *buf, size_t more)
{
    if (buf->failed)
        return -1;
    if (more > buf->limit_bytes || buf->length > buf->limit_bytes - more) {
        buf->failed = true;
        return -1;
    }
    size_t needed = buf->length + more + 1;
    if (needed > buf->capacity && grow(buf, needed) != 0) {
        buf->failed = true;
        return -1;
    }
    return 0;
}

int buf_add(struct buf *buf, const void *data, size_t length)
{
    if (reserve(buf, length) != 0)
        return -1;
    if (length)
        memcpy(buf->data + buf->length, data, length);
    buf->length += length;
    buf->data[buf->length] = '\0';
    return 0;
}

int buf_add_text(struct buf *buf, const char *text)
{
    return buf_add(buf, text, strlen(text));
}

int buf_add_char(struct buf *buf, char byte)
{
    return buf_add(buf, &byte, 1);
}

int buf_addf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0 || reserve(buf, (size_t)length) != 0) {
        buf->failed = true;
        return -1;
    }
    va_start(args, format);
    (void)vsnprintf(buf->data + buf->length, (size_t)length + 1, format, args); /* measured above */
    va_end(args);
    buf->length += (size_t)length;
    return 0;
}

const char *buf_text(const struct buf *buf)
{
    return buf->data ? buf->data : "";
}

struct text buf_view(const struct buf *buf)
{
    return text_slice(buf_text(buf), buf->length);
}

int buf_check(const struct buf *buf, const char *what, struct error *err)
{
    if (!buf->failed)
        return 0;
    return error_set(err, ERROR_LIMIT, "%s is larger than %zu bytes, or memory ran out", what,
                     buf->limit_bytes);
}

void buf_clear(struct buf *buf)
{
    if (buf->secret)
        wipe(buf->data, buf->capacity);
    buf->length = 0;
    buf->failed = false;
    if (buf->data)
        buf->data[0] = '\0';
}

void buf_free(struct buf *buf)
{
    if (!buf)
        return;
    give_back(buf);
    buf->data = NULL;
    buf->length = 0;
    buf->capacity = 0;
    buf->failed = false;
}
