#include "unit.h"

#include "lock/attempt.h"

static void names_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum attempt_kind kind;
        const char *id, *nonce, *label;
        int64_t timeout_ms, ticket_ms, first_claim_ms, token;
        unsigned generation, slots;
        bool claim, shared;
        int64_t expect_ms;
    } rows[] = {
        {"p", ATTEMPT_ELSEWHERE},
        {"pp/x", ATTEMPT_ELSEWHERE},
        {"q/x", ATTEMPT_ELSEWHERE},
        {"p/x/y", ATTEMPT_ELSEWHERE},
        {"p/x#t900/y", ATTEMPT_ELSEWHERE},
        {"p/", ATTEMPT_UNMARKED, "", "", "", 0, -1, -1, -1, 0, 1},
        {"p/x", ATTEMPT_UNMARKED, "x", "", "", 0, -1, -1, -1, 0, 1},
        {"p/x#", ATTEMPT_UNMARKED, "x#", "", "", 0, -1, -1, -1, 0, 1},
        {"p/x#900", ATTEMPT_UNMARKED, "x#900", "", "", 0, -1, -1, -1, 0, 1},
        {"p/x#t", ATTEMPT_UNMARKED, "x#t", "", "", 0, -1, -1, -1, 0, 1},
        {"p/x#t9a", ATTEMPT_UNMARKED, "x#t9a", "", "", 0, -1, -1, -1, 0, 1},
        {"p/x#g1#t900", ATTEMPT_UNMARKED, "x#g1#t900", "", "", 0, -1, -1, -1, 0, 1},
        {"p/x#t900", ATTEMPT_MARKED, "x", "", "", 900000, -1, -1, -1, 0, 1},
        {"p/#t900", ATTEMPT_MARKED, "", "", "", 900000, -1, -1, -1, 0, 1},
        {"p/x#t15#u0a1b2c3d#g7#q1000", ATTEMPT_MARKED, "x", "0a1b2c3d", "", 15000, 1000, -1, -1, 7,
         1},
        {"p/x#t15#g1#q1000#h#k1000", ATTEMPT_MARKED, "x", "", "", 15000, 1000, -1, 1000, 1, 1,
         true},
        {"p/x#t15#g2#q1000#h1234#k1000#lci-7", ATTEMPT_MARKED, "x", "", "ci-7", 15000, 1000, 1234,
         1000, 2, 1, true},
        {"p/x#t15#s", ATTEMPT_MARKED, "x", "", "", 15000, -1, -1, -1, 0, 1, false, true},
        {"p/x#t15#n3", ATTEMPT_MARKED, "x", "", "", 15000, -1, -1, -1, 0, 3},
        {"p/x#t15#n0", ATTEMPT_MARKED, "x", "", "", 15000, -1, -1, -1, 0, 1},
        {"p/x#t15#h#e3600", ATTEMPT_MARKED, "x", "", "", 15000, -1, -1, -1, 0, 1, true, false,
         3600000},
        {"p/x#t15#h#e", ATTEMPT_MARKED, "x", "", "", 15000, -1, -1, -1, 0, 1, true},
        {"p/x#t15#h#e-1", ATTEMPT_MARKED, "x", "", "", 15000, -1, -1, -1, 0, 1, true},
        {"p/x#t15#h#e1.5", ATTEMPT_MARKED, "x", "", "", 15000, -1, -1, -1, 0, 1, true},
        {"p/x#t15#h#e31622401", ATTEMPT_MARKED, "x", "", "", 15000, -1, -1, -1, 0, 1, true, false,
         ATTEMPT_EXPECT_MS},
        {"p/x#t15#h#e18446744073709551615", ATTEMPT_MARKED, "x", "", "", 15000, -1, -1, -1, 0, 1,
         true, false, ATTEMPT_EXPECT_MS},
        {"p/x#t15#h#e18446744073709551616", ATTEMPT_MARKED, "x", "", "", 15000, -1, -1, -1, 0, 1,
         true},
        /* tags of a later version, empty ones, and values that are none */
        {"p/x#t15#z9##h12x#q99999999999999999999#k-1", ATTEMPT_MARKED, "x", "", "", 15000, -1, -1,
         -1, 0, 1},
        {"p/x#t99999999999999999999", ATTEMPT_UNMARKED, "x#t99999999999999999999", "", "", 0, -1,
         -1, -1, 0, 1},
        {"p/x#t18446744073709551615", ATTEMPT_MARKED, "x", "", "", 366LL * 24 * 3600 * 1000, -1, -1,
         -1, 0, 1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct attempt attempt;
        const char *row = rows[i].name;
        check_row(attempt_parse(text_from("p"), text_from(row), &attempt) == rows[i].kind, row);
        if (rows[i].kind == ATTEMPT_ELSEWHERE)
            continue;
        check_row(text_equal(attempt.id, rows[i].id), row);
        check_row(text_equal(attempt.nonce, rows[i].nonce), row);
        check_row(text_equal(attempt.label, rows[i].label), row);
        check_row(attempt.lock_timeout_ms == rows[i].timeout_ms, row);
        check_row(attempt.ticket_ms == rows[i].ticket_ms, row);
        check_row(attempt.first_claim_ms == rows[i].first_claim_ms, row);
        check_row(attempt.token == rows[i].token, row);
        check_row(attempt.generation == rows[i].generation, row);
        check_row(attempt.slots == rows[i].slots, row);
        check_row(attempt.claim == rows[i].claim, row);
        check_row(attempt.shared == rows[i].shared, row);
        check_row(attempt.expect_ms == rows[i].expect_ms, row);
    }
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    char name[ATTEMPT_NAME_BYTES + 1], again[ATTEMPT_NAME_BYTES + 1];
    struct attempt attempt = {.id = text_from("20261122T064512Z-a-b-7-0a1b2c3d"),
                              .nonce = text_from("00ff00ff"),
                              .label = text_from("nightly"),
                              .lock_timeout_ms = 900000,
                              .generation = 12,
                              .ticket_ms = 1763793912345,
                              .claim = true,
                              .first_claim_ms = 1763793912399,
                              .token = 1763793912346,
                              .expect_ms = 5400001,
                              .shared = true,
                              .slots = 4};
    struct attempt read;
    attempt_format("ci/deploy", &attempt, name);
    assert_string_equal(name, "ci/deploy/20261122T064512Z-a-b-7-0a1b2c3d#t900#u00ff00ff#g12"
                              "#q1763793912345#s#n4#h1763793912399#k1763793912346#e5401#lnightly");
    assert_int_equal(attempt_parse(text_from("ci/deploy"), text_from(name), &read), ATTEMPT_MARKED);
    attempt_format("ci/deploy", &read, again);
    assert_string_equal(name, again);
    assert_true(attempt_same_run(&attempt, &read));
}

/* 100 characters are kept free for tags: the longest ones must fit. */
static void tags_fit_into_what_is_kept_free(void **state)
{
    (void)state;
    char name[ATTEMPT_NAME_BYTES + 1];
    struct attempt attempt = {.id = text_from("i"),
                              .nonce = text_from("00ff00ff"),
                              .lock_timeout_ms = 31LL * 24 * 3600 * 1000,
                              .generation = UINT32_MAX,
                              .ticket_ms = 9999999999999,
                              .claim = true,
                              .first_claim_ms = 9999999999999,
                              .token = 9999999999999,
                              .expect_ms = ATTEMPT_EXPECT_MS,
                              .slots = 1000,
                              .slot = 1000};
    attempt_format("p", &attempt, name);
    assert_true(strlen(name) - strlen("p/i") <= ATTEMPT_TAGS_BYTES);
}

static void labels_are_made_to_fit(void **state)
{
    (void)state;
    char label[ATTEMPT_LABEL_BYTES + 1];
    attempt_label("job 12/#3\n\xc3\xa9", label);
    assert_string_equal(label, "job-12--3---");
    attempt_label("0123456789012345678901234567890123456789XYZ", label);
    assert_int_equal(strlen(label), ATTEMPT_LABEL_BYTES);
    attempt_label("", label);
    assert_string_equal(label, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_read),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(tags_fit_into_what_is_kept_free),
        cmocka_unit_test(labels_are_made_to_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
