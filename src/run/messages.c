#include "run/messages.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/report.h"
#include "lock/attempt.h"

#define DISAGREES_BYTES 900
#define SECONDS         "%lld.%03lld s"
#define PARTS(ms)       (long long)((ms) / 1000), (long long)((ms) % 1000)
#define COUNT(array)    (unsigned)(sizeof(array) / sizeof((array)[0]))

static const char *prefix(const struct session *session)
{
    return session->config.lock->prefix;
}

static const char *id(const struct session *session)
{
    return session->config.lock->id;
}

bool messages_ahead(const struct session *session, struct messages_ahead *ret_ahead)
{
    const struct lock_position *position = lock_position(&session->lock);
    struct attempt attempt;
    struct text name = text_from(position->ahead_name);
    *ret_ahead = (struct messages_ahead){0};
    if (attempt_parse(text_from(prefix(session)), name, &attempt) == ATTEMPT_ELSEWHERE)
        return false;
    (void)text_printable(attempt.id, ret_ahead->id, sizeof(ret_ahead->id));
    (void)text_printable(attempt.label, ret_ahead->label, sizeof(ret_ahead->label));
    date_write_iso((struct wall){position->since_ms}, ret_ahead->since);
    int64_t ends_ms = attempt_ends_ms(&attempt, position->since_ms);
    if (ends_ms != ATTEMPT_UNKNOWN)
        date_write_iso((struct wall){ends_ms}, ret_ahead->until);
    return true;
}

void messages_who(const struct session *session, char out[MESSAGES_WHO_BYTES])
{
    struct messages_ahead ahead;
    if (!messages_ahead(session, &ahead))
        (void)snprintf(out, MESSAGES_WHO_BYTES, "somebody");
    else
        (void)snprintf(out, MESSAGES_WHO_BYTES, "'%s'%s%s%s%s%s%s%s", ahead.id,
                       *ahead.label ? " (" : "", ahead.label, *ahead.label ? ")" : "",
                       *ahead.since ? " since " : "", ahead.since,
                       *ahead.until ? ", probably until " : "", ahead.until);
}

unsigned messages_before(const struct session *session)
{
    const struct lock_position *position = lock_position(&session->lock);
    uint32_t holders = position->held && position->holders == 0 ? 1 : position->holders;
    return position->ahead > holders ? position->ahead - holders : 0;
}

void messages_behind(const struct session *session, char out[MESSAGES_BEHIND_BYTES])
{
    const struct lock_position *position = lock_position(&session->lock);
    unsigned before = messages_before(session);
    out[0] = '\0';
    if (before || position->at_least)
        (void)snprintf(out, MESSAGES_BEHIND_BYTES, "behind %s%u",
                       position->at_least ? "at least " : "", before);
}

static void takes(char *out, size_t size, bool shared, uint32_t slots)
{
    if (slots > 1)
        (void)snprintf(out, size, "as one of %u slots", slots);
    else
        (void)snprintf(out, size, shared ? "shared" : "exclusively");
}

/* Do the two disagree on how many may hold the lock at once? If not, it is about the timeout. */
static bool is_about_places(const struct lock_settings *ours, const struct attempt *theirs)
{
    bool own_slots = ours->slots > 1, other_slots = theirs->slots > 1;
    if (ours->shared || theirs->shared)
        return own_slots || other_slots;
    return own_slots && other_slots && ours->slots != theirs->slots;
}

static void disagreement(const struct session *session, const char *name)
{
    char theirs[32], ours[32], words[DISAGREES_BYTES], other[MESSAGES_ID_BYTES];
    const struct lock_settings *settings = session->config.lock;
    struct attempt attempt = {0};
    (void)attempt_parse(text_from(settings->prefix), text_from(name), &attempt);
    (void)text_printable(attempt.id, other, sizeof(other));
    takes(theirs, sizeof(theirs), attempt.shared, attempt.slots);
    takes(ours, sizeof(ours), settings->shared, settings->slots);
    if (is_about_places(settings, &attempt))
        (void)snprintf(words, sizeof(words), "'%s' takes lock '%s' %s, we %s; %s", other,
                       settings->prefix, theirs, ours,
                       settings->shared || attempt.shared ? "they exclude each other"
                                                          : "the smallest number in sight counts");
    else
        (void)snprintf(
            words, sizeof(words),
            "'%s' has a lock timeout of %lld s at lock '%s', we of %lld s; each counts as "
            "abandoned after its own",
            other, (long long)(attempt.lock_timeout_ms / 1000), settings->prefix,
            (long long)(settings->lock_timeout_ms / 1000));
    struct report_field fields[] = {
        {"lock", prefix(session), 0}, {"id", id(session), 0}, {"other", other, 0}};
    report_event(REPORT_WARNING, "disagreement", fields, COUNT(fields), "warning: %s", words);
}

/* The last time the service answered anything, by our own clock. */
static void last_answer(const struct session *session, char out[DATE_ISO_BYTES])
{
    int64_t ago_ms = mono_diff(mono_now(), session->client.last_answer);
    date_write_iso((struct wall){wall_now().ms - ago_ms}, out);
}

void messages_why_lost(const struct session *session, enum lock_reason reason,
                       struct error *ret_why)
{
    char since[DATE_ISO_BYTES], who[MESSAGES_WHO_BYTES];
    const struct error *last = &session->client.last_error;
    messages_who(session, who);
    last_answer(session, since);
    if (reason == LOCK_REASON_GONE)
        (void)error_set(ret_why, ERROR_LOST, "its attempts were deleted by somebody else");
    else if (reason == LOCK_REASON_OLDER_CLAIM)
        (void)error_set(ret_why, ERROR_LOST, "an older claim is held by %s", who);
    else if (reason == LOCK_REASON_STRANGER)
        (void)error_set(ret_why, ERROR_LOST, "an attempt of %s precedes ours", who);
    else if (last->kind == ERROR_DENIED)
        (void)error_set(ret_why, ERROR_LOST, "not renewed in time: %s", last->text);
    else if (last->kind != ERROR_NONE)
        (void)error_set(ret_why, ERROR_LOST,
                        "not renewed in time; last answer of the service at %s: %s", since,
                        last->text);
    else
        (void)error_set(ret_why, ERROR_LOST,
                        "not renewed in time (was this machine or process stopped?)");
    (void)error_add(ret_why, "lost the lock '%s'", prefix(session));
}

bool messages_says_left(const struct session *session)
{
    enum lock_reason reason = lock_reason(&session->lock);
    return (reason == LOCK_REASON_REFUSED || reason == LOCK_REASON_UNAVAILABLE) &&
           session->final_error.kind != ERROR_NONE && !session->lock.made_any;
}

/*
 * Adds to the line that an attempt may be left, if no create was ever answered, so that the user
 * gets one line about one trouble.
 */
static void add_left(const struct session *session, struct error *why)
{
    char name[ATTEMPT_NAME_BYTES + 1];
    size_t used = strlen(why->text);
    if (messages_says_left(session) && lock_left(&session->lock, 0, name))
        (void)snprintf(why->text + used, sizeof(why->text) - used,
                       "; '%s' may have been made all the same, and stays until it expires", name);
}

static void not_in_time(const struct session *session, const char *reason, struct error *ret_why)
{
    (void)error_set(ret_why, ERROR_NONE, "lock '%s' not obtained in time: %s", prefix(session),
                    reason);
}

void messages_why_not_obtained(const struct session *session, struct error *ret_why)
{
    char who[MESSAGES_WHO_BYTES], behind[MESSAGES_BEHIND_BYTES];
    const struct lock_position *position = lock_position(&session->lock);
    *ret_why = (struct error){0};
    switch (lock_reason(&session->lock)) {
    case LOCK_REASON_HELD:
        if (!position->behind) {
            (void)error_set(ret_why, ERROR_NONE,
                            "lock '%s' not obtained: another has its mutex ('%s/#mutex'), and no "
                            "listing shows who",
                            prefix(session), prefix(session));
            return;
        }
        messages_who(session, who);
        messages_behind(session, behind);
        (void)error_set(ret_why, ERROR_NONE, "lock '%s' not obtained: %s %s%s%s", prefix(session),
                        position->held ? "held by" : "next is", who, *behind ? "; " : "", behind);
        return;
    case LOCK_REASON_REPLACED:
        (void)error_set(ret_why, ERROR_NONE,
                        "lock '%s' not obtained: a newer run with the ID '%s' has taken our place",
                        prefix(session), session->config.lock->id);
        return;
    case LOCK_REASON_NAME_TAKEN:
        (void)error_set(ret_why, ERROR_INTERNAL,
                        "a log group with our unique name exists already: '%s'",
                        session->lock.name_taken);
        return;
    case LOCK_REASON_UNSEEN:
        not_in_time(session, "the service's listings do not show yet what this run has made",
                    ret_why);
        return;
    case LOCK_REASON_SLOW:
        not_in_time(session, "nobody is ahead, but making sure of that took too long", ret_why);
        return;
    case LOCK_REASON_UNCLEAN:
        not_in_time(session,
                    "nobody is ahead, but what playbooks have left there has not been cleared away "
                    "yet",
                    ret_why);
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

bool messages_left(const struct session *session, struct error *ret_why)
{
    const struct lock_settings *settings = session->config.lock;
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

void messages_withdrawn(const struct session *session, int number, int64_t waited_ms)
{
    struct report_field fields[] = {{"lock", prefix(session), 0},
                                    {"id", id(session), 0},
                                    {"signal", NULL, number},
                                    {"waited_ms", NULL, waited_ms}};
    report_event(report_event_level(), "withdrawn", fields, COUNT(fields),
                 "withdrawn from lock '%s' after " SECONDS ", by signal %d", prefix(session),
                 PARTS(waited_ms), number);
}

void messages_acquired(const struct session *session, int64_t waited_ms)
{
    const struct lock_settings *lock = session->config.lock;
    int64_t slots = lock->slots > 1 ? lock->slots : 1;
    const char *mode = lock->shared ? "shared" : slots > 1 ? "slots" : "exclusive";
    struct report_field fields[] = {{"lock", prefix(session), 0},
                                    {"id", id(session), 0},
                                    {"mode", mode, 0},
                                    {"slots", NULL, slots},
                                    {"token", NULL, lock_token(&session->lock)},
                                    {"waited_ms", NULL, waited_ms}};
    report_event(report_event_level(), "acquired", fields, COUNT(fields),
                 "acquired lock '%s' as '%s' after " SECONDS, prefix(session), id(session),
                 PARTS(waited_ms));
}

void messages_renewed(const struct session *session, unsigned renewals)
{
    int64_t left_ms = mono_diff(lock_lease(&session->lock).ends_at, mono_now());
    struct report_field fields[] = {{"lock", prefix(session), 0},
                                    {"id", id(session), 0},
                                    {"renewals", NULL, renewals},
                                    {"lease_ms", NULL, left_ms}};
    report_event(report_event_level(), "renewed", fields, COUNT(fields),
                 "renewed lock '%s' for " SECONDS, prefix(session), PARTS(left_ms));
}

void messages_lost(const struct session *session, const struct error *why, bool warn)
{
    struct report_field fields[] = {{"lock", prefix(session), 0}, {"id", id(session), 0}};
    if (warn)
        report_event(REPORT_WARNING, "lost", fields, COUNT(fields),
                     "warning: %s; the command goes on", why->text);
    else
        report_event(REPORT_ERROR, "lost", fields, COUNT(fields), "%s; the command is ended",
                     why->text);
}

void messages_max_hold(const struct session *session, int64_t held_ms)
{
    struct report_field fields[] = {
        {"lock", prefix(session), 0}, {"id", id(session), 0}, {"held_ms", NULL, held_ms}};
    report_event(REPORT_ERROR, "max_hold", fields, COUNT(fields),
                 "held lock '%s' for " SECONDS ", the time that --max-hold allows; the command is "
                 "ended",
                 prefix(session), PARTS(held_ms));
}

void messages_ended(const struct session *session, int status, int64_t ran_ms)
{
    struct report_field fields[] = {{"lock", prefix(session), 0},
                                    {"id", id(session), 0},
                                    {"status", NULL, status},
                                    {"ran_ms", NULL, ran_ms}};
    if (report_is_json()) /* in text the summary says it */
        report_event(report_event_level(), "ended", fields, COUNT(fields),
                     "the command ended with status %d after " SECONDS, status, PARTS(ran_ms));
}

void messages_holding_on(const struct session *session, int64_t for_ms)
{
    struct report_field fields[] = {
        {"lock", prefix(session), 0}, {"id", id(session), 0}, {"for_ms", NULL, for_ms}};
    report_event(report_event_level(), "holding_on", fields, COUNT(fields),
                 "the command has ended; holding lock '%s' for another " SECONDS, prefix(session),
                 PARTS(for_ms));
}

void messages_released(const struct session *session, const struct messages_summary *summary)
{
    struct report_field fields[] = {{"lock", prefix(session), 0},
                                    {"id", id(session), 0},
                                    {"status", NULL, summary->status},
                                    {"waited_ms", NULL, summary->waited_ms},
                                    {"held_ms", NULL, summary->held_ms},
                                    {"renewals", NULL, summary->renewals},
                                    {"calls", NULL, (int64_t)session->client.calls}};
    report_event(report_event_level(), summary->left ? "left" : "released", fields, COUNT(fields),
                 "%s lock '%s' after " SECONDS " (waited " SECONDS ", %u renewals, %llu calls); "
                 "the command's status is %d",
                 summary->left ? "could not release" : "released", prefix(session),
                 PARTS(summary->held_ms), PARTS(summary->waited_ms), summary->renewals,
                 (unsigned long long)session->client.calls, summary->status);
}

void messages_not_obtained(const struct session *session, const char *line, int64_t waited_ms,
                           bool silent)
{
    struct messages_ahead ahead;
    struct report_field fields[] = {{"lock", prefix(session), 0},    {"id", id(session), 0},
                                    {"waited_ms", NULL, waited_ms},  {"holder", ahead.id, 0},
                                    {"label", ahead.label, 0},       {"since", ahead.since, 0},
                                    {"expected_end", ahead.until, 0}};
    bool known = messages_ahead(session, &ahead);
    unsigned count = known ? COUNT(fields) - !*ahead.until : 3;
    report_event(silent ? report_event_level() : REPORT_NOTICE, "not_obtained", fields, count, "%s",
                 line);
}

void messages_notices(struct session *session)
{
    const char *name;
    for (;;) {
        switch (lock_take_notice(&session->lock, &name)) {
        case LOCK_NOTICE_NONE:
            provider_report_shared(&session->client.provider, REPORT_VERBOSE);
            return;
        case LOCK_NOTICE_LEFT_ALONE:
            report(REPORT_WARNING,
                   "warning: log group '%s' is older than the lock timeout and no attempt of ours "
                   "to judge: it has content, is protected or may not be looked into; left alone",
                   name);
            break;
        case LOCK_NOTICE_DISAGREES:
            disagreement(session, name);
            break;
        case LOCK_NOTICE_UNMARKED:
            report(
                REPORT_WARNING,
                "warning: '%s' is no withlock's: if it is a playbook's, --settle 0 does not keep "
                "it and this run apart",
                name);
            break;
        case LOCK_NOTICE_CROWDED:
            report(REPORT_WARNING,
                   "warning: too many attempts could not be deleted; '%s' is left to expire", name);
            break;
        }
    }
}

void messages_refused(pid_t pid)
{
    char path[64], owner[32] = "another user";
    struct stat about;
    (void)snprintf(path, sizeof(path), "/proc/%ld", (long)pid); /* fits, as does the next */
    if (stat(path, &about) == 0)
        (void)snprintf(owner, sizeof(owner), about.st_uid ? "user %lu" : "root",
                       (unsigned long)about.st_uid);
    report(REPORT_WARNING,
           "warning: process %ld belongs to %s and may not be signalled: it ends when it likes",
           (long)pid, owner);
}
