/* A look-up of credentials is executed: requests, programs, and what ends it early. */
#include "aws_world.h"

#include <sys/eventfd.h>

#include "client/credentials_fetch.h"
#include "client/credentials_refresh.h"
#include "server.h"

#define PATIENCE_MS 60000
#define KEYS                                                                                       \
    "{\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","                         \
    "\"Expiration\":\"2999-01-01T00:00:00Z\"}"

static struct wakeup_source nobody = {.fd = -1};
static atomic_uint failures; /* of the service, before it answers */

static void container(struct peer *peer)
{
    while (peer_read(peer)) {
        char text[1000];
        bool fails = atomic_load(&failures) > 0;
        if (fails)
            atomic_fetch_sub(&failures, 1);
        (void)snprintf(text, sizeof(text), "HTTP/1.1 %s\r\nContent-Length: %zu\r\n\r\n%s",
                       fails ? "503 Oh" : "200 OK", fails ? 0 : strlen(KEYS), fails ? "" : KEYS);
        if (!peer_write(peer, text))
            return;
    }
}

struct scene {
    struct world world;
    struct aws_settings settings;
    struct transport transport;
    struct retry_budget budget;
    struct credentials_lookup *lookup;
    struct credentials_fetch fetch;
    struct credentials keys;
};

static void open_scene(struct scene *scene, const char *config, const char *variable)
{
    *scene = (struct scene){.world = {.config = config, .variables = {variable}},
                            .budget = RETRY_BUDGET};
    assert_int_equal(world_load(&scene->world, &scene->settings, NULL), 0);
    assert_int_equal(transport_init(&scene->transport, &scene->settings, NULL), 0);
    scene->lookup = credentials_lookup_new(&scene->settings, "r", &scene->budget, NULL);
    assert_non_null(scene->lookup);
    scene->fetch = (struct credentials_fetch){.transport = &scene->transport,
                                              .unattended = true,
                                              .deadline = mono_add(mono_now(), PATIENCE_MS),
                                              .wakeup = &nobody};
    credentials_init(&scene->keys);
}

static void close_scene(struct scene *scene)
{
    credentials_free(&scene->keys);
    credentials_lookup_destroy(scene->lookup);
    transport_free(&scene->transport);
    aws_settings_free(&scene->settings);
}

/* The settings of a profile whose keys a program gives, whose script that is. */
static const char *source(const char *script)
{
    static char config[400];
    char program[600];
    (void)snprintf(program, sizeof(program), "#!/bin/sh\n%s\n", script);
    world_write("source", program);
    assert_int_equal(chmod(world_path("source"), 0700), 0);
    (void)snprintf(config, sizeof(config), "[default]\nregion = r\ncredential_process = %s\n",
                   world_path("source"));
    return config;
}

#define GOOD_SCRIPT "echo '{\"Version\":1,\"AccessKeyId\":\"K1\",\"SecretAccessKey\":\"s\"}'"

static void expect_keys(struct scene *scene, const char *id)
{
    assert_int_equal(credentials_fetch(&scene->fetch, scene->lookup, NULL), 0);
    credentials_take(scene->lookup, &scene->keys);
    assert_string_equal(buf_text(&scene->keys.id), id);
    assert_false(scene->fetch.given_up);
}

static void a_program_is_run(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene, source(GOOD_SCRIPT), NULL);
    expect_keys(&scene, "K1");
    close_scene(&scene);
}

static void a_service_is_asked_and_asked_again(void **state)
{
    (void)state;
    struct scene scene;
    struct server server;
    char variable[200];
    server_start(&server, container, false);
    (void)snprintf(variable, sizeof(variable), "AWS_CONTAINER_CREDENTIALS_FULL_URI=%s/keys",
                   server.url);
    atomic_store(&failures, 1);
    open_scene(&scene, "[default]\nregion = r\n", variable);
    expect_keys(&scene, "AKID");
    assert_int_equal(atomic_load(&server.requests), 2);
    close_scene(&scene);
    server_stop(&server);
}

static void what_a_source_says_of_its_failure_is_told(void **state)
{
    (void)state;
    struct scene scene;
    struct error err = {0};
    open_scene(&scene, source("echo no keys today >&2; exit 3"), NULL);
    assert_int_equal(credentials_fetch(&scene.fetch, scene.lookup, &err), -1);
    assert_non_null(strstr(err.text, "no keys today"));
    assert_false(scene.fetch.given_up);
    close_scene(&scene);
}

static void a_deadline_and_a_wish_end_it(void **state)
{
    (void)state;
    struct scene scene;
    struct wakeup_source wish = {.fd = eventfd(1, EFD_CLOEXEC)};
    for (int i = 0; i < 2; i++) {
        struct error err = {0};
        open_scene(&scene, source("exec sleep 600"), NULL);
        if (i == 0)
            scene.fetch.deadline = mono_add(mono_now(), 50);
        else
            scene.fetch.wakeup = &wish;
        assert_int_equal(credentials_fetch(&scene.fetch, scene.lookup, &err), -1);
        assert_true(scene.fetch.given_up);
        close_scene(&scene);
    }
    (void)close(wish.fd);
}

static void nobody_is_asked_for_a_code_beside_a_command(void **state)
{
    (void)state;
    struct scene scene;
    struct error err = {0};
    open_scene(&scene,
               "[default]\nregion = r\nrole_arn = arn:aws:iam::1:role/x\nsource_profile = base\n"
               "mfa_serial = arn:aws:iam::1:mfa/me\n"
               "[profile base]\naws_access_key_id = A\naws_secret_access_key = s\n",
               NULL);
    assert_int_equal(credentials_fetch(&scene.fetch, scene.lookup, &err), -1);
    assert_non_null(strstr(err.text, "no code is asked for while a command runs"));
    close_scene(&scene);
}

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
    struct pollfd fd = {refresh.done_fd, POLLIN, 0};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_is_run),
        cmocka_unit_test(a_service_is_asked_and_asked_again),
        cmocka_unit_test(what_a_source_says_of_its_failure_is_told),
        cmocka_unit_test(a_deadline_and_a_wish_end_it),
        cmocka_unit_test(nobody_is_asked_for_a_code_beside_a_command),
        cmocka_unit_test(beside_the_old_keys_it_takes_its_time),
        cmocka_unit_test(to_finish_it_is_to_give_it_up),
    };
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
