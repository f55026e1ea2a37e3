#include "run/session.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/date.h"
#include "base/random.h"
#include "base/report.h"
#include "base/wait.h"
#include "net/proxy.h"
#include "net/sigv4.h"

#define RESIGNED_MAX 2 /* tries at once with a new clock offset or new keys, in one step */

/* How one exchange with the service went. */
struct exchange {
    enum logs_operation operation;
    const char *name;
    const char *more; /* token of the next page, or tags */
    struct mono deadline;
    struct http_answer answer;
    struct logs_reply reply;
    struct lock_answer told;
    struct error err;
    bool timeout;
};

static int find_endpoint(struct session *session, struct error *err)
{
    CLEAN(buf) struct buf url = BUF(SESSION_URL_BYTES - 1);
    if (aws_settings_endpoint(session->config.aws, AWS_LOGS, session->region, &url, err) != 0 ||
        buf_check(&url, "the endpoint's URL", err) != 0)
        return -1;
    memcpy(session->url, url.data, url.length + 1);
    return 0;
}

static int find_proxy(struct session *session, struct error *err)
{
    struct request request;
    request_init(&request, "POST");
    int failed = request_url(&request, session->url, err);
    const struct aws_settings *aws = session->config.aws;
    struct proxy_settings settings = {aws->https_proxy, aws->http_proxy, aws->no_proxy};
    if (!failed)
        session->proxy = proxy_for(&settings, &request);
    request_free(&request);
    return failed;
}

int session_init(struct session *session, const struct session_config *config,
                 const struct wakeup_source *wakeup, struct error *err)
{
    *session = (struct session){.config = *config, .listing = LOGS_LISTING, .budget = RETRY_BUDGET};
    CLEAN(buf) struct buf agent = BUF(SESSION_AGENT_BYTES - 1);
    struct mono now = mono_now();
    int64_t keys_ms = config->release_only ? config->read_timeout_ms : PROVIDER_FIRST_MS;
    struct provider_limits limits = {mono_add(now, keys_ms), wakeup};
    const struct credentials *keys;
    session->last_answer = now;
    retry_init(&session->retry, &session->budget);
    session->retry.crowd = true;
    aws_settings_user_agent(config->aws, &agent);
    if (agent.length)
        memcpy(session->agent, agent.data, agent.length + 1);
    struct http_config http = {
        .ca_file = config->aws->ca_bundle,
        .agent = session->agent,
        .system_ca_file = config->aws->system_ca_file,
        .system_ca_folder = config->aws->system_ca_folder,
    };
    session->http = http_new(&http, err);
    if (!session->http)
        return -1;
    provider_init(&session->provider, config->aws, session->http, &session->budget);
    session->provider.connect_ms = config->connect_timeout_ms;
    session->provider.read_ms = config->read_timeout_ms;
    session->provider.quiet = config->release_only;
    if (provider_region(&session->provider, &limits, &session->region, err) != 0 ||
        find_endpoint(session, err) != 0 || find_proxy(session, err) != 0 ||
        provider_get(&session->provider, &limits, &keys, err) != 0)
        return -1;
    session->listing.level_bytes = config->all_levels ? 0 : strlen(config->lock.prefix) + 1;
    (void)snprintf(session->list_prefix, sizeof(session->list_prefix), "%s%s%s",
                   config->lock.prefix, *config->lock.prefix ? "/" : "",
                   config->release_only ? config->lock.id : "");
    if (config->release_only)
        lock_init_release(&session->lock, &config->lock, mono_now());
    else
        lock_init(&session->lock, &config->lock, mono_now());
    return 0;
}

void session_free(struct session *session)
{
    if (!session)
        return;
    if (session->http)
        provider_free(&session->provider);
    http_free(session->http);
    session->http = NULL;
    logs_listing_free(&session->listing);
    free(session->entries);
    session->entries = NULL;
}

static struct wall corrected_now(const struct session *session)
{
    return (struct wall){wall_now().ms + session->clock_offset_ms};
}

/* Waits for the exchange; whoever wakes us may ask for an early end, which gives a short grace. */
static enum http_outcome collect(struct http_exchange *under_way,
                                 const struct wakeup_source *wakeup, struct http_answer *answer,
                                 struct error *err)
{
    int fd = wakeup->fd;
    for (;;) {
        enum http_outcome outcome = http_collect(under_way, fd, answer, err);
        if (outcome != HTTP_WOKEN)
            return outcome;
        if (!wakeup->on_wakeup(wakeup->context))
            continue;
        if (!http_is_sent(under_way))
            return http_abandon(under_way, answer, err);
        http_set_deadline(under_way, mono_add(mono_now(), SESSION_GRACE_MS));
        fd = -1;
    }
}

/* Signs and sends once. Returns -1 if there was nothing to send it with (keys, memory). */
static int send_once(struct session *session, struct exchange *exchange,
                     const struct wakeup_source *wakeup, enum http_outcome *ret_outcome)
{
    const struct credentials *keys;
    struct provider_limits provider_limits = {exchange->deadline, wakeup};
    if (provider_get(&session->provider, &provider_limits, &keys, &exchange->err) != 0)
        return -1;
    struct request request;
    struct sigv4_keys sign = {buf_text(&keys->id), buf_text(&keys->secret), buf_text(&keys->token)};
    struct http_limits limits = {.connect_ms = session->config.connect_timeout_ms,
                                 .read_ms = session->config.read_timeout_ms,
                                 .deadline = exchange->deadline,
                                 .body_bytes = LOGS_ANSWER_BYTES,
                                 .proxy = session->proxy};
    struct http_exchange *under_way = NULL;
    if (logs_request(&request, session->url, exchange->operation, exchange->name, exchange->more,
                     &exchange->err) == 0 &&
        sigv4_sign(&request, &sign, session->region, LOGS_SERVICE, corrected_now(session),
                   &exchange->err) == 0)
        under_way = http_start(session->http, &request, &limits, &exchange->err);
    if (under_way)
        *ret_outcome = collect(under_way, wakeup, &exchange->answer, &exchange->err);
    request_free(&request);
    session->calls += under_way != NULL;
    return under_way ? 0 : -1;
}

static enum lock_outcome lock_outcome_of(enum logs_outcome outcome)
{
    switch (outcome) {
    case LOGS_DONE:
        return LOCK_DONE;
    case LOGS_EXISTS:
        return LOCK_EXISTS;
    case LOGS_ABSENT:
        return LOCK_ABSENT;
    case LOGS_REFUSED:
        return LOCK_REFUSED;
    case LOGS_LATER:
        return LOCK_LATER;
    case LOGS_UNKNOWN:
    case LOGS_UNUSABLE:
        break;
    }
    return LOCK_UNKNOWN;
}

static void tell_call(const struct exchange *exchange, enum http_outcome outcome)
{
    if (!report_shows(REPORT_CALLS))
        return;
    int64_t took_ms = mono_diff(exchange->answer.received, exchange->answer.started);
    report(REPORT_CALLS, "%s '%s': %s, %lld ms%s%s", logs_operation_name(exchange->operation),
           exchange->name,
           outcome != HTTP_ANSWERED  ? exchange->err.text
           : exchange->reply.code[0] ? exchange->reply.code
                                     : "done",
           (long long)took_ms, exchange->answer.request_id[0] ? ", request " : "",
           exchange->answer.request_id);
}

/* An answer came. Returns true if the same request should be sent again at once. */
static bool take_answer(struct session *session, struct exchange *exchange)
{
    struct http_answer *answer = &exchange->answer;
    struct text body = text_slice(buf_text(&answer->body), answer->body.length);
    logs_sort(exchange->operation, answer->status, body, answer->error_type, &exchange->reply);
    exchange->told.outcome = lock_outcome_of(exchange->reply.outcome);
    exchange->told.throttled = exchange->reply.throttled;
    if (exchange->told.outcome == LOCK_DONE || exchange->told.outcome == LOCK_EXISTS ||
        exchange->told.outcome == LOCK_ABSENT) {
        session->last_answer = answer->received;
        return false;
    }
    (void)logs_error(&exchange->reply, exchange->operation, exchange->name, session->region,
                     answer->request_id, &exchange->err);
    if (exchange->reply.outcome == LOGS_UNUSABLE)
        (void)error_add(&exchange->err, "'%s'", session->url);
    if (exchange->reply.hint != LOGS_HINT_NONE)
        (void)error_add(&exchange->err, "with the credentials from %s",
                        session->provider.keys.origin);
    switch (exchange->reply.hint) {
    case LOGS_HINT_NONE:
        return false;
    case LOGS_HINT_KEYS:
        return provider_rejected(&session->provider);
    case LOGS_HINT_CLOCK:
    case LOGS_HINT_CLOCK_SURE:
        break;
    }
    bool mended = retry_clock_offset(corrected_now(session), answer->date, answer->age,
                                     exchange->reply.hint == LOGS_HINT_CLOCK_SURE,
                                     &session->clock_offset_ms, &exchange->err);
    char clocks[RETRY_CLOCK_BYTES];
    (void)retry_clock(session->clock_offset_ms, clocks);
    if (session->clock_offset_ms)
        (void)error_add(&exchange->err, "%s", clocks);
    if (mended)
        report(REPORT_VERBOSE, "%s; signed by its time", clocks);
    return mended;
}

/* A failure below HTTP. What can never work is refused; the rest is worth another try. */
static void take_silence(struct exchange *exchange, enum http_outcome outcome)
{
    enum http_reason reason = exchange->answer.reason;
    exchange->timeout = reason == HTTP_REASON_TIME;
    exchange->told.outcome = outcome == HTTP_NOT_SENT ? LOCK_LATER : LOCK_UNKNOWN;
    if (http_is_final(reason))
        exchange->told.outcome = outcome == HTTP_NOT_SENT ? LOCK_REFUSED : LOCK_UNKNOWN;
}

/* One wish of the lock, carried out: signed, sent, and sent again where that is called for. */
static void perform(struct session *session, struct exchange *exchange,
                    const struct wakeup_source *wakeup)
{
    bool repeated = false;
    for (int resigned = 0;; resigned++) {
        enum http_outcome outcome;
        http_answer_free(&exchange->answer);
        exchange->err = (struct error){0};
        if (send_once(session, exchange, wakeup, &outcome) != 0) {
            /* Who holds the lock, or gives it back, goes on trying: new keys may come yet. */
            bool waiting = lock_phase(&session->lock) <= LOCK_CLAIMING;
            bool final = waiting &&
                         (exchange->err.kind == ERROR_DENIED || exchange->err.kind == ERROR_CONFIG);
            exchange->told.outcome = final ? LOCK_REFUSED : LOCK_LATER;
            exchange->told.sent = mono_now();
            break;
        }
        if (resigned == 0)
            exchange->told.sent = exchange->answer.sent;
        bool again = false;
        if (outcome == HTTP_ANSWERED)
            again = take_answer(session, exchange);
        else
            take_silence(exchange, outcome);
        tell_call(exchange, outcome);
        if (!again || repeated || resigned + 1 >= RESIGNED_MAX)
            break;
        repeated = true;
    }
}

/* counted: the attempts are. */
static void pace(struct session *session, struct exchange *exchange, bool counted)
{
    enum retry_cause cause = exchange->told.throttled ? RETRY_THROTTLED
                             : exchange->timeout      ? RETRY_TIMEOUT
                                                      : RETRY_ERROR;
    switch (exchange->told.outcome) {
    case LOCK_DONE:
    case LOCK_EXISTS:
    case LOCK_ABSENT:
        retry_succeeded(&session->retry);
        session->last_error = (struct error){0};
        return;
    case LOCK_REFUSED:
    case LOCK_LATER:
    case LOCK_UNKNOWN:
        break;
    }
    session->retry.counted = counted;
    exchange->told.pause_ms = retry_pause_ms(
        &session->retry, cause, retry_asked_ms(exchange->answer.retry_after), random_u32());
    session->last_error = exchange->err;
}

/* Entries point into the names, which move as they grow: made anew for each page. */
static int make_entries(struct session *session, struct lock_listing *ret_listing,
                        struct error *err)
{
    const struct logs_listing *listing = &session->listing;
    if (listing->count > session->entries_room) {
        struct lock_entry *entries =
            realloc(session->entries, listing->room * sizeof(*session->entries));
        if (!entries)
            return error_set(err, ERROR_SYSTEM, "out of memory for %u log groups", listing->room);
        session->entries = entries;
        session->entries_room = listing->room;
    }
    for (uint32_t i = 0; i < listing->count; i++)
        session->entries[i] =
            lock_entry_make(session->config.lock.prefix, logs_listing_name(listing, i),
                            listing->groups[i].created_ms, listing->groups[i].has_content);
    *ret_listing = (struct lock_listing){.entries = session->entries,
                                         .count = listing->count,
                                         .pages = session->pages,
                                         .complete = listing->token.length == 0,
                                         .asked = session->asked};
    return 0;
}

/* The page is in: adds it to what was read before. An answer of no use counts as a failure. */
static void take_page(struct session *session, struct exchange *exchange,
                      struct lock_listing *listing)
{
    struct text body = text_slice(buf_text(&exchange->answer.body), exchange->answer.body.length);
    if (exchange->told.outcome != LOCK_DONE)
        return;
    session->pages++;
    if (session->pages > LOGS_PAGES_MAX)
        (void)error_set(&exchange->err, ERROR_LIMIT, "a listing of more than %d pages",
                        LOGS_PAGES_MAX);
    else if (logs_listing_add(&session->listing, body, &exchange->err) == 0 &&
             make_entries(session, listing, &exchange->err) == 0) {
        exchange->told.listing = listing;
        return;
    }
    exchange->told.outcome = LOCK_UNKNOWN;
}

static void take_streams(struct exchange *exchange)
{
    struct text body = text_slice(buf_text(&exchange->answer.body), exchange->answer.body.length);
    if (exchange->told.outcome == LOCK_DONE &&
        logs_read_streams(body, &exchange->told.has_streams, &exchange->err) != 0)
        exchange->told.outcome = LOCK_UNKNOWN;
}

static enum logs_operation operation_of(enum lock_todo_kind kind)
{
    switch (kind) {
    case LOCK_TODO_CREATE:
        return LOGS_CREATE;
    case LOCK_TODO_DELETE:
        return LOGS_DELETE;
    case LOCK_TODO_LOOK_INSIDE:
        return LOGS_DESCRIBE_STREAMS;
    default:
        return LOGS_DESCRIBE;
    }
}

static void carry_out(struct session *session, const struct lock_todo *todo,
                      const struct wakeup_source *wakeup)
{
    bool lists = todo->kind == LOCK_TODO_LIST || todo->kind == LOCK_TODO_LIST_MORE;
    struct exchange exchange = {.operation = operation_of(todo->kind),
                                .name = lists ? session->list_prefix : todo->name,
                                .deadline = todo->deadline};
    struct lock_listing listing;
    CLEAN(buf) struct buf token = BUF(LOGS_TOKEN_BYTES);
    if (todo->kind == LOCK_TODO_LIST_MORE)
        (void)buf_add(&token, session->listing.token.data, session->listing.token.length);
    exchange.more = todo->kind == LOCK_TODO_CREATE ? session->config.tags : buf_text(&token);
    perform(session, &exchange, wakeup);
    if (todo->kind == LOCK_TODO_LIST) {
        logs_listing_clear(&session->listing);
        session->pages = 0;
        session->asked = exchange.told.sent;
    }
    if (lists)
        take_page(session, &exchange, &listing);
    if (todo->kind == LOCK_TODO_LOOK_INSIDE)
        take_streams(&exchange);
    pace(session, &exchange, lock_is_arriving(&session->lock, mono_now()));
    exchange.told.random = random_u32();
    enum lock_phase before = lock_phase(&session->lock);
    lock_tell(&session->lock, mono_now(), &exchange.told);
    if (lock_phase(&session->lock) == LOCK_LEAVING && before != LOCK_LEAVING)
        session->final_error = exchange.err;
    http_answer_free(&exchange.answer);
}

void session_step(struct session *session, const struct wakeup_source *wakeup, struct mono until)
{
    enum lock_phase before = lock_phase(&session->lock);
    struct lock_todo todo = lock_next(&session->lock, mono_now());
    if (before != LOCK_LEAVING && lock_phase(&session->lock) != before &&
        lock_reason(&session->lock) == LOCK_REASON_UNAVAILABLE)
        session->final_error = session->last_error;
    switch (todo.kind) {
    case LOCK_TODO_FINISH:
        return;
    case LOCK_TODO_WAIT:
        if (lock_phase(&session->lock) != before)
            return; /* held or lost by now: that is for the caller to see at once */
        (void)wait_once(wakeup, mono_min(todo.at, until)); /* the caller looks by itself */
        return;
    default:
        carry_out(session, &todo, wakeup);
    }
}

void session_call(struct session *session, enum logs_operation operation, const char *name,
                  const char *more, const struct wakeup_source *wakeup, struct mono deadline,
                  struct session_reply *ret_reply)
{
    struct exchange exchange = {
        .operation = operation, .name = name, .more = more, .deadline = deadline};
    perform(session, &exchange, wakeup);
    pace(session, &exchange, true);
    *ret_reply = (struct session_reply){.outcome = exchange.told.outcome,
                                        .throttled = exchange.told.throttled,
                                        .pause_ms = exchange.told.pause_ms,
                                        .sent = exchange.told.sent,
                                        .answer = exchange.answer,
                                        .err = exchange.err};
    memcpy(ret_reply->code, exchange.reply.code, sizeof(ret_reply->code));
}

void session_reply_free(struct session_reply *reply)
{
    http_answer_free(&reply->answer);
}

/* The next page of a listing, tried until it is in. */
static int read_page(struct session *session, const struct wakeup_source *wakeup, const char *token,
                     struct lock_listing *listing, struct wall *date, struct error *err)
{
    for (unsigned tries = 1;; tries++) {
        struct exchange exchange = {.operation = LOGS_DESCRIBE,
                                    .name = session->list_prefix,
                                    .more = token,
                                    .deadline = mono_add(mono_now(), SESSION_PAGE_MS)};
        perform(session, &exchange, wakeup);
        if (!*token)
            session->asked = exchange.told.sent;
        take_page(session, &exchange, listing);
        pace(session, &exchange, true);
        if (date_parse_http(text_from(exchange.answer.date), date) != 0)
            date->ms = -1;
        http_answer_free(&exchange.answer);
        if (exchange.told.outcome == LOCK_DONE)
            return 0;
        if (exchange.told.outcome == LOCK_REFUSED || tries >= session->config.aws->max_attempts) {
            *err = exchange.err;
            return -1;
        }
        if (wait_until(wakeup, mono_add(mono_now(), exchange.told.pause_ms)))
            return error_set(err, ERROR_LATER, "given up");
    }
}

int session_list(struct session *session, const struct wakeup_source *wakeup,
                 struct lock_listing *ret_listing, struct wall *ret_date, struct error *err)
{
    CLEAN(buf) struct buf token = BUF(LOGS_TOKEN_BYTES);
    struct lock_listing listing = {0};
    struct wall date;
    logs_listing_clear(&session->listing);
    session->pages = 0;
    do {
        if (read_page(session, wakeup, buf_text(&token), &listing, &date, err) != 0)
            return -1;
        buf_clear(&token);
        (void)buf_add(&token, session->listing.token.data, session->listing.token.length);
        if (buf_check(&token, "the token of the next page", err) != 0)
            return -1;
    } while (!listing.complete);
    *ret_listing = listing;
    *ret_date = date;
    return 0;
}
