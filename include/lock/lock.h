/*
 * lock - the rules of the lock, and nothing else.
 *
 * Decides what to do next from what has been seen so far (docs/protocol.md, whose section names
 * are cited). Never reads a clock, opens a socket, draws a random number or
 * allocates: the caller brings times, answers and jitter, and carries out what it is told,
 * one thing at a time. Same inputs, same outputs.
 *
 * Order:   lock_init, then { lock_advance, lock_next, act, lock_tell } until LOCK_TODO_FINISH.
 *          When lock_phase() is LOCK_HELD the command may start; it must be dead before
 *          lock_lease().ends_at; when it has ended, lock_leave(). LOCK_LOST: end the command
 *          at once, then lock_leave(). lock_leave() may come at any time, also before the
 *          first request; a todo that was not told by then counts as never begun, so tell
 *          it (as LOCK_UNKNOWN if it was abandoned) first, and ask for no other before that.
 * Promise: no two contenders obeying these rules are both HELD within their leases (I1), but
 *          shared ones, or as many as there are slots; within the bounds that docs/protocol.md
 *          states.
 * Memory:  struct lock (lock/state.h) has a fixed size and owns nothing, so there is nothing to
 *          free. It borrows the strings of its settings. What is in it is the machine's own
 *          business: read it through the functions.
 */
#ifndef LOCK_LOCK_H
#define LOCK_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/text.h"
#include "lock/attempt.h"
#include "lock/limits.h"

struct lock; /* lock/state.h */

struct lock_settings {
    const char *prefix; /* borrowed for the life of the lock, as are all strings */
    const char *id;
    const char *nonce;       /* 8 hex digits with an explicit ID; NULL if the ID is unique */
    const char *label;       /* made by attempt_label(); NULL or "" for none */
    int64_t lock_timeout_ms; /* T */
    int64_t role_timeout_ms; /* T_S, not less than T */
    int64_t settle_ms;       /* D */
    int64_t kill_after_ms;   /* k */
    int64_t release_timeout_ms;
    struct mono wait_until; /* lost looks after this moment are final; MONO_NEVER to wait */
    unsigned max_attempts;  /* looks that found somebody ahead; 0 for no limit */
    uint32_t max_waiters;   /* if limits_waiters: so many may wait ahead of us when we arrive */
    bool limits_waiters;
    int64_t expect_ms; /* our word about how long we shall hold, in our claims' names; 0: none */
    int64_t retry_delay_ms; /* between looks; 0 to go by position */
    unsigned arrival_tries; /* requests that may fail in a row while no attempt of ours counts */
    bool nonblock;          /* one try */
    bool no_queue;          /* withdraw after each lost try */
    bool shared;            /* others that are shared may hold beside us; not with slots */
    uint32_t slots;         /* so many may hold at once; 0 and 1 are exclusive */
};

enum lock_phase {
    LOCK_WAITING,  /* wants the lock */
    LOCK_CLAIMING, /* would win; claims, then looks again */
    LOCK_CLEANING, /* holds the lock; expired unmarked attempts must go before the command */
    LOCK_HELD,     /* the command may run */
    LOCK_LOST,     /* the command must end */
    LOCK_LEAVING,  /* deletes what it made */
    LOCK_FINISHED,
};

/* How it ended, and why the lock was lost or not obtained. */
enum lock_reason {
    LOCK_REASON_NONE,        /* asked to leave */
    LOCK_REASON_HELD,        /* somebody is ahead, and we do not (or no longer) wait */
    LOCK_REASON_REPLACED,    /* a newer run with our explicit ID took our place */
    LOCK_REASON_REFUSED,     /* the service refused; the caller has the text */
    LOCK_REASON_UNAVAILABLE, /* too many failures in a row */
    LOCK_REASON_NAME_TAKEN,  /* our unique name existed before we made it */
    LOCK_REASON_LEASE,       /* lost: no renewal was confirmed in time */
    LOCK_REASON_GONE,        /* lost: our attempts are no longer there */
    LOCK_REASON_OLDER_CLAIM, /* lost: another's claim is older than ours */
    LOCK_REASON_STRANGER,    /* lost: an unmarked attempt precedes ours */
    LOCK_REASON_UNSEEN,      /* listings do not show what we have made, and we do not wait on */
    LOCK_REASON_SLOW,        /* nobody is ahead, but making sure of that took too long */
    LOCK_REASON_UNCLEAN,     /* nobody is ahead, but deleting what playbooks left took too long */
};

enum lock_todo_kind {
    LOCK_TODO_WAIT,        /* nothing to do before `at` */
    LOCK_TODO_CREATE,      /* create the log group `name` */
    LOCK_TODO_DELETE,      /* delete the log group `name` */
    LOCK_TODO_LIST,        /* ask for the first page of PREFIX/, or of `name` if that is not "" */
    LOCK_TODO_LIST_MORE,   /* ask for the next page of that listing */
    LOCK_TODO_LOOK_INSIDE, /* has the log group `name` any log stream? */
    LOCK_TODO_FINISH,
};

/* What a create or a delete is about. */
enum lock_target {
    LOCK_TARGET_OWN,   /* one of our generations */
    LOCK_TARGET_OTHER, /* what others have left: "Cleaning" */
    LOCK_TARGET_MUTEX, /* the mutex, or #break */
};

struct lock_todo {
    enum lock_todo_kind kind;
    struct mono at;       /* WAIT: until when */
    struct mono deadline; /* requests: an answer after this is of no use; give up, tell UNKNOWN */
    enum lock_target target;           /* for lock_tell(): what it is about, */
    uint32_t number;                   /* and of our own names which generation */
    char name[ATTEMPT_NAME_BYTES + 1]; /* CREATE, DELETE, LOOK_INSIDE, LIST; else "" */
};

/* One log group of a listing, as lock_entry_make() reads it. */
struct lock_entry {
    struct text name;
    int64_t created_ms; /* by the service's clock */
    bool has_content;   /* stored bytes, metric filters or deletion protection: no attempt */
    enum attempt_kind kind;
    struct attempt attempt; /* borrows from the name */
};

/* The name is borrowed, and read once. */
struct lock_entry lock_entry_make(const char *prefix, struct text name, int64_t created_ms,
                                  bool has_content);

/* Not expired yet by the service's clock; timeout_ms is its own, or that of role's contenders. */
bool lock_entry_is_live(const struct lock_entry *entry, int64_t timeout_ms, int64_t now_ms);

/* What was read of PREFIX/ so far, in ASCII order: all pages up to now, not the last alone. */
struct lock_listing {
    const struct lock_entry *entries;
    uint32_t count;
    uint32_t pages;
    bool complete;
    struct mono asked; /* when its first page was asked for */
};

enum lock_outcome {
    LOCK_DONE,
    LOCK_EXISTS,  /* create: there is one of that name already */
    LOCK_ABSENT,  /* delete, look inside: there is none */
    LOCK_REFUSED, /* final: not allowed, not valid */
    LOCK_LATER,   /* surely not applied: throttled, or never sent */
    LOCK_UNKNOWN, /* may have been applied: no answer, 5xx, a conflicting operation */
};

struct lock_answer {
    enum lock_outcome outcome;
    struct mono sent;    /* just before the first byte could have left */
    int64_t pause_ms;    /* LATER, UNKNOWN, REFUSED: leave the service alone for so long */
    uint32_t random;     /* for jitter; uniform */
    bool throttled;      /* LATER: the service is there, but busy */
    bool maybe_repeated; /* the transport may have sent it twice (a reused connection) */
    bool has_streams;    /* LOOK_INSIDE, DONE */
    int64_t date_ms;     /* the service's clock, as this answer had it; 0 if it does not say */
    const struct lock_listing *listing; /* LIST, LIST_MORE, DONE; borrowed for the call */
};

/* While held. TERM goes out at term_at, KILL at kill_at, nothing is alive at ends_at. */
struct lock_lease {
    struct mono term_at;
    struct mono kill_at;
    struct mono ends_at;
};

/* What the last look of a waiter showed, for people. */
struct lock_position {
    bool behind;      /* somebody is ahead */
    bool decided;     /* enough of the listing was read to decide by, so `behind` is final */
    bool by_date;     /* somebody is ahead by the first look, who is alive by the answer's Date */
    uint32_t ahead;   /* runs ahead, */
    uint32_t holders; /* and how many of these have a claim, */
    bool at_least;    /* but not all pages were read: there may be more */
    char ahead_name[ATTEMPT_NAME_BYTES + 1]; /* of the one who is ahead for longest; "": nobody */
    bool held;        /* that one is a claim, or an unmarked attempt, so it holds the lock */
    int64_t since_ms; /* first claim or creation time of that one, by the service's clock */
};

enum lock_notice {
    LOCK_NOTICE_NONE,
    LOCK_NOTICE_LEFT_ALONE, /* a log group under the prefix that is no attempt; never deleted */
    LOCK_NOTICE_DISAGREES,  /* another run's: other slots, shared or not, another timeout */
    LOCK_NOTICE_UNMARKED,   /* without D there is an unmarked attempt, which the mutex does nothing
                               for */
    LOCK_NOTICE_CROWDED,    /* more names of ours than can be remembered; oldest forgotten */
};

/* Settings must be valid (cli checks what users give). `now` is the moment of arrival. */
void lock_init(struct lock *lock, const struct lock_settings *settings, struct mono now);

/*
 * What is known of the mutex, in a word that can be kept where it outlives the run: 0 if there is
 * none of ours. It holds while the todo is carried out, too; NULL if there is none.
 */
uint64_t lock_mutex_note(const struct lock *lock, const struct lock_todo *todo);

/* By the note it may be ours, or another's: only a listing of PREFIX/ tells. */
bool lock_note_is_doubtful(uint64_t note);

/*
 * For a run that was killed: begins with leaving. Deletes the mutex of the note, and finds by
 * listings what a run of this ID and nonce has left. The listings may be of PREFIX/ID instead of
 * PREFIX/, unless the note is doubtful.
 */
void lock_init_release(struct lock *lock, const struct lock_settings *settings, struct mono now,
                       uint64_t note);

/*
 * No name of this run can have reached the service yet: until then the caller may change the text
 * that settings.id points to, between lock_tell() and lock_advance(). Names sort by ID, and who is
 * ahead is found on the first page of a listing if IDs are in the order in which places were taken.
 */
bool lock_is_nameless(const struct lock *lock);

/* Time has passed: what is over by now, or due. The phase may change. */
void lock_advance(struct lock *lock, struct mono now);

/*
 * What to do next, asked for at the moment up to which lock_advance() was told that time has
 * passed: a question, which changes nothing. A WAIT may end early: advance, and ask again.
 */
struct lock_todo lock_next(const struct lock *lock, struct mono now);

/* How this todo (a request, the last that was given) ended; now is when the answer was in. */
void lock_tell(struct lock *lock, struct mono now, const struct lock_todo *todo,
               const struct lock_answer *answer);

/* The command has ended, a signal came, or the caller gives up: delete what was made. */
void lock_leave(struct lock *lock, struct mono now);

enum lock_phase lock_phase(const struct lock *lock);
enum lock_reason lock_reason(const struct lock *lock);
struct lock_lease lock_lease(const struct lock *lock);
int64_t lock_token(const struct lock *lock); /* the fencing token, once claimed */
const struct lock_position *lock_position(const struct lock *lock);

/* Requests that failed in a row; more than 0 says that the service is the trouble. */
uint32_t lock_failures(const struct lock *lock);

/*
 * Is the run still arriving? It wants the lock, and no listing has been read yet, or no attempt of
 * ours counts (any more). Then arrival_tries failures in a row are final: a service that has never
 * answered is most likely set up wrongly, and waiting does not mend that.
 */
bool lock_is_arriving(const struct lock *lock, struct mono now);

/* Takes the oldest notice; its name is borrowed until the next call. */
enum lock_notice lock_take_notice(struct lock *lock, const char **ret_name);

/*
 * Writes into out the i-th name that may still exist after LOCK_FINISHED (or at any time), and
 * returns true; false when there are no more. The mutex comes first, so that the last one, which
 * alone may be named to the user, is a name with our ID if there is one.
 */
bool lock_left(const struct lock *lock, uint32_t i, char out[ATTEMPT_NAME_BYTES + 1]);

/* Has a listing been read? Before that, lock_init_release() knows of no name that may be left. */
bool lock_has_looked(const struct lock *lock);

#endif
