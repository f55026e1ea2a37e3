#include "world.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES ((size_t)256 * 1024)

struct world_event {
    int64_t at_ms;
    uint64_t order;
    event_fn *fn;
    void *object;
    uint64_t argument;
};

struct world_page {
    struct world_page *next;
    size_t used;
    _Alignas(16) char bytes[PAGE_BYTES];
};

void world_start(struct world *world, uint64_t seed)
{
    struct world kept = *world;
    for (struct world_page *page = kept.pages; page; page = page->next)
        page->used = 0;
    *world = (struct world){
        .prng = {seed * 0x2545f4914f6cdd1dULL + 1},
        .transcript = kept.transcript,
        .events = kept.events,
        .event_room = kept.event_room,
        .pages = kept.pages,
        .page = kept.pages,
    };
}

void world_free(struct world *world)
{
    while (world->pages) {
        struct world_page *next = world->pages->next;
        free(world->pages);
        world->pages = next;
    }
    free(world->events);
    *world = (struct world){0};
}

static bool earlier(const struct world_event *a, const struct world_event *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

void world_at(struct world *world, int64_t at_ms, event_fn *fn, void *object, uint64_t argument)
{
    if (at_ms == WORLD_NEVER)
        return;
    if (world->event_count == world->event_room) {
        world->event_room = world->event_room ? world->event_room * 2 : 256;
        world->events = realloc(world->events, world->event_room * sizeof(*world->events));
        assert(world->events);
    }
    struct world_event event = {at_ms < world->now_ms ? world->now_ms : at_ms, world->next_order++,
                                fn, object, argument};
    size_t i = world->event_count++;
    while (i > 0 && earlier(&event, &world->events[(i - 1) / 2])) {
        world->events[i] = world->events[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    world->events[i] = event;
}

static struct world_event take_first(struct world *world)
{
    struct world_event first = world->events[0];
    struct world_event last = world->events[--world->event_count];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= world->event_count)
            break;
        if (child + 1 < world->event_count &&
            earlier(&world->events[child + 1], &world->events[child]))
            child++;
        if (!earlier(&world->events[child], &last))
            break;
        world->events[i] = world->events[child];
        i = child;
    }
    world->events[i] = last;
    return first;
}

bool world_step(struct world *world)
{
    if (world->event_count == 0)
        return false;
    struct world_event event = take_first(world);
    world->now_ms = event.at_ms;
    if (++world->happened > WORLD_EVENTS_MAX)
        world_fail(world, "I5", "more than %d events: something spins", WORLD_EVENTS_MAX);
    event.fn(event.object, event.argument);
    return true;
}

void *world_keep(struct world *world, size_t bytes)
{
    bytes = (bytes + 15) & ~(size_t)15;
    assert(bytes <= PAGE_BYTES);
    while (world->page && world->page->used + bytes > PAGE_BYTES && world->page->next)
        world->page = world->page->next;
    if (!world->page || world->page->used + bytes > PAGE_BYTES) {
        struct world_page *page = malloc(sizeof(*page));
        assert(page);
        page->next = NULL;
        page->used = 0;
        if (world->page)
            world->page->next = page;
        else
            world->pages = page;
        world->page = page;
    }
    void *memory = world->page->bytes + world->page->used;
    world->page->used += bytes;
    return memory;
}

const char *world_keep_text(struct world *world, const char *text, size_t length)
{
    char *copy = world_keep(world, length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

void world_say(struct world *world, const char *who, const char *format, ...)
{
    if (!world->transcript)
        return;
    va_list args;
    va_start(args, format);
    (void)fprintf(world->transcript, "%10.3f  %-4s ", (double)world->now_ms / 1000, who);
    (void)vfprintf(world->transcript, format, args);
    (void)fputc('\n', world->transcript);
    va_end(args);
}

void world_fail(struct world *world, const char *invariant, const char *format, ...)
{
    char text[WORLD_FAILURE_BYTES - 8];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    world_say(world, "!!!!", "%s violated: %s", invariant, text);
    if (!world_failed(world))
        (void)snprintf(world->failure, sizeof(world->failure), "%.6s %s", invariant, text);
}
