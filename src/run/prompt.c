#include "run/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"

#define LINE_BYTES 256

static int no_terminal(struct error *err)
{
    return error_set(err, ERROR_CONFIG, "a terminal is needed to ask for the code");
}

/* Waits until there is a line. */
static int wait_for_line(int tty, struct mono deadline, const struct session_waker *waker,
                         struct error *err)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = tty, .events = POLLIN}, {.fd = waker->fd, .events = POLLIN}};
        int64_t left = mono_diff(deadline, mono_now());
        if (left <= 0)
            return error_set(err, ERROR_LATER, "no answer was given in time");
        if (poll(fds, 2, left > 60000 ? 60000 : (int)left) < 0 && errno != EINTR)
            return error_system(err, errno, "waiting for the terminal");
        if (fds[1].revents && session_waker_ends(waker))
            return error_set(err, ERROR_LATER, "given up");
        if (fds[0].revents)
            return 0;
    }
}

static int ask(int tty, const char *question, struct mono deadline,
               const struct session_waker *waker, struct buf *answer, struct error *err)
{
    char line[LINE_BYTES];
    if (write(tty, question, strlen(question)) < 0)
        return error_system(err, errno, "writing to the terminal");
    int result = wait_for_line(tty, deadline, waker, err);
    if (result == 0) {
        ssize_t got = read(tty, line, sizeof(line));
        struct text text = text_trim(text_slice(line, got > 0 ? (size_t)got : 0));
        (void)buf_add(answer, text.data, text.length); /* asked next */
        wipe(line, sizeof(line));
        result = text.length ? buf_check(answer, "the code", err)
                             : error_set(err, ERROR_CONFIG, "no code was given");
    }
    (void)!write(tty, "\n", 1); /* for looks */
    return result;
}

int prompt_line(const char *question, struct mono deadline, const struct session_waker *waker,
                struct buf *answer, struct error *err)
{
    struct termios before, quiet;
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0)
        return no_terminal(err);
    if (tcgetattr(tty, &before) != 0 || tcgetpgrp(tty) != getpgrp()) {
        (void)close(tty); /* here and below: nothing is buffered */
        return no_terminal(err);
    }
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    int result = tcsetattr(tty, TCSAFLUSH, &quiet) == 0
                     ? ask(tty, question, deadline, waker, answer, err)
                     : error_system(err, errno, "switching off the echo of the terminal");
    (void)tcsetattr(tty, TCSAFLUSH, &before); /* nothing can be done about a failure */
    (void)close(tty);
    return result;
}

int prompt_confirm(const char *question, struct mono deadline, const struct session_waker *waker,
                   bool *ret_yes, struct error *err)
{
    char line[LINE_BYTES];
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0 || tcgetpgrp(tty) != getpgrp()) {
        if (tty >= 0)
            (void)close(tty); /* nothing is buffered */
        return error_set(err, ERROR_CONFIG, "there is no terminal to ask on");
    }
    int result = write(tty, question, strlen(question)) < 0
                     ? error_system(err, errno, "writing to the terminal")
                     : wait_for_line(tty, deadline, waker, err);
    if (result == 0) {
        ssize_t got = read(tty, line, sizeof(line));
        struct text answer = text_trim(text_slice(line, got > 0 ? (size_t)got : 0));
        *ret_yes = text_equal(answer, "y") || text_equal(answer, "yes");
    }
    (void)close(tty);
    return result;
}
