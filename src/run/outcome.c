#include "run/outcome.h"

#include <stdio.h>
#include <string.h>

#include "lock/attempt.h"

static const char *prefix(const struct session *session)
{
    return session->config.lock.prefix;
}

bool outcome_ahead(const struct session *session, struct outcome_ahead *ret_ahead)
{
    const struct lock_standing *standing = lock_standing(&session->lock);
    struct attempt attempt;
    struct text name = text_from(standing->ahead_name);
    *ret_ahead = (struct outcome_ahead){0};
    if (attempt_parse(text_from(prefix(session)), name, &attempt) == ATTEMPT_ELSEWHERE)
        return false;
    (void)text_printable(attempt.id, ret_ahead->id, sizeof(ret_ahead->id));
    (void)text_printable(attempt.label, ret_ahead->label, sizeof(ret_ahead->label));
    date_write_iso((struct wall){standing->since_ms}, ret_ahead->since);
    return true;
}

void outcome_who(const struct session *session, char out[OUTCOME_WHO_BYTES])
{
    struct outcome_ahead ahead;
    if (!outcome_ahead(session, &ahead))
        (void)snprintf(out, OUTCOME_WHO_BYTES, "somebody");
    else
        (void)snprintf(out, OUTCOME_WHO_BYTES, "'%s'%s%s%s since %s", ahead.id,
                       *ahead.label ? " (" : "", ahead.label, *ahead.label ? ")" : "", ahead.since);
}

unsigned outcome_before(const struct session *session)
{
    const struct lock_standing *standing = lock_standing(&session->lock);
    uint32_t holders = standing->held && standing->holders == 0 ? 1 : standing->holders;
    return standing->ahead > holders ? standing->ahead - holders : 0;
}

void outcome_behind(const struct session *session, char out[OUTCOME_BEHIND_BYTES])
{
    const struct lock_standing *standing = lock_standing(&session->lock);
    unsigned before = outcome_before(session);
    out[0] = '\0';
    if (before || standing->at_least)
        (void)snprintf(out, OUTCOME_BEHIND_BYTES, "behind %s%u",
                       standing->at_least ? "at least " : "", before);
}

static void takes(char *out, size_t size, bool shared, uint32_t slots)
{
    if (slots > 1)
        (void)snprintf(out, size, "as one of %u slots", slots);
    else
        (void)snprintf(out, size, shared ? "shared" : "exclusively");
}

/* Do they disagree on how many may hold at once? Else it is about the timeout. */
static bool is_about_places(const struct lock_settings *ours, const struct attempt *theirs)
{
    bool own_slots = ours->slots > 1, other_slots = theirs->slots > 1;
    if (ours->shared || theirs->shared)
        return own_slots || other_slots;
    return own_slots && other_slots && ours->slots != theirs->slots;
}

void outcome_disagrees(const struct session *session, const char *name, char id[OUTCOME_ID_BYTES],
                       char out[OUTCOME_DISAGREES_BYTES])
{
    char theirs[32], ours[32];
    const struct lock_settings *settings = &session->config.lock;
    struct attempt attempt = {0};
    (void)attempt_parse(text_from(settings->prefix), text_from(name), &attempt);
    (void)text_printable(attempt.id, id, OUTCOME_ID_BYTES);
    takes(theirs, sizeof(theirs), attempt.shared, attempt.slots);
    takes(ours, sizeof(ours), settings->shared, settings->slots);
    if (is_about_places(settings, &attempt))
        (void)snprintf(out, OUTCOME_DISAGREES_BYTES, "'%s' takes lock '%s' %s, we %s; %s", id,
                       settings->prefix, theirs, ours,
                       settings->shared || attempt.shared ? "they exclude each other"
                                                          : "the smallest number in sight counts");
    else
        (void)snprintf(
            out, OUTCOME_DISAGREES_BYTES,
            "'%s' has a lock timeout of %lld s at lock '%s', we of %lld s; each counts as "
            "abandoned after its own",
            id, (long long)(attempt.lock_timeout_ms / 1000), settings->prefix,
            (long long)(settings->lock_timeout_ms / 1000));
}

/* The last time the service answered anything, by our own clock. */
static void last_answer(const struct session *session, char out[DATE_ISO_BYTES])
{
    int64_t ago_ms = mono_diff(mono_now(), session->client.last_answer);
    date_write_iso((struct wall){wall_now().ms - ago_ms}, out);
}

void outcome_lost(const struct session *session, enum lock_reason reason, struct error *ret_why)
{
    char since[DATE_ISO_BYTES], who[OUTCOME_WHO_BYTES];
    const struct error *last = &session->client.last_error;
    switch (reason) {
    case LOCK_REASON_GONE:
        (void)error_set(ret_why, ERROR_LOST,
                        "lost the lock '%s': its attempts were deleted by somebody else",
                        prefix(session));
        return;
    case LOCK_REASON_OLDER_CLAIM:
        outcome_who(session, who);
        (void)error_set(ret_why, ERROR_LOST, "lost the lock '%s': an older claim is held by %s",
                        prefix(session), who);
        return;
    case LOCK_REASON_STRANGER:
        outcome_who(session, who);
        (void)error_set(ret_why, ERROR_LOST, "lost the lock '%s': an attempt of %s precedes ours",
                        prefix(session), who);
        return;
    default:
        break;
    }
    last_answer(session, since);
    if (last->kind == ERROR_DENIED)
        (void)error_set(ret_why, ERROR_LOST, "lost the lock '%s': not renewed in time: %s",
                        prefix(session), last->text);
    else if (last->kind != ERROR_NONE)
        (void)error_set(ret_why, ERROR_LOST,
                        "lost the lock '%s': not renewed in time; last answer of the service at "
                        "%s: %s",
                        prefix(session), since, last->text);
    else
        (void)error_set(ret_why, ERROR_LOST,
                        "lost the lock '%s': not renewed in time (was this machine or process "
                        "stopped?)",
                        prefix(session));
}

bool outcome_says_left(const struct session *session)
{
    enum lock_reason reason = lock_reason(&session->lock);
    return (reason == LOCK_REASON_REFUSED || reason == LOCK_REASON_UNAVAILABLE) &&
           session->final_error.kind != ERROR_NONE && !session->lock.made_any;
}

/* One trouble, one line: nothing was ever heard of the attempt that could not be deleted. */
static void add_left(const struct session *session, struct error *why)
{
    char name[ATTEMPT_NAME_BYTES + 1];
    size_t used = strlen(why->text);
    if (outcome_says_left(session) && lock_left(&session->lock, 0, name))
        (void)snprintf(why->text + used, sizeof(why->text) - used,
                       "; '%s' may have been made all the same, and stays until it expires", name);
}

void outcome_not_obtained(const struct session *session, struct error *ret_why)
{
    char who[OUTCOME_WHO_BYTES], behind[OUTCOME_BEHIND_BYTES];
    const struct lock_standing *standing = lock_standing(&session->lock);
    *ret_why = (struct error){0};
    switch (lock_reason(&session->lock)) {
    case LOCK_REASON_HELD:
        if (!standing->behind) {
            (void)error_set(ret_why, ERROR_NONE,
                            "lock '%s' not obtained: another has its mutex ('%s/#mutex'), and no "
                            "listing shows who",
                            prefix(session), prefix(session));
            return;
        }
        outcome_who(session, who);
        outcome_behind(session, behind);
        (void)error_set(ret_why, ERROR_NONE, "lock '%s' not obtained: %s %s%s%s", prefix(session),
                        standing->held ? "held by" : "next is", who, *behind ? "; " : "", behind);
        return;
    case LOCK_REASON_REPLACED:
        (void)error_set(ret_why, ERROR_NONE,
                        "lock '%s' not obtained: a newer run with the ID '%s' has taken our place",
                        prefix(session), session->config.lock.id);
        return;
    case LOCK_REASON_NAME_TAKEN:
        (void)error_set(ret_why, ERROR_INTERNAL,
                        "a log group with our unique name exists already: '%s'",
                        session->lock.name);
        return;
    case LOCK_REASON_UNSEEN:
        (void)error_set(ret_why, ERROR_NONE,
                        "lock '%s' not obtained in time: the service's listings do not show yet "
                        "what this run has made",
                        prefix(session));
        return;
    case LOCK_REASON_SLOW:
        (void)error_set(ret_why, ERROR_NONE,
                        "lock '%s' not obtained in time: nobody is ahead, but making sure of that "
                        "took too long",
                        prefix(session));
        return;
    case LOCK_REASON_UNCLEAN:
        (void)error_set(ret_why, ERROR_NONE,
                        "lock '%s' not obtained in time: nobody is ahead, but what playbooks have "
                        "left there has not been cleared away yet",
                        prefix(session));
        return;
    case LOCK_REASON_REFUSED:
    case LOCK_REASON_UNAVAILABLE:
        if (session->final_error.kind != ERROR_NONE) {
            *ret_why = session->final_error;
            add_left(session, ret_why);
            return;
        }
        break;
    default:
        break;
    }
    (void)error_set(ret_why, ERROR_UNAVAILABLE, "lock '%s' not obtained: the service kept failing",
                    prefix(session));
}

bool outcome_left(const struct session *session, struct error *ret_why)
{
    const struct lock_settings *settings = &session->config.lock;
    const struct error *last = &session->client.last_error;
    enum error_kind kind = last->kind == ERROR_NONE ? ERROR_UNAVAILABLE : last->kind;
    const char *reason = last->kind == ERROR_NONE ? "no answer in time" : last->text;
    char name[ATTEMPT_NAME_BYTES + 1], more[32] = "";
    uint32_t count = 0;
    if (session->config.release_only && !lock_has_looked(&session->lock)) {
        (void)error_set(ret_why, kind, "what '%s/%s' has made stays until it expires: %s",
                        settings->prefix, settings->id, reason);
        return true;
    }
    while (lock_left(&session->lock, count, name))
        count++;
    if (count == 0)
        return false;
    (void)lock_left(&session->lock, count - 1, name);
    if (count > 1)
        (void)snprintf(more, sizeof(more), " and %u more", count - 1);
    struct attempt attempt;
    long long life_s = settings->lock_timeout_ms / 1000;
    if (attempt_parse(text_from(settings->prefix), text_from(name), &attempt) == ATTEMPT_MUTEX)
        (void)error_set(ret_why, kind,
                        "could not delete '%s'; others remove it when they take us for dead, %lld "
                        "s after it was made or somewhat later: %s",
                        name, life_s + LOCK_GRACE_MS / 1000, reason);
    else
        (void)error_set(ret_why, kind,
                        "could not delete '%s'%s; others wait until it expires, %lld s after it "
                        "was made: %s",
                        name, more, life_s, reason);
    return true;
}
