#include "aws/endpoint.h"

#include <string.h>

#include "endpoint_table.h"
#include "net/request.h"

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool is_label(const char *text, size_t length)
{
    return length > 0 && length < REGION_BYTES && text[0] != '-' && text[length - 1] != '-' &&
           strspn(text, LETTERS DIGITS "-") >= length && strspn(text, DIGITS) < length;
}

int region_parse(const char *text, struct region *ret_region, struct error *err)
{
    struct region region = {0};
    size_t length = strlen(text);
    if (!is_label(text, length)) {
        char shown[200];
        const char *hint = strpbrk(text, "#;") ? "a comment needs a line of its own"
                                               : "one is written like eu-central-1";
        return error_set(err, ERROR_CONFIG, "region '%s' is not a valid region (%s)",
                         text_printable(text_from(text), shown, sizeof(shown)), hint);
    }
    if (length > 5 && strncmp(text, "fips-", 5) == 0) {
        region.fips = true;
        text += 5;
        length -= 5;
    } else if (length > 5 && strcmp(text + length - 5, "-fips") == 0) {
        region.fips = true;
        length -= 5;
    }
    memcpy(region.name, text, length);
    if (!is_label(region.name, length))
        return error_set(err, ERROR_CONFIG, "region '%s' is not a valid region", text);
    *ret_region = region;
    return 0;
}

/* Is it PREFIX-word-number? A word has no '-', so that us-gov-west-1 does not fit "us". */
static bool fits(const char *prefix, const char *region)
{
    size_t length = strlen(prefix);
    if (strncmp(region, prefix, length) != 0 || region[length] != '-')
        return false;
    const char *word = region + length + 1;
    const char *dash = word + strspn(word, LETTERS DIGITS);
    return dash > word && *dash == '-' && dash[1] && !dash[1 + strspn(dash + 1, DIGITS)];
}

static const struct partition *partition_of(const char *region)
{
    const struct partition *partition = partitions;
    while (partition->prefix && !fits(partition->prefix, region))
        partition++;
    return partition;
}

static bool row_fits(const struct endpoint_row *row, enum aws_service service,
                     enum endpoint_variant variant, const char *region)
{
    return (row->service == (int)service || row->service == ANY_SERVICE) &&
           row->variant == variant &&
           (!row->where || strcmp(row->where, region) == 0 || fits(row->where, region));
}

/* Adds a host of the table, its $ replaced. */
static void add_host(const char *host, const char *name, const char *region, struct buf *out)
{
    const struct partition *partition = partition_of(region);
    for (; *host; host++) {
        if (*host != '$') {
            buf_add_char(out, *host); /* the caller asks buf_check, here and below */
            continue;
        }
        host++;
        buf_add_text(out, *host == 'N'   ? name
                          : *host == 'R' ? region
                          : *host == 'D' ? partition->domain
                          : *host == 'S' ? partition->dual_stack_domain
                                         : partition->signin_domain);
    }
}

void endpoint_default(enum aws_service service, const char *region, bool fips, bool dual_stack,
                      struct buf *ret_url)
{
    enum endpoint_variant variant = fips && dual_stack ? ENDPOINT_FIPS_DUAL_STACK
                                    : fips             ? ENDPOINT_FIPS
                                    : dual_stack       ? ENDPOINT_DUAL_STACK
                                                       : ENDPOINT_PLAIN;
    const struct endpoint_row *row = endpoint_rows;
    while (!row_fits(row, service, variant, region))
        row++; /* this ends, since each variant has a row that fits everywhere */
    buf_add_text(ret_url, "https://");
    add_host(row->host, service_names[service], region, ret_url);
}

int endpoint_given(const char *url, const char *setting, struct buf *ret_url, struct error *err)
{
    struct request request;
    request_init(&request, "GET");
    int result = request_url(&request, url, err);
    if (result == 0 && request.query.length)
        result = error_set(err, ERROR_CONFIG, "URL '%s' has a query", url);
    request_free(&request);
    if (result != 0)
        return error_add(err, "endpoint (%s)", setting);
    size_t length = strcspn(url, "#");
    while (length && url[length - 1] == '/')
        length--;
    buf_add(ret_url, url, length);
    return buf_check(ret_url, setting, err);
}
