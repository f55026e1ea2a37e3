/*
 * What a slow source of credentials costs whoever signs: nothing while the old keys serve, and no
 * more than the caller's limit once they do not.
 */
#include "aws_world.h"

#include <fcntl.h>
#include <sys/eventfd.h>

#include "base/date.h"
#include "client/credentials_provider.h"

#define PATIENCE_MS 60000

struct scene {
    struct world world;
    struct aws_settings settings;
    struct transport transport;
    struct provider provider;
};

/*
 * The source: a program that notes each run, takes until there is no `slow` in the home directory,
 * fails where there is `broken`, and whose keys, K1, K2, ..., live for so many seconds.
 */
static void open_scene(struct scene *scene, int lifetime_s)
{
    char program[1000], config[400];
    (void)snprintf(program, sizeof(program),
                   "#!/bin/sh\n"
                   "cd %s\n"
                   "echo run >>runs\n"
                   "while [ -e slow ]; do sleep 0.01; done\n"
                   "[ ! -e broken ] || { echo no keys today >&2; exit 3; }\n"
                   "printf '{\"Version\":1,\"AccessKeyId\":\"K%%s\",\"SecretAccessKey\":\"s\","
                   "\"SessionToken\":\"t\",\"Expiration\":\"%%s\"}' \"$(grep -c . runs)\" "
                   "\"$(date -u -d '%d seconds' +%%Y-%%m-%%dT%%H:%%M:%%SZ)\"\n",
                   world_home, lifetime_s);
    (void)snprintf(config, sizeof(config), "[default]\nregion = r\ncredential_process = %s\n",
                   world_path("source"));
    static const char *const files[] = {"runs", "slow", "broken"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        (void)unlink(world_path(files[i]));
    world_write("source", program);
    assert_int_equal(chmod(world_path("source"), 0700), 0);
    *scene =
        (struct scene){.world = {.config = config,
                                 .options = {.connect_timeout_ms = 1000, .read_timeout_ms = 1000}}};
    assert_int_equal(world_load(&scene->world, &scene->settings, NULL), 0);
    assert_int_equal(transport_init(&scene->transport, &scene->settings, NULL), 0);
    provider_init(&scene->provider, &scene->transport);
}

static void close_scene(struct scene *scene)
{
    provider_free(&scene->provider);
    transport_free(&scene->transport);
    aws_settings_free(&scene->settings);
}

static unsigned runs(void)
{
    FILE *file = fopen(world_path("runs"), "r");
    unsigned count = 0;
    for (int byte; file && (byte = fgetc(file)) != EOF;)
        count += byte == '\n';
    if (file)
        (void)fclose(file);
    return count;
}

static int get_within(struct scene *scene, int64_t limit_ms, const char *id, struct error *err)
{
    struct wakeup_source wakeup = {.fd = -1};
    struct provider_limits limits = {mono_add(mono_now(), limit_ms), &wakeup};
    const struct credentials *keys = NULL;
    int result = provider_get(&scene->provider, &limits, &keys, err);
    if (result == 0)
        assert_string_equal(buf_text(&keys->id), id);
    return result;
}

/* Keys are asked for at most once a minute: a minute passes. */
static void let_time_pass(struct scene *scene)
{
    scene->provider.renewal.tried_at.ms -= RENEWAL_PAUSE_MS;
}

static void slow(bool is)
{
    world_write("slow", is ? "" : NULL);
}

static void expire(struct scene *scene)
{
    scene->provider.keys.expires_at = (struct wall){wall_now().ms - 1};
}

static void wait_for_refresh(struct scene *scene)
{
    struct mono limit = mono_add(mono_now(), PATIENCE_MS);
    while (provider_is_refreshing(&scene->provider)) {
        assert_false(mono_reached(mono_now(), limit));
        (void)wait_ready(NULL, 0, mono_add(mono_now(), 5));
    }
}

/* What is reported goes to a file meanwhile. */
static int take_stderr(void)
{
    int before = dup(STDERR_FILENO), fd = open(world_path("err"), O_CREAT | O_TRUNC | O_RDWR, 0600);
    assert_true(before >= 0 && dup2(fd, STDERR_FILENO) >= 0);
    (void)close(fd);
    return before;
}

static void give_stderr(int before, struct buf *out)
{
    assert_true(dup2(before, STDERR_FILENO) >= 0);
    (void)close(before);
    assert_int_equal(file_read(world_path("err"), out, NULL), FILE_READ);
}

static void old_keys_serve_while_a_slow_source_takes_its_time(void **state)
{
    (void)state;
    struct scene scene;
    CLEAN(buf) struct buf said = BUF(4096);
    open_scene(&scene, 600); /* within 15 minutes of their end: new ones are due */
    int before = take_stderr();
    assert_int_equal(get_within(&scene, PATIENCE_MS, "K1", NULL), 0);
    slow(true);
    let_time_pass(&scene);
    assert_int_equal(get_within(&scene, 10, "K1", NULL), 0); /* as short as a sixth of nothing */
    assert_true(provider_is_refreshing(&scene.provider));
    assert_int_equal(get_within(&scene, 10, "K1", NULL), 0);
    slow(false);
    wait_for_refresh(&scene);
    assert_int_equal(get_within(&scene, 10, "K2", NULL), 0);
    assert_int_equal(runs(), 2); /* it was not cut off and begun again */
    give_stderr(before, &said);
    assert_string_equal(buf_text(&said), "");
    close_scene(&scene);
}

static void keys_that_have_ended_are_waited_for_and_the_search_outlives_the_wait(void **state)
{
    (void)state;
    struct scene scene;
    struct error err = {0};
    open_scene(&scene, 600);
    assert_int_equal(get_within(&scene, PATIENCE_MS, "K1", NULL), 0);
    slow(true);
    let_time_pass(&scene);
    expire(&scene);
    assert_int_equal(get_within(&scene, 20, NULL, &err), -1);
    assert_int_equal(err.kind, ERROR_LATER);
    slow(false);
    assert_int_equal(get_within(&scene, PATIENCE_MS, "K2", NULL), 0);
    assert_int_equal(runs(), 2);
    close_scene(&scene);
}

static void keys_that_the_service_refused_are_replaced_before_the_next_use(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, 7200); /* none are due */
    assert_int_equal(get_within(&scene, PATIENCE_MS, "K1", NULL), 0);
    assert_true(provider_rejected(&scene.provider));
    assert_int_equal(get_within(&scene, PATIENCE_MS, "K2", NULL), 0);
    close_scene(&scene);
}

static void a_source_that_fails_is_a_warning_while_the_old_keys_serve(void **state)
{
    (void)state;
    CLEAN(buf) struct buf said = BUF(4096);
    struct scene scene;
    struct error err = {0};
    open_scene(&scene, 600);
    assert_int_equal(get_within(&scene, PATIENCE_MS, "K1", NULL), 0);
    world_write("broken", "");
    let_time_pass(&scene);
    assert_int_equal(get_within(&scene, 10, "K1", NULL), 0);
    wait_for_refresh(&scene);
    int before = take_stderr();
    assert_int_equal(get_within(&scene, 10, "K1", NULL), 0);
    assert_int_equal(get_within(&scene, 10, "K1", NULL), 0); /* it is said once */
    give_stderr(before, &said);
    assert_non_null(strstr(buf_text(&said), "no keys today"));
    assert_string_equal(strchr(buf_text(&said), '\n'), "\n");
    let_time_pass(&scene);
    expire(&scene);
    assert_int_equal(get_within(&scene, PATIENCE_MS, NULL, &err), -1);
    assert_non_null(strstr(err.text, "no keys today"));
    close_scene(&scene);
}

static bool on_wakeup(void *context)
{
    unsigned *asked = context;
    ++*asked;
    return true;
}

static void who_waits_for_keys_can_be_woken_and_a_search_can_be_left(void **state)
{
    (void)state;
    struct scene scene;
    unsigned asked = 0;
    int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    struct wakeup_source wakeup = {.fd = fd, .on_wakeup = on_wakeup, .context = &asked};
    open_scene(&scene, 600);
    assert_int_equal(get_within(&scene, PATIENCE_MS, "K1", NULL), 0);
    slow(true);
    let_time_pass(&scene);
    expire(&scene);
    struct mono begun = mono_now();
    struct provider_limits limits = {mono_add(begun, 10 * PATIENCE_MS), &wakeup};
    const struct credentials *keys;
    assert_int_equal(provider_get(&scene.provider, &limits, &keys, NULL), -1);
    assert_true(asked > 0);
    close_scene(&scene); /* ends the program, and does not wait for it */
    assert_true(mono_diff(mono_now(), begun) < PATIENCE_MS);
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_keys_serve_while_a_slow_source_takes_its_time),
        cmocka_unit_test(keys_that_have_ended_are_waited_for_and_the_search_outlives_the_wait),
        cmocka_unit_test(keys_that_the_service_refused_are_replaced_before_the_next_use),
        cmocka_unit_test(a_source_that_fails_is_a_warning_while_the_old_keys_serve),
        cmocka_unit_test(who_waits_for_keys_can_be_woken_and_a_search_can_be_left),
    };
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
