#include "unit.h"

#include <signal.h>
#include <unistd.h>

#include "run/hook.h"

static char folder[] = "/tmp/test_hook.XXXXXX";

static const char *const variables[] = {"WITHLOCK_HELD_PREFIX=outer inner", "WITHLOCK_HELD_ID=a b",
                                        "WITHLOCK_HELD_TOKEN=1 2", "WITHLOCK_HELD_ENDPOINT=x y",
                                        NULL};

static struct held held(void)
{
    struct held held;
    memcpy(held.variables, variables, sizeof(variables));
    return held;
}

static const char *file(const char *name, char out[128])
{
    (void)snprintf(out, 128, "%s/%s", folder, name);
    return out;
}

static void holds(const char *name, const char *wanted)
{
    char path[128], text[256] = "";
    FILE *in = fopen(file(name, path), "r");
    assert_non_null(in);
    (void)!fread(text, 1, sizeof(text) - 1, in);
    (void)fclose(in);
    assert_string_equal(text, wanted);
}

/* Its own list, not that of the lock around us; everything else of the environment. */
static void the_facts_replace_what_was_there(void **state)
{
    (void)state;
    struct held facts = held();
    struct hook hook = {0};
    assert_int_equal(setenv("WITHLOCK_HELD_PREFIX", "outer", 1), 0);
    assert_int_equal(setenv("WITHLOCK_HELD_PREFIX2", "kept", 1), 0);
    hook_start_lost(&hook,
                    "env | grep -c ^WITHLOCK_HELD_PREFIX= >\"$FOLDER/count\";"
                    "echo \"$WITHLOCK_HELD_PREFIX,$WITHLOCK_HELD_TOKEN,$WITHLOCK_HELD_PREFIX2,"
                    "$WITHLOCK_LOST_REASON\" >\"$FOLDER/facts\"",
                    &facts, "gone, \"away\"");
    hook_finish(&hook);
    holds("count", "1\n");
    holds("facts", "outer inner,1 2,kept,gone, \"away\"\n");
    assert_false(hook.running);
}

static void it_begins_once(void **state)
{
    (void)state;
    struct held facts = held();
    struct hook hook = {0};
    for (int i = 0; i < 3; i++) {
        hook_start_lost(&hook, "echo x >>\"$FOLDER/once\"", &facts, "why");
        hook_finish(&hook);
    }
    holds("once", "x\n");
}

/* Both are there to be seen at once, since this process is stopped while they come. */
static void a_signal_comes_before_the_end_that_it_has_made(void **state)
{
    (void)state;
    struct held facts = held();
    struct signals signals;
    assert_int_equal(signals_init(&signals, NULL), 0);
    int number = hook_run_acquired("kill -STOP $PPID; kill -TERM $PPID; "
                                   "(sleep 0.2; kill -CONT $PPID) & kill -TERM $$",
                                   &facts, &signals);
    assert_int_equal(number, SIGTERM);
    signals_free(&signals);
}

static void nothing_to_run_is_nothing_to_wait_for(void **state)
{
    (void)state;
    struct held facts = held();
    struct hook hook = {0};
    struct signals none = {.fd = -1};
    hook_start_lost(&hook, NULL, &facts, "why");
    assert_int_equal(hook_fd(&hook), -1);
    assert_int_equal(hook_look_at(&hook).ms, MONO_NEVER.ms);
    hook_look(&hook);
    hook_finish(&hook);
    assert_int_equal(hook_run_acquired(NULL, &facts, &none), 0);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && setenv("FOLDER", folder, 1) == 0 ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"count", "facts", "once"};
    char path[128];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)unlink(file(names[i], path));
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_facts_replace_what_was_there),
        cmocka_unit_test(it_begins_once),
        cmocka_unit_test(a_signal_comes_before_the_end_that_it_has_made),
        cmocka_unit_test(nothing_to_run_is_nothing_to_wait_for),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
