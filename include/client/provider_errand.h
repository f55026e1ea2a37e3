/*
 * provider_errand - does one thing that a look-up of credentials wants: sends, runs or asks.
 *
 *     CLEAN(provider_errand) struct provider_errand errand = {0};
 *     provider_carry_out(provider, &want, limits, &errand, err)
 *     credentials_step(lookup, wall_now(), &errand.answer, &want, err)
 */
#ifndef CLIENT_PROVIDER_ERRAND_H
#define CLIENT_PROVIDER_ERRAND_H

#include "aws/credentials.h"
#include "client/credentials_provider.h"
#include "net/http.h"
#include "process/helper.h"

/* What came of it, and the memory that answer points into. */
struct provider_errand {
    struct credentials_answer answer;
    struct error failure;
    struct http_answer http;
    struct helper_result helper;
    struct buf code;
};

/*
 * -1 only if it was given up: the deadline passed or the wake descriptor became readable. All
 * else that can go wrong is part of the answer, for the source of the credentials to judge.
 */
int provider_carry_out(struct provider *provider, const struct credentials_want *want,
                       const struct provider_limits *limits, struct provider_errand *ret_errand,
                       struct error *err) MUST_USE;

void provider_errand_free(struct provider_errand *errand);

#endif
