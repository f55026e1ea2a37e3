#include "process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"
#include "exit_status.h"
#include "process/pidfd.h"

#define INTERPRETER_LINE_BYTES 256 /* the kernel reads no more (BINPRM_BUF_SIZE) */
#define INTERPRETERS_MAX       5   /* an interpreter may be a script; the kernel follows so many */

#define DEFAULT_PATH "/bin:/usr/bin" /* execvp(3) without PATH */

/* 0 if it is a regular file that we may execute, else the errno that execve(2) would give. */
static int check_executable(const char *file)
{
    struct stat about;
    if (stat(file, &about) != 0)
        return errno;
    if (!S_ISREG(about.st_mode))
        return EACCES;
    if (faccessat(AT_FDCWD, file, X_OK, AT_EACCESS) == 0 || errno == EPERM)
        return 0; /* EPERM: a sandbox that does not know this call; exec will find out */
    return errno;
}

/*
 * The interpreter that a script names in its first line. As for the kernel a CR is part of the
 * name. Empty if the file is no script, is not readable, or if the name does not end within the
 * bytes that the kernel reads: the kernel refuses such a script, and execvp(3) runs it by /bin/sh.
 */
static void read_interpreter(const char *file, char ret_name[INTERPRETER_LINE_BYTES + 1])
{
    char line[INTERPRETER_LINE_BYTES + 1] = {0};
    ret_name[0] = '\0';
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return;
    ssize_t got = read(fd, line, INTERPRETER_LINE_BYTES);
    (void)close(fd); /* only read */
    if (got < 2 || line[0] != '#' || line[1] != '!')
        return;
    const char *name = line + 2 + strspn(line + 2, " \t");
    size_t length = strcspn(name, " \t\n");
    if (name + length < line + INTERPRETER_LINE_BYTES)
        (void)snprintf(ret_name, INTERPRETER_LINE_BYTES + 1, "%.*s", (int)length, name); /* fits */
}

static enum child_find_result refuse(int os_errno, const char *what, struct error *err)
{
    char shown[ERROR_TEXT_BYTES / 2];
    (void)error_set(err, ERROR_CONFIG, "cannot run '%s': %s",
                    text_printable(text_from(what), shown, sizeof(shown)), error_reason(os_errno));
    return os_errno == ENOENT ? CHILD_NOT_FOUND : CHILD_NOT_EXECUTABLE;
}

static void add_interpreted(const char *file, const char *interpreter, struct error *err)
{
    char shown[ERROR_TEXT_BYTES / 4];
    bool windows = interpreter[strlen(interpreter) - 1] == '\r';
    (void)error_add(err, "the interpreter of '%s'%s",
                    text_printable(text_from(file), shown, sizeof(shown)),
                    windows ? ", whose lines end in CR LF as on Windows" : "");
}

/* depth: how many scripts in a row have led to this file, each by naming its interpreter. */
static enum child_find_result check_file(const char *file, unsigned depth, struct error *err)
{
    char interpreter[INTERPRETER_LINE_BYTES + 1];
    struct stat about;
    int reason = depth > INTERPRETERS_MAX ? ELOOP : check_executable(file);
    if (reason == EACCES && stat(file, &about) == 0 && S_ISDIR(about.st_mode))
        reason = EISDIR;
    if (reason)
        return refuse(reason, file, err);
    read_interpreter(file, interpreter);
    if (!interpreter[0])
        return CHILD_FOUND;
    enum child_find_result result = check_file(interpreter, depth + 1, err);
    if (result != CHILD_FOUND)
        add_interpreted(file, interpreter, err);
    return result;
}

/* Joins a directory of a PATH and the name. An empty directory means the current one. */
static int join(struct text directory, const char *name, char *ret_file, size_t size)
{
    int length = snprintf(ret_file, size, "%.*s%s%s", TEXT_ARGS(directory),
                          directory.length ? "/" : "", name);
    return length >= 0 && (size_t)length < size ? 0 : ENAMETOOLONG;
}

/* As execvp(3): what may not be executed is passed over, but reported if nothing better comes. */
static enum child_find_result search(const char *name, const char *path, char *ret_file,
                                     struct error *err)
{
    enum child_find_result result = CHILD_NOT_FOUND;
    (void)refuse(ENOENT, name, err); /* a candidate that is refused overwrites this */

    for (const char *at = path; at;) {
        size_t length = strcspn(at, ":");
        if (join(text_slice(at, length), name, ret_file, PATH_MAX) == 0 &&
            access(ret_file, F_OK) == 0) {
            enum child_find_result here = check_file(ret_file, 0, err);
            if (here == CHILD_FOUND)
                return CHILD_FOUND;
            if (here == CHILD_NOT_EXECUTABLE)
                result = here;
        }
        at = at[length] ? at + length + 1 : NULL;
    }
    return result;
}

enum child_find_result child_find(const char *name, const char *path, char ret_file[PATH_MAX],
                                  struct error *err)
{
    if (name[0] == '\0')
        return refuse(ENOENT, name, err);
    if (!strchr(name, '/'))
        return search(name, path ? path : DEFAULT_PATH, ret_file, err);
    (void)snprintf(ret_file, PATH_MAX, "%s", name); /* cut off only if execve(2) refuses it */
    return check_file(name, 0, err);
}

/*
 * PR_SET_PDEATHSIG does nothing if the parent died before the call; the parent has changed then,
 * and no command must run. The signal mask is restored last, since a pending signal strikes at that
 * moment: by then the group is set.
 */
int child_exec(const struct child_plan *plan)
{
    if (setpgid(0, plan->group) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        return errno;
    if (getppid() != plan->parent)
        return ESRCH;
    signals_restore(plan->signals);
    if (plan->file)
        (void)execvp(plan->file, plan->argv); /* returns if the file has gone since it was found */
    (void)execvp(plan->argv[0], plan->argv);  /* returns only on failure */
    return errno;
}

bool child_reap(pid_t pid, struct mono until, int *ret_status)
{
    int status = 0;
    pid_t got;
    struct pidfd child = PIDFD_NONE;
    while ((got = waitpid(pid, &status, WNOHANG)) == 0 && !mono_reached(mono_now(), until)) {
        if (child.pid == 0 && !pidfd_open_process(pid, &child))
            child.pid = pid;
        struct pollfd fd = {.fd = child.fd, .events = POLLIN};
        (void)wait_ready(&fd, 1, mono_min(until, pidfd_look_at(&child, mono_now())));
    }
    pidfd_close(&child);
    if (got != 0 && ret_status)
        *ret_status = got == pid ? status : 0;
    return got != 0;
}

int child_exec_status(int os_errno)
{
    return os_errno == ENOENT ? EXIT_STATUS_NOT_FOUND : EXIT_STATUS_NOT_EXECUTABLE;
}

int child_exit_status(int code, int status)
{
    return code == CLD_EXITED ? status & 0xff : EXIT_STATUS_SIGNAL + status;
}
