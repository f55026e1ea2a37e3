#include "process/pidfd.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

bool pidfd_open_process(pid_t pid, struct pidfd *ret_process)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0 && errno == ESRCH)
        return false;
    *ret_process = (struct pidfd){.pid = pid, .fd = fd};
    return true;
}

void pidfd_close(struct pidfd *process)
{
    file_close(&process->fd);
    *process = PIDFD_NONE;
}

bool pidfd_signal(const struct pidfd *process, int signal)
{
    int result = -1;
    if (process->fd >= 0)
        result = (int)syscall(SYS_pidfd_send_signal, process->fd, signal, NULL, 0);
    if (result != 0 && (process->fd < 0 || errno == ENOSYS))
        result = kill(process->pid, signal);
    return result == 0 || errno != EPERM;
}

static bool has_ended_by_number(pid_t pid)
{
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
        return info.si_pid != 0;
    return kill(pid, 0) != 0 && errno == ESRCH;
}

bool pidfd_has_ended(const struct pidfd *process)
{
    struct pollfd fd = {.fd = process->fd, .events = POLLIN};
    if (process->fd < 0)
        return process->pid != 0 && has_ended_by_number(process->pid);
    return poll(&fd, 1, 0) == 1;
}

struct mono pidfd_look_at(const struct pidfd *process, struct mono now)
{
    return process->fd < 0 ? mono_add(now, PIDFD_LOOK_MS) : MONO_NEVER;
}
