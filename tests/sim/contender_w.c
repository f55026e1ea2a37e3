#include "contender_w.h"

#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "listing_w.h"
#include "settings_w.h"

#define READ_TIMEOUT_MS 30000
#define STREAM_MS       2000 /* a reader of a stream comes again within this */

static void arrive(void *object, uint64_t argument);

static struct world *world_of(const struct contender_w *self)
{
    return self->process.world;
}

static const struct plan *plan_of(const struct contender_w *self)
{
    return self->process.plan;
}

static struct mono now_of(const struct contender_w *self)
{
    return process_clock(&self->process);
}

static void woken(void *object, uint64_t wake)
{
    struct contender_w *self = object;
    if (!self->present || wake != self->wake)
        return;
    if (process_stopped(&self->process)) {
        world_at(world_of(self), self->process.stopped_until_ms, woken, self, wake);
        return;
    }
    contender_w_turn(self);
}

static void wake_at(struct contender_w *self, int64_t at_ms)
{
    world_at(world_of(self), at_ms, woken, self, ++self->wake);
}

/* A moment at which the process may be stopped; if it is, it goes on with go_on afterwards. */
static bool pause_here(struct contender_w *self, enum plan_effect effect, event_fn *go_on,
                       uint64_t argument)
{
    bool was_stopped = process_stopped(&self->process);
    bool was_frozen = process_frozen(&self->process);
    if (self->step && self->step->effect == effect)
        process_stop(&self->process, self->step->ms);
    if (!was_stopped && !process_pause(&self->process) && !process_stopped(&self->process))
        return false;
    if (process_frozen(&self->process) && !was_frozen)
        command_freeze(self);
    checker_trouble(self->checker, self->actor, world_of(self)->now_ms,
                    self->process.stopped_until_ms);
    if (!was_stopped)
        world_say(world_of(self), self->who, "is %s for %lld ms",
                  process_frozen(&self->process) ? "suspended" : "stopped",
                  (long long)(self->process.stopped_until_ms - world_of(self)->now_ms));
    world_at(world_of(self), self->process.stopped_until_ms, go_on, self, argument);
    return true;
}

/* Power loss: nobody cleans up. Comes again later. */
static void crash(struct contender_w *self)
{
    struct world *world = world_of(self);
    const struct plan *plan = plan_of(self);
    world_say(world, self->who, "loses power");
    command_kill(self);
    checker_killed(self->checker, self->actor);
    self->present = false;
    self->serial++;
    self->flight = NULL;
    world_at(world, world->now_ms + prng_range(&world->prng, 1000, plan->lock_timeout_ms), arrive,
             self, self->serial);
}

/* By the launcher's own rules, which matter where many share a quota. */
static void pause_by_retry(struct contender_w *self, struct lock_answer *answer, bool failed)
{
    if (failed)
        answer->pause_ms =
            retry_pause_ms(&self->retry, answer->throttled ? RETRY_THROTTLED : RETRY_ERROR, 0,
                           (uint32_t)prng_next(&world_of(self)->prng));
    else
        retry_succeeded(&self->retry);
}

static const enum plan_op ops[] = {
    [LOCK_TODO_CREATE] = PLAN_CREATE,    [LOCK_TODO_DELETE] = PLAN_DELETE,
    [LOCK_TODO_LIST] = PLAN_LIST,        [LOCK_TODO_LIST_MORE] = PLAN_LIST,
    [LOCK_TODO_LOOK_INSIDE] = PLAN_LOOK,
};

static void tell(struct contender_w *self, const struct lock_answer *answer)
{
    struct world *world = world_of(self);
    struct lock_answer full = *answer;
    bool failed = full.outcome == LOCK_LATER || full.outcome == LOCK_UNKNOWN;
    self->failures = failed ? self->failures + 1 : 0;
    if (plan_of(self)->quota > 0) {
        pause_by_retry(self, &full, failed);
    } else if (failed) {
        uint32_t doublings = self->failures < 10 ? self->failures - 1 : 9;
        int64_t most_ms = (int64_t)(full.throttled ? 1000 : 50) << doublings;
        full.pause_ms = prng_range(&world->prng, 0, most_ms < 20000 ? most_ms : 20000);
    }
    checker_request(self->checker, self->actor, self->decided_ms, failed ? &full : NULL);
    full.sent = self->sent;
    full.random = (uint32_t)prng_next(&world->prng);
    checker_outcome(self->checker, self->actor, ops[self->todo.kind], self->name, now_of(self),
                    &full);
    if (self->todo.kind == LOCK_TODO_DELETE &&
        (full.outcome == LOCK_DONE || full.outcome == LOCK_ABSENT))
        checker_gone(self->checker, self->actor, self->name);
    if (full.outcome == LOCK_DONE && full.listing)
        checker_shown(self->checker, self->actor, now_of(self), self->asked_ms, full.listing,
                      self->todo.name[0] != '\0');
    self->asked = false;
    self->flight = NULL;
    if (self->arrived)
        wire_let_go(self->arrived);
    self->arrived = NULL;
    self->request++;
    enum lock_phase before = lock_phase(&self->lock);
    lock_tell(&self->lock, now_of(self), &self->todo, &full);
    enum lock_phase after = lock_phase(&self->lock);
    if (before < LOCK_CLEANING && (after == LOCK_CLEANING || after == LOCK_HELD))
        checker_decides(self->checker, self->actor);
}

static void tell_unknown(struct contender_w *self)
{
    tell(self, &(struct lock_answer){.outcome = LOCK_UNKNOWN});
}

static void timed_out(void *object, uint64_t request)
{
    struct contender_w *self = object;
    if (!self->present || request != self->request || !self->asked)
        return;
    if (process_stopped(&self->process)) {
        world_at(world_of(self), self->process.stopped_until_ms, timed_out, self, request);
        return;
    }
    world_say(world_of(self), self->who, "gives up waiting for an answer");
    tell_unknown(self);
    contender_w_turn(self);
}

static void read_answer(struct contender_w *self, const struct flight *flight)
{
    struct lock_answer answer = {
        .outcome = flight->outcome,
        .throttled = flight->throttled,
        .maybe_repeated = flight->repeated,
        .has_streams = flight->streams,
        .date_ms = flight->date_ms,
    };
    struct lock_listing listing;
    if (flight->op == PLAN_LIST && flight->outcome == LOCK_DONE) {
        listing = listing_w_add(self, &flight->page);
        answer.listing = &listing;
        if (world_of(self)->transcript)
            command_say_listing(self, &listing);
    } else if (world_of(self)->transcript) {
        static const char *const outcomes[] = {"done",    "exists", "absent",
                                               "refused", "later",  "unknown"};
        world_say(world_of(self), self->who, "hears: %s", outcomes[answer.outcome]);
    }
    tell(self, &answer);
}

static void receive(void *object, uint64_t request)
{
    struct contender_w *self = object;
    struct flight *flight = self->arrived;
    if (!self->present || request != self->request || !flight)
        return;
    if (process_stopped(&self->process)) {
        world_at(world_of(self), self->process.stopped_until_ms, receive, self, request);
        return;
    }
    self->arrived = NULL;
    read_answer(self, flight);
    wire_let_go(flight);
    contender_w_turn(self);
}

static void answered(void *object, struct flight *flight)
{
    struct contender_w *self = object;
    if (!self->present || flight != self->flight)
        return;
    self->arrived = flight;
    wire_hold(flight);
    if (!pause_here(self, PLAN_STOP_AFTER, receive, self->request))
        receive(self, self->request);
}

/* The request leaves. */
static void launch(void *object, uint64_t request)
{
    struct contender_w *self = object;
    struct world *world = world_of(self);
    if (!self->present || request != self->request || !self->asked || self->flight)
        return;
    if (process_stopped(&self->process)) {
        world_at(world, self->process.stopped_until_ms, launch, self, request);
        return;
    }
    struct flight *flight = wire_flight(self->wire);
    flight->op = ops[self->todo.kind];
    flight->actor = self->actor;
    flight->run = self->checker->actors[self->actor].run;
    flight->decided_ms = self->decided_ms;
    flight->answered = answered;
    flight->object = self;
    if (self->todo.kind == LOCK_TODO_LIST_MORE && self->last_name)
        (void)snprintf(flight->name, sizeof(flight->name), "%s", self->last_name);
    else if (self->todo.kind != LOCK_TODO_LIST || self->list_own) /* from our own name on */
        (void)snprintf(flight->name, sizeof(flight->name), "%.*s",
                       (int)strlen(self->name) - (self->todo.kind == LOCK_TODO_LIST), self->name);
    self->flight = flight;
    int64_t until_ms = process_when(&self->process, self->todo.deadline);
    if (until_ms > world->now_ms + READ_TIMEOUT_MS)
        until_ms = world->now_ms + READ_TIMEOUT_MS;
    world_at(world, until_ms, timed_out, self, self->request);
    wire_send(flight, self->step);
}

/* A request begins: its moment of sending is noted, then it leaves, if nothing comes between. */
static void begin(struct contender_w *self, const struct lock_todo *todo)
{
    struct world *world = world_of(self);
    self->todo = *todo;
    self->asked = true;
    self->sent = now_of(self);
    self->decided_ms = world->now_ms;
    self->request++;
    self->step = wire_step(self->wire, self->actor, ops[todo->kind]);
    if (todo->name[0])
        (void)snprintf(self->name, sizeof(self->name), "%s", todo->name);
    if (todo->kind == LOCK_TODO_CREATE)
        checker_sends(self->checker, self->actor, self->name, self->sent);
    if (todo->kind == LOCK_TODO_DELETE)
        checker_deletes(self->checker, self->actor, self->name);
    if (todo->kind == LOCK_TODO_LIST) {
        self->list_own = todo->name[0] != '\0';
        self->entry_count = self->pages = 0;
        self->last_name = NULL;
        self->asked_at = self->sent;
        self->asked_ms = world->now_ms;
    }
    static const char *const words[] = {
        [LOCK_TODO_CREATE] = "creates",
        [LOCK_TODO_DELETE] = "deletes",
        [LOCK_TODO_LIST] = "lists",
        [LOCK_TODO_LIST_MORE] = "lists on",
        [LOCK_TODO_LOOK_INSIDE] = "looks into",
    };
    if (world->transcript)
        world_say(world, self->who, "%s %s", words[todo->kind], todo->name);
    if (self->step && self->step->effect == PLAN_CRASH)
        crash(self);
    else if (!pause_here(self, PLAN_STOP, launch, self->request))
        launch(self, self->request);
}

static void leave(struct contender_w *self)
{
    if (self->asked)
        tell_unknown(self);
    lock_leave(&self->lock, now_of(self));
}

static int64_t next_arrival(struct world *world, const struct plan *plan)
{
    int64_t at_ms = world->now_ms + prng_range(&world->prng, 0, plan->think_max_ms);
    if (plan->rush_ms)
        at_ms += plan->rush_ms - at_ms % plan->rush_ms + prng_range(&world->prng, 0, plan->lag_ms);
    return at_ms;
}

/* The run is over; the next comes after a while, unless all is done. */
static void finish(struct contender_w *self)
{
    struct world *world = world_of(self);
    const struct plan *plan = plan_of(self);
    enum lock_reason reason = lock_reason(&self->lock);
    bool held = self->ran;
    world_say(world, self->who, "exits (%s, reason %d)", held ? "held" : "did not hold",
              (int)reason);
    if (!self->leaving)
        checker_leaves(self->checker, self->actor, now_of(self), lock_reason(&self->lock));
    checker_exits(self->checker, self->actor, &self->lock.settings);
    if (reason == LOCK_REASON_HELD && self->lock.settings.nonblock)
        checker_refused(self->checker, self->actor);
    if (reason == LOCK_REASON_NAME_TAKEN && !plan->evil)
        world_fail(world, "I5", "%s finds its new name taken", self->who);
    self->present = false;
    self->serial++;
    if (world->calm && held && self->held_calm)
        checker_through(self->checker, self->actor);
    self->done |= self->checker->actors[self->actor].through;
    if (plan->once && held)
        return; /* of a crowd that comes once */
    if (plan->crowd && !plan->once)
        world_at(world, world->now_ms + prng_range(&world->prng, 0, plan->return_ms), arrive, self,
                 self->serial);
    else if (checker_streams(self->checker, self->actor))
        world_at(world, world->now_ms + prng_range(&world->prng, 0, STREAM_MS), arrive, self,
                 self->serial);
    else if (!self->done && !plan->story)
        world_at(world, next_arrival(world, plan), arrive, self, self->serial);
}

/* What the phase asks of the launcher; true if lock_next() is to be asked again. */
static bool obey_phase(struct contender_w *self)
{
    enum lock_phase phase = lock_phase(&self->lock);
    if (phase == LOCK_LEAVING && !self->leaving) {
        self->leaving = true;
        checker_leaves(self->checker, self->actor, now_of(self), lock_reason(&self->lock));
    }
    if (phase == LOCK_LEAVING || phase == LOCK_FINISHED)
        return false;
    if (phase == LOCK_LOST && self->command != COMMAND_ALIVE && self->command != COMMAND_ENDED) {
        self->command = COMMAND_ENDED; /* too late to start it */
        command_say_lost(self);
    }
    if (self->command == COMMAND_ENDED) {
        leave(self);
        return true;
    }
    self->lease = lock_lease(&self->lock);
    command_watch(self);
    if (phase == LOCK_LOST)
        command_lost(self);
    else if (phase == LOCK_HELD && self->command == COMMAND_NONE)
        command_decide(self);
    return false;
}

void contender_w_turn(struct contender_w *self)
{
    struct world *world = world_of(self);
    if (!world->calm && prng_chance(&world->prng, plan_of(self)->crash)) {
        crash(self);
        return;
    }
    while (self->present && !self->asked) {
        settings_w_stamp(self);
        lock_advance(&self->lock, now_of(self));
        struct lock_todo todo = lock_next(&self->lock, now_of(self));
        if (obey_phase(self))
            continue;
        if (self->command == COMMAND_STARTING) {
            self->step = wire_step(self->wire, self->actor, PLAN_START);
            if (pause_here(self, PLAN_STOP, command_start_later, self->serial))
                return;
            command_start(self);
            continue;
        }
        if (todo.kind == LOCK_TODO_FINISH) {
            finish(self);
        } else if (todo.kind == LOCK_TODO_WAIT) {
            int64_t at_ms = process_when(&self->process, todo.at);
            wake_at(self, at_ms > world->now_ms ? at_ms : world->now_ms + 1);
            return;
        } else {
            begin(self, &todo);
        }
    }
}

void contender_w_command_over(void *object, uint64_t serial)
{
    struct contender_w *self = object;
    if (!self->present || serial != self->serial)
        return;
    if (process_stopped(&self->process)) {
        world_at(world_of(self), self->process.stopped_until_ms, contender_w_command_over, self,
                 serial);
        return;
    }
    if (!world_of(self)->calm && prng_chance(&world_of(self)->prng, plan_of(self)->crash_holding)) {
        crash(self);
        return;
    }
    if (self->asked && prng_chance(&world_of(self)->prng, 0.5))
        return; /* waits for the answer first */
    if (!self->leaving)
        leave(self);
    contender_w_turn(self);
}

/* Somebody presses ^C, or a job is cancelled. */
static void signalled(void *object, uint64_t serial)
{
    struct contender_w *self = object;
    if (!self->present || serial != self->serial || self->leaving)
        return;
    if (process_stopped(&self->process)) {
        world_at(world_of(self), self->process.stopped_until_ms, signalled, self, serial);
        return;
    }
    world_say(world_of(self), self->who, "gets a signal");
    if (self->command == COMMAND_ALIVE) {
        command_end_by(self, world_of(self)->now_ms + prng_range(&world_of(self)->prng, 0, 500));
        return;
    }
    if (self->command == COMMAND_STARTING)
        self->command = COMMAND_ENDED; /* it was stopped before it started it, and now need not */
    leave(self);
    contender_w_turn(self);
}

static void arrive(void *object, uint64_t serial)
{
    struct contender_w *self = object;
    struct world *world = world_of(self);
    const struct plan *plan = plan_of(self);
    bool done = self->done && !checker_streams(self->checker, self->actor);
    if (self->present || serial != self->serial || done)
        return;
    self->present = true;
    self->runs++;
    self->serial++;
    self->asked = self->leaving = self->ran = self->termed = self->said_lost = self->held_calm =
        false;
    self->flight = self->arrived = NULL;
    self->failures = 0;
    self->budget = RETRY_BUDGET;
    self->retry = (struct retry){.budget = &self->budget};
    self->retry.crowd = true;
    self->command = COMMAND_NONE;
    self->process.stopped_until_ms = self->process.frozen_until_ms = 0;
    settings_w_name(self);
    struct lock_settings settings = settings_w_draw(self);
    self->hold_ms = settings_w_hold_ms(self);
    checker_run(self->checker, self->actor, self->id, settings.lock_timeout_ms, !settings.no_queue);
    lock_init(&self->lock, &settings, now_of(self));
    checker_mode(self->checker, self->actor, &self->lock.settings);
    world_say(world, self->who, "arrives as %s%s", self->id, settings.nonblock ? " (-n)" : "");
    if (plan->arrivals && plan->arrivals[self->actor].signal_ms)
        world_at(world, world->now_ms + plan->arrivals[self->actor].signal_ms, signalled, self,
                 self->serial);
    if (!world->calm && prng_chance(&world->prng, plan->signal))
        world_at(world,
                 world->now_ms +
                     (int64_t)prng_scale(&world->prng, 1, 2.0 * (double)plan->lock_timeout_ms),
                 signalled, self, self->serial);
    contender_w_turn(self);
}

void contender_w_start(struct contender_w *self, struct wire *wire, uint32_t actor)
{
    struct world *world = wire->world;
    struct lock_entry *entries = self->entries;
    uint32_t entry_room = self->entry_room;
    memset(self, 0, offsetof(struct contender_w, lock));
    memset((char *)self + offsetof(struct contender_w, todo), 0,
           sizeof(*self) - offsetof(struct contender_w, todo));
    self->entries = entries;
    self->entry_room = entry_room;
    self->wire = wire;
    self->checker = wire->checker;
    self->actor = actor;
    self->who = wire->checker->actors[actor].who;
    process_start(&self->process, world, wire->plan, actor);
    int64_t at_ms = prng_chance(&world->prng, 0.5)
                        ? prng_range(&world->prng, 0, wire->plan->settle_ms)
                        : prng_range(&world->prng, 0, wire->plan->think_max_ms);
    if (wire->plan->crowd)
        at_ms = prng_range(&world->prng, 0, wire->plan->think_max_ms);
    if (wire->plan->first_hold_ms)
        at_ms = actor ? at_ms + PLAN_BEHIND_MS : 0;
    if (wire->plan->arrivals)
        at_ms = wire->plan->arrivals[actor].at_ms;
    world_at(world, at_ms, arrive, self, 0);
}

void contender_w_free(struct contender_w *self)
{
    free(self->entries);
    self->entries = NULL;
    self->entry_room = 0;
}
