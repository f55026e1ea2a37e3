/* Requests and signatures come from another signer: see scripts/make-sigv4-vectors. */
#include "unit.h"

#include <glob.h>

#include "net/sigv4.h"

struct vector {
    struct request request;
    struct sigv4_keys keys;
    const char *region, *service;
    struct wall now;
    char *text; /* what the above point into */
};

static char *slurp(const char *stem, const char *kind)
{
    char path[4096];
    (void)snprintf(path, sizeof(path), "%s.%s", stem, kind);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1, 64 * 1024);
    assert_true(fread(text, 1, 64 * 1024 - 1, file) > 0);
    (void)fclose(file);
    return text;
}

static void take_line(struct vector *vector, char *word, char *value)
{
    if (strcmp(word, "method") == 0) {
        request_init(&vector->request, value);
    } else if (strcmp(word, "url") == 0) {
        assert_int_equal(request_url(&vector->request, value, NULL), 0);
    } else if (strcmp(word, "region") == 0) {
        vector->region = value;
    } else if (strcmp(word, "service") == 0) {
        vector->service = value;
    } else if (strcmp(word, "time") == 0) {
        vector->now.ms = strtoll(value, NULL, 10) * 1000 + 999;
    } else if (strcmp(word, "key") == 0) {
        vector->keys.id = value;
    } else if (strcmp(word, "secret") == 0) {
        vector->keys.secret = value;
    } else if (strcmp(word, "token") == 0) {
        vector->keys.token = value;
    } else {
        assert_string_equal(word, "header");
        char *colon = strstr(value, ": ");
        *colon = '\0';
        request_header(&vector->request, value, text_from(colon + 2));
    }
}

static struct vector load(const char *stem)
{
    struct vector vector = {.text = slurp(stem, "request")};
    char *line = vector.text;
    while (*line != '\n') {
        char *end = strchr(line, '\n'), *blank = strchr(line, ' ');
        *end = *blank = '\0';
        take_line(&vector, line, blank + 1);
        line = end + 1;
    }
    (void)buf_add_text(&vector.request.body, line + 1);
    return vector;
}

static void vector_free(struct vector *vector)
{
    request_free(&vector->request);
    free(vector->text);
}

/* As a server sees it: all headers, also those that are not signed. */
static struct sigv4_received receive(const struct request *request, struct sigv4_header *headers,
                                     struct buf *host)
{
    size_t count = 0;
    buf_clear(host);
    request_host(request, host);
    for (size_t i = 0; i < request->header_count; i++)
        headers[count++] =
            (struct sigv4_header){text_from(request->headers[i].name),
                                  request_find_header(request, request->headers[i].name)};
    headers[count++] = (struct sigv4_header){text_from("Host"), text_from(buf_text(host))};
    return (struct sigv4_received){
        .method = text_from(request->method),
        .path = text_from(buf_text(&request->path)),
        .query = text_from(buf_text(&request->query)),
        .headers = headers,
        .header_count = count,
        .body = text_from(buf_text(&request->body)),
    };
}

static void check_vector(const char *stem)
{
    CLEAN(vector) struct vector vector = load(stem);
    CLEAN(buf) struct buf canonical = BUF(64 * 1024), host = BUF(512);
    struct sigv4_header headers[REQUEST_HEADERS_MAX + 1];
    struct sigv4_claim claim;
    struct error err;
    char *expected = slurp(stem, "authorization"), *expected_canonical = slurp(stem, "canonical");
    char signature[CRYPTO_SHA256_HEX_BYTES];
    assert_int_equal(
        sigv4_sign(&vector.request, &vector.keys, vector.region, vector.service, vector.now, &err),
        0);
    struct sigv4_received received = receive(&vector.request, headers, &host);
    assert_int_equal(sigv4_parse(text_from(expected), &claim, &err), 0);
    assert_int_equal(sigv4_canonical(&received, claim.signed_headers, &canonical, &err), 0);
    if (strcmp(buf_text(&canonical), expected_canonical) != 0)
        print_error("%s: canonical request:\n%s\nnot\n%s\n", stem, buf_text(&canonical),
                    expected_canonical);
    check_row(text_equal(request_find_header(&vector.request, "Authorization"), expected), stem);
    check_row(text_equal(claim.key_id, vector.keys.id), stem);
    check_row(text_equal(claim.service, vector.service), stem);
    assert_int_equal(sigv4_signature(&received, &claim, vector.keys.secret, signature, &err), 0);
    check_row(crypto_same(claim.signature, text_from(signature)), stem);
    free(expected);
    free(expected_canonical);
}

static void V2_V3_vectors(void **state)
{
    (void)state;
    glob_t found;
    assert_int_equal(glob(VECTORS "/sigv4/*.request", 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 26);
    for (size_t i = 0; i < found.gl_pathc; i++) {
        *strrchr(found.gl_pathv[i], '.') = '\0';
        check_vector(found.gl_pathv[i]);
    }
    globfree(&found);
}

/* Signing again with other keys leaves nothing of the first signature behind. */
static void V4_signs_anew(void **state)
{
    (void)state;
    CLEAN(vector) struct vector vector = load(VECTORS "/sigv4/logs-create");
    const struct sigv4_keys other = {"AKIDOTHER", "other", "token"};
    char *expected = slurp(VECTORS "/sigv4/logs-create", "authorization");
    assert_int_equal(
        sigv4_sign(&vector.request, &other, "eu-west-1", "logs", (struct wall){0}, NULL), 0);
    assert_int_equal(
        sigv4_sign(&vector.request, &vector.keys, "us-east-1", "logs", vector.now, NULL), 0);
    assert_true(text_equal(request_find_header(&vector.request, "Authorization"), expected));
    assert_null(request_find_header(&vector.request, "X-Amz-Security-Token").data);
    free(expected);
}

static void changes_show(void **state)
{
    (void)state;
    CLEAN(vector) struct vector vector = load(VECTORS "/sigv4/logs-create-token");
    CLEAN(buf) struct buf host = BUF(512);
    struct sigv4_header headers[REQUEST_HEADERS_MAX + 1];
    char good[CRYPTO_SHA256_HEX_BYTES], other[CRYPTO_SHA256_HEX_BYTES];
    struct sigv4_claim claim;
    struct error err;
    assert_int_equal(
        sigv4_sign(&vector.request, &vector.keys, vector.region, vector.service, vector.now, &err),
        0);
    const struct sigv4_received received = receive(&vector.request, headers, &host);
    assert_int_equal(
        sigv4_parse(request_find_header(&vector.request, "Authorization"), &claim, &err), 0);
    assert_int_equal(sigv4_signature(&received, &claim, vector.keys.secret, good, &err), 0);
    assert_true(text_equal(claim.signature, good));
    struct sigv4_received changed[] = {received, received, received, received};
    changed[0].body = text_from("{}");
    changed[1].path = text_from("/x");
    changed[2].query = text_from("x");
    changed[3].method = text_from("PUT");
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(sigv4_signature(&changed[i], &claim, vector.keys.secret, other, &err), 0);
        assert_string_not_equal(good, other);
    }
    assert_int_equal(sigv4_signature(&received, &claim, "wrong", other, &err), 0);
    assert_string_not_equal(good, other);
    struct sigv4_claim scope = claim;
    scope.region = text_from("eu-west-1");
    assert_int_equal(sigv4_signature(&received, &scope, vector.keys.secret, other, &err), 0);
    assert_string_not_equal(good, other);
    scope = claim;
    scope.date = text_from("20150831");
    assert_int_equal(sigv4_signature(&received, &scope, vector.keys.secret, other, &err), -1);
    scope = claim;
    scope.signed_headers = text_from("host;x-amz-missing");
    assert_int_equal(sigv4_signature(&received, &scope, vector.keys.secret, other, &err), -1);
    assert_non_null(strstr(err.text, "x-amz-missing"));
}

/* Its Authorization header, signed with these keys. */
static void signed_with(struct vector *vector, struct sigv4_kept *kept, char out[512])
{
    vector->keys.kept = kept;
    assert_int_equal(sigv4_sign(&vector->request, &vector->keys, vector->region, vector->service,
                                vector->now, NULL),
                     0);
    struct text value = request_find_header(&vector->request, "Authorization");
    (void)snprintf(out, 512, "%.*s", TEXT_ARGS(value));
}

static void a_kept_key_serves_its_own_purpose_only(void **state)
{
    (void)state;
    CLEAN(vector) struct vector vector = load(VECTORS "/sigv4/logs-create");
    const struct {
        const char *secret, *region, *service;
        int64_t now_ms;
    } rows[] = {
        {"one", "eu-west-1", "logs", 1440938160000}, {"one", "eu-west-1", "logs", 1440938161000},
        {"two", "eu-west-1", "logs", 1440938161000}, {"two", "eu-west-2", "logs", 1440938161000},
        {"two", "eu-west-2", "sts", 1440938161000},  {"two", "eu-west-2", "sts", 1441038161000},
        {"two", "eu-west-2s", "ts", 1441038161000},
    };
    struct sigv4_kept kept = SIGV4_KEPT;
    char with[512], without[512];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        vector.keys.secret = rows[i].secret;
        vector.region = rows[i].region;
        vector.service = rows[i].service;
        vector.now = (struct wall){rows[i].now_ms};
        signed_with(&vector, NULL, without);
        for (int times = 0; times < 2; times++) {
            signed_with(&vector, &kept, with);
            assert_string_equal(with, without);
        }
    }
    kept.key[0] ^= 1; /* is it looked at? */
    signed_with(&vector, &kept, with);
    assert_string_not_equal(with, without);
    sigv4_forget(&kept);
    signed_with(&vector, &kept, with);
    assert_string_equal(with, without);
    sigv4_forget(&kept);
}

static void several_headers_join(void **state)
{
    (void)state;
    const struct sigv4_header headers[] = {{text_from("X-A"), text_from(" one ")},
                                           {text_from("Host"), text_from("h")},
                                           {text_from("x-a"), text_from("two  2")}};
    const struct sigv4_received received = {
        text_from("GET"), text_from(""), text_from(""), headers, 3, text_from("")};
    CLEAN(buf) struct buf out = BUF(4096);
    assert_int_equal(sigv4_canonical(&received, text_from("host;x-a"), &out, NULL), 0);
    assert_string_equal(buf_text(&out),
                        "GET\n/\n\nhost:h\nx-a:one,two 2\n\nhost;x-a\n"
                        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void authorizations(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int result;
    } rows[] = {
        {"AWS4-HMAC-SHA256 Credential=K/20150830/r/s/aws4_request, SignedHeaders=host, "
         "Signature=" HEX64,
         0},
        {"AWS4-HMAC-SHA256 Credential=K/20150830/r/s/aws4_request,SignedHeaders=a;b,"
         "Signature=" HEX64 " ",
         0},
        {"", -1},
        {"Basic abc", -1},
        {"AWS4-HMAC-SHA256", -1},
        {"AWS4-HMAC-SHA256 ", -1},
        {"AWS4-HMAC-SHA256 Credential", -1},
        {"AWS4-HMAC-SHA256 Credential=K/2015/r/s/aws4_request, SignedHeaders=host, "
         "Signature=" HEX64,
         -1},
        {"AWS4-HMAC-SHA256 Credential=K/20150830/r/aws4_request, SignedHeaders=host, "
         "Signature=" HEX64,
         -1},
        {"AWS4-HMAC-SHA256 Credential=K/20150830/r/s/aws4_request/x, SignedHeaders=host, "
         "Signature=" HEX64,
         -1},
        {"AWS4-HMAC-SHA256 Credential=K/20150830/r/s/aws4_reques, SignedHeaders=host, "
         "Signature=" HEX64,
         -1},
        {"AWS4-HMAC-SHA256 Credential=K/20150830/r/s/aws4_request, SignedHeaders=, "
         "Signature=" HEX64,
         -1},
        {"AWS4-HMAC-SHA256 Credential=K/20150830/r/s/aws4_request, SignedHeaders=host, "
         "Signature=abc",
         -1},
        {"AWS4-HMAC-SHA256 SignedHeaders=host, Signature=" HEX64, -1},
        {"AWS4-HMAC-SHA256 Credential=K/20150830/r/s/aws4_request, SignedHeaders=host, "
         "Signature=" HEX64 ", Other=1",
         -1},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct sigv4_claim claim;
        check_row(sigv4_parse(text_from(rows[i].text), &claim, NULL) == rows[i].result,
                  rows[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(V2_V3_vectors),
        cmocka_unit_test(V4_signs_anew),
        cmocka_unit_test(a_kept_key_serves_its_own_purpose_only),
        cmocka_unit_test(changes_show),
        cmocka_unit_test(several_headers_join),
        cmocka_unit_test(authorizations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
