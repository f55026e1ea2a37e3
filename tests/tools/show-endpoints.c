/* Reads lines "SERVICE REGION FIPS DUAL_STACK" (FIPS and DUAL_STACK 0 or 1), prints a URL each. */
#include <stdio.h>
#include <string.h>

#include "aws/endpoint.h"

static const char *const services[] = {
    [AWS_LOGS] = "logs",         [AWS_STS] = "sts",       [AWS_SSO] = "sso",
    [AWS_SSO_OIDC] = "sso-oidc", [AWS_SIGNIN] = "signin",
};

int main(void)
{
    char service[16], region[REGION_BYTES];
    int fips, dual_stack;
    while (scanf("%15s %63s %d %d", service, region, &fips, &dual_stack) == 4) {
        CLEAN(buf) struct buf url = BUF(ENDPOINT_URL_BYTES);
        for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
            if (strcmp(services[i], service) == 0)
                endpoint_default((enum aws_service)i, region, fips != 0, dual_stack != 0, &url);
        (void)puts(buf_text(&url)); /* the reader misses lines that are lost */
    }
    return 0;
}
