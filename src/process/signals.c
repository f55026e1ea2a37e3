#include "process/signals.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/file.h"

/* All signals but those that the caller had ignored; those stay out of our sight. */
static void collect(sigset_t *ret_set)
{
    sigfillset(ret_set);
    for (int number = 1; number <= SIGRTMAX; number++) {
        struct sigaction action;
        if (number != SIGCHLD && sigaction(number, NULL, &action) == 0 &&
            action.sa_handler == SIG_IGN)
            sigdelset(ret_set, number);
    }
}

int signals_init(struct signals *signals, struct error *err)
{
    struct signals fresh = {.fd = -1};
    struct sigaction action = {.sa_handler = SIG_DFL};
    sigset_t all;

    collect(&all);
    if (sigprocmask(SIG_BLOCK, &all, &fresh.given_mask) != 0)
        return error_system(err, errno, "blocking signals");
    fresh.fd = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fresh.fd < 0) {
        int reason = errno;
        (void)sigprocmask(SIG_SETMASK, &fresh.given_mask, NULL); /* it was just valid */
        return error_system(err, reason, "opening a signal descriptor");
    }
    (void)sigaction(SIGCHLD, &action, &fresh.given_child); /* cannot fail for SIGCHLD */
    *signals = fresh;
    return 0;
}

/* The sender's pid is there only for what a process sent (sigaction(2)). */
static bool from_process(int code)
{
    return code == SI_USER || code == SI_TKILL || code == SI_QUEUE;
}

bool signals_next(const struct signals *signals, struct signals_seen *ret_seen)
{
    struct signalfd_siginfo info;
    ssize_t got;
    bool sent;

    do {
        do
            got = read(signals->fd, &info, sizeof(info));
        while (got < 0 && errno == EINTR);
        if (got != (ssize_t)sizeof(info))
            return false;
        sent = from_process(info.ssi_code);
    } while (info.ssi_signo == SIGPIPE && sent && (pid_t)info.ssi_pid == getpid());
    *ret_seen = (struct signals_seen){
        .number = (int)info.ssi_signo,
        .kernel = !sent,
        .sender = sent ? (pid_t)info.ssi_pid : 0,
    };
    return true;
}

bool signals_terminating(int number)
{
    switch (number) {
    case SIGCHLD:
    case SIGCONT:
    case SIGURG:
    case SIGWINCH:
    case SIGSTOP:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
        return false;
    default:
        return true;
    }
}

/*
 * The signal is sent while it is still blocked, and unblocked then. If the terminal has sent the
 * same one, which is still pending, the kernel merges the two, so that we do not stop a second time
 * after we were continued.
 */
void signals_stop_self(int number)
{
    sigset_t one, before;

    sigemptyset(&one);
    sigaddset(&one, number);
    (void)kill(getpid(), number); /* ourselves: cannot fail */
    (void)pthread_sigmask(SIG_UNBLOCK, &one, &before);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static bool on_wakeup(void *context)
{
    struct interruption *interruption = context;
    struct signals_seen seen;
    while (signals_next(interruption->signals, &seen))
        if (seen.number == SIGTSTP)
            signals_stop_self(seen.number);
        else if (interruption->number == 0 && signals_terminating(seen.number))
            interruption->number = seen.number;
    return interruption->number != 0;
}

struct wakeup_source interruption_wakeup(struct interruption *interruption)
{
    return (struct wakeup_source){
        .fd = interruption->signals->fd, .on_wakeup = on_wakeup, .context = interruption};
}

void signals_restore(const struct signals *signals)
{
    (void)sigaction(SIGCHLD, &signals->given_child, NULL); /* both were read from the kernel */
    (void)sigprocmask(SIG_SETMASK, &signals->given_mask, NULL);
}

void signals_free(struct signals *signals)
{
    file_close(&signals->fd);
}
