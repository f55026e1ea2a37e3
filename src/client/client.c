#include "client/client.h"

#include <string.h>

#include "base/random.h"
#include "base/report.h"

/*
 * Sets client->url. It and its proxy's URL are parsed here only to find their faults now, before
 * anything was sent.
 */
static int find_endpoint(struct client *client, struct error *err)
{
    CLEAN(buf) struct buf url = BUF(CLIENT_URL_BYTES - 1);
    if (aws_settings_endpoint(client->aws, AWS_LOGS, client->region, &url, err) != 0 ||
        buf_check(&url, "the endpoint's URL", err) != 0)
        return -1;
    memcpy(client->url, url.data, url.length + 1);
    CLEAN(request) struct request request;
    const char *proxy;
    request_init(&request, "POST");
    if (request_url(&request, client->url, err) != 0)
        return -1;
    return transport_proxy(&client->transport, &request, &proxy, err);
}

int client_init(struct client *client, const struct aws_settings *aws, bool unattended,
                const struct provider_limits *keys_limits, struct error *err)
{
    struct mono now = mono_now();
    *client = (struct client){.aws = aws, .budget = RETRY_BUDGET, .last_answer = now};
    int64_t keys_ms = unattended ? aws->read_timeout_ms : PROVIDER_FIRST_MS;
    struct provider_limits limits = *keys_limits;
    if (!mono_reached(mono_add(now, keys_ms), limits.deadline))
        limits.deadline = mono_add(now, keys_ms);
    const struct credentials *keys;
    client->retry = (struct retry){.budget = &client->budget, .crowd = true};
    provider_init(&client->provider, &client->transport);
    client->provider.unattended = unattended;
    if (transport_init(&client->transport, aws, err) != 0 ||
        provider_region(&client->provider, &limits, &client->region, err) != 0 ||
        find_endpoint(client, err) != 0)
        return -1;
    return provider_get(&client->provider, &limits, &keys, err);
}

void client_free(struct client *client)
{
    if (!client)
        return;
    provider_free(&client->provider);
    transport_free(&client->transport);
}

void client_call_free(struct client_call *call)
{
    http_answer_free(&call->answer);
}

static void tell_call(const struct client_call *call, enum http_outcome outcome)
{
    if (!report_shows(REPORT_CALLS))
        return;
    int64_t took_ms = mono_diff(call->answer.received, call->answer.started);
    report(REPORT_CALLS, "%s '%s': %s, %lld ms%s%s", logs_operation_name(call->operation),
           call->name,
           outcome != HTTP_ANSWERED ? call->err.text
           : call->code[0]          ? call->code
                                    : "done",
           (long long)took_ms, call->answer.request_id[0] ? ", request " : "",
           call->answer.request_id);
}

static struct text body_of(const struct client_call *call)
{
    return buf_view(&call->answer.body);
}

static bool is_success(enum logs_outcome outcome)
{
    return outcome == LOGS_DONE || outcome == LOGS_EXISTS || outcome == LOGS_ABSENT;
}

/* An answer came. True if the keys were refused and the same should be sent with new ones. */
static bool take_answer(struct client *client, const struct exchange *exchange,
                        struct client_call *call)
{
    struct logs_reply reply;
    const struct http_answer *answer = &call->answer;
    logs_classify(call->operation, answer->status, body_of(call), answer->error_type, &reply);
    call->outcome = reply.outcome == LOGS_UNUSABLE ? LOGS_UNKNOWN : reply.outcome;
    call->throttled = reply.throttled;
    memcpy(call->code, reply.refusal.code, sizeof(call->code));
    if (is_success(reply.outcome)) {
        client->last_answer = answer->received;
        return false;
    }
    (void)logs_error(&reply, call->operation, call->name, client->region, answer->request_id,
                     &call->err);
    if (reply.outcome == LOGS_UNUSABLE)
        (void)error_add(&call->err, "'%s'", client->url);
    if (reply.about_keys || exchange->clock_note[0])
        (void)error_add(&call->err, "with the credentials from %s", client->provider.keys.origin);
    if (exchange->clock_note[0])
        (void)error_add(&call->err, "%s", exchange->clock_note);
    return reply.bad_keys && provider_rejected(&client->provider);
}

/*
 * No answer came. If the request was sent it may have been applied. Else it counts as refused if
 * sending it again is no use, such as without a trusted certificate.
 */
static void take_no_answer(struct client_call *call, enum http_outcome outcome)
{
    enum http_reason reason = call->answer.reason;
    call->timeout = reason == HTTP_REASON_TIME;
    if (outcome != HTTP_NOT_SENT)
        call->outcome = LOGS_UNKNOWN;
    else
        call->outcome = http_is_final(reason) ? LOGS_REFUSED : LOGS_LATER;
}

/* The request could not be built, or there are no keys to sign it with: nothing was sent. */
static void take_no_keys(struct client_call *call)
{
    bool final = call->err.kind == ERROR_DENIED || call->err.kind == ERROR_CONFIG;
    call->outcome = final && !call->patient ? LOGS_REFUSED : LOGS_LATER;
    call->sent = mono_now();
}

/* Sends the call's request once. True if it should be sent again at once, with new keys. */
static bool send_once(struct client *client, struct client_call *call,
                      const struct wakeup_source *wakeup, bool first)
{
    CLEAN(request) struct request request;
    struct provider_limits limits = {call->deadline, wakeup};
    struct exchange exchange = {.request = &request,
                                .region = client->region,
                                .service = LOGS_SERVICE,
                                .deadline = call->deadline,
                                .wakeup = wakeup,
                                .grace_ms = CLIENT_GRACE_MS,
                                .answer_bytes = LOGS_ANSWER_BYTES};
    client_call_free(call);
    call->answer = (struct http_answer){0};
    call->err = (struct error){0};
    call->code[0] = '\0';
    int result =
        logs_request(&request, client->url, call->operation, call->name, call->more, &call->err);
    if (result != 0 || provider_get(&client->provider, &limits, &exchange.keys, &call->err) != 0) {
        take_no_keys(call);
        return false;
    }
    enum http_outcome outcome = transport_exchange(&client->transport, &exchange);
    client->calls += exchange.sends;
    call->answer = exchange.answer;
    call->err = exchange.err;
    if (first)
        call->sent = exchange.sent;
    bool again = false;
    if (outcome == HTTP_ANSWERED)
        again = take_answer(client, &exchange, call);
    else
        take_no_answer(call, outcome);
    tell_call(call, outcome);
    return again;
}

/* Adds the page that has come to the listing. A page that cannot be read counts as a failure. */
static void add_page(struct client_call *call)
{
    if (!call->more || !*call->more) {
        logs_listing_clear(call->listing);
        call->listing->asked = call->sent;
    }
    if (call->outcome == LOGS_DONE &&
        logs_listing_add(call->listing, body_of(call), &call->err) != 0)
        call->outcome = LOGS_UNKNOWN;
}

/* Notes how the call went, and sets for how long to leave the service alone if it failed. */
static void pace(struct client *client, struct client_call *call)
{
    enum retry_cause cause = call->throttled ? RETRY_THROTTLED
                             : call->timeout ? RETRY_TIMEOUT
                                             : RETRY_ERROR;
    if (is_success(call->outcome)) {
        retry_succeeded(&client->retry);
        client->last_error = (struct error){0};
        return;
    }
    client->retry.counted = call->counted;
    call->pause_ms = retry_pause_ms(&client->retry, cause, retry_asked_ms(call->answer.retry_after),
                                    random_u32());
    client->last_error = call->err;
}

void client_call(struct client *client, struct client_call *call,
                 const struct wakeup_source *wakeup)
{
    for (int sends = 1; send_once(client, call, wakeup, sends == 1) && sends < CLIENT_SENDS_MAX;
         sends++)
        ;
    if (call->listing)
        add_page(call);
    if (call->operation == LOGS_DESCRIBE_STREAMS && call->outcome == LOGS_DONE &&
        logs_read_streams(body_of(call), &call->any_streams, &call->err) != 0)
        call->outcome = LOGS_UNKNOWN;
    pace(client, call);
}

int client_call_retrying(struct client *client, struct client_call *call,
                         const struct wakeup_source *wakeup, struct error *err)
{
    call->counted = true;
    for (unsigned tries = 1;; tries++) {
        call->deadline = mono_add(mono_now(), CLIENT_PAGE_MS);
        client_call(client, call, wakeup);
        client_call_free(call);
        if (is_success(call->outcome))
            return 0;
        *err = call->err;
        if (call->outcome == LOGS_REFUSED || tries >= client->aws->max_attempts)
            return -1;
        if (wait_until(wakeup, mono_add(mono_now(), call->pause_ms)))
            return error_set(err, ERROR_LATER, "given up");
    }
}

/* Has the listing no room for another page? Those who only look make do with what there is. */
static bool is_full(const struct logs_listing *listing)
{
    return listing->pages == LOGS_PAGES_MAX || listing->count + LOGS_PAGE_GROUPS > LOGS_GROUPS_MAX;
}

int client_list(struct client *client, const char *prefix, struct logs_listing *listing,
                const struct wakeup_source *wakeup, struct wall *ret_date, struct error *err)
{
    CLEAN(buf) struct buf token = BUF(LOGS_TOKEN_BYTES);
    do {
        struct client_call call = {.operation = LOGS_DESCRIBE,
                                   .name = prefix,
                                   .more = buf_text(&token),
                                   .listing = listing};
        if (client_call_retrying(client, &call, wakeup, err) != 0)
            return -1;
        if (!retry_date(call.answer.date, ret_date))
            ret_date->ms = -1;
        buf_clear(&token);
        buf_add(&token, listing->token.data, listing->token.length);
        if (buf_check(&token, "the token of the next page", err) != 0)
            return -1;
        listing->cut = token.length && is_full(listing);
    } while (token.length && !listing->cut);
    return 0;
}
