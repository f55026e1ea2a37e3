/*
 * fail_calls - a library to preload: the n-th system call or allocation of one kind fails.
 *
 * FAIL_CALLS="KIND:ROLE:N[:always]" in the environment of a program called withlock. KIND is a name
 * of the table below; ROLE is launcher, guardian, heartbeat (any thread of the launcher but the
 * first) or command (its process, until it is executed); N counts from 1, in that role alone, from
 * main() on; `always`: that one and all that follow; `hang`: that one never returns. KIND clock
 * does not fail: the process is held up for LATE_MS before it reads the clock. Nor does room:
 * poll() says that there is room on standard error, as there was a moment ago. FAIL_CALLS_NOTES
 * names a file; "met" is added to it when the call came, "errors" if it was a write to standard
 * error. A command that withlock runs is left alone: it has another name.
 */
#undef _FILE_OFFSET_BITS /* or open() would be another name for open64() here */
#undef _TIME_BITS        /* which needs the other */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define LATE_MS 3000

enum kind {
    KIND_POLL, /* poll, ppoll, epoll_wait */
    KIND_EPOLL,
    KIND_READ,
    KIND_WRITE,
    KIND_SEND,
    KIND_RECV,
    KIND_FORK, /* and posix_spawn */
    KIND_EXEC,
    KIND_THREAD,
    KIND_TIMER,
    KIND_EVENTFD,
    KIND_SIGNALFD,
    KIND_OPEN,
    KIND_PIPE, /* and socketpair */
    KIND_SOCKET,
    KIND_MAP,
    KIND_PRCTL,
    KIND_KILL,
    KIND_PIDFD,
    KIND_ALLOC,
    KIND_CLOCK,
    KIND_ROOM,
    KIND_COUNT
};

static const struct {
    const char *name;
    int os_errno;
} kinds[KIND_COUNT] = {
    [KIND_POLL] = {"poll", ENOMEM},       [KIND_EPOLL] = {"epoll", ENOMEM},
    [KIND_READ] = {"read", EIO},          [KIND_WRITE] = {"write", EIO},
    [KIND_SEND] = {"send", ENOBUFS},      [KIND_RECV] = {"recv", ENOMEM},
    [KIND_FORK] = {"fork", EAGAIN},       [KIND_EXEC] = {"exec", EIO},
    [KIND_THREAD] = {"thread", EAGAIN},   [KIND_TIMER] = {"timer", ENOMEM},
    [KIND_EVENTFD] = {"eventfd", EMFILE}, [KIND_SIGNALFD] = {"signalfd", EMFILE},
    [KIND_OPEN] = {"open", EMFILE},       [KIND_PIPE] = {"pipe", EMFILE},
    [KIND_SOCKET] = {"socket", ENOBUFS},  [KIND_MAP] = {"map", ENOMEM},
    [KIND_PRCTL] = {"prctl", EPERM},      [KIND_KILL] = {"kill", EPERM},
    [KIND_PIDFD] = {"pidfd", ENOSYS},     [KIND_ALLOC] = {"alloc", ENOMEM},
    [KIND_CLOCK] = {"clock", 0},          [KIND_ROOM] = {"room", 0},
};

enum role {
    ROLE_NONE, /* whatever is not ours */
    ROLE_LAUNCHER,
    ROLE_GUARDIAN,
    ROLE_HEARTBEAT,
    ROLE_COMMAND, /* before it is executed */
};

static struct {
    enum kind kind;
    enum role role;
    unsigned n;
    bool always;
    bool hang;
    char notes[256];
} plan = {.kind = KIND_COUNT};

static enum role process = ROLE_NONE; /* of this process's first thread */
static pid_t owner; /* the process: the command shares its memory until it is executed */
static atomic_uint seen;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end);

static void note(const char *text)
{
    int fd = (int)syscall(SYS_openat, AT_FDCWD, plan.notes, O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (fd < 0)
        return;
    (void)!syscall(SYS_write, fd, text, strlen(text));
    (void)syscall(SYS_close, fd);
}

static enum role role(void)
{
    if (getpid() != owner)
        return process == ROLE_GUARDIAN ? ROLE_COMMAND : ROLE_NONE;
    return process == ROLE_LAUNCHER && gettid() != getpid() ? ROLE_HEARTBEAT : process;
}

/* Is this the call that is to fail? Then errno is set. */
static bool fails(enum kind kind)
{
    if (kind != plan.kind || role() != plan.role)
        return false;
    unsigned n = atomic_fetch_add(&seen, 1) + 1;
    if (n != plan.n && !(plan.always && n > plan.n))
        return false;
    if (n == plan.n)
        note("met\n");
    while (plan.hang)
        (void)syscall(SYS_pause);
    errno = kinds[kind].os_errno;
    return true;
}

/* The C library's own function of that name, found once. */
#define REAL(type, name, ...)                                                                      \
    static type (*next)(__VA_ARGS__);                                                              \
    if (!next)                                                                                     \
    *(void **)&next = dlsym(RTLD_NEXT, #name)

#define FAILING(type, kind, failure, name, types, names)                                           \
    type name types;                                                                               \
    type name types                                                                                \
    {                                                                                              \
        static type(*next) types;                                                                  \
        if (!next)                                                                                 \
            *(void **)&next = dlsym(RTLD_NEXT, #name);                                             \
        return fails(kind) ? (failure) : next names;                                               \
    }

FAILING(int, KIND_POLL, -1, ppoll,
        (struct pollfd * fds, nfds_t count, const struct timespec *time, const sigset_t *mask),
        (fds, count, time, mask))
FAILING(int, KIND_POLL, -1, epoll_wait, (int fd, struct epoll_event *events, int count, int ms),
        (fd, events, count, ms))
FAILING(int, KIND_EPOLL, -1, epoll_create1, (int flags), (flags))
FAILING(int, KIND_EPOLL, -1, epoll_ctl,
        (int fd, int operation, int which, struct epoll_event *event),
        (fd, operation, which, event))
FAILING(ssize_t, KIND_READ, -1, read, (int fd, void *data, size_t size), (fd, data, size))
FAILING(ssize_t, KIND_SEND, -1, send, (int fd, const void *data, size_t size, int flags),
        (fd, data, size, flags))
FAILING(ssize_t, KIND_RECV, -1, recv, (int fd, void *data, size_t size, int flags),
        (fd, data, size, flags))
FAILING(int, KIND_THREAD, errno, pthread_create,
        (pthread_t * thread, const pthread_attr_t *attributes, void *(*start)(void *),
         void *argument),
        (thread, attributes, start, argument))
FAILING(int, KIND_TIMER, -1, timerfd_create, (clockid_t clock, int flags), (clock, flags))
FAILING(int, KIND_TIMER, -1, timerfd_settime,
        (int fd, int flags, const struct itimerspec *set, struct itimerspec *old),
        (fd, flags, set, old))
FAILING(int, KIND_TIMER, -1, timerfd_gettime, (int fd, struct itimerspec *left), (fd, left))
FAILING(int, KIND_EVENTFD, -1, eventfd, (unsigned count, int flags), (count, flags))
FAILING(int, KIND_SIGNALFD, -1, signalfd, (int fd, const sigset_t *mask, int flags),
        (fd, mask, flags))
FAILING(DIR *, KIND_OPEN, NULL, opendir, (const char *path), (path))
FAILING(FILE *, KIND_OPEN, NULL, fopen, (const char *path, const char *mode), (path, mode))
FAILING(FILE *, KIND_OPEN, NULL, fopen64, (const char *path, const char *mode), (path, mode))
FAILING(int, KIND_PIPE, -1, pipe2, (int fds[2], int flags), (fds, flags))
FAILING(int, KIND_PIPE, -1, socketpair, (int domain, int type, int protocol, int fds[2]),
        (domain, type, protocol, fds))
FAILING(int, KIND_SOCKET, -1, socket, (int domain, int type, int protocol),
        (domain, type, protocol))
FAILING(void *, KIND_MAP, MAP_FAILED, mmap,
        (void *at, size_t size, int protection, int flags, int fd, off_t offset),
        (at, size, protection, flags, fd, offset))
FAILING(void *, KIND_MAP, MAP_FAILED, mmap64,
        (void *at, size_t size, int protection, int flags, int fd, off_t offset),
        (at, size, protection, flags, fd, offset))
FAILING(int, KIND_EXEC, -1, execvp, (const char *file, char *const *words), (file, words))
FAILING(int, KIND_KILL, -1, kill, (pid_t pid, int number), (pid, number))
FAILING(int, KIND_PIDFD, -1, pidfd_open, (pid_t pid, unsigned flags), (pid, flags))
FAILING(int, KIND_FORK, errno, posix_spawn,
        (pid_t * pid, const char *path, const posix_spawn_file_actions_t *actions,
         const posix_spawnattr_t *attributes, char *const *words, char *const *environment),
        (pid, path, actions, attributes, words, environment))
FAILING(int, KIND_FORK, errno, posix_spawnp,
        (pid_t * pid, const char *path, const posix_spawn_file_actions_t *actions,
         const posix_spawnattr_t *attributes, char *const *words, char *const *environment),
        (pid, path, actions, attributes, words, environment))

void *malloc(size_t size)
{
    return fails(KIND_ALLOC) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails(KIND_ALLOC) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    return fails(KIND_ALLOC) ? NULL : __libc_realloc(memory, size);
}

ssize_t write(int fd, const void *data, size_t size)
{
    REAL(ssize_t, write, int, const void *, size_t);
    if (!fails(KIND_WRITE))
        return next(fd, data, size);
    if (fd == STDERR_FILENO)
        note("errors\n");
    return -1;
}

int poll(struct pollfd *fds, nfds_t count, int ms)
{
    REAL(int, poll, struct pollfd *, nfds_t, int);
    if (count == 1 && fds->fd == STDERR_FILENO && fails(KIND_ROOM)) {
        fds->revents = POLLOUT;
        return 1;
    }
    return fails(KIND_POLL) ? -1 : next(fds, count, ms);
}

pid_t fork(void)
{
    REAL(pid_t, fork, void);
    if (fails(KIND_FORK))
        return -1;
    pid_t pid = next();
    if (pid == 0) {
        process = process == ROLE_LAUNCHER ? ROLE_GUARDIAN : ROLE_NONE;
        owner = getpid();
        atomic_store(&seen, 0);
    }
    return pid;
}

/* The mode is there only with O_CREAT; handing on one that is not does no harm. */
static int open_at(int folder, const char *path, int flags, va_list args)
{
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(args, mode_t) : 0;
    return fails(KIND_OPEN) ? -1 : (int)syscall(SYS_openat, folder, path, flags, mode);
}

#define OPENING(name)                                                                              \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        int fd = open_at(AT_FDCWD, path, flags, args);                                             \
        va_end(args);                                                                              \
        return fd;                                                                                 \
    }
OPENING(open)
OPENING(open64)

int prctl(int what, ...)
{
    unsigned long words[4];
    va_list args;
    va_start(args, what);
    for (int i = 0; i < 4; i++)
        words[i] = va_arg(args, unsigned long);
    va_end(args);
    if (fails(KIND_PRCTL))
        return -1;
    return (int)syscall(SYS_prctl, what, words[0], words[1], words[2], words[3]);
}

long syscall(long number, ...)
{
    REAL(long, syscall, long, ...);
    long words[6];
    va_list args;
    va_start(args, number);
    for (int i = 0; i < 6; i++)
        words[i] = va_arg(args, long);
    va_end(args);
    if ((number == SYS_pidfd_open || number == SYS_pidfd_send_signal) && fails(KIND_PIDFD))
        return -1;
    return next(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

int clock_gettime(clockid_t clock, struct timespec *ret_now)
{
    if (fails(KIND_CLOCK)) {
        struct timespec late = {.tv_sec = LATE_MS / 1000, .tv_nsec = LATE_MS % 1000 * 1000000L};
        (void)syscall(SYS_nanosleep, &late, NULL);
    }
    return (int)syscall(SYS_clock_gettime, clock, ret_now);
}

static enum role role_from(const char *name)
{
    return strcmp(name, "launcher") == 0    ? ROLE_LAUNCHER
           : strcmp(name, "guardian") == 0  ? ROLE_GUARDIAN
           : strcmp(name, "heartbeat") == 0 ? ROLE_HEARTBEAT
           : strcmp(name, "command") == 0   ? ROLE_COMMAND
                                            : ROLE_NONE;
}

static void read_plan(void)
{
    char kind[16], where[16], more[16] = "";
    const char *text = getenv("FAIL_CALLS"), *notes = getenv("FAIL_CALLS_NOTES");
    unsigned n;
    if (!text || !notes || strcmp(program_invocation_short_name, "withlock") != 0)
        return;
    if (sscanf(text, "%15[^:]:%15[^:]:%u:%15s", kind, where, &n, more) < 3)
        abort();
    (void)snprintf(plan.notes, sizeof(plan.notes), "%s", notes);
    plan.role = role_from(where);
    plan.n = n;
    plan.always = strcmp(more, "always") == 0;
    plan.hang = strcmp(more, "hang") == 0;
    for (int i = 0; i < KIND_COUNT; i++)
        if (strcmp(kinds[i].name, kind) == 0)
            plan.kind = (enum kind)i;
    if (plan.role == ROLE_NONE || plan.kind == KIND_COUNT)
        abort();
    process = ROLE_LAUNCHER;
    owner = getpid();
}

static int (*real_main)(int, char **, char **);

static int counted_main(int argc, char **argv, char **environment)
{
    read_plan();
    return real_main(argc, argv, environment);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    REAL(int, __libc_start_main, int (*)(int, char **, char **), int, char **, void (*)(void),
         void (*)(void), void (*)(void), void *);
    real_main = main;
    return next(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}
