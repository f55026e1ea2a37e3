#include "client/transport.h"

#include <string.h>

#include "base/report.h"
#include "net/proxy.h"

int transport_init(struct transport *transport, const struct aws_settings *settings,
                   struct error *err)
{
    CLEAN(buf) struct buf agent = BUF(TRANSPORT_AGENT_BYTES - 1);
    *transport = (struct transport){.settings = settings, .kept = SIGV4_KEPT};
    aws_settings_user_agent(settings, &agent);
    if (agent.length)
        memcpy(transport->agent, agent.data, agent.length + 1);
    struct http_config config = {
        .ca_file = settings->ca_bundle,
        .agent = transport->agent,
        .system_ca_file = settings->system_ca_file,
        .system_ca_folder = settings->system_ca_folder,
    };
    transport->http = http_new(&config, err);
    return transport->http ? 0 : -1;
}

void transport_free(struct transport *transport)
{
    http_free(transport->http);
    transport->http = NULL;
    sigv4_forget(&transport->kept);
}

void exchange_free(struct exchange *exchange)
{
    http_answer_free(&exchange->answer);
}

static struct wall corrected_now(const struct transport *transport)
{
    return (struct wall){wall_now().ms + transport->clock_offset_ms};
}

static int sign(struct transport *transport, struct exchange *exchange)
{
    const struct credentials *keys = exchange->keys;
    if (!keys)
        return 0;
    struct sigv4_keys with = {buf_text(&keys->id), buf_text(&keys->secret), buf_text(&keys->token),
                              &transport->kept};
    return sigv4_sign(exchange->request, &with, exchange->region, exchange->service,
                      corrected_now(transport), &exchange->err);
}

int transport_proxy(const struct transport *transport, const struct request *request,
                    const char **ret_url, struct error *err)
{
    const struct aws_settings *settings = transport->settings;
    struct proxy_settings proxies = {settings->https_proxy, settings->http_proxy,
                                     settings->no_proxy};
    struct proxy proxy;
    const char *url = proxy_for(&proxies, request);
    if (url && proxy_parse(url, &proxy, err) != 0)
        return error_add(err, "%s", request->https ? "HTTPS_PROXY" : "HTTP_PROXY");
    *ret_url = url;
    return 0;
}

static enum http_outcome send_once(struct transport *transport, struct exchange *exchange)
{
    struct http_limits limits = {
        .connect_ms = transport->settings->connect_timeout_ms,
        .read_ms = transport->settings->read_timeout_ms,
        .deadline = exchange->deadline,
        .grace_ms = exchange->grace_ms,
        .body_bytes = exchange->answer_bytes,
    };
    enum http_outcome outcome = HTTP_NOT_SENT;
    exchange_free(exchange);
    exchange->answer = (struct http_answer){.reason = HTTP_REASON_SYSTEM, .sent = mono_now()};
    exchange->err = (struct error){0};
    if (wakeup_asked(exchange->wakeup)) {
        exchange->answer.reason = HTTP_REASON_GIVEN_UP;
        (void)error_set(&exchange->err, ERROR_LATER, "the request was given up");
        return HTTP_NOT_SENT;
    }
    if (transport_proxy(transport, exchange->request, &limits.proxy, &exchange->err) == 0 &&
        sign(transport, exchange) == 0)
        outcome = http_exchange(transport->http, exchange->request, &limits, exchange->wakeup,
                                &exchange->answer, &exchange->err);
    if (exchange->sends == 0)
        exchange->sent = exchange->answer.sent;
    exchange->sends += exchange->answer.started.ms != 0;
    return outcome;
}

/* Did the service refuse the signature for its time, and is the clock corrected now? */
static bool correct_clock(struct transport *transport, struct exchange *exchange)
{
    const struct http_answer *answer = &exchange->answer;
    struct text body = buf_view(&answer->body);
    exchange->clock_note[0] = '\0';
    if (!exchange->keys || answer->status == 200)
        return false;
    enum retry_clock clock = retry_classify_clock(body, answer->error_type);
    if (clock == RETRY_CLOCK_FINE ||
        !retry_clock_offset(corrected_now(transport), answer->date, answer->age, clock,
                            &transport->clock_offset_ms, exchange->clock_note))
        return false;
    report(REPORT_VERBOSE, "%s; signed by its time", exchange->clock_note);
    return true;
}

enum http_outcome transport_exchange(struct transport *transport, struct exchange *exchange)
{
    exchange->sends = 0;
    for (unsigned sends = 1;; sends++) {
        enum http_outcome outcome = send_once(transport, exchange);
        if (outcome != HTTP_ANSWERED || !correct_clock(transport, exchange) ||
            sends == TRANSPORT_SENDS_MAX)
            return outcome;
    }
}
