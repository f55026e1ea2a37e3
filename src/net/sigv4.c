#include "net/sigv4.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/date.h"

#define ALGORITHM  "AWS4-HMAC-SHA256"
#define TERMINATOR "aws4_request"
#define DAY_BYTES  8 /* YYYYMMDD */

/*
 * Adds the canonical path: without dot segments and doubled slashes, and percent-encoded once more
 * than it was sent, as the rules want it for all services but S3.
 */
static void add_path(struct text path, struct buf *out)
{
    CLEAN(buf) struct buf plain = BUF_SECRET(REQUEST_TARGET_BYTES);
    bool slash_at_end = path.length && path.data[path.length - 1] == '/';
    struct text segment;
    while (text_next(&path, '/', &segment)) {
        if (segment.length == 0 || text_equal(segment, "."))
            continue;
        if (text_equal(segment, "..")) {
            const char *cut = plain.length ? memrchr(plain.data, '/', plain.length) : NULL;
            if (cut)
                plain.length = (size_t)(cut - plain.data);
            continue;
        }
        buf_add_char(&plain, '/'); /* failures stick, here and below */
        buf_add(&plain, segment.data, segment.length);
    }
    if (plain.length == 0 || slash_at_end)
        buf_add_char(&plain, '/');
    request_encode(buf_view(&plain), "/", out);
    out->failed = out->failed || plain.failed;
}

struct parameter {
    struct text name, value;
};

static int compare_parameters(const void *left, const void *right)
{
    const struct parameter *a = left, *b = right;
    int order = text_order(a->name, b->name);
    return order ? order : text_order(a->value, b->value);
}

/* Adds the parameters, sorted by name and value, each as "name=value". They are encoded already. */
static int add_query(struct text query, struct buf *out, struct error *err)
{
    struct parameter parameters[SIGV4_PARAMETERS_MAX];
    size_t count = 0;
    struct text pair;
    while (query.length && text_next(&query, '&', &pair)) {
        if (count == SIGV4_PARAMETERS_MAX)
            return error_set(err, ERROR_LIMIT, "more than %d parameters in a query",
                             SIGV4_PARAMETERS_MAX);
        struct parameter *parameter = &parameters[count++];
        (void)text_next(&pair, '=', &parameter->name); /* a view of it all if there is no '=' */
        parameter->value = pair.data ? pair : text_from("");
    }
    qsort(parameters, count, sizeof(parameters[0]), compare_parameters);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(out, '&');
        buf_add(out, parameters[i].name.data, parameters[i].name.length);
        buf_add_char(out, '=');
        buf_add(out, parameters[i].value.data, parameters[i].value.length);
    }
    return 0;
}

/* Adds the value without blanks at its ends, and with one blank for each run of them inside. */
static void add_value(struct text value, struct buf *out)
{
    value = text_trim(value);
    bool blank = false;
    for (size_t i = 0; i < value.length; i++) {
        bool was = blank;
        blank = value.data[i] == ' ' || value.data[i] == '\t';
        if (!blank || !was)
            buf_add_char(out, blank ? ' ' : value.data[i]);
    }
}

/* "name:value\n"; the values of a header that came several times are joined by commas. */
static int add_header(const struct sigv4_received *received, struct text name, struct buf *out,
                      struct error *err)
{
    size_t found = 0;
    buf_add(out, name.data, name.length);
    for (size_t i = 0; i < received->header_count; i++) {
        if (!text_same_name(received->headers[i].name, name))
            continue;
        buf_add_char(out, found++ ? ',' : ':');
        add_value(received->headers[i].value, out);
    }
    buf_add_char(out, '\n');
    if (found == 0)
        return error_set(err, ERROR_GARBLED, "signed header '%.*s' is missing", TEXT_ARGS(name));
    return 0;
}

int sigv4_canonical(const struct sigv4_received *received, struct text signed_headers,
                    struct buf *out, struct error *err)
{
    char body_hash[CRYPTO_SHA256_HEX_BYTES];
    struct text names = signed_headers, name;
    buf_add(out, received->method.data, received->method.length);
    buf_add_char(out, '\n');
    add_path(received->path, out);
    buf_add_char(out, '\n');
    if (add_query(received->query, out, err) != 0)
        return -1;
    buf_add_char(out, '\n');
    while (text_next(&names, ';', &name)) {
        if (add_header(received, name, out, err) != 0)
            return -1;
    }
    if (crypto_sha256_hex(received->body, body_hash, err) != 0)
        return -1;
    buf_addf(out, "\n%.*s\n%s", TEXT_ARGS(signed_headers), body_hash);
    return buf_check(out, "the canonical request", err);
}

/* The chain of HMACs that turns the secret into a key for one day, region and service. */
static int derive_key(const struct sigv4_claim *claim, const char *secret,
                      unsigned char key[CRYPTO_SHA256_BYTES], struct error *err)
{
    const struct text steps[] = {claim->date, claim->region, claim->service, text_from(TERMINATOR)};
    CLEAN(buf) struct buf first = BUF_SECRET(SIGV4_SECRET_BYTES);
    buf_addf(&first, "AWS4%s", secret);
    if (buf_check(&first, "the secret key", err) != 0)
        return -1;
    struct text current = buf_view(&first);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        unsigned char next[CRYPTO_SHA256_BYTES];
        if (crypto_hmac_sha256(current, steps[i], next, err) != 0)
            return -1;
        memcpy(key, next, sizeof(next));
        wipe(next, sizeof(next));
        current = text_slice((const char *)key, CRYPTO_SHA256_BYTES);
    }
    return 0;
}

void sigv4_forget(struct sigv4_kept *kept)
{
    buf_free(&kept->purpose);
    wipe(kept->key, sizeof(kept->key));
}

/* The key that was kept for this purpose, else one that is derived, and kept if there is room. */
static int signing_key(const struct sigv4_claim *claim, const char *secret, struct sigv4_kept *kept,
                       unsigned char key[CRYPTO_SHA256_BYTES], struct error *err)
{
    const struct text parts[] = {text_from(secret), claim->date, claim->region, claim->service};
    struct sigv4_kept now = SIGV4_KEPT;
    if (!kept)
        return derive_key(claim, secret, key, err);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        buf_add(&now.purpose, parts[i].data, parts[i].length);
        buf_add_char(&now.purpose, '\n');
    }
    if (now.purpose.failed) {
        sigv4_forget(&now);
        return derive_key(claim, secret, key, err);
    }
    int result = 0;
    bool known = text_same(buf_view(&kept->purpose), buf_view(&now.purpose));
    if (!known)
        result = derive_key(claim, secret, now.key, err);
    if (!known && result == 0) {
        struct sigv4_kept before = *kept;
        *kept = now;
        now = before;
    }
    sigv4_forget(&now);
    memcpy(key, kept->key, sizeof(kept->key));
    return result;
}

struct text sigv4_header(const struct sigv4_received *received, const char *name)
{
    for (size_t i = 0; i < received->header_count; i++) {
        if (text_same_name(received->headers[i].name, text_from(name)))
            return text_trim(received->headers[i].value);
    }
    return (struct text){NULL, 0};
}

static int sign(const struct sigv4_received *received, const struct sigv4_claim *claim,
                const char *secret, struct sigv4_kept *kept, char out[CRYPTO_SHA256_HEX_BYTES],
                struct error *err)
{
    CLEAN(buf) struct buf canonical = BUF_SECRET(SIGV4_CANONICAL_BYTES);
    CLEAN(buf) struct buf to_sign = BUF(1024);
    char hash[CRYPTO_SHA256_HEX_BYTES];
    unsigned char key[CRYPTO_SHA256_BYTES], mac[CRYPTO_SHA256_BYTES];
    struct text date = sigv4_header(received, "x-amz-date");
    if (date.length != DATE_BASIC_BYTES - 1 ||
        !text_same(text_slice(date.data, DAY_BYTES), claim->date))
        return error_set(err, ERROR_GARBLED, "x-amz-date is missing or not of the scope's day");
    if (sigv4_canonical(received, claim->signed_headers, &canonical, err) != 0 ||
        crypto_sha256_hex(buf_view(&canonical), hash, err) != 0)
        return -1;
    buf_addf(&to_sign, "%s\n%.*s\n%.*s/%.*s/%.*s/%s\n%s", ALGORITHM, TEXT_ARGS(date),
             TEXT_ARGS(claim->date), TEXT_ARGS(claim->region), TEXT_ARGS(claim->service),
             TERMINATOR, hash);
    if (buf_check(&to_sign, "the string to sign", err) != 0 ||
        signing_key(claim, secret, kept, key, err) != 0)
        return -1;
    int result = crypto_hmac_sha256(text_slice((const char *)key, sizeof(key)), buf_view(&to_sign),
                                    mac, err);
    wipe(key, sizeof(key));
    if (result == 0)
        crypto_hex(mac, sizeof(mac), out);
    return result;
}

int sigv4_signature(const struct sigv4_received *received, const struct sigv4_claim *claim,
                    const char *secret, char out[CRYPTO_SHA256_HEX_BYTES], struct error *err)
{
    return sign(received, claim, secret, NULL, out, err);
}

/* Reads "KEY_ID/YYYYMMDD/REGION/SERVICE/aws4_request". */
static bool take_credential(struct text value, struct sigv4_claim *claim)
{
    struct text parts[5];
    size_t count = 0;
    while (count < 5 && text_next(&value, '/', &parts[count]))
        count++;
    if (count != 5 || value.data || parts[0].length == 0 || parts[1].length != DAY_BYTES ||
        parts[2].length == 0 || parts[3].length == 0 || !text_equal(parts[4], TERMINATOR))
        return false;
    claim->key_id = parts[0];
    claim->date = parts[1];
    claim->region = parts[2];
    claim->service = parts[3];
    return true;
}

int sigv4_parse(struct text authorization, struct sigv4_claim *ret_claim, struct error *err)
{
    struct sigv4_claim claim = {0};
    struct text rest = text_trim(authorization), part, name;
    bool good = text_starts(rest, ALGORITHM " ");
    if (good)
        rest = text_slice(rest.data + strlen(ALGORITHM), rest.length - strlen(ALGORITHM));
    while (good && text_next(&rest, ',', &part)) {
        struct text value = text_trim(part);
        (void)text_next(&value, '=', &name); /* without '=' value.data is NULL */
        if (text_equal(name, "Credential"))
            good = value.data && take_credential(value, &claim);
        else if (text_equal(name, "SignedHeaders"))
            claim.signed_headers = value;
        else if (text_equal(name, "Signature"))
            claim.signature = value;
        else
            good = false;
    }
    if (!good || !claim.key_id.data || claim.signed_headers.length == 0 ||
        claim.signature.length != CRYPTO_SHA256_HEX_BYTES - 1)
        return error_set(err, ERROR_GARBLED, "not an Authorization header of " ALGORITHM);
    *ret_claim = claim;
    return 0;
}

static bool is_signed(const char *name)
{
    return strcasecmp(name, "content-type") == 0 || strncasecmp(name, "x-amz-", 6) == 0;
}

/* By name. One more byte than the shorter name is compared: its NUL, for all are C strings. */
static int compare_headers(const void *left, const void *right)
{
    const struct sigv4_header *a = left, *b = right;
    return strncasecmp(a->name.data, b->name.data,
                       a->name.length < b->name.length ? a->name.length + 1 : b->name.length + 1);
}

/* The headers to be signed, sorted, into headers; their names, joined, into names. */
static size_t choose_headers(const struct request *request, struct text host,
                             struct sigv4_header *headers, struct buf *names)
{
    size_t count = 0;
    headers[count++] = (struct sigv4_header){text_from("host"), host};
    for (size_t i = 0; i < request->header_count; i++) {
        const struct request_header *header = &request->headers[i];
        if (is_signed(header->name))
            headers[count++] = (struct sigv4_header){text_from(header->name),
                                                     request_find_header(request, header->name)};
    }
    qsort(headers, count, sizeof(headers[0]), compare_headers);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_add_char(names, ';');
        for (size_t j = 0; j < headers[i].name.length; j++) {
            char byte = headers[i].name.data[j];
            buf_add_char(names, (char)(byte >= 'A' && byte <= 'Z' ? byte + 32 : byte));
        }
    }
    return count;
}

int sigv4_sign(struct request *request, const struct sigv4_keys *keys, const char *region,
               const char *service, struct wall now, struct error *err)
{
    char date[DATE_BASIC_BYTES], signature[CRYPTO_SHA256_HEX_BYTES];
    struct sigv4_header headers[REQUEST_HEADERS_MAX + 1];
    CLEAN(buf) struct buf names = BUF(REQUEST_HEADERS_MAX * REQUEST_NAME_BYTES);
    CLEAN(buf) struct buf host = BUF(REQUEST_HOST_BYTES + 16);
    CLEAN(buf) struct buf value = BUF_SECRET(REQUEST_VALUE_BYTES);
    bool token = keys->token && keys->token[0];
    date_write_basic(now, date);
    if (!*date)
        return error_set(err, ERROR_SYSTEM, "the clock shows a date that cannot be signed");
    request_header(request, "X-Amz-Date", text_from(date));
    request_header(request, "X-Amz-Security-Token",
                   token ? text_from(keys->token) : (struct text){NULL, 0});
    if (request_check(request, err) != 0)
        return -1;
    request_host(request, &host);
    size_t count = choose_headers(request, text_from(buf_text(&host)), headers, &names);
    struct sigv4_received received = {
        .method = text_from(request->method),
        .path = buf_view(&request->path),
        .query = buf_view(&request->query),
        .headers = headers,
        .header_count = count,
        .body = buf_view(&request->body),
    };
    struct sigv4_claim claim = {
        .key_id = text_from(keys->id),
        .date = text_slice(date, DAY_BYTES),
        .region = text_from(region),
        .service = text_from(service),
        .signed_headers = text_from(buf_text(&names)),
    };
    if (sign(&received, &claim, keys->secret, keys->kept, signature, err) != 0)
        return -1;
    buf_addf(&value, "%s Credential=%s/%.*s/%s/%s/%s, SignedHeaders=%s, Signature=%s", ALGORITHM,
             keys->id, TEXT_ARGS(claim.date), region, service, TERMINATOR, buf_text(&names),
             signature);
    request_header(request, "Authorization", text_from(buf_text(&value)));
    return request_check(request, err);
}
