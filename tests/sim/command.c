#include "command.h"

#include <string.h>

static void ended(struct contender_w *self, const char *how)
{
    struct world *world = self->process.world;
    if (self->command != COMMAND_ALIVE)
        return;
    self->command = COMMAND_ENDED;
    world_say(world, self->who, "its command %s", how);
    checker_held(self->checker, self->actor, process_clock(&self->process));
    world_at(world, world->now_ms, contender_w_command_over, self, self->serial);
}

static void ends(void *object, uint64_t serial)
{
    struct contender_w *self = object;
    if (!self->present || serial != self->serial)
        return;
    if (process_frozen(&self->process))
        world_at(self->process.world, self->process.frozen_until_ms, ends, self, serial);
    else
        ended(self, self->termed ? "obeys TERM" : "ends");
}

void command_end_by(struct contender_w *self, int64_t at_ms)
{
    world_at(self->process.world, at_ms, ends, self, self->serial);
}

static void killed(void *object, uint64_t serial)
{
    struct contender_w *self = object;
    if (self->present && serial == self->serial)
        ended(self, "is killed");
}

/* TERM; KILL follows after kill_after, or when the watchdog's time has come. */
static void terminate(struct contender_w *self)
{
    struct world *world = self->process.world;
    const struct plan *plan = self->process.plan;
    if (self->termed || self->command != COMMAND_ALIVE)
        return;
    self->termed = true;
    world_say(world, self->who, "sends TERM to its command");
    if (prng_chance(&world->prng, 0.6) && !plan->story)
        command_end_by(self, world->now_ms + prng_range(&world->prng, 0, plan->kill_after_ms));
    world_at(world, world->now_ms + plan->kill_after_ms, killed, self, self->serial);
}

static void alarm_rings(void *object, uint64_t watch)
{
    struct contender_w *self = object;
    if (!self->present || watch != self->watch || self->command != COMMAND_ALIVE)
        return;
    struct mono now = process_clock(&self->process);
    self->watch_at_ms = WORLD_NEVER;
    if (process_frozen(&self->process)) {
        self->watch_at_ms = self->process.frozen_until_ms;
        world_at(self->process.world, self->watch_at_ms, alarm_rings, self, watch);
        return;
    }
    if (mono_reached(now, self->lease.kill_at)) {
        ended(self, "is killed by the watchdog");
        return;
    }
    if (mono_reached(now, self->lease.term_at))
        terminate(self);
    command_watch(self);
}

void command_watch(struct contender_w *self)
{
    if (self->command != COMMAND_ALIVE)
        return;
    struct mono at = self->termed ? self->lease.kill_at : self->lease.term_at;
    int64_t at_ms = process_when(&self->process, at);
    if (at_ms == self->watch_at_ms)
        return;
    self->watch_at_ms = at_ms;
    world_at(self->process.world, at_ms, alarm_rings, self, ++self->watch);
}

void command_decide(struct contender_w *self)
{
    self->command = COMMAND_STARTING;
    world_say(self->process.world, self->who, "holds the lock");
}

void command_start(struct contender_w *self)
{
    struct world *world = self->process.world;
    struct mono now = process_clock(&self->process);
    if (mono_reached(now, self->lease.kill_at)) {
        self->command = COMMAND_ENDED; /* the watchdog was quicker */
        world_say(world, self->who, "was too late to start its command");
        return;
    }
    self->command = COMMAND_ALIVE;
    self->ran = true;
    self->held_calm = world->calm;
    world_say(world, self->who, "STARTS its command");
    checker_holds(self->checker, self->actor, now);
    checker_token(self->checker, self->actor, lock_token(&self->lock));
    if (world->calm && self->hold_ms > COMMAND_CALM_MS)
        self->hold_ms = COMMAND_CALM_MS;
    command_end_by(self, world->now_ms + self->hold_ms);
    self->watch_at_ms = WORLD_NEVER;
    command_watch(self);
}

void command_start_later(void *object, uint64_t serial)
{
    struct contender_w *self = object;
    if (!self->present || serial != self->serial || self->command != COMMAND_STARTING)
        return;
    if (process_stopped(&self->process)) {
        world_at(self->process.world, self->process.stopped_until_ms, command_start_later, self,
                 serial);
        return;
    }
    command_start(self);
    contender_w_turn(self);
}

void command_say_lost(struct contender_w *self)
{
    if (self->said_lost)
        return;
    self->said_lost = true;
    world_say(self->process.world, self->who, "says that the lock is LOST (reason %d)",
              (int)lock_reason(&self->lock));
    checker_lost(self->checker, self->actor, process_clock(&self->process),
                 lock_reason(&self->lock));
}

void command_lost(struct contender_w *self)
{
    command_say_lost(self);
    terminate(self);
}

void command_kill(struct contender_w *self)
{
    if (self->command != COMMAND_ALIVE)
        return;
    self->command = COMMAND_ENDED;
    checker_held(self->checker, self->actor, process_clock(&self->process));
}

static void thaw(void *object, uint64_t serial)
{
    struct contender_w *self = object;
    if (!self->present || serial != self->serial || self->command != COMMAND_ALIVE)
        return;
    if (process_frozen(&self->process)) {
        world_at(self->process.world, self->process.frozen_until_ms, thaw, self, serial);
        return;
    }
    world_say(self->process.world, self->who, "its machine wakes up");
    if (mono_reached(process_clock(&self->process), self->lease.kill_at))
        ended(self, "is killed by the watchdog");
    else
        checker_thaws(self->checker, self->actor);
}

void command_freeze(struct contender_w *self)
{
    if (self->command != COMMAND_ALIVE)
        return;
    checker_freezes(self->checker, self->actor);
    world_at(self->process.world, self->process.frozen_until_ms, thaw, self, self->serial);
}

void command_say_listing(const struct contender_w *self, const struct lock_listing *listing)
{
    struct world *world = self->process.world;
    world_say(world, self->who, "reads %u groups on %u page%s%s", listing->count, listing->pages,
              listing->pages == 1 ? "" : "s", listing->complete ? "" : ", more to come");
    for (uint32_t i = 0; i < listing->count; i++)
        if (listing->count <= 24 ||
            memchr(listing->entries[i].name.data, '#', listing->entries[i].name.length))
            world_say(world, "", "    %s  c=%.3f", listing->entries[i].name.data,
                      (double)(listing->entries[i].created_ms - WORLD_EPOCH_MS) / 1000);
}
