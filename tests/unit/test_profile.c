#include "unit.h"

#include "aws/profile.h"

#define CONFIG      PROFILE_CONFIG
#define CREDENTIALS PROFILE_CREDENTIALS

/* One look at one text: what the key of the section is, "-" if not given, "!" if refused. */
struct row {
    const char *text;
    enum profile_dialect dialect;
    enum profile_kind kind;
    const char *section, *key, *expected;
};

static void check_value(const struct row *row)
{
    struct profile_file file = {0};
    struct error err = {0};
    const char *value = "!";
    if (profile_file_parse(&file, row->dialect, "F", text_from(row->text), &err) == 0) {
        value = profile_file_get(&file, row->kind, row->section, NULL, row->key);
        value = value ? value : "-";
    } else {
        assert_int_equal(err.kind, ERROR_CONFIG);
        assert_non_null(strstr(err.text, "'F' line "));
    }
    if (strcmp(value, row->expected) != 0)
        print_error("got '%s'\n", value);
    check_row(strcmp(value, row->expected) == 0, row->text);
    profile_file_free(&file);
}

#define CHECK_ROWS(rows)                                                                           \
    for (size_t i = 0; i < sizeof(rows) / sizeof((rows)[0]); i++)                                  \
    check_value(&(rows)[i])

static void F1_lines_blanks_and_comments(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"[default]\nregion = r\n", CONFIG, PROFILE_PROFILE, "default", "region", "r"},
        {"[default]\r\nregion = r\r\n", CONFIG, PROFILE_PROFILE, "default", "region", "r"},
        {"[default]\nregion = r", CONFIG, PROFILE_PROFILE, "default", "region", "r"},
        {"# x\n; y\n\n \t\n[default]\n  # z\n#[a]\nregion = r\n ; end", CONFIG, PROFILE_PROFILE,
         "default", "region", "r"},
        {"[default]\nregion = \xc3\xa9", CONFIG, PROFILE_PROFILE, "default", "region", "\xc3\xa9"},
        {"[default]\nregion = \xff", CONFIG, PROFILE_PROFILE, "default", "region", "!"},
        {"[default]\nregion = \xc0\xaf", CONFIG, PROFILE_PROFILE, "default", "region", "!"},
        {"[default]\nregion = \xed\xa0\x80", CONFIG, PROFILE_PROFILE, "default", "region", "!"},
        {"[default]\nregion = \xf4\x90\x80\x80", CONFIG, PROFILE_PROFILE, "default", "region", "!"},
        {"[default]\nregion = \xe2\x82", CONFIG, PROFILE_PROFILE, "default", "region", "!"},
        {"", CONFIG, PROFILE_PROFILE, "default", "region", "-"},
    };
    CHECK_ROWS(rows);
}

static void F2_rest_of_a_section_line_is_ignored(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"[default] # c\na=1", CONFIG, PROFILE_PROFILE, "default", "a", "1"},
        {"[default]junk\na=1", CONFIG, PROFILE_PROFILE, "default", "a", "1"},
        {"  [default]\na=1", CONFIG, PROFILE_PROFILE, "default", "a", "1"},
    };
    CHECK_ROWS(rows);
}

static void F3_sections_that_mean_something(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"[profile x]\na=1", CONFIG, PROFILE_PROFILE, "x", "a", "1"},
        {"[sso-session x]\na=1", CONFIG, PROFILE_SSO_SESSION, "x", "a", "1"},
        {"[services x]\na=1", CONFIG, PROFILE_SERVICES, "x", "a", "1"},
        {"[x]\na=1", CONFIG, PROFILE_PROFILE, "x", "a", "-"},
        {"[profilex]\na=1", CONFIG, PROFILE_PROFILE, "x", "a", "-"},
        {"[sso-sesion x]\na=1", CONFIG, PROFILE_SSO_SESSION, "x", "a", "-"},
        {"[plugins]\na=1\n[plugins]\na=1", CONFIG, PROFILE_PROFILE, "plugins", "a", "-"},
        {"[DEFAULT]\na=1", CONFIG, PROFILE_PROFILE, "default", "a", "-"},
        {"[profile]\na=1", CONFIG, PROFILE_PROFILE, "profile", "a", "-"},
        {"[x]\na=1", CREDENTIALS, PROFILE_PROFILE, "x", "a", "1"},
        {"[profile x]\na=1", CREDENTIALS, PROFILE_PROFILE, "x", "a", "-"},
        {"[profile x]\na=1", CREDENTIALS, PROFILE_PROFILE, "profile x", "a", "1"},
        {"[sso-session x]\na=1", CREDENTIALS, PROFILE_SSO_SESSION, "x", "a", "-"},
    };
    CHECK_ROWS(rows);
}

static void F4_names_and_quotes(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"[profile \"my profile\"]\na=1", CONFIG, PROFILE_PROFILE, "my profile", "a", "1"},
        {"[profile 'my profile']\na=1", CONFIG, PROFILE_PROFILE, "my profile", "a", "1"},
        {"[profile \t x]\na=1", CONFIG, PROFILE_PROFILE, "x", "a", "1"},
        {"[profile\tx ]\na=1", CONFIG, PROFILE_PROFILE, "x", "a", "1"},
        {"[profile x y]\na=1", CONFIG, PROFILE_PROFILE, "x", "a", "-"},
        {"[profile 'x]\na=1", CONFIG, PROFILE_PROFILE, "x", "a", "-"},
        {"[profile a-b_c/d.e%f@g:h+1]\na=1", CONFIG, PROFILE_PROFILE, "a-b_c/d.e%f@g:h+1", "a",
         "1"},
        {"[profile X]\na=1", CONFIG, PROFILE_PROFILE, "x", "a", "-"},
        {"[Profile x]\na=1", CONFIG, PROFILE_PROFILE, "x", "a", "-"},
        {"[ profile x]\na=1", CONFIG, PROFILE_PROFILE, "x", "a", "-"},
        {"[\tprofile x]\na=1", CONFIG, PROFILE_PROFILE, "x", "a", "-"},
        {"[ default]\na=1", CONFIG, PROFILE_PROFILE, "default", "a", "-"},
        {"[default ]\na=1", CONFIG, PROFILE_PROFILE, "default", "a", "-"},
        {"[ x ]\na=1", CREDENTIALS, PROFILE_PROFILE, "x", "a", "-"},
        {"[ x ]\na=1", CREDENTIALS, PROFILE_PROFILE, " x ", "a", "1"},
    };
    CHECK_ROWS(rows);
}

static void F5_profile_default_wins_as_a_whole(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"[default]\na=1\nb=1\n[profile default]\na=2", CONFIG, PROFILE_PROFILE, "default", "a",
         "2"},
        {"[profile default]\na=2\n[default]\na=1\nb=1", CONFIG, PROFILE_PROFILE, "default", "a",
         "2"},
        {"[profile default]\na=2\n[default]\na=1\nb=1", CONFIG, PROFILE_PROFILE, "default", "b",
         "-"},
    };
    CHECK_ROWS(rows);
}

static void F6_keys_and_values(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"[default]\na : 1", CONFIG, PROFILE_PROFILE, "default", "a", "1"},
        {"[default]\na=b=c:d", CONFIG, PROFILE_PROFILE, "default", "a", "b=c:d"},
        {"[default]\na:b=c", CONFIG, PROFILE_PROFILE, "default", "a", "b=c"},
        {"[default]\n\tREGION\t=\t r \t", CONFIG, PROFILE_PROFILE, "default", "region", "r"},
        {"[default]\na = \"q\" 'r' 100% x#y;z", CONFIG, PROFILE_PROFILE, "default", "a",
         "\"q\" 'r' 100% x#y;z"},
        {"[default]\na =\nb = 1", CONFIG, PROFILE_PROFILE, "default", "a", "-"},
        {"[default]\na b = 1", CONFIG, PROFILE_PROFILE, "default", "a b", "1"},
    };
    CHECK_ROWS(rows);
}

static void F7_comment_after_a_value_belongs_to_it(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"[default]\na = 1 # c", CONFIG, PROFILE_PROFILE, "default", "a", "1 # c"},
        {"[default]\na = 1 ; c", CONFIG, PROFILE_PROFILE, "default", "a", "1 ; c"},
    };
    CHECK_ROWS(rows);
}

static void F8_indented_keys_and_continuations(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"[default]\n  a = 1\n  b = 2", CONFIG, PROFILE_PROFILE, "default", "b", "2"},
        {"[default]\n  a = 1\n b = 2", CONFIG, PROFILE_PROFILE, "default", "b", "2"},
        {"[default]\n a = 1\n  b = 2", CONFIG, PROFILE_PROFILE, "default", "b", "-"},
        {"[default]\na = 1\n[profile x]\n  b = 2", CONFIG, PROFILE_PROFILE, "x", "b", "2"},
        {"[default]\na = 1\n  [profile x]\n  b = 2", CONFIG, PROFILE_PROFILE, "x", "b", "-"},
    };
    CHECK_ROWS(rows);
}

static void F9_blocks_and_joined_values(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"[default]\ns3 =\n  region = x\nb = 1", CONFIG, PROFILE_PROFILE, "default", "region", "-"},
        {"[default]\ns3 =\n  region = x\nb = 1", CONFIG, PROFILE_PROFILE, "default", "b", "1"},
        {"[default]\na = 1 \r\n   two \n\n # c\n\tthree\nb = 1", CONFIG, PROFILE_PROFILE, "default",
         "a", "1\ntwo\nthree"},
    };
    CHECK_ROWS(rows);

    struct profile_file file = {0};
    const char *text =
        "[services x]\nlogs =\n\n  url : 0 = 1\n # c\n\n  B = y = z\nsts =\n b = 2\n";
    assert_int_equal(profile_file_parse(&file, CONFIG, "F", text_from(text), NULL), 0);
    const char *value = profile_file_get(&file, PROFILE_SERVICES, "x", "logs", "b");
    assert_string_equal(value, "y = z");
    assert_string_equal(profile_file_get(&file, PROFILE_SERVICES, "x", "sts", "b"), "2");
    assert_string_equal(profile_file_get(&file, PROFILE_SERVICES, "x", "logs", "url : 0"), "1");
    assert_null(profile_file_get(&file, PROFILE_SERVICES, "x", NULL, "b"));
    assert_null(profile_file_get(&file, PROFILE_SERVICES, "x", "none", "b"));
    profile_file_free(&file);
}

static void F10_given_twice_is_refused(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"[default]\na=1\n[default]\nb=1", CONFIG, PROFILE_PROFILE, "default", "a", "!"},
        {"[profile x]\na=1\n[profile 'x']\nb=1", CONFIG, PROFILE_PROFILE, "x", "a", "!"},
        {"[x]\na=1\n[x]\nb=1", CREDENTIALS, PROFILE_PROFILE, "x", "a", "!"},
        {"[default]\na=1\nA=2", CONFIG, PROFILE_PROFILE, "default", "a", "!"},
        {"[services s]\nx=\n a=1\n a=2", CONFIG, PROFILE_SERVICES, "s", "x", "!"},
    };
    CHECK_ROWS(rows);
}

static void F11_what_is_refused_names_file_and_line_only(void **state)
{
    (void)state;
    static const struct {
        const char *text, *line, *word;
    } rows[] = {
        {"secret = 1", "line 1", "before any section"},
        {"\n# c\nsecret = 1", "line 3", "before any section"},
        {"[default\nsecret=1", "line 1", "']'"},
        {"[default]\na = 1\nsecret", "line 3", "neither"},
        {"[default]\n = secret", "line 2", "without a key"},
        {"[default]\n\n : secret", "line 3", "without a key"},
        {"[default]\ns3 =\n  secret : 1", "line 3", "block"},
        {"[default]\ns3 =\n  = secret", "line 3", "without a key"},
        {"[]\nsecret=1", "line 1", "name"},
        {"\xef\xbb\xbf[secret]\n", "line 1", "before any section"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct profile_file file = {0};
        struct error err = {0};
        int got = profile_file_parse(&file, CONFIG, "/p", text_from(rows[i].text), &err);
        check_row(got == -1 && err.kind == ERROR_CONFIG, rows[i].text);
        check_row(strstr(err.text, "'/p'") && strstr(err.text, rows[i].line), rows[i].text);
        check_row(strstr(err.text, rows[i].word) && !strstr(err.text, "secret"), rows[i].text);
        check_row(file.entries == NULL && file.text.data == NULL, rows[i].text);
    }
}

static void F11_nul_bytes_and_huge_files(void **state)
{
    (void)state;
    struct profile_file file = {0};
    struct error err = {0};
    static const char nul[] = "[default]\na=1\0\nb=2";
    struct text text = text_slice(nul, sizeof(nul) - 1);
    assert_int_equal(profile_file_parse(&file, CONFIG, "F", text, &err), -1);
    assert_int_equal(err.kind, ERROR_CONFIG);
    char *huge = malloc(PROFILE_FILE_BYTES + 1);
    memset(huge, '\n', PROFILE_FILE_BYTES + 1);
    text = text_slice(huge, PROFILE_FILE_BYTES + 1);
    assert_int_equal(profile_file_parse(&file, CONFIG, "F", text, &err), -1);
    text.length--;
    assert_int_equal(profile_file_parse(&file, CONFIG, "F", text, &err), 0);
    profile_file_free(&file);
    free(huge);
}

static void F12_files_are_merged_key_by_key(void **state)
{
    (void)state;
    struct profiles both = {0};
    struct text config = text_from("[profile x]\na=1\nb=1\nc=1\n[profile y]\na=3\n[default]\na=4");
    struct text credentials = text_from("[x]\na=2\nc=\n[z]\na=5");
    assert_int_equal(profile_file_parse(&both.config, CONFIG, "F", config, NULL), 0);
    assert_int_equal(profile_file_parse(&both.credentials, CREDENTIALS, "G", credentials, NULL), 0);
    assert_string_equal(profiles_get(&both, "x", "a"), "2");
    assert_string_equal(profiles_get(&both, "x", "b"), "1");
    assert_string_equal(profiles_get(&both, "x", "c"), "1");
    assert_string_equal(profiles_get(&both, "y", "a"), "3");
    assert_string_equal(profiles_get(&both, "z", "a"), "5");
    assert_null(profiles_get(&both, "z", "b"));
    assert_true(profiles_have(&both, PROFILE_PROFILE, "y"));
    assert_true(profiles_have(&both, PROFILE_PROFILE, "z"));
    assert_false(profiles_have(&both, PROFILE_PROFILE, "none"));
    profiles_free(&both);
    profiles_free(&both);
    profiles_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(F1_lines_blanks_and_comments),
        cmocka_unit_test(F2_rest_of_a_section_line_is_ignored),
        cmocka_unit_test(F3_sections_that_mean_something),
        cmocka_unit_test(F4_names_and_quotes),
        cmocka_unit_test(F5_profile_default_wins_as_a_whole),
        cmocka_unit_test(F6_keys_and_values),
        cmocka_unit_test(F7_comment_after_a_value_belongs_to_it),
        cmocka_unit_test(F8_indented_keys_and_continuations),
        cmocka_unit_test(F9_blocks_and_joined_values),
        cmocka_unit_test(F10_given_twice_is_refused),
        cmocka_unit_test(F11_what_is_refused_names_file_and_line_only),
        cmocka_unit_test(F11_nul_bytes_and_huge_files),
        cmocka_unit_test(F12_files_are_merged_key_by_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
