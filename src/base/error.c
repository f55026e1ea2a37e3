#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "exit_status.h"

#undef error_set /* the analyser's */
#undef error_system
#undef error_add

int error_set(struct error *err, enum error_kind kind, const char *format, ...)
{
    if (!err)
        return -1;
    va_list args;
    va_start(args, format);
    err->kind = kind;
    err->os_errno = 0;
    (void)vsnprintf(err->text, sizeof(err->text), format, args); /* cutting is fine */
    va_end(args);
    return -1;
}

/*
 * strerror(3) is safe with threads in glibc since 2.32, and in musl. strerror_r(3) is no choice:
 * its two versions, of POSIX and GNU, differ in what they return.
 */
const char *error_reason(int os_errno)
{
    return strerror(os_errno);
}

int error_system(struct error *err, int os_errno, const char *format, ...)
{
    if (!err)
        return -1;
    va_list args;
    va_start(args, format);
    err->kind = ERROR_SYSTEM;
    err->os_errno = os_errno;
    (void)vsnprintf(err->text, sizeof(err->text), format, args); /* cutting is fine */
    va_end(args);
    size_t length = strlen(err->text);
    (void)snprintf(err->text + length, sizeof(err->text) - length, ": %s", error_reason(os_errno));
    return -1;
}

int error_add(struct error *err, const char *format, ...)
{
    if (!err)
        return -1;
    char old[ERROR_TEXT_BYTES];
    memcpy(old, err->text, sizeof(old));
    va_list args;
    va_start(args, format);
    (void)vsnprintf(err->text, sizeof(err->text), format, args); /* cutting is fine */
    va_end(args);
    size_t length = strlen(err->text);
    (void)snprintf(err->text + length, sizeof(err->text) - length, ": %s", old);
    return -1;
}

int error_exit_status(enum error_kind kind)
{
    switch (kind) {
    case ERROR_NONE:
        return 0;
    case ERROR_USAGE:
        return EXIT_STATUS_USAGE;
    case ERROR_CONFIG:
        return EXIT_STATUS_CONFIG;
    case ERROR_DENIED:
        return EXIT_STATUS_DENIED;
    case ERROR_LATER:
    case ERROR_UNKNOWN:
    case ERROR_UNAVAILABLE:
    case ERROR_GARBLED:
    case ERROR_LIMIT:
        return EXIT_STATUS_UNAVAILABLE;
    case ERROR_LOST:
        return EXIT_STATUS_LOST;
    case ERROR_SYSTEM:
        return EXIT_STATUS_SYSTEM;
    case ERROR_INTERNAL:
        break;
    }
    return EXIT_STATUS_INTERNAL;
}
