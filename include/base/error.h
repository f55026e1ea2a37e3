/*
 * error - what went wrong: one kind, one line.
 *
 * The kind says what a caller can do about it, and becomes the exit status if nobody
 * does anything. The text is for the user: lower case, no full stop, no newline, never
 * a secret. It is born where the failure is (error_set), gains context on the way up
 * (error_add), and is printed once, at the top. Nobody prints and returns.
 *
 * No allocation, no owner, nothing to free. Functions that can fail return 0 or -1 and
 * take the struct last; outputs are untouched on failure. Ordinary outcomes (not found,
 * held by another) are results, not errors.
 */
#ifndef BASE_ERROR_H
#define BASE_ERROR_H

#define ERROR_TEXT_BYTES 1024

#define MUST_USE __attribute__((warn_unused_result))

enum error_kind {
    ERROR_NONE,
    ERROR_USAGE,       /* the words on the command line or in WITHLOCK_* are wrong */
    ERROR_CONFIG,      /* region, profile, a file, a value of the AWS configuration */
    ERROR_DENIED,      /* AWS refused, or there are no credentials to ask with */
    ERROR_LATER,       /* surely not applied; worth another try (throttled, never sent) */
    ERROR_UNKNOWN,     /* may have been applied; worth another try (lost answer, 5xx) */
    ERROR_UNAVAILABLE, /* the service cannot be reached or kept failing */
    ERROR_GARBLED,     /* an answer that cannot be used: not JSON, too deep, wrong type */
    ERROR_LIMIT,       /* larger than a named limit */
    ERROR_LOST,        /* the lock was lost while the command ran */
    ERROR_SYSTEM,      /* the operating system refused; os_errno says why */
    ERROR_INTERNAL,    /* our own mistake */
};

struct error {
    enum error_kind kind;
    int os_errno; /* 0 unless kind is ERROR_SYSTEM */
    char text[ERROR_TEXT_BYTES];
};

/* Records a failure; err may be NULL. Always returns -1, so that `return error_set(...)` works. */
int error_set(struct error *err, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What an errno means, in words. Borrowed until this thread calls it again. */
const char *error_reason(int os_errno);

/* As error_set() with ERROR_SYSTEM; ": " and error_reason(os_errno) follow the text. */
int error_system(struct error *err, int os_errno, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the text; the kind stays. Returns -1. */
int error_add(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The analyser sees one file at a time, and is to know that these always return -1. */
#ifdef __clang_analyzer__
#define error_set(...)    ((void)error_set(__VA_ARGS__), -1)
#define error_system(...) ((void)error_system(__VA_ARGS__), -1)
#define error_add(...)    ((void)error_add(__VA_ARGS__), -1)
#endif

/* The program's exit status for a kind (include/exit_status.h). */
int error_exit_status(enum error_kind kind);

#endif
