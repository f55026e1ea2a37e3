/* A look-up of credentials is executed: requests, programs, and what ends it early. */
#include "lookup_scene.h"

#include "server.h"

#define KEYS                                                                                       \
    "{\"AccessKeyId\":\"AKID\",\"SecretAccessKey\":\"s\",\"Token\":\"t\","                         \
    "\"Expiration\":\"2999-01-01T00:00:00Z\"}"

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
    struct latch latch;
    assert_int_equal(latch_open(&latch, NULL), 0);
    latch_set(&latch);
    struct wakeup_source wish = latch_wakeup(&latch);
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
    latch_close(&latch);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_is_run),
        cmocka_unit_test(a_service_is_asked_and_asked_again),
        cmocka_unit_test(what_a_source_says_of_its_failure_is_told),
        cmocka_unit_test(a_deadline_and_a_wish_end_it),
        cmocka_unit_test(nobody_is_asked_for_a_code_beside_a_command),
    };
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
