/* Any text as a URL. One that was taken must be taken again as it is written, unchanged. */
#include "fuzz.h"
#include "net/proxy.h"
#include "net/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char url[4096], shown[PROXY_SHOWN_BYTES];
    struct proxy proxy;
    CLEAN(request) struct request first, second;
    CLEAN(buf) struct buf written = BUF(64 * 1024), again = BUF(64 * 1024);
    struct error err = {0};
    size = size < sizeof(url) ? size : sizeof(url) - 1;
    memcpy(url, data, size);
    url[size] = '\0';
    if (proxy_parse(url, &proxy, NULL) == 0) {
        must(strlen(proxy_url(&proxy, shown)) > 0);
        struct proxy bare;
        must(proxy_parse(proxy_url(&proxy, shown), &bare, NULL) == 0);
        must(strcmp(bare.host, proxy.host) == 0 && bare.port == proxy.port && !bare.user.length);
    }
    request_init(&first, "GET");
    request_init(&second, "GET");
    if (request_url(&first, url, &err) != 0) {
        must(err.kind == ERROR_CONFIG && err.text[0]);
        return 0;
    }
    request_write_url(&first, &written);
    must(request_url(&second, buf_text(&written), &err) == 0);
    request_write_url(&second, &again);
    must(strcmp(buf_text(&written), buf_text(&again)) == 0);
    struct proxy_settings settings = {"p", "p", url};
    (void)proxy_for(&settings, &first);
    return 0;
}
