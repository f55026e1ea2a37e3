#include "aws/endpoint.h"

#include <stdio.h>
#include <string.h>

#include "net/request.h"

/* Where a partition differs from the others. `aws` stands last and takes every region. */
struct partition {
    const char *prefix; /* its regions are PREFIX-word-number */
    const char *domain, *dual_stack_domain;
    const char *signin_domain; /* of REGION.signin.DOMAIN; NULL: signin.REGION.DOMAIN */
    bool plain_is_fips;        /* the plain hosts are the FIPS ones */
};

static const struct partition partitions[] = {
    {"cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "amazonaws.cn", false},
    {"us-gov", "amazonaws.com", "api.aws", "amazonaws-us-gov.com", true},
    {"eusc-de", "amazonaws.eu", "api.amazonwebservices.eu", NULL, false},
    {"us-iso", "c2s.ic.gov", "api.aws.ic.gov", NULL, false},
    {"us-isob", "sc2s.sgov.gov", "api.aws.scloud", NULL, false},
    {"eu-isoe", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", NULL, false},
    {"us-isof", "csp.hci.ic.gov", "api.aws.hci.ic.gov", NULL, false},
    {NULL, "amazonaws.com", "api.aws", "aws.amazon.com", false},
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static bool is_label(const char *text, size_t length)
{
    bool digits_only = true;
    if (length == 0 || length > 63 || text[0] == '-' || text[length - 1] == '-')
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!is_digit(text[i]) && !is_letter(text[i]) && text[i] != '-')
            return false;
        digits_only = digits_only && is_digit(text[i]);
    }
    return !digits_only;
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

/* PREFIX-word-number? A word has no '-', so that us-gov-west-1 does not fit "us". */
static bool fits(const char *prefix, const char *region)
{
    size_t length = strlen(prefix);
    if (strncmp(region, prefix, length) != 0 || region[length] != '-')
        return false;
    const char *word = region + length + 1, *end = word;
    while (is_letter(*end) || is_digit(*end))
        end++;
    if (end == word || *end != '-' || end[1] == '\0')
        return false;
    for (end++; *end; end++)
        if (!is_digit(*end))
            return false;
    return true;
}

static const struct partition *partition_of(const char *region)
{
    const struct partition *partition = partitions;
    while (partition->prefix && !fits(partition->prefix, region))
        partition++;
    return partition;
}

void endpoint_default(enum aws_service service, const char *region, bool fips, bool dual_stack,
                      struct buf *ret_url)
{
    static const char *const hosts[] = {
        [AWS_LOGS] = "logs",     [AWS_STS] = "sts",       [AWS_SSO] = "portal.sso",
        [AWS_SSO_OIDC] = "oidc", [AWS_SIGNIN] = "signin",
    };
    const struct partition *partition = partition_of(region);
    const char *domain = dual_stack ? partition->dual_stack_domain : partition->domain;
    bool signin = service == AWS_SIGNIN;
    if (signin && !fips && !dual_stack && partition->signin_domain) {
        (void)buf_addf(ret_url, "https://%s.signin.%s", region, partition->signin_domain);
        return;
    }
    bool plain = !fips || (partition->plain_is_fips && !dual_stack && !signin);
    (void)buf_addf(ret_url, "https://%s%s.%s.%s", hosts[service], plain ? "" : "-fips", region,
                   domain);
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
    (void)buf_add(ret_url, url, length);
    return buf_check(ret_url, setting, err);
}
