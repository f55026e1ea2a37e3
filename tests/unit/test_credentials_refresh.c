/* A look-up of credentials in a thread of its own, beside keys that still serve. */
#include "lookup_scene.h"

#include <sys/resource.h>

#include "client/credentials_refresh.h"

static void beside_the_old_keys_it_takes_its_time(void **state)
{
    (void)state;
    struct scene scene;
    struct credentials_refresh refresh = {0};
    struct mono deadline = mono_add(mono_now(), PATIENCE_MS);
    open_scene(&scene, source("while [ ! -e \"${0%/*}/go\" ]; do sleep 0.01; done; " GOOD_SCRIPT),
               NULL);
    assert_int_equal(
        credentials_refresh_start(&refresh, &scene.transport, scene.lookup, deadline, NULL), 0);
    assert_false(credentials_refresh_is_done(&refresh));
    world_write("go", "");
    struct pollfd fd = {refresh.done.fd, POLLIN, 0};
    assert_int_equal(poll(&fd, 1, PATIENCE_MS), 1);
    assert_true(credentials_refresh_is_done(&refresh));
    assert_true(credentials_refresh_finish(&refresh));
    assert_int_equal(refresh.result, 0);
    credentials_take(scene.lookup, &scene.keys);
    assert_string_equal(buf_text(&scene.keys.id), "K1");
    assert_true(credentials_refresh_finish(&refresh)); /* it is not running: nothing */
    close_scene(&scene);
}

static void to_finish_it_is_to_give_it_up(void **state)
{
    (void)state;
    struct scene scene;
    struct credentials_refresh refresh = {0};
    struct mono deadline = mono_add(mono_now(), PATIENCE_MS);
    open_scene(&scene, source("touch \"${0%/*}/begun\"; exec sleep 600"), NULL);
    assert_int_equal(
        credentials_refresh_start(&refresh, &scene.transport, scene.lookup, deadline, NULL), 0);
    while (access(world_path("begun"), F_OK) != 0 && !mono_reached(mono_now(), deadline))
        (void)poll(NULL, 0, 1);
    assert_true(credentials_refresh_finish(&refresh));
    assert_false(mono_reached(mono_now(), deadline));
    assert_int_equal(refresh.result, -1);
    assert_true(refresh.fetch.given_up);
    assert_false(refresh.running);
    close_scene(&scene);
}

static void its_clock_is_as_far_off_as_ours(void **state)
{
    (void)state;
    struct scene scene;
    struct credentials_refresh refresh = {0};
    open_scene(&scene, source(GOOD_SCRIPT), NULL);
    scene.transport.clock_offset_ms = -7200000;
    assert_int_equal(credentials_refresh_start(&refresh, &scene.transport, scene.lookup,
                                               mono_add(mono_now(), PATIENCE_MS), NULL),
                     0);
    assert_int_equal(refresh.transport.clock_offset_ms, -7200000);
    assert_true(credentials_refresh_finish(&refresh));
    close_scene(&scene);
}

/* Nothing is left of it: not even one descriptor where there is room for one alone. */
static void without_descriptors_nothing_has_begun(void **state)
{
    (void)state;
    struct scene scene;
    struct credentials_refresh refresh = {0};
    struct rlimit before, tight;
    open_scene(&scene, source(GOOD_SCRIPT), NULL);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    int next = dup(0);
    assert_true(next >= 0);
    for (rlim_t room = 0; room < 2; room++) {
        struct error err = {0};
        (void)close(next);
        tight = (struct rlimit){(rlim_t)next + room, before.rlim_max};
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
        int result = credentials_refresh_start(&refresh, &scene.transport, scene.lookup,
                                               mono_add(mono_now(), PATIENCE_MS), &err);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        assert_int_equal(result, -1);
        assert_int_equal(err.kind, ERROR_SYSTEM);
        assert_false(refresh.running);
        assert_true(credentials_refresh_finish(&refresh));
        assert_int_equal(dup(0), next);
    }
    (void)close(next);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beside_the_old_keys_it_takes_its_time),
        cmocka_unit_test(to_finish_it_is_to_give_it_up),
        cmocka_unit_test(its_clock_is_as_far_off_as_ours),
        cmocka_unit_test(without_descriptors_nothing_has_begun),
    };
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
