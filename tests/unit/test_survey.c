#include "unit.h"

#include "inspect/survey.h"
#include "run/identity.h"

#define NOW_MS     1000000
#define GROUPS_MAX 6

/* Names below "p/" and what each listing says of the lock: "KIND ID" in order. */
static const struct {
    const char *name;
    struct {
        const char *name;
        int64_t age_ms;
        bool has_content;
    } groups[GROUPS_MAX];
    const char *said;
} rows[] = {
    {"nothing", {{NULL}}, ""},
    {"a waiter", {{"p/a#t30", 5000}}, "waiter a;"},
    {"a claim", {{"p/a#t30#g1#q9#h", 5000}}, "holder a;"},
    {"names of one run count once",
     {{"p/a#t30", 9000}, {"p/a#t30#g1#q991000#h", 8000}, {"p/a#t30#g2#q991000#h992000", 10}},
     "holder a;"},
    {"an expired claim beside a live attempt is none",
     {{"p/a#t30#g1#q9#h", 36000}, {"p/a#t30#g2#q9", 10}},
     "waiter a;"},
    {"5 s of grace", {{"p/a#t30", 35000}, {"p/b#t30", 35001}}, "waiter a;abandoned b;"},
    {"one ID, two runs",
     {{"p/a#t30#u11111111", 9000}, {"p/a#t30#u22222222#h", 10}},
     "holder a;waiter a;"},
    {"by tickets, not by names",
     {{"p/a#t30#g9#q7", 10}, {"p/b#t30#g9#q5", 10}, {"p/c#t30#g1#q6", 10}},
     "waiter b;waiter c;waiter a;"},
    {"equal tickets by ID", {{"p/b#t30#q5", 10}, {"p/a#t30#q5", 10}}, "waiter a;waiter b;"},
    {"a role's contender alone", {{"p/role", 10}}, "holder role;"},
    {"a role's contender behind a waiter",
     {{"p/a#t30", 20}, {"p/role", 10}},
     "waiter a;stranger role;"},
    {"a role's contender before a claim",
     {{"p/a#t30#h", 10}, {"p/role", 20}},
     "holder a;stranger role;"},
    {"a role's contender that expired", {{"p/role", 65001}}, "abandoned role;"},
    {"what has content holds nothing", {{"p/logs", 10, true}}, "stranger logs;"},
    {"what has content stays", {{"p/logs", 99999, true}}, "stranger logs;"},
    {"another lock's", {{"p/q/a#t30#h", 10}, {"p2/a#t30#h", 10}, {"p", 10}}, ""},
};

static void sorts_a_listing(void **state)
{
    (void)state;
    static const char *const kinds[] = {"holder", "waiter", "abandoned", "stranger"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct lock_entry entries[GROUPS_MAX];
        struct lock_listing listing = {.entries = entries, .complete = true};
        struct survey survey;
        char said[256] = "";
        for (; listing.count < GROUPS_MAX && rows[i].groups[listing.count].name; listing.count++)
            entries[listing.count] =
                lock_entry_make("p", text_from(rows[i].groups[listing.count].name),
                                NOW_MS - rows[i].groups[listing.count].age_ms,
                                rows[i].groups[listing.count].has_content);
        check_row(survey_make(&survey, "p", &listing, NOW_MS, 60000, NULL) == 0, rows[i].name);
        for (uint32_t k = 0; k < survey.count; k++)
            (void)snprintf(said + strlen(said), sizeof(said) - strlen(said), "%s %.*s;",
                           kinds[survey.runs[k].kind], TEXT_ARGS(survey.runs[k].attempt.id));
        check_row(strcmp(said, rows[i].said) == 0, rows[i].name);
        survey_free(&survey);
        survey_free(&survey);
    }
}

static void times_of_a_holder(void **state)
{
    (void)state;
    struct lock_entry entries[] = {
        lock_entry_make("p", text_from("p/a#t30#g1#q950000#h#k3"), NOW_MS - 30000, false),
        lock_entry_make("p", text_from("p/a#t30#g2#q950000#h970000#k3#lx"), NOW_MS - 20000, false),
        lock_entry_make("p", text_from("p/a#t30#g3#q950000#h970000#k3#lx"), NOW_MS - 10000, false),
    };
    struct lock_listing listing = {.entries = entries, .count = 3, .complete = true};
    struct survey survey;
    assert_int_equal(survey_make(&survey, "p", &listing, NOW_MS, 60000, NULL), 0);
    assert_int_equal(survey.count, 1);
    assert_int_equal(survey.counts[SURVEY_HOLDER], 1);
    assert_int_equal(survey.runs[0].since_ms, 970000);
    assert_int_equal(survey.runs[0].renewed_ms, NOW_MS - 10000);
    assert_int_equal(survey.runs[0].expires_ms, NOW_MS + 20000);
    assert_int_equal(survey.runs[0].count, 3);
    assert_int_equal(survey.runs[0].attempt.token, 3);
    assert_true(text_equal(survey.runs[0].attempt.label, "x"));
    survey_free(&survey);
}

static void parts_of_a_default_id(void **state)
{
    (void)state;
    static const struct {
        const char *id, *host, *pid;
    } ids[] = {
        {"20261122T064512Z-host-12-89abcdef", "host", "12"},
        {"20261122T064512Z-web-3-eu-12-89abcdef", "web-3-eu", "12"},
        {"20261122T064512Z-12-89abcdef", NULL, NULL},
        {"20261122T064512Z--12-89abcdef", NULL, NULL},
        {"20261122T064512Z-host-x-89abcdef", NULL, NULL},
        {"20261122T064512Z-host-12-89abcde", NULL, NULL},
        {"deploy-host-12-89abcdef", NULL, NULL},
        {"deploy", NULL, NULL},
        {"", NULL, NULL},
        {"---", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        struct identity_parts parts = identity_parse(text_from(ids[i].id));
        check_row(parts.known == (ids[i].host != NULL), ids[i].id);
        if (!parts.known)
            continue;
        check_row(text_equal(parts.host, ids[i].host), ids[i].id);
        check_row(text_equal(parts.pid, ids[i].pid), ids[i].id);
    }
    struct identity made;
    assert_int_equal(identity_make(&made, NULL, (struct wall){1795343438110}, NULL), 0);
    assert_true(identity_parse(text_from(made.id)).known);
}

/* Of a default ID all but the time stays; an explicit one stays. */
static void a_default_id_is_stamped_anew(void **state)
{
    (void)state;
    struct identity made, before;
    assert_int_equal(identity_make(&made, NULL, (struct wall){1795343438110}, NULL), 0);
    before = made;
    identity_stamp(&made, (struct wall){1795343438110 + 3600 * 1000});
    assert_memory_equal(before.id, "20261122T103038Z-", 17);
    assert_memory_equal(made.id, "20261122T113038Z-", 17);
    assert_string_equal(made.id + 17, before.id + 17);
    assert_int_equal(
        identity_make(&made, "20261122T103038Z-a-1-12345678", (struct wall){1795343438110}, NULL),
        0);
    identity_stamp(&made, (struct wall){0});
    assert_string_equal(made.id, "20261122T103038Z-a-1-12345678");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sorts_a_listing),
        cmocka_unit_test(times_of_a_holder),
        cmocka_unit_test(parts_of_a_default_id),
        cmocka_unit_test(a_default_id_is_stamped_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
