#include "run/session.h"

#include <stdio.h>
#include <string.h>

#include "base/random.h"

/* Credentials are waited for no longer than the lock: later they would be of no use. */
static struct mono keys_deadline(const struct session_config *config)
{
    if (config->release_only)
        return MONO_NEVER;
    return config->lock->nonblock ? mono_add(mono_now(), LOCK_BUSY_MS) : config->lock->wait_until;
}

int session_init(struct session *session, const struct session_config *config,
                 const struct wakeup_source *wakeup, struct error *err)
{
    *session = (struct session){.config = *config, .pages = LOGS_LISTING};
    struct provider_limits limits = {keys_deadline(config), wakeup};
    if (client_init(&session->client, config->aws, config->release_only, &limits, err) != 0)
        return -1;
    session->pages.level_bytes = strlen(config->lock->prefix) + 1;
    uint64_t note = config->mutex_note ? atomic_load(config->mutex_note) : 0;
    bool own_names = config->release_only && !lock_note_is_doubtful(note);
    (void)snprintf(session->list_prefix, sizeof(session->list_prefix), "%s/%s",
                   config->lock->prefix, own_names ? config->lock->id : "");
    if (config->release_only)
        lock_init_release(&session->lock, config->lock, mono_now(), note);
    else
        lock_init(&session->lock, config->lock, mono_now());
    return 0;
}

void session_free(struct session *session)
{
    if (!session)
        return;
    client_free(&session->client);
    logs_listing_free(&session->pages);
    listing_free(&session->listing);
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

/*
 * The Date of an answer, by which token and first look go, in milliseconds since 1970; 0 if there
 * is none, or one that cannot be true.
 */
static int64_t date_of(const struct http_answer *answer)
{
    struct wall date;
    return retry_date(answer->date, &date) ? date.ms : 0;
}

/*
 * What the lock is told of a call. *listing is the memory for the answer's listing. If there is no
 * memory for its entries the outcome is LOCK_UNKNOWN, as if no answer had come.
 */
static struct lock_answer answer_of(struct session *session, struct client_call *call,
                                    struct lock_listing *listing)
{
    struct lock_answer answer = {.outcome = lock_outcome_of(call->outcome),
                                 .sent = call->sent,
                                 .pause_ms = call->pause_ms,
                                 .random = random_u32(),
                                 .throttled = call->throttled,
                                 .date_ms = date_of(&call->answer),
                                 .has_streams = call->any_streams};
    if (!call->listing || answer.outcome != LOCK_DONE)
        return answer;
    if (listing_read(&session->listing, call->listing, session->config.lock->prefix, listing,
                     &call->err) == 0) {
        answer.listing = listing;
    } else {
        answer.outcome = LOCK_UNKNOWN;
        answer.pause_ms = RETRY_BASE_MS;
        session->client.last_error = call->err;
    }
    return answer;
}

/*
 * Updates the note about the mutex, before a request is sent and after its answer: if this process
 * is killed in between, the guardian needs it to clean up.
 */
static void keep_note(const struct session *session, const struct lock_todo *todo)
{
    if (session->config.mutex_note)
        atomic_store(session->config.mutex_note, lock_mutex_note(&session->lock, todo));
}

static void execute(struct session *session, const struct lock_todo *todo,
                    const struct wakeup_source *wakeup)
{
    CLEAN(buf) struct buf token = BUF(LOGS_TOKEN_BYTES);
    bool lists = todo->kind == LOCK_TODO_LIST || todo->kind == LOCK_TODO_LIST_MORE;
    enum lock_phase before = lock_phase(&session->lock);
    if (todo->kind == LOCK_TODO_LIST_MORE)
        buf_add(&token, session->pages.token.data, session->pages.token.length);
    struct client_call call = {
        .operation = operation_of(todo->kind),
        .name = lists && !todo->name[0] ? session->list_prefix : todo->name,
        .more = todo->kind == LOCK_TODO_CREATE ? session->config.tags : buf_text(&token),
        .deadline = todo->deadline,
        .counted = lock_is_arriving(&session->lock, mono_now()),
        .patient =
            before > LOCK_CLAIMING, /* holding or leaving: waits for new keys and tries again */
        .listing = lists ? &session->pages : NULL,
    };
    struct lock_listing listing;
    client_call(&session->client, &call, wakeup);
    struct lock_answer answer = answer_of(session, &call, &listing);
    lock_tell(&session->lock, mono_now(), todo, &answer);
    keep_note(session, NULL);
    if (lock_phase(&session->lock) == LOCK_LEAVING && before != LOCK_LEAVING)
        session->final_error = call.err;
    client_call_free(&call);
}

void session_step(struct session *session, const struct wakeup_source *wakeup)
{
    enum lock_phase before = lock_phase(&session->lock);
    if (session->config.identity && lock_is_nameless(&session->lock))
        identity_stamp(session->config.identity, wall_now());
    struct mono now = mono_now();
    lock_advance(&session->lock, now);
    struct lock_todo todo = lock_next(&session->lock, now);
    keep_note(session, &todo);
    if (before != LOCK_LEAVING && lock_phase(&session->lock) != before &&
        lock_reason(&session->lock) == LOCK_REASON_UNAVAILABLE)
        session->final_error = session->client.last_error;
    switch (todo.kind) {
    case LOCK_TODO_FINISH:
        return;
    case LOCK_TODO_WAIT:
        if (lock_phase(&session->lock) ==
            before)                           /* else the caller is to see the new phase first */
            (void)wait_once(wakeup, todo.at); /* the caller asks by itself what ended the wait */
        return;
    default:
        execute(session, &todo, wakeup);
    }
}
