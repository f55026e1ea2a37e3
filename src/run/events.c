#include "run/events.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/report.h"
#include "run/outcome.h"

#define SECONDS      "%lld.%03lld s"
#define PARTS(ms)    (long long)((ms) / 1000), (long long)((ms) % 1000)
#define COUNT(array) (unsigned)(sizeof(array) / sizeof((array)[0]))

static const char *prefix(const struct session *session)
{
    return session->config.lock.prefix;
}

static const char *id(const struct session *session)
{
    return session->config.lock.id;
}

void events_withdrawn(const struct session *session, int number, int64_t waited_ms)
{
    struct report_field fields[] = {{"lock", prefix(session), 0},
                                    {"id", id(session), 0},
                                    {"signal", NULL, number},
                                    {"waited_ms", NULL, waited_ms}};
    report_event(report_event_level(), "withdrawn", fields, COUNT(fields),
                 "withdrawn from lock '%s' after " SECONDS ", by signal %d", prefix(session),
                 PARTS(waited_ms), number);
}

static void disagreement(const struct session *session, const char *name)
{
    char words[OUTCOME_DISAGREES_BYTES], other[OUTCOME_ID_BYTES];
    outcome_disagrees(session, name, other, words);
    struct report_field fields[] = {
        {"lock", prefix(session), 0}, {"id", id(session), 0}, {"other", other, 0}};
    report_event(REPORT_WARNING, "disagreement", fields, COUNT(fields), "warning: %s", words);
}

void events_acquired(const struct session *session, int64_t waited_ms)
{
    const struct lock_settings *lock = &session->config.lock;
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

void events_renewed(const struct session *session, unsigned renewals)
{
    int64_t left_ms = mono_diff(lock_lease(&session->lock).ends_at, mono_now());
    struct report_field fields[] = {{"lock", prefix(session), 0},
                                    {"id", id(session), 0},
                                    {"renewals", NULL, renewals},
                                    {"lease_ms", NULL, left_ms}};
    report_event(report_event_level(), "renewed", fields, COUNT(fields),
                 "renewed lock '%s' for " SECONDS, prefix(session), PARTS(left_ms));
}

void events_lost(const struct session *session, const struct error *why, bool warn)
{
    struct report_field fields[] = {{"lock", prefix(session), 0}, {"id", id(session), 0}};
    if (warn)
        report_event(REPORT_WARNING, "lost", fields, COUNT(fields),
                     "warning: %s; the command goes on", why->text);
    else
        report_event(REPORT_ERROR, "lost", fields, COUNT(fields), "%s; the command is ended",
                     why->text);
}

void events_max_hold(const struct session *session, int64_t held_ms)
{
    struct report_field fields[] = {
        {"lock", prefix(session), 0}, {"id", id(session), 0}, {"held_ms", NULL, held_ms}};
    report_event(REPORT_ERROR, "max_hold", fields, COUNT(fields),
                 "held lock '%s' for " SECONDS ", the time that --max-hold allows; the command is "
                 "ended",
                 prefix(session), PARTS(held_ms));
}

void events_ended(const struct session *session, int status, int64_t ran_ms)
{
    struct report_field fields[] = {{"lock", prefix(session), 0},
                                    {"id", id(session), 0},
                                    {"status", NULL, status},
                                    {"ran_ms", NULL, ran_ms}};
    if (report_is_json()) /* in text the summary says it */
        report_event(report_event_level(), "ended", fields, COUNT(fields),
                     "the command ended with status %d after " SECONDS, status, PARTS(ran_ms));
}

void events_holding_on(const struct session *session, int64_t for_ms)
{
    struct report_field fields[] = {
        {"lock", prefix(session), 0}, {"id", id(session), 0}, {"for_ms", NULL, for_ms}};
    report_event(report_event_level(), "holding_on", fields, COUNT(fields),
                 "the command has ended; holding lock '%s' for another " SECONDS, prefix(session),
                 PARTS(for_ms));
}

void events_released(const struct session *session, const struct events_summary *summary)
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

void events_not_obtained(const struct session *session, const char *line, int64_t waited_ms,
                         bool silent)
{
    struct outcome_ahead ahead;
    struct report_field fields[] = {{"lock", prefix(session), 0},   {"id", id(session), 0},
                                    {"waited_ms", NULL, waited_ms}, {"holder", ahead.id, 0},
                                    {"label", ahead.label, 0},      {"since", ahead.since, 0}};
    bool known = outcome_ahead(session, &ahead);
    report_event(silent ? report_event_level() : REPORT_NOTICE, "not_obtained", fields,
                 known ? COUNT(fields) : 3, "%s", line);
}

void events_notices(struct session *session)
{
    const char *name;
    for (;;) {
        switch (lock_take_notice(&session->lock, &name)) {
        case LOCK_NOTICE_NONE:
            provider_report(&session->client.provider, REPORT_VERBOSE);
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

void events_refused(pid_t pid)
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
