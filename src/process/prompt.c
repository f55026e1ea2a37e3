#include "process/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/wait.h"

#define LINE_BYTES 256

/* What a terminal is like while it does not echo, and is to be like again. */
struct echo {
    atomic_bool off;
    struct termios before, quiet;
};

static struct echo own_echo, *echo = &own_echo;

int prompt_share(struct error *err)
{
    void *memory = map_shared(sizeof(*echo));
    if (!memory)
        return error_system(err, errno, "mapping memory");
    echo = memory; /* stays mapped for the life of the process */
    return 0;
}

static int no_terminal(struct error *err)
{
    return error_set(err, ERROR_CONFIG, "a terminal is needed to ask for the code");
}

/* Waits for a line, read into `line`; ret_text is what it says, without blanks around it. */
static int read_line(int tty, struct mono deadline, const struct wakeup_source *wakeup,
                     char line[LINE_BYTES], struct text *ret_text, struct error *err)
{
    if (wakeup_asked(wakeup))
        return error_set(err, ERROR_LATER, "given up");
    for (;;) {
        struct pollfd fds[] = {{.fd = tty, .events = POLLIN}, {.fd = wakeup->fd, .events = POLLIN}};
        if (mono_reached(mono_now(), deadline))
            return error_set(err, ERROR_LATER, "no answer was given in time");
        (void)wait_ready(fds, 2, deadline); /* reading does not block */
        if (fds[1].revents && wakeup_asked(wakeup))
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
        buf_add(answer, text.data, text.length); /* buf_check() below sees a failure */
        wipe(line, sizeof(line));
        result = text.length ? buf_check(answer, "the code", err)
                             : error_set(err, ERROR_CONFIG, "no code was given");
    }
    (void)!write(tty, "\n", 1); /* the user's own newline was not echoed */
    return result;
}

static int open_terminal(void)
{
    return open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* Leaves the terminal alone if its settings are not ours any more: a shell may have it again. */
void prompt_restore_echo(void)
{
    struct termios now;
    int tty = atomic_load(&echo->off) ? open_terminal() : -1;
    if (tty < 0)
        return;
    if (tcgetattr(tty, &now) == 0 && now.c_lflag == echo->quiet.c_lflag)
        (void)tcsetattr(tty, TCSAFLUSH, &echo->before); /* nothing can be done about a failure */
    (void)close(tty);                                   /* nothing is buffered */
    atomic_store(&echo->off, false);
}

int prompt_line(const char *question, struct mono deadline, const struct wakeup_source *wakeup,
                struct buf *answer, struct error *err)
{
    int tty = open_terminal();
    if (tty < 0)
        return no_terminal(err);
    if (tcgetattr(tty, &echo->before) != 0 || tcgetpgrp(tty) != getpgrp()) {
        (void)close(tty); /* here and below: nothing is buffered */
        return no_terminal(err);
    }
    echo->quiet = echo->before;
    echo->quiet.c_lflag &= ~(tcflag_t)ECHO;
    atomic_store(&echo->off, true);
    int result = tcsetattr(tty, TCSAFLUSH, &echo->quiet) == 0
                     ? ask(tty, question, deadline, wakeup, answer, err)
                     : error_system(err, errno, "switching off the echo of the terminal");
    prompt_restore_echo();
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
