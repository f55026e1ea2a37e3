#include "cwlogs-local/events.h"

#include <stdlib.h>

#include "base/buf.h"

#define HOUR_MS     ((int64_t)3600 * 1000)
#define DAY_MS      (24 * HOUR_MS)
#define TOO_OLD_MS  (14 * DAY_MS)
#define TOO_NEW_MS  (2 * HOUR_MS)
#define SPAN_MAX_MS DAY_MS

int events_add(struct events *events, int64_t timestamp_ms, size_t message_bytes)
{
    if (events->count < EVENTS_MAX) {
        void *more = array_grow(events->events, events->count, sizeof(struct event));
        if (!more)
            return -1;
        events->events = more;
        events->events[events->count] = (struct event){timestamp_ms, (int64_t)message_bytes};
        if (events->count > 0)
            events->unordered |= timestamp_ms < events->events[events->count - 1].timestamp_ms;
    }
    events->count++;
    events->bytes += (int64_t)message_bytes + EVENTS_EXTRA_BYTES;
    return 0;
}

void events_free(struct events *events)
{
    free(events->events);
    *events = (struct events){0};
}

/* The first event that is not before this time. */
static size_t seek(const struct events *events, int64_t time_ms)
{
    size_t i = 0;
    while (i < events->count && events->events[i].timestamp_ms < time_ms)
        i++;
    return i;
}

struct events_taken events_choose(const struct events *events, int64_t now_ms,
                                  int64_t retention_days)
{
    struct events_taken taken = {.too_old_end = seek(events, now_ms - TOO_OLD_MS),
                                 .too_new = seek(events, now_ms + TOO_NEW_MS + 1)};
    if (retention_days > 0 && retention_days * DAY_MS < TOO_OLD_MS)
        taken.expired_end = seek(events, now_ms - retention_days * DAY_MS);
    taken.first = taken.too_old_end > taken.expired_end ? taken.too_old_end : taken.expired_end;
    taken.end = taken.too_new;
    for (size_t i = taken.first; i < taken.end; i++)
        taken.bytes += events->events[i].bytes + EVENTS_EXTRA_BYTES;
    if (taken.first == taken.end)
        return taken;
    taken.first_ms = events->events[taken.first].timestamp_ms;
    taken.last_ms = events->events[taken.end - 1].timestamp_ms;
    taken.span_too_long = taken.last_ms - taken.first_ms > SPAN_MAX_MS;
    return taken;
}
