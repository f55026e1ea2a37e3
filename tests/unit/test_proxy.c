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

static void shown_without_user(void **state)
{
    (void)state;
    static const struct {
        const char *proxy, *shown;
    } rows[] = {
        {"http://user:pw@proxy.example:3128/x", "proxy.example:3128"},
        {"proxy.example:3128", "proxy.example:3128"},
        {"user:p/w@proxy", "proxy"},
        {"http://u:p@w@proxy", "proxy"},
        {"socks5h://[::1]:1080", "[::1]:1080"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char shown[PROXY_SHOWN_BYTES];
        check_row(strcmp(proxy_shown(rows[i].proxy, shown), rows[i].shown) == 0, rows[i].proxy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(choice),
        cmocka_unit_test(shown_without_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
