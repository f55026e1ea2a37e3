#include "run/waiting.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/file.h"
#include "base/report.h"
#include "base/text.h"
#include "run/identity.h"
#include "run/messages.h"
#include "run/supervise.h"

#define LINE_BYTES 1200 /* a prefix, who is ahead, and the words between */

static int watch(int epoll_fd, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

bool waiting_is_over(const struct waiting *waiting)
{
    return waiting->signal != 0 || waiting->guardian_died;
}

/* Sets the timer for one tick. No interval, since a waiter sleeps for long: no wakes in vain. */
static void arm(const struct waiting *waiting, long pause_ms)
{
    struct itimerspec spec = {.it_value = {.tv_sec = pause_ms / 1000}};
    (void)timerfd_settime(waiting->timer_fd, 0, &spec, NULL); /* the values are valid */
}

int waiting_begin(struct waiting *waiting, const struct signals *signals, struct guardian *guardian,
                  struct error *err)
{
    *waiting = (struct waiting){
        .signals = signals, .guardian = guardian, .since = mono_now(), .timer_fd = -1};
    waiting->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (waiting->epoll_fd >= 0)
        waiting->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (waiting->timer_fd < 0 || watch(waiting->epoll_fd, waiting->timer_fd) != 0 ||
        watch(waiting->epoll_fd, signals->fd) != 0 ||
        watch(waiting->epoll_fd, guardian_fd(guardian)) != 0) {
        (void)error_system(err, errno, "watching for signals");
        waiting_end(waiting);
        return -1;
    }
    arm(waiting, SUPERVISE_FIRST_WORD_MS);
    return 0;
}

void waiting_show(struct waiting *waiting, const struct session *session)
{
    waiting->session = session;
}

/*
 * The line for a narrow terminal: of the one ahead only its label or host and pid, the time without
 * the date if that is today's, and the lock's name only if there is room.
 */
static void write_briefly(const struct session *session, const struct messages_ahead *ahead,
                          int64_t waited_ms, unsigned room, char out[LINE_BYTES])
{
    char who[MESSAGES_WHO_BYTES] = "somebody", today[DATE_ISO_BYTES], behind[MESSAGES_BEHIND_BYTES];
    const struct lock_position *position = lock_position(&session->lock);
    struct identity_parts parts = identity_parse(text_from(ahead->id));
    if (*ahead->label || (*ahead->id && !parts.known))
        (void)snprintf(who, sizeof(who), "%s", *ahead->label ? ahead->label : ahead->id);
    else if (parts.known)
        (void)snprintf(who, sizeof(who), "%.*s-%.*s", TEXT_ARGS(parts.host), TEXT_ARGS(parts.pid));
    date_write_iso(wall_now(), today);
    bool is_today = strncmp(ahead->since, today, DATE_DAY_CHARS) == 0;
    messages_behind(session, behind);
    (void)snprintf(out, LINE_BYTES, "waiting (%lld s)%s%s%s %s %s%s%s; lock '%s'",
                   (long long)(waited_ms / 1000), *behind ? " " : "", behind, *behind ? ";" : ":",
                   position->held ? "held by" : "next is", who, *ahead->since ? " since " : "",
                   ahead->since + (is_today ? DATE_DAY_CHARS : 0), session->config.lock->prefix);
    if (strlen(out) > room)
        *strrchr(out, ';') = '\0'; /* who waits here knows which lock */
}

static void write_line(const struct session *session, const struct messages_ahead *ahead,
                       int64_t waited_ms, char out[LINE_BYTES])
{
    char who[MESSAGES_WHO_BYTES], behind[MESSAGES_BEHIND_BYTES];
    unsigned room = report_progress_room();
    const struct lock_position *position = lock_position(&session->lock);
    messages_who(session, who);
    messages_behind(session, behind);
    (void)snprintf(out, LINE_BYTES, "waiting for lock '%s' (%lld s)%s%s%s %s %s",
                   session->config.lock->prefix, (long long)(waited_ms / 1000), *behind ? " " : "",
                   behind, *behind ? ";" : ":", position->held ? "held by" : "next is", who);
    if (room && strlen(out) > room)
        write_briefly(session, ahead, waited_ms, room, out);
}

/* False if there is nothing to say (yet). */
static bool say(const struct waiting *waiting)
{
    char line[LINE_BYTES];
    struct messages_ahead ahead;
    const struct session *session = waiting->session;
    const struct lock_position *position = lock_position(&session->lock);
    const char *prefix = session->config.lock->prefix;
    int64_t waited_ms = mono_diff(mono_now(), waiting->since);
    if (lock_failures(&session->lock) > 1) {
        if (!session->lock.made_any && waited_ms < SUPERVISE_ARRIVING_MS)
            return false; /* after a few more tries the wait ends with an error that says this */
        struct report_field failing[] = {{"lock", prefix, 0},
                                         {"id", session->config.lock->id, 0},
                                         {"waited_ms", NULL, waited_ms}};
        report_progress("waiting", failing, 3, "waiting for lock '%s' (%lld s): %s", prefix,
                        (long long)(waited_ms / 1000), session->client.last_error.text);
        return true;
    }
    if (!position->behind)
        return false;
    (void)messages_ahead(session, &ahead); /* it is all "" of nobody */
    write_line(session, &ahead, waited_ms, line);
    struct report_field fields[] = {
        {"lock", prefix, 0},
        {"id", session->config.lock->id, 0},
        {"holder", ahead.id, 0},
        {"label", ahead.label, 0},
        {"since", ahead.since, 0},
        {"ahead", NULL, position->ahead},
        {"waiters_ahead", NULL, messages_before(session)},
        {"waited_ms", NULL, waited_ms},
        {"expected_end", ahead.until, 0}, /* the last one: left out if nothing was said of it */
    };
    unsigned count = sizeof(fields) / sizeof(fields[0]) - !*ahead.until;
    report_progress("waiting", fields, count, "%s", line);
    return true;
}

/*
 * How long until the next tick. On a terminal it is short even in the background, since we may be
 * put into the foreground at any time; elsewhere it grows with the time that was waited.
 */
static long pause_ms(const struct waiting *waiting, struct mono now, bool told)
{
    int64_t longer_ms = mono_diff(now, waiting->since) / 2;
    if (report_on_terminal() || longer_ms < SUPERVISE_IN_PLACE_MS)
        return SUPERVISE_IN_PLACE_MS;
    return told || longer_ms > SUPERVISE_AGAIN_MS ? SUPERVISE_AGAIN_MS : longer_ms;
}

/* What is kept in place is kept up to date; what stays is repeated now and then. */
static void tick(struct waiting *waiting)
{
    struct mono now = mono_now();
    bool told = true;
    if (waiting_is_over(waiting))
        return;
    if (report_in_place() || mono_reached(now, waiting->again_at)) {
        told = waiting->session && say(waiting);
        waiting->again_at = mono_add(now, told ? SUPERVISE_AGAIN_MS : 0);
    }
    arm(waiting, pause_ms(waiting, now, told));
}

static void take_signals(struct waiting *waiting)
{
    struct signals_seen seen;
    while (signals_next(waiting->signals, &seen)) {
        if (seen.number == SIGTSTP || seen.number == SIGTTIN || seen.number == SIGTTOU) {
            report_progress_end();
            report_flush();
            signals_stop_self(seen.number);
        } else if (waiting->signal == 0 && signals_terminating(seen.number)) {
            waiting->signal = seen.number;
        }
    }
}

static bool on_wakeup(void *context)
{
    struct waiting *waiting = context;
    uint64_t times;
    if (read(waiting->timer_fd, &times, sizeof(times)) == (ssize_t)sizeof(times))
        tick(waiting);
    take_signals(waiting);
    waiting->guardian_died = waiting->guardian_died || guardian_died(waiting->guardian);
    return waiting_is_over(waiting);
}

struct wakeup_source waiting_wakeup(struct waiting *waiting)
{
    return (struct wakeup_source){
        .fd = waiting->epoll_fd, .on_wakeup = on_wakeup, .context = waiting};
}

void waiting_end(struct waiting *waiting)
{
    report_progress_end();
    file_close(&waiting->timer_fd);
    file_close(&waiting->epoll_fd);
}
