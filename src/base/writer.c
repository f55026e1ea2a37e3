#include "base/writer.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define STACK_BYTES (256 * 1024) /* of the thread, which has a piece on it */

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* something waits, or nothing does any more */
    int fd;
    bool thread;
    bool writing; /* a piece was taken and is not yet written */
    size_t used;
    char pieces[WRITER_QUEUE_BYTES]; /* each after its length, the oldest first */
} queue = {.mutex = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

/* For pthread_cond_timedwait(), which must not depend on the wall clock. None of this can fail. */
static void make_condition(void)
{
    pthread_condattr_t attributes;
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&queue.changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

void writer_begin(int fd)
{
    if (queue.fd < 0)
        make_condition();
    queue.fd = fd;
}

void writer_forked(void)
{
    (void)pthread_mutex_init(&queue.mutex, NULL); /* whoever held it is not here */
    make_condition();
    queue.thread = queue.writing = false;
    queue.used = 0;
}

/* Under the mutex. */
static bool put(const void *data, size_t length)
{
    if (length > sizeof(queue.pieces) - queue.used - sizeof(length))
        return false;
    memcpy(queue.pieces + queue.used, &length, sizeof(length));
    memcpy(queue.pieces + queue.used + sizeof(length), data, length);
    queue.used += sizeof(length) + length;
    return true;
}

/* Under the mutex: the oldest, which is then out of the queue. */
static size_t take(char out[WRITER_PIECE_BYTES])
{
    size_t length;
    memcpy(&length, queue.pieces, sizeof(length));
    memcpy(out, queue.pieces + sizeof(length), length);
    queue.used -= sizeof(length) + length;
    memmove(queue.pieces, queue.pieces + sizeof(length) + length, queue.used);
    return length;
}

/* What cannot be written now never will be: there is nobody to tell. */
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
            (void)pthread_cond_wait(&queue.changed, &queue.mutex);
        size_t length = take(piece);
        queue.writing = true;
        (void)pthread_mutex_unlock(&queue.mutex);
        write_all(piece, length);
        (void)pthread_mutex_lock(&queue.mutex);
        queue.writing = false;
        (void)pthread_cond_broadcast(&queue.changed);
    }
    return NULL;
}

/* Detached: it ends with the process, in the middle of a write if need be. */
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
    (void)pthread_cond_broadcast(&queue.changed);
    (void)pthread_mutex_unlock(&queue.mutex);
    return fits;
}

static struct timespec later(int64_t ms)
{
    struct timespec moment;
    (void)clock_gettime(CLOCK_MONOTONIC, &moment); /* cannot fail */
    moment.tv_sec += (time_t)(ms / 1000);
    moment.tv_nsec += (long)(ms % 1000) * 1000000;
    if (moment.tv_nsec >= 1000000000) {
        moment.tv_sec++;
        moment.tv_nsec -= 1000000000;
    }
    return moment;
}

bool writer_flush(int64_t limit_ms)
{
    struct timespec limit = later(limit_ms);
    int failed = 0;
    (void)pthread_mutex_lock(&queue.mutex);
    while (queue.thread && !failed && (queue.used || queue.writing))
        failed = pthread_cond_timedwait(&queue.changed, &queue.mutex, &limit);
    bool empty = !queue.used && !queue.writing;
    (void)pthread_mutex_unlock(&queue.mutex);
    return empty;
}

bool writer_finish(int64_t limit_ms)
{
    char piece[WRITER_PIECE_BYTES];
    bool empty = writer_flush(limit_ms);
    if (empty || queue.thread)
        return empty;
    struct pollfd fd = {.fd = queue.fd, .events = POLLOUT};
    while (queue.used && poll(&fd, 1, (int)limit_ms) != 0) { /* nobody else is here */
        size_t taken = take(piece);
        write_all(piece, taken);
    }
    return !queue.used;
}
