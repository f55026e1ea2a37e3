#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "process/helper.h"
#include "process/sweep.h"

#define WORDS(...) ((char *const *)(const char *const[]){__VA_ARGS__, NULL})

static const struct wakeup_source nobody = {.fd = -1};

static struct mono soon(int64_t ms)
{
    return mono_add(mono_now(), ms);
}

static void C2_both_outputs_are_read_however_long(void **state)
{
    (void)state;
    CLEAN(helper_result) struct helper_result result = {0};
    char *const *words = WORDS("sh", "-c",
                               "head -c 150000 /dev/zero | tr '\\0' x >&2; echo end >&2;"
                               "head -c 200000 /dev/zero | tr '\\0' y; exit 3");
    assert_int_equal(helper_run(words, false, soon(60000), &nobody, &result, NULL), 0);
    assert_int_equal(result.status, 3);
    assert_int_equal(result.output.length, 200000);
    assert_true(result.messages.length <= HELPER_MESSAGES_BYTES);
    assert_string_equal(buf_text(&result.messages) + result.messages.length - 4, "end\n");
}

static void C1_standard_input_is_empty_and_nothing_else_is_open(void **state)
{
    (void)state;
    CLEAN(helper_result) struct helper_result result = {0};
    int leaked = open("/dev/null", O_RDONLY); /* NOLINT: without O_CLOEXEC on purpose */
    char *const *words = WORDS("sh", "-c", "cat; ls /proc/self/fd | wc -l");
    int own[2], before = dup(0);
    assert_true(leaked >= 0 && before >= 0 && pipe(own) == 0);
    assert_int_equal(write(own[1], "the command's\n", 14), 14);
    assert_int_equal(dup2(own[0], 0), 0);
    (void)close(own[0]);
    (void)close(own[1]);
    assert_int_equal(helper_run(words, false, soon(60000), &nobody, &result, NULL), 0);
    assert_string_equal(buf_text(&result.output), "4\n"); /* 0, 1, 2 and ls's own */
    assert_int_equal(dup2(before, 0), 0);
    (void)close(before);
    (void)close(leaked);
}

static void T6_quiet_has_no_terminal(void **state)
{
    (void)state;
    CLEAN(helper_result) struct helper_result result = {0};
    char own[20];
    (void)snprintf(own, sizeof(own), "%d", (int)getsid(0));
    char *const *words = WORDS("sh", "-c",
                               "read -r a b c d pgrp session rest </proc/self/stat;"
                               "[ $session != \"$0\" ] && echo other",
                               own);
    assert_int_equal(helper_run(words, true, soon(60000), &nobody, &result, NULL), 0);
    assert_string_equal(buf_text(&result.output), "other\n");
    helper_result_free(&result);
    assert_int_equal(helper_run(words, false, soon(60000), &nobody, &result, NULL), 0);
    assert_string_equal(buf_text(&result.output), "");
}

static void a_child_that_keeps_the_pipes_is_not_waited_for(void **state)
{
    (void)state;
    CLEAN(helper_result) struct helper_result result = {0};
    char *const *words = WORDS("sh", "-c", "sleep 1000 & echo $!");
    assert_int_equal(helper_run(words, false, soon(600000), &nobody, &result, NULL), 0);
    pid_t child = (pid_t)strtol(buf_text(&result.output), NULL, 10);
    assert_true(child > 1);
    assert_int_equal(kill(child, SIGKILL), 0);
}

static void C4_what_cannot_be_run_is_named(void **state)
{
    (void)state;
    needs_a_kernel();
    struct helper_result result;
    struct error err = {0};
    char *const *missing = WORDS("no-such-program-here");
    assert_int_equal(helper_run(missing, false, soon(60000), &nobody, &result, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_non_null(strstr(err.text, "'no-such-program-here'"));
    char *const *folder = WORDS("/tmp");
    assert_int_equal(helper_run(folder, false, soon(60000), &nobody, &result, &err), -1);
    assert_non_null(strstr(err.text, "'/tmp'"));
    char *const *flood = WORDS("sh", "-c", "yes");
    assert_int_equal(helper_run(flood, false, soon(60000), &nobody, &result, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFIG);
}

static void deadline_and_wake_end_it(void **state)
{
    (void)state;
    struct helper_result result;
    struct error err = {0};
    struct latch latch;
    char *const *words = WORDS("sleep", "1000");
    assert_int_equal(helper_run(words, false, soon(50), &nobody, &result, &err), -1);
    assert_int_equal(err.kind, ERROR_LATER);
    assert_int_equal(latch_open(&latch, NULL), 0);
    struct wakeup_source wakeup = latch_wakeup(&latch);
    latch_set(&latch);
    assert_int_equal(helper_run(words, true, soon(600000), &wakeup, &result, &err), -1);
    assert_int_equal(err.kind, ERROR_LATER);
    latch_close(&latch);
}

/* Asks for the end once the program is under way. */
static bool ask_later(void *context)
{
    return ++*(int *)context > 1;
}

/* As when the user ends both: what the program had to say to that is nobody's business. */
static void an_end_that_was_asked_for_comes_before_the_programs_own(void **state)
{
    (void)state;
    struct helper_result result;
    struct error err = {0};
    int asked = 0;
    struct wakeup_source wakeup = {.fd = -1, .on_wakeup = ask_later, .context = &asked};
    char *const *words = WORDS("sh", "-c", "kill -TERM $$");
    assert_int_equal(helper_run(words, false, soon(600000), &wakeup, &result, &err), -1);
    assert_int_equal(err.kind, ERROR_LATER);
}

/* Reads what woke us up, and wants to go on. */
static bool go_on(void *context)
{
    char byte;
    (void)!read(*(int *)context, &byte, 1);
    return false;
}

static void waking_for_nothing_does_not_end_it(void **state)
{
    (void)state;
    CLEAN(helper_result) struct helper_result result = {0};
    int pipe[2];
    assert_int_equal(pipe2(pipe, O_CLOEXEC | O_NONBLOCK), 0);
    struct wakeup_source wakeup = {.fd = pipe[0], .on_wakeup = go_on, .context = pipe};
    assert_int_equal(write(pipe[1], "xyz", 3), 3);
    assert_int_equal(helper_run(WORDS("sh", "-c", "sleep 0.1; echo x"), false, soon(600000),
                                &wakeup, &result, NULL),
                     0);
    assert_string_equal(buf_text(&result.output), "x\n");
    (void)close(pipe[0]);
    (void)close(pipe[1]);
}

static bool is_gone(pid_t pid)
{
    for (int tries = 0; tries < 1000; tries++) {
        struct sweep_process process;
        if (sweep_read(pid, &process) != 0 || process.state == 'Z')
            return true;
        (void)usleep(20000); /* a shorter nap does no harm */
    }
    return false;
}

static void what_it_started_ends_with_it(void **state)
{
    (void)state;
    struct helper_result result;
    char file[] = "/tmp/withlock-helper-XXXXXX", script[200];
    int fd = mkostemp(file, O_CLOEXEC);
    long child = 0;
    assert_true(fd >= 0);
    (void)snprintf(script, sizeof(script), "sleep 1000 & echo $! >%s; wait; sleep 1001", file);
    assert_int_equal(
        helper_run(WORDS("sh", "-c", script), false, soon(500), &nobody, &result, NULL), -1);
    FILE *pid = fdopen(fd, "r");
    assert_int_equal(fscanf(pid, "%ld", &child), 1); /* NOLINT(cert-err34-c): our own echo */
    assert_true(is_gone((pid_t)child));
    (void)fclose(pid);
    (void)unlink(file);
}

static void a_signal_is_128_and_its_number(void **state)
{
    (void)state;
    CLEAN(helper_result) struct helper_result result = {0};
    char *const *words = WORDS("sh", "-c", "kill -TERM $$");
    assert_int_equal(helper_run(words, false, soon(60000), &nobody, &result, NULL), 0);
    assert_int_equal(result.status, 128 + SIGTERM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C2_both_outputs_are_read_however_long),
        cmocka_unit_test(C1_standard_input_is_empty_and_nothing_else_is_open),
        cmocka_unit_test(T6_quiet_has_no_terminal),
        cmocka_unit_test(a_child_that_keeps_the_pipes_is_not_waited_for),
        cmocka_unit_test(C4_what_cannot_be_run_is_named),
        cmocka_unit_test(deadline_and_wake_end_it),
        cmocka_unit_test(an_end_that_was_asked_for_comes_before_the_programs_own),
        cmocka_unit_test(waking_for_nothing_does_not_end_it),
        cmocka_unit_test(what_it_started_ends_with_it),
        cmocka_unit_test(a_signal_is_128_and_its_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
