/* lock_world - a small, perfect service, and a run of the rules against it, in virtual time. */
#ifndef LOCK_WORLD_H
#define LOCK_WORLD_H

#include <ctype.h>

#include "unit.h"

#include "lock/state.h"

#define GROUPS_MAX 96
#define TRIP_MS    20
#define START_MS   1000000

struct group {
    char name[ATTEMPT_NAME_BYTES + 1];
    int64_t created_ms;
    bool has_content, has_streams;
    int64_t shown_ms, gone_ms; /* listings show it from then on; deleted, and until then */
};

struct world {
    struct lock lock;
    int64_t now_ms;
    struct group groups[GROUPS_MAX];
    uint32_t count;
    char calls[512]; /* one letter a request: c(reate) d(elete) l(ist) i(nside); of a mutex C, D */
    enum lock_todo_kind fail_kind;
    enum lock_outcome fail_with;
    bool applied; /* the failing request was applied all the same */
    int fail_count;
    bool throttled;        /* the failing requests are */
    bool repeated;         /* any request may have been sent twice by the layers below */
    int64_t pause_ms;      /* that a failure asks for; 0: 100 */
    uint32_t pages;        /* of a listing; 0: one */
    int64_t pages_ms;      /* so long it takes to read them */
    struct mono asked;     /* when the first was */
    bool partial;          /* the first page shows everything, but is not the last of a listing */
    const char *fail_name; /* ... only those of names with this part */
    const char *hidden;    /* listings lack names with this part */
    int64_t slow_ms;       /* the next create takes so long to get there, and its answer back */
    bool no_date;          /* answers do not tell the time */
    int64_t late_ms;       /* listings show what was made or deleted so late */
    struct group ghosts[GROUPS_MAX];
    uint32_t ghost_count;
};

static struct lock_settings settings(void)
{
    return (struct lock_settings){
        .prefix = "p",
        .id = "me",
        .lock_timeout_ms = 30000,
        .role_timeout_ms = 60000,
        .settle_ms = 1000,
        .kill_after_ms = 3000,
        .release_timeout_ms = 30000,
        .wait_until = MONO_NEVER,
        .arrival_tries = 3,
    };
}

static struct mono now(const struct world *world)
{
    return (struct mono){world->now_ms};
}

static void plant(struct world *world, const char *name, int64_t age_ms)
{
    struct group *group = &world->groups[world->count++];
    *group = (struct group){.created_ms = world->now_ms - age_ms};
    (void)snprintf(group->name, sizeof(group->name), "%s", name);
}

static struct group *find(struct world *world, const char *name)
{
    for (uint32_t i = 0; i < world->count; i++)
        if (strcmp(world->groups[i].name, name) == 0)
            return &world->groups[i];
    return NULL;
}

static void uproot(struct world *world, const char *part)
{
    for (uint32_t i = 0; i < world->count; i++)
        if (strstr(world->groups[i].name, part))
            world->groups[i--] = world->groups[--world->count];
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct group *)a)->name, ((const struct group *)b)->name);
}

static struct world *begin(const struct lock_settings *from)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    world->now_ms = START_MS;
    lock_init(&world->lock, from, now(world));
    return world;
}

/* Deleted, but listings show it for a while. */
static void haunt(struct world *world, const struct group *group)
{
    assert_true(world->ghost_count < GROUPS_MAX);
    world->ghosts[world->ghost_count] = *group;
    world->ghosts[world->ghost_count++].gone_ms = world->now_ms + world->late_ms;
}

static enum lock_outcome apply(struct world *world, const struct lock_todo *todo,
                               struct lock_answer *answer)
{
    struct group *group = find(world, todo->name);
    if (todo->kind == LOCK_TODO_CREATE) {
        if (group)
            return LOCK_EXISTS;
        plant(world, todo->name, 0);
        world->groups[world->count - 1].shown_ms = world->now_ms + world->late_ms;
    } else if (todo->kind == LOCK_TODO_DELETE) {
        if (!group)
            return LOCK_ABSENT;
        if (world->late_ms)
            haunt(world, group);
        *group = world->groups[--world->count];
    } else if (todo->kind == LOCK_TODO_LOOK_INSIDE) {
        answer->has_streams = group && group->has_streams;
    }
    return LOCK_DONE;
}

/* What a listing that is asked for now shows, in ASCII order: as things were late_ms ago. */
static uint32_t list(struct world *world, struct lock_entry entries[2 * GROUPS_MAX])
{
    static struct group shown[2 * GROUPS_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < world->count; i++)
        if (world->groups[i].shown_ms <= world->now_ms &&
            !(world->hidden && strstr(world->groups[i].name, world->hidden)))
            shown[count++] = world->groups[i];
    for (uint32_t i = 0; i < world->ghost_count; i++)
        if (world->ghosts[i].gone_ms > world->now_ms && world->ghosts[i].shown_ms <= world->now_ms)
            shown[count++] = world->ghosts[i];
    qsort(shown, count, sizeof(shown[0]), by_name);
    for (uint32_t i = 0; i < count; i++)
        entries[i] = lock_entry_make("p", text_from(shown[i].name), shown[i].created_ms,
                                     shown[i].has_content);
    return count;
}

static void act(struct world *world, const struct lock_todo *todo)
{
    static const char letters[] = {'w', 'c', 'd', 'l', 'm', 'i', 'f'};
    struct lock_entry entries[2 * GROUPS_MAX];
    struct lock_answer answer = {.sent = now(world),
                                 .random = 1U << 31,
                                 .pause_ms = world->pause_ms ? world->pause_ms : 100};
    bool first_of_many = world->partial && todo->kind == LOCK_TODO_LIST && !todo->name[0];
    struct lock_listing listing = {
        .entries = entries, .pages = world->pages ? world->pages : 1, .complete = !first_of_many};
    size_t length = strlen(world->calls);
    assert_true(length + 1 < sizeof(world->calls));
    bool shared = strstr(todo->name, "/#") != NULL;
    world->calls[length] = (char)(shared ? toupper(letters[todo->kind]) : letters[todo->kind]);
    if (todo->kind == LOCK_TODO_LIST)
        world->asked = now(world);
    listing.asked = world->asked;
    bool fails = world->fail_count > 0 && todo->kind == world->fail_kind &&
                 (!world->fail_name || strstr(todo->name, world->fail_name));
    int64_t slow_ms = todo->kind == LOCK_TODO_CREATE ? world->slow_ms : 0;
    world->slow_ms -= slow_ms;
    world->now_ms += slow_ms;
    if (!fails || world->applied)
        answer.outcome = apply(world, todo, &answer);
    if (fails) {
        answer.outcome = world->fail_with;
        answer.throttled = world->throttled;
        world->fail_count--;
    }
    qsort(world->groups, world->count, sizeof(world->groups[0]), by_name);
    listing.count = list(world, entries);
    answer.listing = &listing;
    answer.maybe_repeated = world->repeated;
    answer.date_ms = world->no_date ? 0 : world->now_ms / 1000 * 1000;
    bool lists = todo->kind == LOCK_TODO_LIST || todo->kind == LOCK_TODO_LIST_MORE;
    world->now_ms += TRIP_MS + slow_ms + (lists ? world->pages_ms : 0);
    lock_tell(&world->lock, now(world), todo, &answer);
}

static inline struct lock_todo ask(struct lock *lock, struct mono at)
{
    lock_advance(lock, at);
    return lock_next(lock, at);
}

/* A wait that is over before it begins would be a busy loop; not so if its rule is left out. */
static void wait_for(struct world *world, int64_t at_ms)
{
    world->now_ms = at_ms > world->now_ms ? at_ms : world->now_ms + 1;
}

/* Goes on until the lock is in this phase, or for_ms have passed. True if it got there. */
static bool go(struct world *world, enum lock_phase until, int64_t for_ms)
{
    int64_t end_ms = world->now_ms + for_ms;
    while (world->now_ms < end_ms) {
        struct lock_todo todo = ask(&world->lock, now(world));
        if (lock_phase(&world->lock) == until)
            return true;
        if (todo.kind == LOCK_TODO_FINISH)
            return false;
        if (todo.kind == LOCK_TODO_WAIT)
            wait_for(world, todo.at.ms < end_ms ? todo.at.ms : end_ms);
        else
            act(world, &todo);
        if (lock_phase(&world->lock) == until)
            return true;
    }
    return false;
}

/* The next request of this kind about the mutex has no answer; `applied`: but an effect. */
static inline void lose_the_mutex(struct world *world, enum lock_todo_kind kind, bool applied)
{
    world->fail_kind = kind;
    world->fail_with = LOCK_UNKNOWN;
    world->fail_name = "#mutex";
    world->fail_count = 1;
    world->applied = applied;
}

/* The first look shows somebody, who is gone by the second. */
static inline void take_a_place(struct world *world)
{
    plant(world, "p/other#t30", 5000);
    struct lock_todo todo = ask(&world->lock, now(world));
    act(world, &todo);
    uproot(world, "other");
}

/* Thousands are in sight, and the service is busy. */
static inline struct world *begin_among_thousands(struct lock_settings *from)
{
    from->lock_timeout_ms = from->role_timeout_ms = 300000;
    struct world *world = begin(from);
    world->pages = 100;
    world->pages_ms = 20000;
    return world;
}

static inline void finish(struct world *world)
{
    lock_leave(&world->lock, now(world));
    assert_true(go(world, LOCK_FINISHED, 60000));
}

#endif
