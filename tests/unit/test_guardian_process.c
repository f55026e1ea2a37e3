/* guardian_process alone: the test is withlock, with a bare socket and the shared memory. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/guardian_process.h"

#define LIMIT_MS 60000 /* of one wait; nothing takes so long unless it is broken */

/* Waits for what nobody tells; the guardian writes it down sooner or later. */
#define until(condition)                                                                           \
    do {                                                                                           \
        struct mono limit = mono_add(mono_now(), LIMIT_MS);                                        \
        while (!(condition)) {                                                                     \
            assert_false(mono_reached(mono_now(), limit));                                         \
            (void)poll(NULL, 0, 1);                                                                \
        }                                                                                          \
    } while (0)

static struct signals signals;
static struct guardian_settings settings;
static struct guardian_place place;
static pid_t guardian;
static int its; /* our end of the guardian's socket */
static int words;

/* The guardian's memory, and ours for the test. */
struct memory {
    struct guardian_shared guardian;
    _Atomic bool released;
};

static void note_release(void *context)
{
    struct memory *memory = context;
    atomic_store(&memory->released, true);
}

static bool is_released(void)
{
    return atomic_load(&((struct memory *)settings.release_context)->released);
}

static int begin(void **state)
{
    (void)state;
    return signals_init(&signals, NULL);
}

static int open_place(void **state)
{
    (void)state;
    struct memory *memory =
        mmap(NULL, sizeof(*memory), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    settings = (struct guardian_settings){.signals = &signals,
                                          .kill_after_ms = 100,
                                          .release = note_release,
                                          .release_context = memory};
    place = (struct guardian_place){.settings = &settings,
                                    .shared = &memory->guardian,
                                    .withlock = getpid(),
                                    .withlock_group = getpgrp()};
    return timer_open(&place.term, &memory->guardian.term_at_ms, NULL) ||
           timer_open(&place.kill, &memory->guardian.kill_at_ms, NULL);
}

/* The guardian of a shell that executes the script. */
static void start(const char *script)
{
    static const char *argv[] = {"sh", "-c", NULL, NULL};
    int sockets[2], pipe_ends[2];
    argv[2] = script;
    settings.argv = (char *const *)argv;
    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
    assert_int_equal(pipe2(pipe_ends, O_CLOEXEC), 0);
    place.socket = sockets[1];
    guardian = fork();
    assert_true(guardian >= 0);
    if (guardian == 0) {
        (void)close(sockets[0]);
        (void)dup2(pipe_ends[1], STDOUT_FILENO); /* which the command inherits */
        guardian_process_main(&place);
    }
    its = sockets[0];
    words = pipe_ends[0];
    (void)close(sockets[1]);
    (void)close(pipe_ends[1]);
}

static void ask(enum guardian_request_kind kind, int signal)
{
    unsigned answered = atomic_load(&place.shared->answered);
    struct guardian_request request = {.kind = kind, .signal = signal};
    assert_int_equal(send(its, &request, sizeof(request), MSG_NOSIGNAL), sizeof(request));
    until(atomic_load(&place.shared->answered) == answered + 1);
}

static void launch(const char *script)
{
    start(script);
    ask(GUARDIAN_LAUNCH, 0);
}

/* What the command says next; 0: nobody is left who could say something. */
static char next_word(void)
{
    char word = 0;
    struct pollfd fd = {words, POLLIN, 0};
    assert_int_equal(poll(&fd, 1, LIMIT_MS), 1);
    assert_true(read(words, &word, 1) >= 0);
    return word;
}

/* As if withlock had been killed. */
static void leave(void)
{
    (void)close(its);
    its = -1;
}

static void expect_its_end(void)
{
    int status;
    until(waitpid(guardian, &status, WNOHANG) == guardian);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    guardian = 0;
}

static int close_place(void **state)
{
    (void)state;
    if (guardian > 0 && kill(guardian, SIGKILL) == 0) /* a test has failed, or is done with it */
        (void)waitpid(guardian, NULL, 0);
    guardian = 0;
    if (its >= 0)
        (void)close(its);
    (void)close(words);
    timer_close(&place.term);
    timer_close(&place.kill);
    return munmap(settings.release_context, sizeof(struct memory));
}

static void what_became_of_the_command_is_written_down(void **state)
{
    (void)state;
    launch("exit 3");
    until(atomic_load(&place.shared->exited));
    assert_int_equal(atomic_load(&place.shared->launch), GUARDIAN_LAUNCH_DONE);
    assert_int_equal(atomic_load(&place.shared->status), 3);
    assert_true(atomic_load(&place.shared->command) > 0);
    assert_false(atomic_load(&place.shared->ending));
}

static void news_wake_withlock(void **state)
{
    (void)state;
    char byte;
    start("exit 0");
    struct pollfd fd = {its, POLLIN, 0};
    ask(GUARDIAN_ASK, 0);
    assert_int_equal(recv(its, &byte, 1, MSG_DONTWAIT), -1);
    ask(GUARDIAN_LAUNCH, 0);
    for (int news = 0; news < 2; news++) { /* it runs, and it has ended */
        assert_int_equal(poll(&fd, 1, LIMIT_MS), 1);
        assert_int_equal(recv(its, &byte, 1, 0), 1);
    }
}

static void a_command_is_launched_once(void **state)
{
    (void)state;
    launch("echo X; exec sleep 1000");
    assert_int_equal(next_word(), 'X');
    pid_t command = atomic_load(&place.shared->command);
    ask(GUARDIAN_LAUNCH, 0);
    assert_int_equal(atomic_load(&place.shared->command), command);
}

static void the_command_gets_the_variables(void **state)
{
    (void)state;
    memcpy(place.shared->variables, "ONE=1\0TWO=2\0", sizeof("ONE=1\0TWO=2\0"));
    launch("test $ONE$TWO = 12");
    until(atomic_load(&place.shared->exited));
    assert_int_equal(atomic_load(&place.shared->status), 0);
}

static void after_the_deadline_nothing_is_launched(void **state)
{
    (void)state;
    assert_int_equal(timer_set(&place.term, mono_now()), 0);
    launch("echo X");
    assert_int_equal(atomic_load(&place.shared->launch), GUARDIAN_LAUNCH_NO_PROCESS);
    assert_int_equal(atomic_load(&place.shared->launch_errno), ETIME);
    leave();
    expect_its_end();
    assert_int_equal(next_word(), 0);
}

static void it_keeps_no_pipe_of_the_callers(void **state)
{
    (void)state;
    launch("exit 0");
    assert_int_equal(next_word(), 0);
    assert_int_equal(kill(guardian, 0), 0);
}

static void a_signal_is_passed_on(void **state)
{
    (void)state;
    launch("trap 'exit 5' USR1; printf X; while :; do sleep 0.01; done");
    assert_int_equal(next_word(), 'X');
    ask(GUARDIAN_SIGNAL, SIGUSR1);
    until(atomic_load(&place.shared->exited));
    assert_int_equal(atomic_load(&place.shared->status), 5);
}

static void a_stop_is_told_and_ended(void **state)
{
    (void)state;
    launch("kill -STOP $$; while :; do sleep 0.01; done");
    until(atomic_load(&place.shared->stops) == 1);
    assert_int_equal(atomic_load(&place.shared->stop_signal), SIGSTOP);
    ask(GUARDIAN_SIGNAL, SIGCONT);
    until(atomic_load(&place.shared->stop_signal) == 0);
    assert_false(atomic_load(&place.shared->exited));
}

static void at_its_deadline_all_is_ended(void **state)
{
    (void)state;
    launch("trap '' TERM; setsid sleep 1000 & printf X; while :; do sleep 0.01; done");
    assert_int_equal(next_word(), 'X');
    assert_int_equal(timer_set(&place.kill, mono_add(mono_now(), 100)), 0);
    assert_int_equal(timer_set(&place.term, mono_now()), 0);
    until(atomic_load(&place.shared->ending));
    assert_int_equal(next_word(), 0); /* nobody has the pipe any more */
    until(atomic_load(&place.shared->cleared));
    assert_int_equal(atomic_load(&place.shared->status), 128 + SIGKILL);
}

static void without_withlock_it_ends_the_command_and_releases(void **state)
{
    (void)state;
    launch("trap 'printf T; exit 7' TERM; printf X; while :; do sleep 0.01; done");
    assert_int_equal(next_word(), 'X');
    assert_false(is_released());
    leave();
    assert_int_equal(next_word(), 'T');
    expect_its_end();
    assert_true(atomic_load(&place.shared->cleared));
    assert_int_equal(atomic_load(&place.shared->status), 7);
    assert_true(is_released());
}

static void without_withlock_a_deaf_command_is_killed(void **state)
{
    (void)state;
    launch("trap '' TERM; printf X; while :; do sleep 0.01; done");
    assert_int_equal(next_word(), 'X');
    leave();
    expect_its_end();
    assert_int_equal(atomic_load(&place.shared->status), 128 + SIGKILL);
    assert_true(is_released());
}

static void dismissed_it_releases_nothing(void **state)
{
    (void)state;
    start("exit 0");
    atomic_store(&place.shared->dismissed, true);
    leave();
    expect_its_end();
    assert_false(is_released());
}

#define cmocka_unit_test_at(name) cmocka_unit_test_setup_teardown(name, open_place, close_place)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_at(what_became_of_the_command_is_written_down),
        cmocka_unit_test_at(news_wake_withlock),
        cmocka_unit_test_at(a_command_is_launched_once),
        cmocka_unit_test_at(the_command_gets_the_variables),
        cmocka_unit_test_at(after_the_deadline_nothing_is_launched),
        cmocka_unit_test_at(it_keeps_no_pipe_of_the_callers),
        cmocka_unit_test_at(a_signal_is_passed_on),
        cmocka_unit_test_at(a_stop_is_told_and_ended),
        cmocka_unit_test_at(at_its_deadline_all_is_ended),
        cmocka_unit_test_at(without_withlock_it_ends_the_command_and_releases),
        cmocka_unit_test_at(without_withlock_a_deaf_command_is_killed),
        cmocka_unit_test_at(dismissed_it_releases_nothing),
    };
    return cmocka_run_group_tests(tests, begin, NULL);
}
