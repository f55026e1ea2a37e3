#include "unit.h"

#include "net/proxy.h"

static void choice(void **state)
{
    (void)state;
    static const struct {
        const char *url, *none, *proxy;
    } rows[] = {
        {"https://logs.example/", NULL, "secure"},
        {"http://logs.example/", "", "plain"},
        {"https://logs.example/", "*", NULL},
        {"https://logs.example/", "other, *", NULL},
        {"https://logs.example/", "logs.example", NULL},
        {"https://logs.example/", "LOGS.Example", NULL},
        {"https://logs.example/", "example", NULL},
        {"https://logs.example/", ".example", NULL},
        {"https://logs.example/", "ample", "secure"},
        {"https://logs.example/", "logs.example.org", "secure"},
        {"https://logs.example/", "*.example", "secure"},
        {"https://logs.example/", ",,", "secure"},
        {"https://logs.example/", "logs.example:443", NULL},
        {"https://logs.example/", "logs.example:8443", "secure"},
        {"https://logs.example:8443/", "example:8443", NULL},
        {"http://127.0.0.1:4586/", NULL, "plain"},
        {"http://127.0.0.1:4586/", "a,127.0.0.1,b", NULL},
        {"http://127.0.0.1:4586/", "127.0.0.1:4586", NULL},
        {"http://127.0.0.1:4586/", "0.0.1", NULL},
        {"http://[::1]:4586/", "::1", NULL},
        {"http://[::1]:4586/", "[::1]", NULL},
        {"http://[::1]:4586/", "[::1]:4586", NULL},
        {"http://[::1]:4586/", "[::1]:80", "plain"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        CLEAN(request) struct request request;
        struct proxy_settings settings = {"secure", "plain", rows[i].none};
        request_init(&request, "GET");
        assert_int_equal(request_url(&request, rows[i].url, NULL), 0);
        const char *got = proxy_for(&settings, &request);
        check_row(rows[i].proxy ? got && strcmp(got, rows[i].proxy) == 0 : !got,
                  rows[i].none ? rows[i].none : rows[i].url);
        settings.https = "";
        settings.http = NULL;
        check_row(!proxy_for(&settings, &request), rows[i].url);
        settings.https = settings.http = "x";
        request.direct = true;
        check_row(!proxy_for(&settings, &request), rows[i].url);
    }
}

static void urls_are_taken_apart(void **state)
{
    (void)state;
    static const struct {
        const char *url, *taken, *user;
    } rows[] = {
        {"http://user:pw@proxy.example:3128/x", "http://proxy.example:3128", "user:pw"},
        {"proxy.example:3128", "http://proxy.example:3128", ""},
        {"HTTP://Proxy.Example", "http://proxy.example:1080", ""},
        {"https://proxy/", "https://proxy:443", ""},
        {"socks5h://[::1]:1081", "socks5h://[::1]:1081", ""},
        {"socks4://u@h", "socks4://h:1080", "u"},
        {"http://:pw@h:1", "http://h:1", ":pw"},
        {"http://@h:1", "http://h:1", ""},
        {"http://u:a:b@h:1", "http://h:1", "u:a:b"},
        {"u%40x:%2F%3f%23%25%20%e4@h:1", "http://h:1", "u%40x:%2F%3f%23%25%20%e4"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct proxy proxy;
        char shown[PROXY_SHOWN_BYTES];
        check_row(proxy_parse(rows[i].url, &proxy, NULL) == 0, rows[i].url);
        check_row(strcmp(proxy_url(&proxy, shown), rows[i].taken) == 0, rows[i].url);
        check_row(strcmp(proxy_shown(&proxy, shown), strstr(rows[i].taken, "//") + 2) == 0,
                  rows[i].url);
        check_row(text_equal(proxy.user, rows[i].user), rows[i].url);
    }
}

/* Whatever is wrong, the password (SECRET) is not in what is said of it. */
static void odd_urls_are_refused_and_not_shown(void **state)
{
    (void)state;
    static const char *const urls[] = {
        "http://u:SEC/RET@h:1",
        "http://u:/SECRET@h:1",
        "http://u:SEC?RET@h:1",
        "http://u:SEC#RET@h:1",
        "http://u:SEC@RET@h:1",
        "http://u:SECRET%@h:1",
        "http://u:%SECRET@h:1",
        "http://u:SEC%4@h:1",
        "http://u:SEC%00RET@h:1",
        "http://u:SEC RET@h:1",
        "http://u:SECRET@h:1 ",
        " http://u:SECRET@h:1",
        "http://u:SEC\tRET@h:1",
        "http://u:SECRET\n@h:1",
        "http://u:SECRET@",
        "http://u:SECRET@:1",
        "http://u:SECRET@h:SECRET",
        "http://u:SECRET@h:0",
        "http://u:SECRET@h:-1",
        "http://u:SECRET@h:65536",
        "http://u:SECRET@h:1x",
        "http://u:SECRET",
        "u:SECRET",
        "SECRET:SECRET@",
        "http://",
        "http:///SECRET",
        "ftp://u:SECRET@h:1",
        "httpx://u:SECRET@h:1",
        "SECRET://h:1",
        "://u:SECRET@h:1",
        "http:/u:SECRET@h:1",
        "http//u:SECRET@h:1",
        "u:SEC://RET@h:1",
        "http://u:SECRET@[::1",
        "http://u:SECRET@[::1]x",
        "http://u:SECRET@[SECRET]:1",
        "http://u:SECRET@::1",
        "http://u:SECRET@h_:1?x",
        "http://u:SECRET@h:1#SECRET",
        "http://u:SECRET@a b:1",
        "http://u:SECRET@h!:1",
        "http://u:SECRET@h:1/SECRET@",
        "http://u:SECRET@*:1",
        "http://u:SECRET@%68ost:1",
        "http://u:SECRET@h:1:2",
        "http://u:SECRET@h\\SECRET",
        "http://u:SECRET@\xc3\xa4:1",
    };
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
        struct proxy proxy;
        struct error err = {0};
        check_row(proxy_parse(urls[i], &proxy, &err) == -1, urls[i]);
        check_row(err.kind == ERROR_CONFIG && strstr(err.text, "percent-encoded"), urls[i]);
        check_row(!strstr(err.text, "SEC") && !strstr(err.text, "RET"), urls[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choice),
        cmocka_unit_test(urls_are_taken_apart),
        cmocka_unit_test(odd_urls_are_refused_and_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
