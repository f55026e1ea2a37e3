/* A question on the terminal: a pseudo-terminal here, and a process of its own that asks on it. */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "process/prompt.h"

#define PATIENCE_MS 60000
#define SHORT_MS    50

static const struct wakeup_source nobody = {.fd = -1};

/* The other end of a terminal, and the process whose terminal it is. */
struct asker {
    int master;
    pid_t pid;
};

/* trial's result is the process's exit status. */
static struct asker begin(int (*trial)(void))
{
    struct asker asker = {.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    assert_true(asker.master >= 0);
    assert_int_equal(grantpt(asker.master), 0);
    assert_int_equal(unlockpt(asker.master), 0);
    asker.pid = fork();
    if (asker.pid == 0) {
        (void)setsid();
        int tty = open(ptsname(asker.master), O_RDWR); /* becomes the terminal of the session */
        _exit(tty >= 0 ? trial() : 99);
    }
    return asker;
}

/* Waits until it has written that. */
static void shows(const struct asker *asker, const char *text)
{
    char seen[1000] = "";
    size_t used = 0;
    struct pollfd fd = {asker->master, POLLIN, 0};
    while (!strstr(seen, text)) {
        assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
        ssize_t got = read(asker->master, seen + used, sizeof(seen) - 1 - used);
        assert_true(got > 0);
        used += (size_t)got;
        seen[used] = '\0';
    }
}

static bool echoes(const struct asker *asker)
{
    struct termios now;
    assert_int_equal(tcgetattr(asker->master, &now), 0);
    return now.c_lflag & ECHO;
}

static void type(const struct asker *asker, const char *line)
{
    assert_int_equal(write(asker->master, line, strlen(line)), strlen(line));
}

static int end(const struct asker *asker)
{
    int status = 0;
    assert_int_equal(waitpid(asker->pid, &status, 0), asker->pid);
    assert_true(WIFEXITED(status));
    (void)close(asker->master);
    return WEXITSTATUS(status);
}

static int ask_code(void)
{
    struct buf answer = BUF_SECRET(100);
    struct mono deadline = mono_add(mono_now(), PATIENCE_MS);
    int result = prompt_line("code: ", deadline, &nobody, &answer, NULL);
    bool right = result == 0 && strcmp(buf_text(&answer), "123 456") == 0;
    buf_free(&answer);
    return right ? 0 : 1;
}

static void a_code_is_read_without_echo(void **state)
{
    (void)state;
    struct asker asker = begin(ask_code);
    shows(&asker, "code: ");
    assert_false(echoes(&asker));
    type(&asker, "  123 456 \n");
    shows(&asker, "\n");
    struct mono limit = mono_add(mono_now(), PATIENCE_MS);
    while (!echoes(&asker) && !mono_reached(mono_now(), limit))
        (void)poll(NULL, 0, 1);
    assert_true(echoes(&asker));
    assert_int_equal(end(&asker), 0);
}

static int ask_too_late(void)
{
    struct buf answer = BUF_SECRET(100);
    struct error err = {0};
    bool yes = false;
    if (prompt_line("code: ", mono_add(mono_now(), SHORT_MS), &nobody, &answer, &err) == 0 ||
        err.kind != ERROR_LATER)
        return 1;
    if (prompt_confirm("sure? ", mono_add(mono_now(), SHORT_MS), &nobody, &yes, &err) == 0 ||
        err.kind != ERROR_LATER)
        return 2;
    return 0;
}

static void no_answer_in_time_is_given_up(void **state)
{
    (void)state;
    struct asker asker = begin(ask_too_late);
    assert_int_equal(end(&asker), 0);
    /* the terminal is gone with its last process: that its echo is back is tried above */
}

static int ask_nothing(void)
{
    struct buf answer = BUF_SECRET(100);
    struct error err = {0};
    int result = prompt_line("code: ", mono_add(mono_now(), PATIENCE_MS), &nobody, &answer, &err);
    return result != 0 && err.kind == ERROR_CONFIG ? 0 : 1;
}

static void an_empty_line_is_no_code(void **state)
{
    (void)state;
    struct asker asker = begin(ask_nothing);
    shows(&asker, "code: ");
    type(&asker, "  \n");
    assert_int_equal(end(&asker), 0);
}

static int confirm(void)
{
    bool yes = false;
    int result = prompt_confirm("sure? ", mono_add(mono_now(), PATIENCE_MS), &nobody, &yes, NULL);
    return result != 0 ? 9 : yes;
}

static void yes_is_y_or_yes(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int yes;
    } rows[] = {{"y\n", 1}, {" yes \n", 1}, {"n\n", 0}, {"\n", 0}, {"yessir\n", 0}, {"Y\n", 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct asker asker = begin(confirm);
        shows(&asker, "sure? ");
        assert_true(echoes(&asker));
        type(&asker, rows[i].line);
        check_row(end(&asker) == rows[i].yes, rows[i].line);
    }
}

static void without_a_terminal_nobody_is_asked(void **state)
{
    (void)state;
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        (void)setsid();
        _exit(ask_nothing());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_is_read_without_echo),
        cmocka_unit_test(no_answer_in_time_is_given_up),
        cmocka_unit_test(an_empty_line_is_no_code),
        cmocka_unit_test(yes_is_y_or_yes),
        cmocka_unit_test(without_a_terminal_nobody_is_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
