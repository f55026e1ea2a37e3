#include "base/writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "base/wait.h"

#define STACK_BYTES (256 * 1024) /* of the thread, whose stack holds a piece */
#define LOOK_MS     1            /* between looks whether all is written */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t added;
    int fd;
    bool thread;  /* there is one that writes */
    bool writing; /* a piece was taken and is not yet written */
    size_t used;  /* bytes of pieces */
} queue = {.mutex = PTHREAD_MUTEX_INITIALIZER, .added = PTHREAD_COND_INITIALIZER, .fd = -1};

/*
 * The queue: each piece after its length (a size_t), the oldest first. It is apart from the struct
 * above because that has initial values: here, what is never touched takes no memory.
 */
static char pieces[WRITER_QUEUE_BYTES];

void writer_begin(int fd)
{
    queue.fd = fd;
}

void writer_forked(void)
{
    (void)pthread_mutex_init(&queue.mutex, NULL); /* a thread of the parent may have held it */
    (void)pthread_cond_init(&queue.added, NULL);
    queue.thread = queue.writing = false;
    queue.used = 0;
}

/* Adds to the queue; false if it does not fit. The caller holds the mutex. */
static bool put(const void *data, size_t length)
{
    if (queue.used + sizeof(length) + length > sizeof(pieces))
        return false;
    memcpy(pieces + queue.used, &length, sizeof(length));
    memcpy(pieces + queue.used + sizeof(length), data, length);
    queue.used += sizeof(length) + length;
    return true;
}

/* Takes the oldest piece out of the queue; returns its length. The caller holds the mutex. */
static size_t take(char out[WRITER_PIECE_BYTES])
{
    size_t length;
    memcpy(&length, pieces, sizeof(length));
    memcpy(out, pieces + sizeof(length), length);
    queue.used -= sizeof(length) + length;
    memmove(pieces, pieces + sizeof(length) + length, queue.used);
    return length;
}

/* What cannot be written is dropped: there is nowhere to report that. */
static void write_all(const char *data, size_t length)
{
    while (length > 0) {
        ssize_t written = write(queue.fd, data, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return;
        data += written;
        length -= (size_t)written;
    }
}

static void *work(void *context)
{
    char piece[WRITER_PIECE_BYTES];
    (void)context;
    (void)pthread_mutex_lock(&queue.mutex);
    for (;;) {
        while (queue.used == 0)
            (void)pthread_cond_wait(&queue.added, &queue.mutex);
        size_t length = take(piece);
        queue.writing = true;
        (void)pthread_mutex_unlock(&queue.mutex);
        write_all(piece, length);
        (void)pthread_mutex_lock(&queue.mutex);
        queue.writing = false;
    }
    return NULL;
}

/* The thread is detached: it ends with the process, even in the middle of a write. */
static bool make_thread(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES); /* else it is larger */
    int failed = pthread_create(&thread, &attributes, work, NULL);
    (void)pthread_attr_destroy(&attributes);
    return failed == 0;
}

bool writer_add(const void *data, size_t length)
{
    (void)pthread_mutex_lock(&queue.mutex);
    bool fits = put(data, length < WRITER_PIECE_BYTES ? length : WRITER_PIECE_BYTES);
    if (!queue.thread)
        queue.thread = make_thread();
    (void)pthread_cond_signal(&queue.added);
    (void)pthread_mutex_unlock(&queue.mutex);
    return fits;
}

/* Is anything unwritten, and is that so with a thread (true) or without one (false)? */
static bool waits(bool thread)
{
    (void)pthread_mutex_lock(&queue.mutex);
    bool result = queue.thread == thread && (queue.used || queue.writing);
    (void)pthread_mutex_unlock(&queue.mutex);
    return result;
}

bool writer_flush(int64_t limit_ms)
{
    struct mono limit = mono_add(mono_now(), limit_ms);
    while (waits(true) && !mono_reached(mono_now(), limit))
        (void)wait_ready(NULL, 0, mono_add(mono_now(), LOOK_MS)); /* only lets time pass */
    return !waits(true) && !waits(false);
}

bool writer_finish(int64_t limit_ms)
{
    char piece[WRITER_PIECE_BYTES];
    struct pollfd fd = {.fd = queue.fd, .events = POLLOUT};
    bool empty = writer_flush(limit_ms);
    struct mono limit = mono_add(mono_now(), limit_ms);
    while (waits(false) && wait_ready(&fd, 1, limit) != 0) { /* no other thread is left */
        size_t length = take(piece);
        write_all(piece, length);
        empty = !queue.used;
    }
    return empty;
}
