#include "process/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/text.h"
#include "base/wait.h"

#define LINE_BYTES 256

static int no_terminal(struct error *err)
{
    return error_set(err, ERROR_CONFIG, "a terminal is needed to ask for the code");
}

/* Waits for a line, read into `line`; ret_text is what it says, without blanks around it. */
static int read_line(int tty, struct mono deadline, const struct wakeup_source *wakeup,
                     char line[LINE_BYTES], struct text *ret_text, struct error *err)
{
    for (;;) {
        struct pollfd fds[] = {{.fd = tty, .events = POLLIN}, {.fd = wakeup->fd, .events = POLLIN}};
        if (mono_reached(mono_now(), deadline))
            return error_set(err, ERROR_LATER, "no answer was given in time");
        (void)wait_ready(fds, 2, deadline); /* reading does not block */
        if (fds[1].revents && wakeup_ends(wakeup))
            return error_set(err, ERROR_LATER, "given up");
        ssize_t got = read(tty, line, LINE_BYTES);
        if (got < 0 && (errno == EAGAIN || errno == EINTR))
            continue;
        *ret_text = text_trim(text_slice(line, got > 0 ? (size_t)got : 0));
        return 0;
    }
}

static int ask(int tty, const char *question, struct mono deadline,
               const struct wakeup_source *wakeup, struct buf *answer, struct error *err)
{
    char line[LINE_BYTES];
    struct text text;
    if (write(tty, question, strlen(question)) < 0)
        return error_system(err, errno, "writing to the terminal");
    int result = read_line(tty, deadline, wakeup, line, &text, err);
    if (result == 0) {
        (void)buf_add(answer, text.data, text.length); /* asked next */
        wipe(line, sizeof(line));
        result = text.length ? buf_check(answer, "the code", err)
                             : error_set(err, ERROR_CONFIG, "no code was given");
    }
    (void)!write(tty, "\n", 1); /* for looks */
    return result;
}

static int open_terminal(void)
{
    return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

int prompt_line(const char *question, struct mono deadline, const struct wakeup_source *wakeup,
                struct buf *answer, struct error *err)
{
    struct termios before, quiet;
    int tty = open_terminal();
    if (tty < 0)
        return no_terminal(err);
    if (tcgetattr(tty, &before) != 0 || tcgetpgrp(tty) != getpgrp()) {
        (void)close(tty); /* here and below: nothing is buffered */
        return no_terminal(err);
    }
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    int result = tcsetattr(tty, TCSAFLUSH, &quiet) == 0
                     ? ask(tty, question, deadline, wakeup, answer, err)
                     : error_system(err, errno, "switching off the echo of the terminal");
    (void)tcsetattr(tty, TCSAFLUSH, &before); /* nothing can be done about a failure */
    (void)close(tty);
    return result;
}

int prompt_confirm(const char *question, struct mono deadline, const struct wakeup_source *wakeup,
                   bool *ret_yes, struct error *err)
{
    char line[LINE_BYTES];
    struct text answer;
    int tty = open_terminal();
    if (tty < 0 || tcgetpgrp(tty) != getpgrp()) {
        if (tty >= 0)
            (void)close(tty); /* nothing is buffered */
        return error_set(err, ERROR_CONFIG, "there is no terminal to ask on");
    }
    int result = write(tty, question, strlen(question)) < 0
                     ? error_system(err, errno, "writing to the terminal")
                     : read_line(tty, deadline, wakeup, line, &answer, err);
    if (result == 0)
        *ret_yes = text_equal(answer, "y") || text_equal(answer, "yes");
    (void)close(tty);
    return result;
}
