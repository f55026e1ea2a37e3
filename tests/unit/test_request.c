#include "unit.h"

#include "net/request.h"

static void urls(void **state)
{
    (void)state;
    static const struct {
        const char *url, *host, *host_header, *target, *again;
    } rows[] = {
        {"https://logs.us-east-1.amazonaws.com", "logs.us-east-1.amazonaws.com",
         "logs.us-east-1.amazonaws.com", "/?", "https://logs.us-east-1.amazonaws.com/"},
        {"HTTP://Host.Example:4586/", "host.example", "host.example:4586", "/?",
         "http://host.example:4586/"},
        {"http://h:80/p/", "h", "h", "/p/?", "http://h/p/"},
        {"https://h:443", "h", "h", "/?", "https://h/"},
        {"https://h:80", "h", "h:80", "/?", "https://h:80/"},
        {"http://h:/x", "h", "h", "/x?", "http://h/x"},
        {"http://[FD00:ec2::254]/latest", "fd00:ec2::254", "[fd00:ec2::254]", "/latest?",
         "http://[fd00:ec2::254]/latest"},
        {"http://[::1]:8080", "::1", "[::1]:8080", "/?", "http://[::1]:8080/"},
        {"http://h/a/../b//c?x=1&y=a%20b#frag", "h", "h", "/a/../b//c?x=1&y=a%20b",
         "http://h/a/../b//c?x=1&y=a%20b"},
        {"http://h?x", "h", "h", "/?x", "http://h/?x"},
        {"http://h/caf\xc3\xa9?\xc3\xa9", "h", "h", "/caf%C3%A9?%C3%A9",
         "http://h/caf%C3%A9?%C3%A9"},
        {"http://h/p@x", "h", "h", "/p@x?", "http://h/p@x"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEAN(request) struct request request;
        CLEAN(buf) struct buf out = BUF(4096);
        struct error err = {0};
        request_init(&request, "GET");
        check_row(request_url(&request, rows[i].url, &err) == 0, rows[i].url);
        check_row(strcmp(request.host, rows[i].host) == 0, rows[i].url);
        request_host(&request, &out);
        check_row(strcmp(buf_text(&out), rows[i].host_header) == 0, rows[i].url);
        buf_clear(&out);
        (void)buf_addf(&out, "%s?%s", buf_text(&request.path), buf_text(&request.query));
        check_row(strcmp(buf_text(&out), rows[i].target) == 0, rows[i].url);
        buf_clear(&out);
        request_write_url(&request, &out);
        check_row(strcmp(buf_text(&out), rows[i].again) == 0, rows[i].url);
    }
}

static void bad_urls(void **state)
{
    (void)state;
    static const struct {
        const char *url, *reason;
    } rows[] = {
        {"ftp://h/", "neither http"},
        {"logs.example", "neither http"},
        {"", "neither http"},
        {"https:///x", "no host"},
        {"https://:80/", "no host"},
        {"https://[::1/", "brackets"},
        {"https://[::1]x/", "brackets"},
        {"https://[127.0.0.1]/", "brackets"},
        {"https://[fe80::1%25eth0]/", "bad host"},
        {"https://[]/", "no host"},
        {"https://h:0/", "port"},
        {"https://h:65536/", "port"},
        {"https://h:x/", "port"},
        {"https://::1/", "port"},
        {"https://a b/", "blank"},
        {"https://h/a\nb", "control"},
        {"https://h\\x/", "bad host"},
        {"https://h%41/", "bad host"},
        {"https://h\xc3\xa9/", "bad host"},
        {"https://user:pw@h/", "user part"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEAN(request) struct request request;
        struct error err = {0};
        request_init(&request, "GET");
        check_row(request_url(&request, rows[i].url, &err) == -1, rows[i].url);
        check_row(err.kind == ERROR_CONFIG && strstr(err.text, rows[i].reason), rows[i].url);
        check_row(!strstr(err.text, "pw"), rows[i].url);
    }
}

static void additions(void **state)
{
    (void)state;
    static const struct {
        const char *url, *path, *again;
    } rows[] = {
        {"http://h", "/", "http://h/"},
        {"http://h/base", "/", "http://h/base"},
        {"http://h/base/", "/", "http://h/base/"},
        {"http://h", "/token", "http://h/token"},
        {"http://h/base/", "/token", "http://h/base/token"},
        {"http://h/base", "/v1/token", "http://h/base/v1/token"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEAN(request) struct request request;
        CLEAN(buf) struct buf out = BUF(4096);
        request_init(&request, "GET");
        assert_int_equal(request_url(&request, rows[i].url, NULL), 0);
        request_path(&request, rows[i].path);
        request_write_url(&request, &out);
        check_row(strcmp(buf_text(&out), rows[i].again) == 0, rows[i].again);
    }
    CLEAN(request) struct request request;
    request_init(&request, "GET");
    request_query(&request, "account_id", "012");
    request_query(&request, "role name", "a/b+c~d \xc3\xa9&=");
    assert_string_equal(buf_text(&request.query),
                        "account_id=012&role%20name=a%2Fb%2Bc~d%20%C3%A9%26%3D");
}

static void headers(void **state)
{
    (void)state;
    CLEAN(request) struct request request;
    request_init(&request, "GET");
    request_header(&request, "Accept", text_from("a"));
    request_header(&request, "X-Token", text_from("secret"));
    request_header(&request, "accept", text_from("b"));
    assert_int_equal(request.header_count, 2);
    assert_true(text_equal(request_find_header(&request, "ACCEPT"), "b"));
    request_header(&request, "Accept", (struct text){NULL, 0});
    request_header(&request, "Missing", (struct text){NULL, 0});
    assert_null(request_find_header(&request, "Accept").data);
    assert_true(text_equal(request_find_header(&request, "X-Token"), "secret"));
    request_header(&request, "Empty", text_from(""));
    assert_non_null(request_find_header(&request, "Empty").data);
    assert_int_equal(request_check(&request, NULL), 0);
}

static void failures_stick(void **state)
{
    (void)state;
    static const char *const bad[] = {"a\rb", "a\nb: c", "\n"};
    struct error err;
    for (size_t i = 0; i < 3; i++) {
        CLEAN(request) struct request request;
        request_init(&request, "GET");
        request_header(&request, "X", text_from(bad[i]));
        check_row(request_check(&request, &err) == -1, bad[i]);
    }
    CLEAN(request) struct request full;
    request_init(&full, "GET");
    request_header(&full, "X", text_slice("a\0b", 3));
    assert_int_equal(request_check(&full, &err), -1);
    request_free(&full);
    for (int i = 0; i <= REQUEST_HEADERS_MAX; i++) {
        char name[16];
        assert_int_equal(request_check(&full, &err), 0);
        (void)snprintf(name, sizeof(name), "X-%d", i);
        request_header(&full, name, text_from("v"));
    }
    assert_int_equal(request_check(&full, &err), -1);
    CLEAN(request) struct request large;
    request_init(&large, "POST");
    for (int i = 0; i <= REQUEST_TARGET_BYTES; i++)
        request_path(&large, "/");
    assert_int_equal(request_check(&large, &err), 0);
    for (int i = 0; i <= REQUEST_TARGET_BYTES; i++)
        request_path(&large, "/a");
    assert_int_equal(request_check(&large, &err), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urls),    cmocka_unit_test(bad_urls),       cmocka_unit_test(additions),
        cmocka_unit_test(headers), cmocka_unit_test(failures_stick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
