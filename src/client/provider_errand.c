#include "client/provider_errand.h"

#include <stdio.h>
#include <string.h>

#include "aws/retry.h"
#include "base/wait.h"
#include "net/proxy.h"
#include "net/sigv4.h"
#include "process/prompt.h"

#define QUESTION_BYTES 400

/* Codes with which STS says that the time in the signature is, or may be, wrong. */
static const struct {
    const char *code;
    bool sure;
} clock_codes[] = {
    {"<Code>SignatureDoesNotMatch<", false}, {"<Code>InvalidSignatureException<", false},
    {"<Code>RequestTimeTooSkewed<", true},   {"<Code>RequestExpired<", true},
    {"<Code>RequestInTheFuture<", true},
};

static int give_up(struct provider *provider, const char *why, struct error *err)
{
    provider->given_up = true;
    return error_set(err, ERROR_LATER, "looking for credentials was given up: %s", why);
}

/* Fails if there is no time for it, or somebody asks for an end. */
static int pause_for(struct provider *provider, int64_t pause_ms,
                     const struct provider_limits *limits, struct error *err)
{
    struct mono until = mono_add(mono_now(), pause_ms);
    if (pause_ms > 0 && mono_reached(until, limits->deadline))
        return give_up(provider, "no time is left for another try", err);
    return wait_until(limits->wakeup, until) ? give_up(provider, "interrupted", err) : 0;
}

static int sign(const struct provider *provider, const struct credentials_want *want,
                struct error *err)
{
    struct wall now = wall_now();
    if (!want->sign_with)
        return 0;
    struct sigv4_keys keys = {
        .id = buf_text(&want->sign_with->id),
        .secret = buf_text(&want->sign_with->secret),
        .token = buf_text(&want->sign_with->token),
    };
    now.ms += provider->clock_offset_ms;
    return sigv4_sign(want->request, &keys, want->region, "sts", now, err);
}

/* Waits for the exchange to end, by itself or by the wakeup. */
static enum http_outcome collect(struct http_exchange *under_way,
                                 const struct wakeup_source *wakeup, struct provider_errand *errand)
{
    for (;;) {
        enum http_outcome outcome =
            http_collect(under_way, wakeup->fd, &errand->http, &errand->failure);
        if (outcome != HTTP_WOKEN)
            return outcome;
        if (wakeup_ends(wakeup))
            return http_abandon(under_way, &errand->http, &errand->failure);
    }
}

/* Sends once. */
static int exchange(struct provider *provider, const struct credentials_want *want,
                    const struct provider_limits *limits, struct provider_errand *errand,
                    struct error *err)
{
    const struct aws_settings *settings = provider->settings;
    const struct request *request = want->request;
    struct proxy_settings proxies = {settings->https_proxy, settings->http_proxy,
                                     settings->no_proxy};
    struct http_limits http_limits = {
        .connect_ms = request->connect_time_ms ? request->connect_time_ms : provider->connect_ms,
        .read_ms = request->read_time_ms ? request->read_time_ms : provider->read_ms,
        .deadline = limits->deadline,
        .body_bytes = CREDENTIALS_ANSWER_BYTES,
        .proxy = proxy_for(&proxies, request),
    };
    if (sign(provider, want, err) != 0)
        return -1;
    http_answer_free(&errand->http);
    struct http_exchange *under_way =
        http_start(provider->http, request, &http_limits, &errand->failure);
    if (!under_way) {
        errand->answer = (struct credentials_answer){.failure = &errand->failure};
        return 0;
    }
    enum http_outcome outcome = collect(under_way, limits->wakeup, errand);
    enum http_reason reason = errand->http.reason;
    if (reason == HTTP_REASON_WOKEN)
        return give_up(provider, "interrupted", err);
    errand->answer = (struct credentials_answer){
        .failure = outcome == HTTP_ANSWERED ? NULL : &errand->failure,
        .retryable = !http_is_final(reason) && reason != HTTP_REASON_SYSTEM,
        .late = reason == HTTP_REASON_TIME,
        .status = errand->http.status,
        .error_type = text_from(errand->http.error_type),
        .retry_after = errand->http.retry_after,
        .output = text_slice(buf_text(&errand->http.body), errand->http.body.length),
    };
    return 0;
}

/* Did the signature's time make STS refuse, and is it mended now? */
static bool mend_clock(struct provider *provider, const struct credentials_want *want,
                       const struct provider_errand *errand)
{
    const struct http_answer *http = &errand->http;
    if (!want->sign_with || errand->answer.failure || errand->answer.status == 200)
        return false;
    for (size_t i = 0; i < sizeof(clock_codes) / sizeof(clock_codes[0]); i++) {
        struct wall now = {wall_now().ms + provider->clock_offset_ms};
        if (strstr(buf_text(&http->body), clock_codes[i].code))
            return retry_clock_offset(now, http->date, http->age, clock_codes[i].sure,
                                      &provider->clock_offset_ms, NULL);
    }
    return false;
}

static int send_request(struct provider *provider, const struct credentials_want *want,
                        const struct provider_limits *limits, struct provider_errand *errand,
                        struct error *err)
{
    if (pause_for(provider, want->pause_ms, limits, err) != 0 ||
        exchange(provider, want, limits, errand, err) != 0)
        return -1;
    if (!mend_clock(provider, want, errand))
        return 0;
    return exchange(provider, want, limits, errand, err);
}

static int run_program(struct provider *provider, const struct credentials_want *want,
                       const struct provider_limits *limits, struct provider_errand *errand)
{
    struct helper_result *helper = &errand->helper;
    if (helper_run(want->program, provider->has_keys || provider->quiet, limits->deadline,
                   limits->wakeup, helper, &errand->failure) != 0) {
        errand->answer.failure = &errand->failure;
        provider->given_up = errand->failure.kind == ERROR_LATER;
        return 0;
    }
    errand->answer.status = helper->status;
    errand->answer.output = text_slice(buf_text(&helper->output), helper->output.length);
    errand->answer.messages = text_slice(buf_text(&helper->messages), helper->messages.length);
    return 0;
}

static int ask_code(const struct provider *provider, const struct credentials_want *want,
                    const struct provider_limits *limits, struct provider_errand *errand)
{
    char question[QUESTION_BYTES];
    errand->code = (struct buf)BUF_SECRET(CREDENTIALS_CODE_BYTES);
    (void)snprintf(question, sizeof(question), "MFA code for %s: ", want->mfa_serial);
    int result =
        provider->has_keys || provider->quiet
            ? error_set(&errand->failure, ERROR_CONFIG, "no code is asked for while a command runs")
            : prompt_line(question, limits->deadline, limits->wakeup, &errand->code,
                          &errand->failure);
    errand->answer.failure = result == 0 ? NULL : &errand->failure;
    errand->answer.output = text_slice(buf_text(&errand->code), errand->code.length);
    return 0;
}

int provider_carry_out(struct provider *provider, const struct credentials_want *want,
                       const struct provider_limits *limits, struct provider_errand *ret_errand,
                       struct error *err)
{
    switch (want->kind) {
    case CREDENTIALS_SEND:
        return send_request(provider, want, limits, ret_errand, err);
    case CREDENTIALS_RUN:
        return run_program(provider, want, limits, ret_errand);
    case CREDENTIALS_CODE:
        return ask_code(provider, want, limits, ret_errand);
    case CREDENTIALS_KEYS:
    case CREDENTIALS_NOT_MINE:
        break;
    }
    return error_set(err, ERROR_INTERNAL, "a look-up of credentials wants nothing");
}

void provider_errand_free(struct provider_errand *errand)
{
    if (!errand)
        return;
    http_answer_free(&errand->http);
    helper_result_free(&errand->helper);
    buf_free(&errand->code);
}
