/*
 * AWS's partitions and hosts, as data, for src/aws/endpoint.c alone.
 *
 * Source: partitions.json and the endpoint rule sets of logs, sts, sso, sso-oidc and signin (its
 * hosts changed in June 2026) in AWS CLI 2.36.7 of 23 July 2026, the same as in botocore 1.43.67.
 * What AWS changes is a row here. tests/e2e/endpoint_rules.py holds these rows against the rule
 * sets of whatever botocore is installed, and against those of AWS CLI 2.36.7 as recorded in
 * tests/vectors/endpoints.
 */
#ifndef AWS_ENDPOINT_TABLE_H
#define AWS_ENDPOINT_TABLE_H

#include <stddef.h>

#include "aws/endpoint.h"

/* Regions are PREFIX-word-number. `aws` stands last, without a prefix, and takes the rest. */
static const struct partition {
    const char *prefix;
    const char *domain, *dual_stack_domain, *signin_domain;
} partitions[] = {
    {"cn", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "signin.amazonaws.cn"},
    {"us-gov", "amazonaws.com", "api.aws", "signin.amazonaws-us-gov.com"},
    {"eusc-de", "amazonaws.eu", "api.amazonwebservices.eu", "signin.amazonaws-eusc.eu"},
    {"us-iso", "c2s.ic.gov", "api.aws.ic.gov", "signin.c2shome.ic.gov"},
    {"us-isob", "sc2s.sgov.gov", "api.aws.scloud", "signin.sc2shome.sgov.gov"},
    {"eu-isoe", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", "signin.csphome.adc-e.uk"},
    {"us-isof", "csp.hci.ic.gov", "api.aws.hci.ic.gov", "signin.csphome.hci.ic.gov"},
    {NULL, "amazonaws.com", "api.aws", "signin.aws.amazon.com"},
};

enum endpoint_variant {
    ENDPOINT_PLAIN,
    ENDPOINT_FIPS,
    ENDPOINT_DUAL_STACK,
    ENDPOINT_FIPS_DUAL_STACK,
};

#define ANY_SERVICE (-1)

static const char *const service_names[] = {
    [AWS_LOGS] = "logs",     [AWS_STS] = "sts",       [AWS_SSO] = "portal.sso",
    [AWS_SSO_OIDC] = "oidc", [AWS_SIGNIN] = "signin",
};

/*
 * The first row that fits counts. where is a region, or the prefix of a partition; NULL is
 * everywhere. In a host $R is the region, $N the service's name; $D, $S and $L are the partition's
 * three domains.
 */
static const struct endpoint_row {
    int service; /* enum aws_service, or ANY_SERVICE */
    enum endpoint_variant variant;
    const char *where;
    const char *host;
} endpoint_rows[] = {
    {AWS_LOGS, ENDPOINT_FIPS, "us-gov-east-1", "$N.$R.$D"},
    {AWS_LOGS, ENDPOINT_FIPS, "us-gov-west-1", "$N.$R.$D"},
    {AWS_STS, ENDPOINT_FIPS, "us-gov", "$N.$R.$D"},
    {AWS_SSO, ENDPOINT_FIPS, "us-gov", "$N.$R.$D"},
    {AWS_SSO_OIDC, ENDPOINT_FIPS, "us-gov", "$N.$R.$D"},
    {AWS_SIGNIN, ENDPOINT_FIPS, "us-gov-west-1", "signin-fips.amazonaws-us-gov.com"},
    {AWS_SIGNIN, ENDPOINT_FIPS, "us-gov", "$R.signin-fips.amazonaws-us-gov.com"},
    {AWS_SIGNIN, ENDPOINT_PLAIN, NULL, "$R.$L"},

    {ANY_SERVICE, ENDPOINT_PLAIN, NULL, "$N.$R.$D"},
    {ANY_SERVICE, ENDPOINT_FIPS, NULL, "$N-fips.$R.$D"},
    {ANY_SERVICE, ENDPOINT_DUAL_STACK, NULL, "$N.$R.$S"},
    {ANY_SERVICE, ENDPOINT_FIPS_DUAL_STACK, NULL, "$N-fips.$R.$S"},
};

#endif
