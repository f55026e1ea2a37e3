/*
 * file - whole files: read into a buf, or replaced at one stroke.
 *
 * For configuration, tokens and caches: small, regular, possibly secret (use a secret buf).
 * Nothing here waits for another process: pipes and terminals are refused.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/text.h"

enum file_result {
    FILE_READ,
    FILE_MISSING, /* no such file, or no such directory on the way */
    FILE_FAILED,  /* err is set: it cannot be read, is no file, or exceeds the buf's limit */
};

/* Adds the file's bytes to out. */
enum file_result file_read(const char *path, struct buf *out, struct error *err);

/* Can others than its owner read or write it? False also if there is no such file. */
bool file_is_shared(const char *path);

/*
 * Makes data the contents of path: a new file beside it, mode 0600, on disk before it takes
 * the old one's place. After a failure the old one is untouched and nothing is left over.
 */
int file_replace(const char *path, struct text data, struct error *err) MUST_USE;

/*
 * Closes *fd, if it is not negative, and sets it to -1. A failure is ignored: only for descriptors
 * that nothing was written to that could be lost.
 */
void file_close(int *fd);

#endif
