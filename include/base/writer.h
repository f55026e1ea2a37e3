/*
 * writer - writes to a descriptor that may block, for threads that must not.
 *
 * What is added goes into a queue. A thread, which is started at the first addition, writes it. The
 * mutex of the queue is held while bytes are copied, never during a write. So a pipe that nobody
 * reads, a terminal stopped by ^S or a file on a server that is gone holds up that thread alone. If
 * the thread cannot be started, all stays in the queue until the next addition tries again, or
 * until writer_finish().
 *
 * Each piece is written by one write(2) where the descriptor takes it whole.
 *
 * There is one writer in a process; any number of threads may add to it.
 */
#ifndef BASE_WRITER_H
#define BASE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WRITER_QUEUE_BYTES (64 * 1024)
#define WRITER_PIECE_BYTES (16 * 1024) /* longer ones are cut */

/* From now on what is added is written to fd, which stays the caller's and must stay open. */
void writer_begin(int fd);

/*
 * To be called in a process just forked, which has no such thread. It empties the queue: what is in
 * there will be written by the parent.
 */
void writer_forked(void);

/* Adds one piece, and never blocks. False if the queue has no room: the piece is dropped. */
bool writer_add(const void *data, size_t length);

/* Waits until all is written, for limit_ms at most. False if something still waits. */
bool writer_flush(int64_t limit_ms);

/*
 * The same at the end of the process. If there is no thread, the caller itself writes what is in
 * the queue, provided that the descriptor takes something within limit_ms. That may block, which
 * harms nobody by then.
 */
bool writer_finish(int64_t limit_ms);

#endif
