#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES  4096
#define CHUNK_BYTES 4096

static int read_all(int fd, struct buf *out)
{
    char chunk[CHUNK_BYTES];
    ssize_t got;
    while ((got = read(fd, chunk, sizeof(chunk))) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || buf_add(out, chunk, (size_t)got) != 0)
            break; /* a full buf is told by buf_check */
    }
    int saved = errno;
    wipe(chunk, sizeof(chunk));
    errno = saved;
    return got < 0 ? -1 : 0;
}

enum file_result file_read(const char *path, struct buf *out, struct error *err)
{
    struct stat status;
    /* O_NONBLOCK: opening a pipe without a writer must not hang. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return FILE_MISSING;
    int result = fd < 0 || fstat(fd, &status) != 0 ? -1 : 0;
    if (result == 0 && (S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode))) {
        errno = ESPIPE;
        result = -1;
    }
    if (result == 0)
        result = read_all(fd, out);
    if (result != 0)
        error_system(err, errno, "reading '%s'", path);
    else
        result = buf_check(out, path, err);
    file_close(&fd);
    return result == 0 ? FILE_READ : FILE_FAILED;
}

void file_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd); /* it fails only if something could not be written */
    *fd = -1;
}

bool file_is_shared(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & 077) != 0;
}

static int write_all(int fd, struct text data)
{
    while (data.length) {
        ssize_t put = write(fd, data.data, data.length);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return -1;
        data.data += put;
        data.length -= (size_t)put;
    }
    return fsync(fd);
}

int file_replace(const char *path, struct text data, struct error *err)
{
    char beside[PATH_BYTES];
    int length = snprintf(beside, sizeof(beside), "%s.XXXXXX", path);
    if (length < 0 || (size_t)length >= sizeof(beside))
        return error_system(err, ENAMETOOLONG, "writing '%s'", path);
    int fd = mkostemp(beside, O_CLOEXEC); /* mode 0600 */
    if (fd < 0)
        return error_system(err, errno, "writing '%s'", path);
    int result = write_all(fd, data), failure = errno;
    if (close(fd) != 0 && result == 0) {
        result = -1;
        failure = errno;
    }
    if (result == 0 && rename(beside, path) != 0) {
        result = -1;
        failure = errno;
    }
    if (result != 0) {
        (void)unlink(beside); /* the error is the one that came before; this adds nothing */
        return error_system(err, failure, "writing '%s'", path);
    }
    return 0;
}
