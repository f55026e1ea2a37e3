#include "client/credentials_fetch.h"

#include <stdio.h>

#include "process/helper.h"
#include "process/prompt.h"

#define QUESTION_BYTES 400

/* What came of one step of the look-up: its answer, and the memory that this points into. */
struct execution {
    struct credentials_answer answer;
    struct error failure;
    struct exchange exchange;
    struct helper_result helper;
    struct buf code;
};

static void execution_free(struct execution *execution)
{
    exchange_free(&execution->exchange);
    helper_result_free(&execution->helper);
    buf_free(&execution->code);
}

static int give_up(struct credentials_fetch *fetch, const char *why, struct error *err)
{
    fetch->given_up = true;
    return error_set(err, ERROR_LATER, "looking for credentials was given up: %s", why);
}

/* Waits before a request. Fails if the deadline would pass meanwhile, or an end is asked for. */
static int pause_for(struct credentials_fetch *fetch, int64_t pause_ms, struct error *err)
{
    struct mono until = mono_add(mono_now(), pause_ms);
    if (pause_ms > 0 && mono_reached(until, fetch->deadline))
        return give_up(fetch, "no time is left for another try", err);
    return wait_until(fetch->wakeup, until) ? give_up(fetch, "interrupted", err) : 0;
}

static int send_request(struct credentials_fetch *fetch, const struct credentials_want *want,
                        struct execution *execution, struct error *err)
{
    struct exchange *exchange = &execution->exchange;
    if (pause_for(fetch, want->pause_ms, err) != 0)
        return -1;
    *exchange = (struct exchange){.request = want->request,
                                  .keys = want->sign_with,
                                  .region = want->region,
                                  .service = "sts",
                                  .deadline = fetch->deadline,
                                  .wakeup = fetch->wakeup,
                                  .answer_bytes = CREDENTIALS_ANSWER_BYTES};
    enum http_outcome outcome = transport_exchange(fetch->transport, exchange);
    const struct http_answer *http = &exchange->answer;
    if (http->reason == HTTP_REASON_GIVEN_UP)
        return give_up(fetch, "interrupted", err);
    execution->answer = (struct credentials_answer){
        .failure = outcome == HTTP_ANSWERED ? NULL : &exchange->err,
        .retryable = !http_is_final(http->reason) && http->reason != HTTP_REASON_SYSTEM,
        .late = http->reason == HTTP_REASON_TIME,
        .status = http->status,
        .error_type = text_from(http->error_type),
        .retry_after = http->retry_after,
        .output = buf_view(&http->body),
    };
    return 0;
}

static void run_program(struct credentials_fetch *fetch, const struct credentials_want *want,
                        struct execution *execution)
{
    struct helper_result *helper = &execution->helper;
    if (helper_run(want->program, fetch->unattended, fetch->deadline, fetch->wakeup, helper,
                   &execution->failure) != 0) {
        execution->answer.failure = &execution->failure;
        fetch->given_up = execution->failure.kind == ERROR_LATER;
        return;
    }
    execution->answer.status = helper->status;
    execution->answer.output = buf_view(&helper->output);
    execution->answer.messages = buf_view(&helper->messages);
}

static void ask_code(const struct credentials_fetch *fetch, const struct credentials_want *want,
                     struct execution *execution)
{
    char question[QUESTION_BYTES];
    struct buf *code = &execution->code;
    *code = (struct buf)BUF_SECRET(CREDENTIALS_CODE_BYTES);
    (void)snprintf(question, sizeof(question), "MFA code for %s: ", want->mfa_serial);
    int result = fetch->unattended ? error_set(&execution->failure, ERROR_CONFIG,
                                               "no code is asked for while a command runs")
                                   : prompt_line(question, fetch->deadline, fetch->wakeup, code,
                                                 &execution->failure);
    execution->answer.failure = result == 0 ? NULL : &execution->failure;
    execution->answer.output = buf_view(code);
}

/*
 * Does what the look-up wants. Returns -1 if that was given up, since time ran out or an end was
 * asked for. All else that can go wrong is part of the answer, for the source of the credentials
 * to judge.
 */
static int execute(struct credentials_fetch *fetch, const struct credentials_want *want,
                   struct execution *execution, struct error *err)
{
    switch (want->kind) {
    case CREDENTIALS_SEND:
        return send_request(fetch, want, execution, err);
    case CREDENTIALS_RUN:
        run_program(fetch, want, execution);
        return 0;
    case CREDENTIALS_CODE:
        ask_code(fetch, want, execution);
        return 0;
    case CREDENTIALS_KEYS:
    case CREDENTIALS_NOT_MINE:
        break;
    }
    return error_set(err, ERROR_INTERNAL, "a look-up of credentials wants nothing");
}

int credentials_fetch(struct credentials_fetch *fetch, struct credentials_lookup *lookup,
                      struct error *err)
{
    struct credentials_want want;
    fetch->given_up = false;
    if (credentials_step(lookup, wall_now(), NULL, &want, err) != 0)
        return -1;
    for (unsigned i = 0; want.kind != CREDENTIALS_KEYS; i++) {
        CLEAN(execution) struct execution execution = {0};
        if (i == CREDENTIALS_STEPS_MAX)
            return error_set(err, ERROR_INTERNAL, "the look-up of credentials does not end");
        if (execute(fetch, &want, &execution, err) != 0 ||
            credentials_step(lookup, wall_now(), &execution.answer, &want, err) != 0)
            return -1;
    }
    return 0;
}
