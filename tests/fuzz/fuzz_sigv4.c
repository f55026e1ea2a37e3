/* A request as a server may receive it: Authorization, path, query and a header, a line each. */
#include "fuzz.h"
#include "net/sigv4.h"

static struct text next_line(struct text *rest)
{
    const char *end = rest->length ? memchr(rest->data, '\n', rest->length) : NULL;
    size_t length = end ? (size_t)(end - rest->data) : rest->length;
    struct text line = text_slice(rest->data, length);
    *rest = text_slice(rest->data + length + (end != NULL), rest->length - length - (end != NULL));
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct text rest = text_slice((const char *)data, size);
    struct text authorization = next_line(&rest);
    struct text path = next_line(&rest), query = next_line(&rest), value = next_line(&rest);
    const struct sigv4_header headers[] = {{text_from("X-Amz-Date"), text_from("20150830T123600Z")},
                                           {text_from("Host"), value}};
    const struct sigv4_received received = {text_from("POST"), path, query, headers, 2, rest};
    struct sigv4_claim claim;
    char signature[CRYPTO_SHA256_HEX_BYTES];
    struct error err = {0};
    if (sigv4_parse(authorization, &claim, &err) != 0)
        must(err.kind == ERROR_GARBLED);
    else if (sigv4_signature(&received, &claim, "secret", signature, &err) == 0)
        must(strlen(signature) == CRYPTO_SHA256_HEX_BYTES - 1);
    CLEAN(buf) struct buf canonical = BUF(SIGV4_CANONICAL_BYTES);
    (void)!sigv4_canonical(&received, text_from("host"), &canonical, &err);
    return 0;
}
