#include "unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "process/child.h"
#include "process/guardian_ending.h"

#define FAR_MS   3600000
#define LIMIT_MS 60000 /* of one wait; nothing takes so long unless it is broken */

static struct guardian_ending ending;
static pid_t child; /* waits to be killed; 0: is dead, and reaped */

static int begin(void **state)
{
    (void)state;
    ending = (struct guardian_ending){0};
    sweep_init(&ending.sweep);
    child = fork();
    if (child == 0)
        for (;;)
            (void)pause();
    return child > 0 ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    if (child == 0)
        return 0;
    (void)kill(child, SIGKILL); /* it may be dead already */
    return child_reap(child, mono_add(mono_now(), LIMIT_MS), NULL) ? 0 : -1;
}

static struct mono in(int64_t ms)
{
    return mono_add(mono_now(), ms);
}

static void kill_is_due_when_the_lease_ends_at_the_latest(void **state)
{
    (void)state;
    struct mono soon = in(FAR_MS), later = in(2 * FAR_MS);
    guardian_ending_plan(&ending, later, soon);
    assert_int_equal(ending.kill_at.ms, soon.ms);
    guardian_ending_plan(&ending, soon, later);
    assert_int_equal(ending.kill_at.ms, soon.ms);
    assert_int_equal(ending.sweep_at.ms, soon.ms);
    guardian_ending_plan(&ending, soon, MONO_NEVER);
    assert_int_equal(ending.kill_at.ms, soon.ms);
}

static void what_has_passed_is_due_now(void **state)
{
    (void)state;
    struct mono before = mono_now();
    guardian_ending_plan(&ending, in(-FAR_MS), MONO_NEVER);
    assert_true(ending.kill_at.ms >= before.ms && ending.kill_at.ms <= mono_now().ms);
}

static void inner_guardians_are_spared_no_longer_than_the_lease(void **state)
{
    (void)state;
    struct mono kill_at = in(FAR_MS), lease_end = mono_add(kill_at, 1);
    guardian_ending_plan(&ending, kill_at, lease_end);
    assert_int_equal(ending.inner_until.ms, lease_end.ms);
    guardian_ending_plan(&ending, kill_at, MONO_NEVER);
    assert_int_equal(ending.inner_until.ms, kill_at.ms + GUARDIAN_INNER_MS);
}

static void a_sweep_before_kill_only_looks(void **state)
{
    struct sweep_found found;
    (void)state;
    guardian_ending_plan(&ending, in(FAR_MS), MONO_NEVER);
    assert_false(guardian_ending_sweep(&ending, &found));
    ending.sweep_at = mono_now();
    assert_true(guardian_ending_sweep(&ending, &found));
    assert_int_equal(found.living, 1);
    assert_int_equal(kill(child, 0), 0);
    assert_false(child_reap(child, mono_now(), NULL));
}

/* The one before KILL must not make KILL late. */
static void the_next_sweep_is_no_later_than_kill(void **state)
{
    struct sweep_found found;
    (void)state;
    guardian_ending_plan(&ending, in(FAR_MS), MONO_NEVER);
    ending.sweep_at = mono_now();
    ending.pause_ms = 2 * FAR_MS;
    assert_true(guardian_ending_sweep(&ending, &found));
    assert_int_equal(ending.sweep_at.ms, ending.kill_at.ms);
}

static void from_then_on_it_kills(void **state)
{
    struct sweep_found found;
    int status = 0;
    (void)state;
    guardian_ending_plan(&ending, mono_now(), MONO_NEVER);
    assert_true(guardian_ending_sweep(&ending, &found));
    assert_true(child_reap(child, in(LIMIT_MS), &status));
    child = 0;
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void pauses_grow_to_their_limit(void **state)
{
    struct sweep_found found;
    (void)state;
    guardian_ending_plan(&ending, mono_now(), MONO_NEVER);
    int64_t pause_ms = GUARDIAN_SWEEP_MS;
    for (int i = 0; i < 8; i++) {
        assert_int_equal(ending.pause_ms, pause_ms);
        ending.sweep_at = mono_now();
        assert_true(guardian_ending_sweep(&ending, &found));
        pause_ms = ms_min(2 * pause_ms, GUARDIAN_SWEEP_MAX_MS);
    }
    assert_int_equal(pause_ms, GUARDIAN_SWEEP_MAX_MS);
}

static void who_lives_long_after_kill_is_a_survivor(void **state)
{
    struct sweep_found found = {.living = 1, .example = 4711}, nobody = {0};
    (void)state;
    ending.kill_at = mono_now();
    assert_int_equal(guardian_ending_survivor(&ending, &found), 0);
    ending.kill_at = in(-GUARDIAN_SURVIVOR_MS - 1);
    assert_int_equal(guardian_ending_survivor(&ending, &found), 4711);
    assert_int_equal(guardian_ending_survivor(&ending, &nobody), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kill_is_due_when_the_lease_ends_at_the_latest),
        cmocka_unit_test(what_has_passed_is_due_now),
        cmocka_unit_test(inner_guardians_are_spared_no_longer_than_the_lease),
        cmocka_unit_test_setup_teardown(a_sweep_before_kill_only_looks, begin, end),
        cmocka_unit_test_setup_teardown(the_next_sweep_is_no_later_than_kill, begin, end),
        cmocka_unit_test_setup_teardown(from_then_on_it_kills, begin, end),
        cmocka_unit_test_setup_teardown(pauses_grow_to_their_limit, begin, end),
        cmocka_unit_test(who_lives_long_after_kill_is_a_survivor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
