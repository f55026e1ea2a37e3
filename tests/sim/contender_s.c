#include "contender_s.h"

#include <stdio.h>
#include <string.h>

#define REQUEST_TRIES   4
#define ATTEMPTS_MAX    10
#define READ_TIMEOUT_MS 10000
#define ROLE_CALM_MS    2000 /* how long it holds in the calm */

static const enum plan_op ops[] = {
    [ROLE_CLEAR] = PLAN_DELETE, [ROLE_CREATE] = PLAN_CREATE,  [ROLE_STAMP] = PLAN_LOOK,
    [ROLE_LIST] = PLAN_LIST,    [ROLE_EXPIRED] = PLAN_DELETE, [ROLE_RELEASE] = PLAN_DELETE,
};

static void begin(void *object, uint64_t serial);
static void next_step(struct contender_s *self, enum role_step step, int64_t after_ms);

static struct world *world_of(const struct contender_s *self)
{
    return self->process.world;
}

/* In the calm its tasks are slow enough to see what they did: else it might try for ever. */
static int64_t task_ms(struct contender_s *self)
{
    int64_t least_ms = world_of(self)->calm ? self->process.plan->lag_ms : 0;
    return self->process.plan->story ? self->process.plan->lag_ms + 100
                                     : prng_range(&world_of(self)->prng, least_ms, least_ms + 300);
}

/* Some are asleep just before they look. */
static void fall_asleep(struct contender_s *self)
{
    struct world *world = world_of(self);
    const struct plan *plan = self->process.plan;
    if (self->step != ROLE_LIST || *self->cursor || world->calm ||
        !prng_chance(&world->prng, plan->role_sleep))
        return;
    process_stop(&self->process,
                 prng_range(&world->prng, plan->role_sleep_min_ms, plan->role_sleep_max_ms));
    world_say(world, self->who, "falls asleep");
}

/* True if the process is stopped; it goes on with go_on then. */
static bool held_up(struct contender_s *self, enum plan_effect effect, event_fn *go_on)
{
    struct world *world = world_of(self);
    bool was_stopped = process_stopped(&self->process);
    if (self->story_step && self->story_step->effect == effect) {
        process_stop(&self->process, self->story_step->ms);
        self->story_step = NULL;
    }
    if (!was_stopped && !process_pause(&self->process) && !process_stopped(&self->process))
        return false;
    if (!was_stopped)
        world_say(world, self->who, "is stopped for %lld ms",
                  (long long)(self->process.stopped_until_ms - world->now_ms));
    world_at(world, self->process.stopped_until_ms, go_on, self, self->serial);
    return true;
}

static void stop_holding(struct contender_s *self)
{
    if (self->holding)
        checker_held(self->checker, self->actor, process_clock(&self->process));
    self->holding = false;
}

static void come_back(struct contender_s *self, int64_t after_ms)
{
    stop_holding(self);
    self->checker->actors[self->actor].present = false;
    self->attempts = 0;
    if (self->process.plan->story || self->done)
        next_step(self, ROLE_IDLE, 0);
    else
        next_step(self, ROLE_CLEAR, after_ms);
}

static void release(struct contender_s *self, bool retry)
{
    stop_holding(self);
    self->retry = retry;
    next_step(self, ROLE_RELEASE, 0);
}

/* The name is deleted (or could not be): wait, try again, or be done. */
static void released(struct contender_s *self)
{
    struct world *world = world_of(self);
    const struct plan *plan = self->process.plan;
    if (world->calm && self->held_calm)
        self->done = true;
    if (self->retry && ++self->attempts < (world->calm ? UINT32_MAX : ATTEMPTS_MAX))
        next_step(self, ROLE_CLEAR,
                  prng_range(&world->prng, plan->role_delay_ms, 3 * plan->role_delay_ms / 2));
    else
        come_back(self,
                  prng_range(&world->prng, 0, plan->crowd ? plan->return_ms : plan->think_max_ms));
}

static void won(struct contender_s *self)
{
    struct world *world = world_of(self);
    world_say(world, self->who, "STARTS its work");
    self->holding = true;
    self->held_calm = world->calm;
    struct checker_actor *known = &self->checker->actors[self->actor];
    if (known->group && known->group->created_ms != self->stamp_ms)
        known->robbed = true; /* it reads when its name was made before: excepted */
    checker_holds(self->checker, self->actor, process_clock(&self->process));
    next_step(self, ROLE_EXPIRED, 0);
}

static void read_page(struct contender_s *self, const struct service_page *page)
{
    int64_t oldest_ms = self->stamp_ms - self->process.plan->role_age_ms;
    for (uint32_t i = 0; i < page->count; i++) {
        const struct group *group = page->groups[i];
        if (group->created_ms < oldest_ms) {
            if (self->expired_count < ROLE_EXPIRED_MAX)
                memcpy(self->expired[self->expired_count++], group->name, group->name_bytes + 1);
        } else if (!self->first_found || group->created_ms < self->first_ms) {
            self->first_found = true;
            self->first_ms = group->created_ms;
            memcpy(self->first_name, group->name, group->name_bytes + 1);
        }
        memcpy(self->cursor, group->name, group->name_bytes + 1);
    }
    if (page->more) {
        next_step(self, ROLE_LIST, 0);
        return;
    }
    bool first = self->first_found && strcmp(self->first_name, self->name) == 0;
    world_say(world_of(self), self->who, "reads the listing: first is %s",
              self->first_found ? self->first_name : "nobody");
    checker_whole_listing(self->checker, self->actor, self->asked_ms);
    if (first)
        won(self);
    else
        release(self, true);
}

static void created(struct contender_s *self, const struct flight *flight)
{
    if (flight->outcome == LOCK_DONE)
        next_step(self, ROLE_STAMP, task_ms(self));
    else
        release(self, true); /* the role's task fails when the name is there already */
}

/* An answer that says something. */
static void obey(struct contender_s *self, const struct flight *flight)
{
    switch (self->step) {
    case ROLE_CLEAR:
        next_step(self, ROLE_CREATE,
                  (self->clean ? 0 : self->process.plan->lag_ms + 1) + task_ms(self));
        self->clean = false;
        break;
    case ROLE_CREATE:
        created(self, flight);
        break;
    case ROLE_STAMP:
        if (flight->outcome != LOCK_DONE) { /* "was not created ... please try again!" */
            release(self, true);
            break;
        }
        self->stamp_ms = flight->group->created_ms;
        self->first_found = false;
        self->expired_count = 0;
        self->cursor[0] = '\0';
        next_step(self, ROLE_LIST, task_ms(self));
        break;
    case ROLE_LIST:
        read_page(self, &flight->page);
        break;
    case ROLE_EXPIRED:
        next_step(self, ROLE_EXPIRED, 0);
        break;
    case ROLE_RELEASE:
        released(self);
        break;
    case ROLE_IDLE:
    case ROLE_WORK:
        break;
    }
}

static void hear(struct contender_s *self, const struct flight *flight)
{
    struct world *world = world_of(self);
    bool failed = !flight || flight->outcome == LOCK_LATER || flight->outcome == LOCK_UNKNOWN;
    self->flight = NULL;
    self->serial++;
    if (!failed) {
        self->tries = 0;
        obey(self, flight);
    } else if (++self->tries < (world->calm ? 100 : REQUEST_TRIES)) {
        next_step(self, self->step, prng_range(&world->prng, 50, 2000));
    } else {
        self->tries = 0;
        world_say(world, self->who, "gives a request up");
        if (self->step == ROLE_RELEASE)
            released(self);
        else if (self->step == ROLE_EXPIRED)
            next_step(self, ROLE_EXPIRED, 0);
        else
            release(self, true);
    }
}

static void answered(void *object, struct flight *flight)
{
    struct contender_s *self = object;
    if (flight == self->flight)
        hear(self, flight);
}

static void timed_out(void *object, uint64_t serial)
{
    struct contender_s *self = object;
    if (serial == self->serial && self->flight)
        hear(self, NULL);
}

static void worked(void *object, uint64_t serial)
{
    struct contender_s *self = object;
    if (serial != self->serial)
        return;
    world_say(world_of(self), self->who, "ends its work");
    release(self, false);
}

static void send_off(void *object, uint64_t serial)
{
    struct contender_s *self = object;
    struct world *world = world_of(self);
    if (serial != self->serial || self->flight)
        return;
    if (process_stopped(&self->process)) {
        world_at(world, self->process.stopped_until_ms, send_off, self, serial);
        return;
    }
    if (self->step == ROLE_LIST && !*self->cursor)
        self->asked_ms = world->now_ms;
    struct flight *flight = wire_flight(self->wire);
    flight->op = ops[self->step];
    flight->own = self->step == ROLE_STAMP;
    flight->actor = self->actor;
    flight->run = self->checker->actors[self->actor].run;
    flight->decided_ms = self->decided_ms;
    flight->answered = answered;
    flight->object = self;
    const char *name = self->name;
    if (self->step == ROLE_LIST)
        name = self->cursor;
    else if (self->step == ROLE_EXPIRED)
        name = self->expired[self->expired_count];
    memcpy(flight->name, name, strlen(name) + 1);
    self->flight = flight;
    world_at(world, world->now_ms + READ_TIMEOUT_MS, timed_out, self, serial);
    wire_send(flight, self->story_step);
}

static void crash(struct contender_s *self)
{
    struct world *world = world_of(self);
    world_say(world, self->who, "dies");
    self->flight = NULL;
    self->serial++;
    come_back(self, prng_range(&world->prng, 1000, 2 * self->process.plan->role_age_ms));
}

/* Begins the step: `serial` is void if the contender has gone on meanwhile. */
static void begin(void *object, uint64_t serial)
{
    struct contender_s *self = object;
    struct world *world = world_of(self);
    if (serial != self->serial || self->flight || self->step == ROLE_IDLE)
        return;
    if (self->step == ROLE_CLEAR && !self->checker->actors[self->actor].present) {
        checker_run(self->checker, self->actor, self->name, self->process.plan->role_age_ms, false);
        world_say(world, self->who, "arrives");
    }
    if (!world->calm && prng_chance(&world->prng, self->process.plan->crash)) {
        crash(self);
        return;
    }
    if (self->step == ROLE_EXPIRED && self->expired_count == 0) {
        self->step = ROLE_WORK;
        world_at(world, world->now_ms + self->hold_ms, worked, self, self->serial);
        return;
    }
    if (self->step == ROLE_EXPIRED)
        self->expired_count--;
    self->decided_ms = world->now_ms;
    self->story_step = wire_step(self->wire, self->actor, ops[self->step]);
    fall_asleep(self);
    if (!held_up(self, PLAN_STOP, send_off))
        send_off(self, self->serial);
}

static void next_step(struct contender_s *self, enum role_step step, int64_t after_ms)
{
    struct world *world = world_of(self);
    const struct plan *plan = self->process.plan;
    self->step = step;
    self->serial++;
    if (step == ROLE_CREATE) {
        self->hold_ms = (int64_t)prng_scale(&world->prng, 100, (double)plan->hold_max_ms);
        if (plan->arrivals)
            self->hold_ms = plan->arrivals[self->actor].hold_ms;
        else if (world->calm || plan->crowd)
            self->hold_ms =
                plan->crowd ? prng_range(&world->prng, 0, 2 * plan->hold_max_ms) : ROLE_CALM_MS;
    }
    if (step != ROLE_IDLE)
        world_at(world, world->now_ms + after_ms, begin, self, self->serial);
}

void contender_s_hurry(struct contender_s *self)
{
    struct world *world = world_of(self);
    if (self->step == ROLE_WORK)
        world_at(world, world->now_ms + ROLE_CALM_MS, worked, self, self->serial);
    else if (self->hold_ms > ROLE_CALM_MS)
        self->hold_ms = ROLE_CALM_MS;
}

void contender_s_start(struct contender_s *self, struct wire *wire, uint32_t actor)
{
    struct world *world = wire->world;
    const struct plan *plan = wire->plan;
    memset(self, 0, offsetof(struct contender_s, expired));
    self->expired_count = 0;
    self->story_step = NULL;
    self->wire = wire;
    self->checker = wire->checker;
    self->actor = actor;
    self->who = wire->checker->actors[actor].who;
    (void)snprintf(self->name, sizeof(self->name), "%s/%c-role-%u", PLAN_PREFIX,
                   "0sz"[(actor + plan->seed) % 3], actor);
    self->clean = true;
    process_start(&self->process, world, plan, actor);
    int64_t at_ms = prng_range(&world->prng, 0, plan->think_max_ms);
    if (plan->arrivals) {
        at_ms = plan->arrivals[actor].at_ms;
        (void)snprintf(self->name, sizeof(self->name), "%s/%s", PLAN_PREFIX,
                       plan->arrivals[actor].id);
    }
    next_step(self, ROLE_CLEAR, at_ms);
}
