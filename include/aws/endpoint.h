/*
 * endpoint - the URL at which AWS serves a region.
 *
 * Pure. Partitions, FIPS and dual-stack hosts follow the endpoint rule sets that the AWS CLI
 * ships with. A region that fits no partition's pattern is in `aws`, so new regions work.
 */
#ifndef AWS_ENDPOINT_H
#define AWS_ENDPOINT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"

#define REGION_BYTES       64 /* a host label and its NUL */
#define ENDPOINT_URL_BYTES 2048

enum aws_service {
    AWS_LOGS,
    AWS_STS,
    AWS_SSO,
    AWS_SSO_OIDC,
    AWS_SIGNIN,
};

struct region {
    char name[REGION_BYTES];
    bool fips; /* it was written as fips-NAME or NAME-fips */
};

/*
 * Takes a region as users write it. It becomes part of a host name, hence must be a host label
 * that is not a number alone; else ERROR_CONFIG with the value.
 */
int region_parse(const char *text, struct region *ret_region, struct error *err) MUST_USE;

/* Adds "https://HOST" to ret_url; buf_check() tells whether it fitted. */
void endpoint_default(enum aws_service service, const char *region, bool fips, bool dual_stack,
                      struct buf *ret_url);

/*
 * Adds a URL that the user gave for `setting`, without final slashes. ERROR_CONFIG, with the URL
 * and the name of the setting, if request_url() refuses it or it has a query.
 */
int endpoint_given(const char *url, const char *setting, struct buf *ret_url,
                   struct error *err) MUST_USE;

#endif
