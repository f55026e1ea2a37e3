/*
 * A session against a service of a few lines: what the lock wants is done, and it is told what
 * became of it.
 */
#include "aws_world.h"

#include <stdatomic.h>

#include "run/session.h"
#include "server.h"

#define GROUPS_MAX   32
#define GROUP_BYTES  200
#define ANSWER_BYTES 16384
#define PATIENCE_MS  60000

static struct {
    pthread_mutex_t mutex;
    char names[GROUPS_MAX][GROUP_BYTES]; /* "": free */
    int64_t created_ms[GROUPS_MAX];
    atomic_uint throttle; /* so many requests are answered with a ThrottlingException */
    atomic_uint expire;   /* so many with an ExpiredTokenException */
    atomic_uint page;     /* names on a page of a listing */
    const char *date;     /* of its answers; NULL: they have none */
} service = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static int find_name(const char *name)
{
    for (int i = 0; i < GROUPS_MAX; i++)
        if (strcmp(service.names[i], name) == 0)
            return i;
    return -1;
}

static unsigned count_names(void)
{
    unsigned count = 0;
    (void)pthread_mutex_lock(&service.mutex);
    for (int i = 0; i < GROUPS_MAX; i++)
        count += service.names[i][0] != '\0';
    (void)pthread_mutex_unlock(&service.mutex);
    return count;
}

/* The text of a member of the request's body. */
static void member(const struct peer *peer, const char *name, char out[GROUP_BYTES])
{
    char key[64];
    (void)snprintf(key, sizeof(key), "\"%s\":\"", name);
    const char *at = strstr(peer->body, key);
    (void)snprintf(out, GROUP_BYTES, "%.*s", at ? (int)strcspn(at + strlen(key), "\"") : 0,
                   at ? at + strlen(key) : "");
}

static int by_name(const void *left, const void *right)
{
    return strcmp(service.names[*(const int *)left], service.names[*(const int *)right]);
}

/* The names after the token, a page of them. */
static void list(const char *token, char out[ANSWER_BYTES])
{
    int order[GROUPS_MAX], count = 0;
    size_t used = (size_t)snprintf(out, ANSWER_BYTES, "{\"logGroups\":[");
    unsigned shown = 0;
    const char *next = NULL;
    for (int i = 0; i < GROUPS_MAX; i++)
        if (service.names[i][0] && strcmp(service.names[i], token) > 0)
            order[count++] = i;
    qsort(order, (size_t)count, sizeof(order[0]), by_name);
    for (int i = 0; i < count && !next; i++) {
        used += (size_t)snprintf(out + used, ANSWER_BYTES - used,
                                 "%s{\"logGroupName\":\"%s\",\"creationTime\":%lld,"
                                 "\"storedBytes\":0}",
                                 i ? "," : "", service.names[order[i]],
                                 (long long)service.created_ms[order[i]]);
        if (++shown == service.page && i + 1 < count)
            next = service.names[order[i]];
    }
    used += (size_t)snprintf(out + used, ANSWER_BYTES - used, "]");
    if (next)
        used += (size_t)snprintf(out + used, ANSWER_BYTES - used, ",\"nextToken\":\"%s\"", next);
    (void)snprintf(out + used, ANSWER_BYTES - used, "}");
}

static bool takes_one(atomic_uint *left)
{
    return *left > 0 && (*left)--;
}

/* Returns false for a refusal. */
static bool act(struct peer *peer, char out[ANSWER_BYTES])
{
    char name[GROUP_BYTES], token[GROUP_BYTES];
    out[0] = '\0';
    if (takes_one(&service.throttle) || takes_one(&service.expire)) {
        (void)snprintf(out, ANSWER_BYTES, "{\"__type\":\"%s\"}",
                       service.throttle || !service.expire ? "ThrottlingException"
                                                           : "ExpiredTokenException");
        return false;
    }
    member(peer, "logGroupName", name);
    member(peer, "nextToken", token);
    int at = find_name(name);
    if (strstr(peer->request, "CreateLogGroup") && at < 0) {
        at = find_name("");
        (void)snprintf(service.names[at], GROUP_BYTES, "%s", name);
        service.created_ms[at] = wall_now().ms;
    } else if (strstr(peer->request, "DeleteLogGroup") && at >= 0 && *name) {
        service.names[at][0] = '\0';
    } else if (strstr(peer->request, "DescribeLogGroups")) {
        list(token, out);
    } else {
        (void)snprintf(out, ANSWER_BYTES, "{\"__type\":\"ResourceNotFoundException\"}");
        return false;
    }
    return true;
}

static void serve(struct peer *peer)
{
    static char bodies[GROUPS_MAX][ANSWER_BYTES]; /* by connection */
    char head[200];
    while (peer_read(peer)) {
        char *body = bodies[peer->number % GROUPS_MAX];
        (void)pthread_mutex_lock(&service.mutex);
        bool good = act(peer, body);
        (void)pthread_mutex_unlock(&service.mutex);
        (void)snprintf(head, sizeof(head), "HTTP/1.1 %s\r\n%s%s%sContent-Length: %zu\r\n\r\n",
                       good ? "200 OK" : "400 Bad", service.date ? "Date: " : "",
                       service.date ? service.date : "", service.date ? "\r\n" : "", strlen(body));
        if (!peer_write(peer, head) || (*body && !peer_write(peer, body)))
            return;
    }
}

struct scene {
    struct world world;
    struct server server;
    struct aws_settings settings;
    struct lock_settings lock;
    struct session_config config;
    struct session session;
};

static struct wakeup_source nobody = {.fd = -1};

static void open_scene(struct scene *scene)
{
    *scene = (struct scene){
        .world = {.variables = {"AWS_ACCESS_KEY_ID=A", "AWS_SECRET_ACCESS_KEY=B", "AWS_REGION=r"}}};
    memset(service.names, 0, sizeof(service.names));
    service.throttle = service.expire = 0;
    service.page = 50;
    service.date = NULL;
    server_start(&scene->server, serve, false);
    scene->world.options.endpoint_url = scene->server.url;
    assert_int_equal(world_load(&scene->world, &scene->settings, NULL), 0);
    scene->lock = (struct lock_settings){.prefix = "p",
                                         .id = "me",
                                         .nonce = "0123abcd",
                                         .lock_timeout_ms = 60000,
                                         .role_timeout_ms = 900000,
                                         .settle_ms = 50,
                                         .kill_after_ms = 2000,
                                         .release_timeout_ms = 30000,
                                         .arrival_tries = 3,
                                         .wait_until = MONO_NEVER};
    scene->config = (struct session_config){
        .aws = &scene->settings,
        .lock = &scene->lock,
    };
    assert_int_equal(session_init(&scene->session, &scene->config, &nobody, NULL), 0);
}

static void close_scene(struct scene *scene)
{
    session_free(&scene->session);
    aws_settings_free(&scene->settings);
    server_stop(&scene->server);
}

static void step_until(struct scene *scene, enum lock_phase phase)
{
    struct mono limit = mono_add(mono_now(), PATIENCE_MS);
    while (lock_phase(&scene->session.lock) != phase) {
        assert_false(mono_reached(mono_now(), limit));
        session_step(&scene->session, &nobody);
    }
}

static void the_lock_is_taken_and_given_back(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    step_until(&scene, LOCK_HELD);
    assert_true(count_names() > 0);
    assert_true(lock_token(&scene.session.lock) > 0);
    assert_int_equal(scene.session.client.last_error.kind, ERROR_NONE);
    lock_leave(&scene.session.lock, mono_now());
    step_until(&scene, LOCK_FINISHED);
    assert_int_equal(count_names(), 0);
    close_scene(&scene);
}

/* A source of keys that never answers: it is waited for no longer than the lock is. */
static void keys_take_no_longer_than_the_lock_may_be_waited_for(void **state)
{
    (void)state;
    struct aws_settings settings;
    struct session session;
    struct error err = {0};
    struct world world = {.config = "[default]\nregion = r\ncredential_process = sleep 600\n"};
    assert_int_equal(world_load(&world, &settings, NULL), 0);
    struct mono begun = mono_now();
    struct lock_settings lock = {.prefix = "p", .id = "me", .wait_until = mono_add(begun, 100)};
    struct session_config config = {.aws = &settings, .lock = &lock};
    assert_int_equal(session_init(&session, &config, &nobody, &err), -1);
    assert_true(mono_diff(mono_now(), begun) < PATIENCE_MS);
    assert_non_null(strstr(err.text, "did not end in time"));
    session_free(&session);
    aws_settings_free(&settings);
}

/* The time in a default ID is that of the first create, not of the start; then it stays. */
static void an_id_tells_when_its_place_was_taken(void **state)
{
    (void)state;
    struct scene scene;
    struct identity identity, later;
    open_scene(&scene);
    session_free(&scene.session);
    assert_int_equal(identity_make(&identity, NULL, (struct wall){0}, NULL), 0);
    assert_memory_equal(identity.id, "19700101T", 9);
    later = identity;
    scene.config.identity = &identity;
    scene.lock.id = identity.id;
    scene.lock.nonce = NULL;
    assert_int_equal(session_init(&scene.session, &scene.config, &nobody, NULL), 0);
    step_until(&scene, LOCK_CLAIMING); /* nobody is there: the claim is planned, not sent */
    session_step(&scene.session, &nobody);
    assert_memory_equal(identity.id, "20", 2);
    scene.session.config.identity = &later;
    step_until(&scene, LOCK_HELD);
    lock_leave(&scene.session.lock, mono_now());
    step_until(&scene, LOCK_FINISHED);
    assert_int_equal(count_names(), 0);
    assert_memory_equal(later.id, "19700101T", 9);
    close_scene(&scene);
}

/* Without a settle wait the Date is all that is known of the service's time. */
static void a_date_centuries_off_makes_no_token(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    session_free(&scene.session);
    service.date = "Fri, 31 Dec 9999 23:59:59 GMT";
    scene.lock.settle_ms = 0;
    assert_int_equal(session_init(&scene.session, &scene.config, &nobody, NULL), 0);
    step_until(&scene, LOCK_HELD);
    assert_true(lock_token(&scene.session.lock) < RETRY_DATE_MAX_MS);
    lock_leave(&scene.session.lock, mono_now());
    step_until(&scene, LOCK_FINISHED);
    close_scene(&scene);
}

static void throttling_and_listings_of_many_pages_are_got_over(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    (void)pthread_mutex_lock(&service.mutex);
    for (int i = 0; i < 5; i++) { /* nested locks' names, before and behind ours */
        (void)snprintf(service.names[i], GROUP_BYTES, "p/%c/other#t900", "akmnz"[i]);
        service.created_ms[i] = wall_now().ms;
    }
    (void)pthread_mutex_unlock(&service.mutex);
    service.page = 2;
    service.throttle = 2;
    step_until(&scene, LOCK_HELD);
    assert_true(scene.session.client.calls > 4);
    lock_leave(&scene.session.lock, mono_now());
    step_until(&scene, LOCK_FINISHED);
    assert_int_equal(count_names(), 5);
    close_scene(&scene);
}

static void keys_that_are_refused_for_good_end_the_wait_and_say_why(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    service.expire = UINT32_MAX;
    step_until(&scene, LOCK_FINISHED);
    assert_int_equal(lock_reason(&scene.session.lock), LOCK_REASON_REFUSED);
    assert_int_equal(scene.session.final_error.kind, ERROR_DENIED);
    assert_non_null(strstr(scene.session.final_error.text, "ExpiredTokenException"));
    assert_non_null(strstr(scene.session.final_error.text, "the environment"));
    close_scene(&scene);
}

static bool ask_for_an_end(void *context)
{
    ++*(unsigned *)context;
    return true;
}

static void a_step_that_waits_ends_when_it_is_asked_to(void **state)
{
    (void)state;
    struct scene scene;
    unsigned asked = 0;
    int pipe_fds[2];
    assert_int_equal(pipe(pipe_fds), 0);
    open_scene(&scene);
    step_until(&scene, LOCK_HELD);
    assert_int_equal(write(pipe_fds[1], "", 1), 1); /* stays readable */
    struct wakeup_source source = {
        .fd = pipe_fds[0], .on_wakeup = ask_for_an_end, .context = &asked};
    struct mono limit = mono_add(mono_now(), PATIENCE_MS);
    while (asked == 0) { /* the next renewal is 20 s off */
        assert_false(mono_reached(mono_now(), limit));
        session_step(&scene.session, &source);
    }
    lock_leave(&scene.session.lock, mono_now());
    step_until(&scene, LOCK_FINISHED);
    close_scene(&scene);
    (void)close(pipe_fds[0]);
    (void)close(pipe_fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lock_is_taken_and_given_back),
        cmocka_unit_test(keys_take_no_longer_than_the_lock_may_be_waited_for),
        cmocka_unit_test(an_id_tells_when_its_place_was_taken),
        cmocka_unit_test(a_date_centuries_off_makes_no_token),
        cmocka_unit_test(throttling_and_listings_of_many_pages_are_got_over),
        cmocka_unit_test(keys_that_are_refused_for_good_end_the_wait_and_say_why),
        cmocka_unit_test(a_step_that_waits_ends_when_it_is_asked_to),
    };
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
