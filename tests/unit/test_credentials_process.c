#include "unit.h"

#include "aws_dialogue.h"

#define OUTPUT(members)                                                                            \
    "{\"Version\":1,\"AccessKeyId\":\"i\",\"SecretAccessKey\":\"SECRET\"" members "}"

static struct world world = {
    .config = "[default]\ncredential_process = prog \"a b\" $HOME *\n",
};

static void ran(int status, const char *output, const char *messages)
{
    struct credentials_answer given = {
        .status = status, .output = text_from(output), .messages = text_from(messages)};
    assert_int_equal(talk.want.kind, CREDENTIALS_RUN);
    step(&given);
}

static void C1_P7_wants_the_words_run(void **state)
{
    (void)state;
    static const char *const words[] = {"prog", "a b", "$HOME", "*"};
    begin(&world);
    assert_int_equal(talk.want.kind, CREDENTIALS_RUN);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(talk.want.program[i], words[i]);
    assert_null(talk.want.program[4]);
    end();
}

static void C1_words_that_cannot_be_split(void **state)
{
    (void)state;
    struct world open = {.config = "[default]\ncredential_process = prog 'x\n"};
    begin(&open);
    expect_error(ERROR_CONFIG, "credential_process", "'default'", "quote");
    end();
}

static void C3_one_json_object(void **state)
{
    (void)state;
    begin(&world);
    ran(0, OUTPUT(""), "noise");
    expect_keys("i/SECRET/");
    assert_false(talk.keys.renewable);
    assert_int_equal(talk.keys.expires_at.ms, INT64_MAX);
    end();
    begin(&world);
    ran(0, OUTPUT(",\"SessionToken\":\"t\",\"Expiration\":\"" IN_AN_HOUR "\",\"Other\":[1]") "\n",
        "");
    expect_keys("i/SECRET/t");
    assert_true(talk.keys.renewable);
    assert_int_equal(talk.keys.expires_at.ms, NOW.ms + 3600 * 1000);
    assert_int_equal(talk.keys.renew_at.ms, NOW.ms + 2700 * 1000);
    end();
    begin(&world);
    ran(0, OUTPUT(",\"SessionToken\":null,\"Expiration\":null"), "");
    expect_keys("i/SECRET/");
    end();
    begin(&world);
    ran(0, OUTPUT(",\"SessionToken\":\"\""), "");
    expect_keys("i/SECRET/");
    end();
}

static void T3_is_run_again_for_new_keys(void **state)
{
    (void)state;
    begin(&world);
    ran(0, OUTPUT(",\"Expiration\":\"" IN_AN_HOUR "\""), "");
    expect_keys("i/SECRET/");
    begin_again();
    assert_string_equal(talk.want.program[1], "a b");
    ran(0, "{\"Version\":1,\"AccessKeyId\":\"j\",\"SecretAccessKey\":\"s\"}", "");
    expect_keys("j/s/");
    end();
}

static void C4_E10_bad_output(void **state)
{
    (void)state;
    static const struct {
        const char *output, *word;
        enum error_kind kind;
    } rows[] = {
        {"", "credential_process", ERROR_CONFIG},
        {"SECRET", "credential_process", ERROR_CONFIG},
        {"[1]", "credential_process", ERROR_CONFIG},
        {OUTPUT("") OUTPUT(""), "credential_process", ERROR_CONFIG},
        {"{\"Version\":2,\"AccessKeyId\":\"i\",\"SecretAccessKey\":\"s\"}", "version",
         ERROR_CONFIG},
        {"{\"Version\":\"1\",\"AccessKeyId\":\"i\",\"SecretAccessKey\":\"s\"}", "version",
         ERROR_CONFIG},
        {"{\"AccessKeyId\":\"i\",\"SecretAccessKey\":\"s\"}", "version", ERROR_CONFIG},
        {"{\"Version\":1,\"SecretAccessKey\":\"SECRET\"}", "AccessKeyId", ERROR_CONFIG},
        {"{\"Version\":1,\"AccessKeyId\":\"i\"}", "SecretAccessKey", ERROR_CONFIG},
        {"{\"Version\":1,\"AccessKeyId\":7,\"SecretAccessKey\":\"SECRET\"}", "AccessKeyId",
         ERROR_CONFIG},
        {OUTPUT(",\"Expiration\":\"soon\""), "Expiration", ERROR_CONFIG},
        {OUTPUT(",\"Expiration\":\"2027-01-15T08:00:00Z\""), "expired", ERROR_DENIED},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        begin(&world);
        ran(0, rows[i].output, "");
        expect_error(rows[i].kind, "credential_process", "'default'", rows[i].word);
        end();
    }
}

static void C4_E10_exit_status_and_last_line(void **state)
{
    (void)state;
    begin(&world);
    ran(3, OUTPUT(""), "first\nlast \033[1mline\n\n");
    expect_error(ERROR_DENIED, "credential_process", "'prog'", "status 3", "last ?[1mline");
    assert_null(strstr(talk.err.text, "first"));
    end();
    begin(&world);
    ran(3, "", " \n");
    assert_string_equal(talk.err.text + strlen(talk.err.text) - 8, "status 3");
    end();
}

static void C4_E10_not_found(void **state)
{
    (void)state;
    struct error failure = {.kind = ERROR_CONFIG, .text = "'prog': not found"};
    struct credentials_answer given = {.failure = &failure};
    begin(&world);
    step(&given);
    expect_error(ERROR_CONFIG, "credential_process", "'prog'", "not found");
    end();
}

static void P5_P7_P8_between_the_two_files(void **state)
{
    (void)state;
    struct world both = {
        .config = "[default]\ncredential_process = prog\naws_access_key_id = c\n"
                  "aws_secret_access_key = d\n",
    };
    begin(&both);
    assert_int_equal(talk.want.kind, CREDENTIALS_RUN);
    end();
    both.credentials = "[default]\naws_access_key_id = f\naws_secret_access_key = g\n";
    begin(&both);
    expect_keys("f/g/");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(C1_P7_wants_the_words_run),
        cmocka_unit_test(C1_words_that_cannot_be_split),
        cmocka_unit_test(C3_one_json_object),
        cmocka_unit_test(T3_is_run_again_for_new_keys),
        cmocka_unit_test(C4_E10_bad_output),
        cmocka_unit_test(C4_E10_exit_status_and_last_line),
        cmocka_unit_test(C4_E10_not_found),
        cmocka_unit_test(P5_P7_P8_between_the_two_files),
    };
    return cmocka_run_group_tests(tests, world_begin, world_end);
}
