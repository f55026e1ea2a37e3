#include "unit.h"

#include "cwlogs-local/faults.h"

static const char none[] =
    "{\"latency_ms\":0,\"latency_jitter_ms\":0,\"visibility_lag_ms\":0,"
    "\"visibility_lag_min_ms\":0,\"create_lag_ms\":0,\"create_lag_min_ms\":0,"
    "\"delete_lag_ms\":0,\"delete_lag_min_ms\":0,\"stored_bytes_lag_ms\":0,"
    "\"clock_skew_ms\":0,\"date_offset_s\":0,\"rate_limit\":0,\"rate_burst\":0,\"error_rate\":0,"
    "\"operation_aborted_rate\":0,\"lost_response_rate\":0,\"apply_delay_ms\":0,\"drop_rate\":0,"
    "\"deny\":[],\"expired_key\":\"\",\"outage\":\"none\",\"seed\":1}";

static void check_written(const struct faults *faults, const char *expected)
{
    CLEAN(buf) struct buf out = BUF(4096);
    faults_write(faults, &out);
    assert_string_equal(buf_text(&out), expected);
}

static void begins_without_faults(void **state)
{
    (void)state;
    struct faults faults;
    faults_init(&faults);
    check_written(&faults, none);
}

/* Each setting by name and text: what it is taken as, or what is said against it. */
static void words(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value;
        const char *json;  /* the member as written, where it was taken */
        const char *error; /* NULL: taken */
    } rows[] = {
        {"latency_ms", "20", "\"latency_ms\":20,", NULL},
        {"latency_ms", "86400000", "\"latency_ms\":86400000,", NULL},
        {"latency_ms", "86400001", NULL,
         "latency_ms: '86400001' is not a whole number from 0 to 86400000"},
        {"latency_ms", "-1", NULL, "latency_ms: '-1' is not a whole number from 0 to 86400000"},
        {"latency_ms", "1.5", NULL, "latency_ms: '1.5' is not a whole number from 0 to 86400000"},
        {"latency_ms", "", NULL, "latency_ms: '' is not a whole number from 0 to 86400000"},
        {"create_lag_min_ms", "7", "\"create_lag_ms\":0,\"create_lag_min_ms\":7,", NULL},
        {"delete_lag_ms", "7", "\"delete_lag_ms\":7,\"delete_lag_min_ms\":0,", NULL},
        {"delete_lag_ms", "-7", NULL,
         "delete_lag_ms: '-7' is not a whole number from 0 to 86400000"},
        {"date_offset_s", "-30", "\"date_offset_s\":-30,", NULL},
        {"date_offset_s", "-", NULL,
         "date_offset_s: '-' is not a whole number from -315360000 to 315360000"},
        {"error_rate", "0.05", "\"error_rate\":0.05,", NULL},
        {"error_rate", "1", "\"error_rate\":1,", NULL},
        {"error_rate", "1e-2", "\"error_rate\":0.01,", NULL},
        {"error_rate", "1.1", NULL, "error_rate: '1.1' is not a number from 0 to 1"},
        {"error_rate", "nan", NULL, "error_rate: 'nan' is not a number from 0 to 1"},
        {"error_rate", "0.1x", NULL, "error_rate: '0.1x' is not a number from 0 to 1"},
        {"error_rate", "", NULL, "error_rate: '' is not a number from 0 to 1"},
        {"rate_limit", "2.5", "\"rate_limit\":2.5,", NULL},
        {"rate_limit", "CreateLogGroup=3, DeleteLogGroup=4",
         "\"rate_limit\":{\"CreateLogGroup\":3,\"DeleteLogGroup\":4},", NULL},
        {"rate_limit", "aws",
         "\"rate_limit\":{\"CreateLogGroup\":10,\"DeleteLogGroup\":10,\"DescribeLogGroups\":10,"
         "\"ListTagsForResource\":5,\"TagResource\":5,\"UntagResource\":5,"
         "\"PutRetentionPolicy\":5,\"DeleteRetentionPolicy\":5,"
         "\"CreateLogStream\":50,\"DescribeLogStreams\":25,\"ListTagsLogGroup\":5,"
         "\"TagLogGroup\":5,\"UntagLogGroup\":5},",
         NULL},
        {"rate_burst", "20", "\"rate_burst\":20,", NULL},
        {"rate_burst", "1.5", NULL, "rate_burst: '1.5' is not a whole number from 0 to 1000000"},
        {"rate_limit", "-1", NULL, "rate_limit: '-1' is not a number from 0 to 1000000"},
        {"rate_limit", "lots", NULL,
         "rate_limit: 'lots' is not a number, aws, or OPERATION=NUMBER,..."},
        {"rate_limit", "Foo=1", NULL, "rate_limit: 'Foo' is not an operation"},
        {"rate_limit", "CreateLogGroup=x", NULL,
         "rate_limit: 'x' is not a number from 0 to 1000000"},
        {"deny", "TagResource,CreateLogGroup", "\"deny\":[\"CreateLogGroup\",\"TagResource\"],",
         NULL},
        {"deny", "", "\"deny\":[],", NULL},
        {"deny", "createloggroup", NULL, "deny: 'createloggroup' is not an operation"},
        {"expired_key", "AKID", "\"expired_key\":\"AKID\",", NULL},
        {"outage", "hang", "\"outage\":\"hang\",", NULL},
        {"outage", "refuse", "\"outage\":\"refuse\",", NULL},
        {"outage", "Hang", NULL, "outage: 'Hang' is not none, refuse or hang"},
        {"seed", "9223372036854775807", "\"seed\":9223372036854775807}", NULL},
        {"seed", "-1", NULL, "seed: '-1' is not a whole number from 0 to 9223372036854775807"},
        {"latency-ms", "1", NULL, "there is no fault 'latency-ms'"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct faults faults;
        struct error err = {0};
        CLEAN(buf) struct buf out = BUF(4096);
        faults_init(&faults);
        int failed = faults_set(&faults, rows[i].name, text_from(rows[i].value), &err);
        faults_write(&faults, &out);
        check_row((failed != 0) == (rows[i].error != NULL), rows[i].value);
        if (failed) {
            assert_int_equal(err.kind, ERROR_USAGE);
            assert_string_equal(err.text, rows[i].error);
            assert_string_equal(buf_text(&out), none); /* nothing has changed */
        } else {
            check_row(rows[i].json && strstr(buf_text(&out), rows[i].json), rows[i].value);
        }
    }
}

static void documents(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        const char *error; /* NULL: taken */
    } rows[] = {
        {"{}", NULL},
        {"{\"latency_ms\":5,\"error_rate\":0.5,\"outage\":\"hang\"}", NULL},
        {"{\"rate_limit\":\"aws\",\"deny\":\"TagResource\"}", NULL},
        {"{\"latency_ms\":5,\"lag\":1}", "there is no fault 'lag'"},
        {"{\"latency_ms\":5,\"error_rate\":2}", "error_rate: '2' is not a number from 0 to 1"},
        {"{\"latency_ms\":\"5\"}", "latency_ms: a value of this type is not allowed"},
        {"{\"latency_ms\":null}", "latency_ms: a value of this type is not allowed"},
        {"{\"latency_ms\":[5]}", "latency_ms: a value of this type is not allowed"},
        {"{\"latency_ms\":{\"x\":5}}", "latency_ms: a value of this type is not allowed"},
        {"{\"deny\":[\"TagResource\",7]}", "deny: a value of this type is not allowed"},
        {"{\"deny\":[[\"TagResource\"]]}", "deny: a value of this type is not allowed"},
        {"{\"deny\":[\"Nothing\"]}", "deny: 'Nothing' is not an operation"},
        {"{\"rate_limit\":{\"Nothing\":1}}", "rate_limit: 'Nothing' is not an operation"},
        {"{\"rate_limit\":{\"TagResource\":\"1\"}}",
         "rate_limit: a value of this type is not allowed"},
        {"{\"rate_limit\":[1]}", "rate_limit: a value of this type is not allowed"},
        {"[]", "faults are given as a JSON object"},
        {"7", "faults are given as a JSON object"},
        {"{\"latency_ms\":5", "not JSON (byte 15 of 15)"},
        {"", "not JSON (byte 0 of 0)"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct faults faults;
        struct error err = {0};
        faults_init(&faults);
        int failed = faults_set_json(&faults, text_from(rows[i].json), &err);
        check_row((failed != 0) == (rows[i].error != NULL), rows[i].json);
        if (failed) {
            assert_string_equal(err.text, rows[i].error);
            check_written(&faults, none);
        }
    }
}

/* What is not named stays; a list or object replaces the one before. */
static void documents_change_what_they_name(void **state)
{
    (void)state;
    struct faults faults;
    struct error err;
    faults_init(&faults);
    const char *first = "{\"latency_ms\":5,\"deny\":[\"TagResource\"],"
                        "\"rate_limit\":{\"TagResource\":2,\"CreateLogGroup\":0.5}}";
    const char *second = "{\"deny\":[\"CreateLogGroup\"],\"rate_limit\":{\"DeleteLogGroup\":1}}";
    assert_int_equal(faults_set_json(&faults, text_from(first), &err), 0);
    assert_true(faults.deny[OPERATION_TAG_RESOURCE]);
    assert_true(faults.rate_limit[OPERATION_CREATE_LOG_GROUP] > 0.4);
    assert_int_equal(faults_set_json(&faults, text_from(second), &err), 0);
    assert_int_equal(faults.latency_ms, 5);
    assert_false(faults.deny[OPERATION_TAG_RESOURCE]);
    assert_true(faults.deny[OPERATION_CREATE_LOG_GROUP]);
    assert_true(faults.rate_limit[OPERATION_CREATE_LOG_GROUP] == 0);
    assert_true(faults.rate_limit[OPERATION_DELETE_LOG_GROUP] == 1);
}

static void set(struct faults *faults, const char *json)
{
    struct error err;
    assert_int_equal(faults_set_json(faults, text_from(json), &err), 0);
}

/* The lag of both is that of each, until something else is said of one of them. */
static void lags_of_both_and_of_each(void **state)
{
    (void)state;
    struct faults faults;
    faults_init(&faults);
    set(&faults, "{\"visibility_lag_ms\":9,\"visibility_lag_min_ms\":4}");
    assert_int_equal(faults.create_lag.greatest_ms, 9);
    assert_int_equal(faults.delete_lag.greatest_ms, 9);
    assert_int_equal(faults.create_lag.least_ms, 4);
    assert_int_equal(faults.delete_lag.least_ms, 4);
    set(&faults, "{\"create_lag_ms\":0,\"create_lag_min_ms\":0}");
    assert_int_equal(faults.create_lag.greatest_ms, 0);
    assert_int_equal(faults.create_lag.least_ms, 0);
    assert_int_equal(faults.delete_lag.greatest_ms, 9);
    assert_int_equal(faults.delete_lag.least_ms, 4);
    set(&faults, "{\"visibility_lag_ms\":2}");
    assert_int_equal(faults.create_lag.greatest_ms, 2);
    assert_int_equal(faults.delete_lag.greatest_ms, 2);
    assert_int_equal(faults.delete_lag.least_ms, 4);
}

/* GET's answer can be posted again. */
static void what_is_written_can_be_read(void **state)
{
    (void)state;
    struct faults faults, again;
    struct error err;
    CLEAN(buf) struct buf out = BUF(4096);
    faults_init(&faults);
    faults_init(&again);
    const char *json = "{\"latency_ms\":5,\"deny\":[\"TagResource\"],\"rate_limit\":\"aws\","
                       "\"visibility_lag_ms\":70,\"create_lag_min_ms\":8,\"delete_lag_ms\":6,"
                       "\"drop_rate\":0.125,\"date_offset_s\":-3,\"outage\":\"refuse\"}";
    assert_int_equal(faults_set_json(&faults, text_from(json), &err), 0);
    faults_write(&faults, &out);
    assert_int_equal(faults_set_json(&again, text_from(buf_text(&out)), &err), 0);
    check_written(&again, buf_text(&out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(begins_without_faults),
        cmocka_unit_test(words),
        cmocka_unit_test(documents),
        cmocka_unit_test(documents_change_what_they_name),
        cmocka_unit_test(lags_of_both_and_of_each),
        cmocka_unit_test(what_is_written_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
