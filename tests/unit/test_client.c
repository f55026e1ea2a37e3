/* Calls to CloudWatch Logs: what an answer becomes for the caller, new keys, pages of a listing. */
#include "aws_world.h"

#include "client/client.h"
#include "server.h"

#define ANSWERS_MAX 8

struct scripted {
    const char *status, *body;
};

/* What the service answers, in order, and what it was asked. */
static struct {
    struct scripted answers[ANSWERS_MAX];
    atomic_uint next;
    char asked[ANSWERS_MAX][2000]; /* bodies */
    char keys[ANSWERS_MAX][40];    /* the ID that each was signed with */
} service;

static void answer(struct peer *peer)
{
    while (peer_read(peer)) {
        unsigned i = atomic_load(&service.next);
        char text[2000];
        const char *key = strstr(peer->request, "Credential=");
        assert_true(i < ANSWERS_MAX && service.answers[i].status);
        (void)snprintf(service.asked[i], sizeof(service.asked[i]), "%s", peer->body);
        (void)snprintf(service.keys[i], sizeof(service.keys[i]), "%.*s",
                       key ? (int)strcspn(key + 11, "/") : 0, key ? key + 11 : "");
        atomic_store(&service.next, i + 1);
        (void)snprintf(text, sizeof(text),
                       "HTTP/1.1 %s\r\nDate: Sun, 06 Nov 2033 08:49:37 GMT\r\n"
                       "Content-Type: application/x-amz-json-1.1\r\nContent-Length: %zu\r\n\r\n%s",
                       service.answers[i].status, strlen(service.answers[i].body),
                       service.answers[i].body);
        if (!peer_write(peer, text))
            return;
    }
}

/* Whatever is asked for: the next full page of a listing, and there is more. */
static void answer_without_end(struct peer *peer)
{
    while (peer_read(peer)) {
        char body[LOGS_PAGE_GROUPS * 64] = "", text[sizeof(body) + 200];
        unsigned first = atomic_fetch_add(&service.next, 1) * LOGS_PAGE_GROUPS;
        for (unsigned i = 0; i < LOGS_PAGE_GROUPS; i++) {
            size_t used = strlen(body);
            (void)snprintf(body + used, sizeof(body) - used,
                           "%s{\"logGroupName\":\"p/%05u\",\"creationTime\":1}", i ? "," : "",
                           first + i);
        }
        (void)snprintf(text, sizeof(text),
                       "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n"
                       "Content-Length: %zu\r\n\r\n{\"nextToken\":\"T%05u\",\"logGroups\":[%s]}",
                       strlen(body) + 37, first, body);
        if (!peer_write(peer, text))
            return;
    }
}

struct scene {
    struct world world;
    struct aws_settings settings;
    struct server server;
    struct client client;
    char endpoint[100];
};

static struct wakeup_source nobody = {.fd = -1};

/* The source of keys: a program whose n-th run gives the keys Kn. */
static void open_scene(struct scene *scene, const struct scripted *answers, size_t count)
{
    char program[600], config[400];
    memset(&service, 0, sizeof(service));
    memcpy(service.answers, answers, count * sizeof(answers[0]));
    (void)unlink(world_path("runs"));
    (void)snprintf(program, sizeof(program),
                   "#!/bin/sh\ncd %s\necho run >>runs\n"
                   "printf '{\"Version\":1,\"AccessKeyId\":\"K%%s\",\"SecretAccessKey\":\"s\","
                   "\"SessionToken\":\"t\",\"Expiration\":\"2999-01-01T00:00:00Z\"}' "
                   "\"$(grep -c . runs)\"\n",
                   world_home);
    world_write("source", program);
    assert_int_equal(chmod(world_path("source"), 0700), 0);
    (void)snprintf(config, sizeof(config), "[default]\nregion = r\ncredential_process = %s\n",
                   world_path("source"));
    *scene = (struct scene){.world = {.config = config}};
    server_start(&scene->server, answer, false);
    (void)snprintf(scene->endpoint, sizeof(scene->endpoint), "AWS_ENDPOINT_URL=%s",
                   scene->server.url);
    scene->world.variables[0] = scene->endpoint;
    assert_int_equal(world_load(&scene->world, &scene->settings, NULL), 0);
    struct provider_limits limits = {MONO_NEVER, &nobody};
    assert_int_equal(client_init(&scene->client, &scene->settings, false, &limits, NULL), 0);
}

static void close_scene(struct scene *scene)
{
    client_free(&scene->client);
    aws_settings_free(&scene->settings);
    server_stop(&scene->server);
}

static struct client_call call_of(enum logs_operation operation)
{
    return (struct client_call){
        .operation = operation, .name = "p/a", .deadline = mono_add(mono_now(), 20000)};
}

#define OK      "200 OK"
#define BAD     "400 Bad Request"
#define TYPE(t) "{\"__type\":\"" t "\",\"message\":\"m\"}"

static void what_an_answer_becomes(void **state)
{
    (void)state;
    static const struct {
        struct scripted answer;
        enum logs_operation operation;
        enum logs_outcome outcome;
        bool throttled, pauses;
        enum error_kind kind;
    } rows[] = {
        {{OK, ""}, LOGS_CREATE, LOGS_DONE, false, false, ERROR_NONE},
        {{BAD, TYPE("ResourceAlreadyExistsException")},
         LOGS_CREATE,
         LOGS_EXISTS,
         false,
         false,
         ERROR_NONE},
        {{BAD, TYPE("ResourceNotFoundException")},
         LOGS_DELETE,
         LOGS_ABSENT,
         false,
         false,
         ERROR_NONE},
        {{BAD, TYPE("ThrottlingException")}, LOGS_CREATE, LOGS_LATER, true, true, ERROR_LATER},
        {{BAD, TYPE("AccessDeniedException")},
         LOGS_CREATE,
         LOGS_REFUSED,
         false,
         true,
         ERROR_DENIED},
        {{"503 Oh", TYPE("ServiceUnavailableException")},
         LOGS_CREATE,
         LOGS_UNKNOWN,
         false,
         true,
         ERROR_UNKNOWN},
        {{OK, "<html>"}, LOGS_DESCRIBE, LOGS_UNKNOWN, false, true, ERROR_GARBLED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *row = rows[i].answer.body;
        struct scene scene;
        struct client_call call = call_of(rows[i].operation);
        struct mono before = mono_now();
        open_scene(&scene, &rows[i].answer, 1);
        client_call(&scene.client, &call, &nobody);
        check_row(call.outcome == rows[i].outcome, row);
        check_row(call.throttled == rows[i].throttled, row);
        check_row((scene.client.retry.spent > 0) == rows[i].pauses, row); /* of 0 ms, by chance */
        check_row(call.err.kind == rows[i].kind, row);
        check_row(scene.client.last_error.kind == rows[i].kind, row);
        check_row(scene.client.calls == 1 && mono_reached(call.sent, before), row);
        client_call_free(&call);
        close_scene(&scene);
    }
}

static void keys_that_are_refused_are_replaced_once(void **state)
{
    (void)state;
    static const struct scripted answers[] = {
        {BAD, TYPE("ExpiredTokenException")},
        {OK, ""},
        {BAD, TYPE("UnrecognizedClientException")},
        {BAD, TYPE("UnrecognizedClientException")},
    };
    struct scene scene;
    struct client_call call = call_of(LOGS_CREATE);
    open_scene(&scene, answers, 4);
    client_call(&scene.client, &call, &nobody);
    assert_int_equal(call.outcome, LOGS_DONE);
    assert_string_equal(service.keys[0], "K1");
    assert_string_equal(service.keys[1], "K2");
    client_call(&scene.client, &call, &nobody);
    assert_int_not_equal(call.outcome, LOGS_DONE);
    assert_true(atomic_load(&service.next) <= 4);
    client_call_free(&call);
    close_scene(&scene);
}

static void all_pages_are_read_and_those_that_fail_tried_again(void **state)
{
    (void)state;
    static const struct scripted answers[] = {
        {OK,
         "{\"logGroups\":[{\"logGroupName\":\"p/a\",\"creationTime\":1}],\"nextToken\":\"T1\"}"},
        {"503 Oh", TYPE("ServiceUnavailableException")},
        {OK, "{\"logGroups\":[{\"logGroupName\":\"p/b\",\"creationTime\":2}]}"},
    };
    struct scene scene;
    struct logs_listing listing = LOGS_LISTING;
    struct wall date;
    struct error err = {0};
    open_scene(&scene, answers, 3);
    assert_int_equal(client_list(&scene.client, "p/", &listing, &nobody, &date, &err), 0);
    assert_int_equal(listing.count, 2);
    assert_int_equal(listing.pages, 2);
    assert_true(text_equal(logs_listing_name(&listing, 1), "p/b"));
    assert_int_equal(date.ms, 2014879777000);
    assert_null(strstr(service.asked[0], "T1"));
    assert_non_null(strstr(service.asked[1], "T1"));
    assert_non_null(strstr(service.asked[2], "T1"));
    logs_listing_free(&listing);
    close_scene(&scene);
}

/* For who only looks: --status, --break, --list. */
static void of_a_listing_without_end_the_first_part_is_given(void **state)
{
    (void)state;
    struct scene scene;
    struct logs_listing listing = LOGS_LISTING;
    struct wall date;
    struct error err = {0};
    open_scene(&scene, &(struct scripted){0}, 0);
    scene.server.handler = answer_without_end;
    assert_int_equal(client_list(&scene.client, "p/", &listing, &nobody, &date, &err), 0);
    assert_int_equal(listing.count, LOGS_GROUPS_MAX);
    assert_true(listing.cut);
    assert_int_equal(atomic_load(&service.next), LOGS_GROUPS_MAX / LOGS_PAGE_GROUPS);
    logs_listing_free(&listing);
    close_scene(&scene);
}

static void what_is_refused_is_not_listed_again(void **state)
{
    (void)state;
    static const struct scripted answers[] = {{BAD, TYPE("AccessDeniedException")}};
    struct scene scene;
    struct logs_listing listing = LOGS_LISTING;
    struct wall date;
    struct error err = {0};
    open_scene(&scene, answers, 1);
    assert_int_equal(client_list(&scene.client, "p/", &listing, &nobody, &date, &err), -1);
    assert_int_equal(err.kind, ERROR_DENIED);
    assert_int_equal(atomic_load(&service.next), 1);
    logs_listing_free(&listing);
    close_scene(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_an_answer_becomes),
        cmocka_unit_test(keys_that_are_refused_are_replaced_once),
        cmocka_unit_test(all_pages_are_read_and_those_that_fail_tried_again),
        cmocka_unit_test(of_a_listing_without_end_the_first_part_is_given),
        cmocka_unit_test(what_is_refused_is_not_listed_again),
    };
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
