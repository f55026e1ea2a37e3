/*
 * writer - writes to a descriptor that may block, for threads that must not.
 *
 * What is handed in waits in a queue, and a thread that is made for the first of it does the
 * writing. Whoever hands in holds a mutex for a copy, never across a write: a pipe that nobody
 * reads, a terminal stopped by ^S, a file on a server that is gone hold up that thread alone. If
 * the thread cannot be made all waits for the next try, or for writer_finish().
 *
 * Each piece is written by one write(2) where the descriptor takes it whole.
 *
 * One writer a process, any number of threads that hand in.
 */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WRITER_QUEUE_BYTES (64 * 1024)
#define WRITER_PIECE_BYTES (16 * 1024) /* longer ones are cut */

/* From now on there is a queue in front of fd, which stays the caller's and open. */
void writer_begin(int fd);

/* In a process just forked, which has no thread: what waits is the parent's to write. */
void writer_forked(void);

/* Never blocks. False if there is no room: it is dropped. */
bool writer_add(const void *data, size_t length);

/* Waits until all is written, for limit_ms at most. False if something still waits. */
bool writer_flush(int64_t limit_ms);

/*
 * The same at the end of the process, when nothing depends on the caller any more: what waits
 * because there is no thread is written by the caller, if there is room within limit_ms.
 */
bool writer_finish(int64_t limit_ms);

#endif
