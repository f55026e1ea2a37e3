#include "unit.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/wait.h"

#define NOW 5000000

static void timeouts_are_never_negative_but_for_never(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int64_t now, until;
        int timeout_ms;
    } cases[] = {
        {"in one millisecond", NOW, NOW + 1, 1},
        {"in a while", NOW, NOW + 1234, 1234},
        {"now", NOW, NOW, 0},
        {"one millisecond ago, which poll() would take for 'without end'", NOW, NOW - 1, 0},
        {"two milliseconds ago", NOW, NOW - 2, 0},
        {"long ago", NOW, 0, 0},
        {"before the machine was started", NOW, -1, 0},
        {"as long ago as there is", NOW, INT64_MIN, 0},
        {"the longest", NOW, NOW + WAIT_MAX_MS, WAIT_MAX_MS},
        {"longer than the longest", NOW, NOW + WAIT_MAX_MS + 1, WAIT_MAX_MS},
        {"in 25 days, more than fits", NOW, NOW + INT64_C(2147483648), WAIT_MAX_MS},
        {"just not never", NOW, INT64_MAX - 1, WAIT_MAX_MS},
        {"never", NOW, INT64_MAX, -1},
        {"never, just after the start", 0, INT64_MAX, -1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int got = wait_timeout_ms((struct mono){cases[i].now}, (struct mono){cases[i].until});
        check_row(got == cases[i].timeout_ms, cases[i].what);
    }
}

static void a_moment_that_has_passed_does_not_wait(void **state)
{
    (void)state;
    struct mono before = mono_now();
    for (int ago_ms = 0; ago_ms < 10; ago_ms++)
        assert_int_equal(wait_ready(NULL, 0, mono_add(mono_now(), -ago_ms)), 0);
    assert_true(mono_diff(mono_now(), before) < WAIT_MAX_MS);
}

static void waits_until_a_descriptor_is_ready(void **state)
{
    (void)state;
    int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_true(fd >= 0);
    struct pollfd fds[] = {{.fd = -1, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    assert_int_equal(wait_ready(fds, 2, MONO_NEVER), 1);
    assert_int_equal(fds[0].revents, 0);
    assert_int_equal(fds[1].revents, POLLIN);
    (void)close(fd);
}

static void waits_until_the_moment(void **state)
{
    (void)state;
    struct mono until = mono_add(mono_now(), 30);
    while (!mono_reached(mono_now(), until))
        assert_int_equal(wait_ready(NULL, 0, until), 0);
}

/* More descriptors than a process may have is a failure that poll() can be made to have. */
static void where_the_kernel_cannot_wait_all_may_be_ready(void **state)
{
    (void)state;
    struct pollfd fds[] = {{.fd = -1, .events = POLLIN},
                           {.fd = 1, .events = POLLOUT},
                           {.fd = 0, .events = POLLIN},
                           {.fd = -1, .events = POLLIN}};
    struct rlimit before, few;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = 3;
    struct mono begun = mono_now();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    int ready = wait_ready(fds, 4, MONO_NEVER);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(ready, 2);
    assert_int_equal(fds[0].revents, 0);
    assert_int_equal(fds[1].revents, POLLOUT);
    assert_int_equal(fds[2].revents, POLLIN);
    assert_true(mono_diff(mono_now(), begun) >= WAIT_NAP_MS - 1);
}

struct bell {
    unsigned rung, ends_at; /* asks for an end from the so many-th time on */
};

static bool on_wakeup(void *context)
{
    struct bell *bell = context;
    return ++bell->rung >= bell->ends_at;
}

static void a_wakeup_source_ends_a_wait_if_it_asks_for_that(void **state)
{
    (void)state;
    int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK); /* stays readable */
    struct bell bell = {.ends_at = 3};
    struct wakeup_source source = {.fd = fd, .on_wakeup = on_wakeup, .context = &bell};
    assert_true(fd >= 0);
    assert_true(wait_until(&source, MONO_NEVER));
    assert_int_equal(bell.rung, 3);
    bell = (struct bell){.ends_at = 3};
    assert_false(wait_once(&source, MONO_NEVER)); /* before it waits, and then */
    assert_int_equal(bell.rung, 2);

    source.fd = -1; /* it has read the signal: nothing is readable any more */
    assert_true(wakeup_asked(&source));
    assert_true(wait_once(&source, MONO_NEVER));
    assert_true(wait_until(&source, MONO_NEVER));

    source = (struct wakeup_source){.fd = -1};
    assert_false(wakeup_asked(&source));
    struct mono until = mono_add(mono_now(), 20);
    assert_false(wait_until(&source, until));
    assert_true(mono_reached(mono_now(), until));
    (void)close(fd);
}

static void *set_soon(void *context)
{
    (void)poll(NULL, 0, 20);
    latch_set(context);
    return NULL;
}

static void a_latch_that_is_set_ends_every_wait(void **state)
{
    (void)state;
    struct latch latch;
    pthread_t thread;
    assert_int_equal(latch_open(&latch, NULL), 0);
    struct wakeup_source source = latch_wakeup(&latch);
    assert_false(latch_is_set(&latch));
    assert_false(wakeup_asked(&source));
    assert_int_equal(pthread_create(&thread, NULL, set_soon, &latch), 0);
    assert_true(wait_until(&source, MONO_NEVER));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(wait_once(&source, MONO_NEVER));
    struct pollfd fd = {.fd = latch.fd, .events = POLLIN};
    assert_int_equal(wait_ready(&fd, 1, MONO_NEVER), 1);
    latch_close(&latch);
    latch_close(&latch);
    assert_true(latch_is_set(&latch));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(timeouts_are_never_negative_but_for_never),
        cmocka_unit_test(a_moment_that_has_passed_does_not_wait),
        cmocka_unit_test(waits_until_a_descriptor_is_ready),
        cmocka_unit_test(waits_until_the_moment),
        cmocka_unit_test(where_the_kernel_cannot_wait_all_may_be_ready),
        cmocka_unit_test(a_wakeup_source_ends_a_wait_if_it_asks_for_that),
        cmocka_unit_test(a_latch_that_is_set_ends_every_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
