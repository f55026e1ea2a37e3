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
 * All of struct lock is the machine's own; read it through the functions.
 */
#ifndef LOCK_LOCK_H
#define LOCK_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/text.h"
#include "lock/attempt.h"

#define LOCK_GENERATIONS_MAX 24    /* names of a run remembered at once */
#define LOCK_FRONT_MAX       50    /* names that make the front page, which every look reads */
#define LOCK_CLEANING_MAX    32    /* abandoned attempts remembered from one listing */
#define LOCK_LEFT_ALONE_MAX  128   /* log groups that turned out to be no attempts */
#define LOCK_GRACE_MS        5000  /* an attempt is expired only so long after its timeout */
#define LOCK_UNSEEN_LOOKS    3     /* listings without us, D apart, that make a new arrival */
#define LOCK_LOSS_LOOKS      3     /* listings in a row, D apart, that take a lock away */
#define LOCK_YOUNG_LOOKS     3     /* further looks of one try at those about to withdraw */
#define LOCK_OLDER_BITS      4096  /* who shares one of them with a run may be taken for it */
#define LOCK_LOSS_CAUSES     3     /* gone, older claim, stranger */
#define LOCK_BUSY_MS         60000 /* one try: so long it bears that the service is busy */
#define LOCK_PAGE_AGAIN_MS                                                                         \
    30000 /* so long a listing goes on by its pages, though some were throttled */
#define LOCK_LEAVING_LOOKS   2     /* listings, D apart, that show that nothing is left */
#define LOCK_REFUSED_TRIES   2     /* refusals after which a name is given up */
#define LOCK_CLEANING_GAP_MS 500   /* at most two deletes a second beside the command */
#define LOCK_CLEAN_FIRST_MS  30000 /* before the command; then the claim is taken back */
#define LOCK_FRESH_MS        5000  /* or D if longer: so old may a listing be that deletes go by, */
#define LOCK_FRESH_PAGE_MS   500   /* and so much older for each page but the first, */
#define LOCK_FRESH_SHARE     6     /* but for T/6 at the most */
#define LOCK_LOOK_SHARE      3     /* a holder looks at everything in so much of T, */
#define LOCK_LOOK_MAX_MS     300000 /* and at least so often */
#define LOCK_FIRST_LOOK_MS   100    /* shortest pause while something is to show up, */
#define LOCK_AGAIN_MAX_MS    5000   /* and the longest */
#define LOCK_NAMES_TAKEN_MAX 8      /* of our own names that somebody has made before us */
#define LOCK_TRY_MS          5000   /* one try lasts no longer than this and 4 D */
#define LOCK_TRY_SETTLES     4
#define LOCK_LATE_SETTLES    2 /* D, and 2 s: for who is about to hold when -w is over */
#define LOCK_LATE_MS         2000
#define LOCK_TOKEN_AHEAD_MS                                                                        \
    60000 /* a token further ahead of the service's time is somebody's mistake */
#define LOCK_LEAVE_UNMADE_MS 5000 /* leaving, when no create was ever answered */
#define LOCK_LEAVE_SETTLES   4    /* D, at least for leaving if a create may still be applied */
#define LOCK_HEARD_MS        5000 /* so soon after it claimed nobody asks whether it still stands */
#define LOCK_ASK_MS          3000 /* who leaves tries to ask that for so long at most, */
#define LOCK_ASK_SHARE       3    /* and for no more than 1/3 of the time for leaving */
#define LOCK_SLOTS_MAX       1000
#define LOCK_TIMEOUT_LEAST_MS                                                                      \
    15000 /* nobody's T is shorter, so nobody takes a younger mutex for a dead run's */
#define LOCK_MUTEX_TRIES     16   /* slots that are asked for by one claim */
#define LOCK_MUTEX_SETTLE_MS 1000 /* or D if longer: whose a mutex is, and who is dead */
#define LOCK_DEAD_SHARE      15   /* no claim seen for T/15, or 3 D: a mutex may be a dead run's */
#define LOCK_DEAD_SETTLES    3
#define LOCK_RETRY_DELAY_MS  30000 /* --no-queue: pause after a lost try, as the role's */

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
    LOCK_REASON_SLOW,        /* nobody is ahead, but to make sure took longer than we wait */
    LOCK_REASON_UNCLEAN,     /* ... but what playbooks have left was not cleared away by then */
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
    bool behind;      /* somebody is ahead, */
    bool decided;     /* and that is final: enough was read to decide by */
    bool by_date;     /* ... alive by the Date of the first look, the last one so far */
    bool held;        /* `ahead_name` is a claim, or an unmarked attempt */
    uint32_t ahead;   /* runs ahead on what was read of the listing, */
    uint32_t holders; /* and how many of these have a claim */
    bool at_least;    /* there may be more: not all pages were read */
    int64_t since_ms; /* first claim, or creation time, by the service's clock */
    char ahead_name[ATTEMPT_NAME_BYTES + 1];
};

enum lock_notice {
    LOCK_NOTICE_NONE,
    LOCK_NOTICE_LEFT_ALONE, /* a log group under the prefix that is no attempt; never deleted */
    LOCK_NOTICE_DISAGREES,  /* another run's: other slots, shared or not, another timeout */
    LOCK_NOTICE_UNMARKED,   /* without D there is an unmarked attempt, which the mutex does nothing
                               for */
    LOCK_NOTICE_CROWDED,    /* more names of ours than can be remembered; oldest forgotten */
};

enum lock_generation_state {
    LOCK_GENERATION_FREE,
    LOCK_GENERATION_PLANNED, /* not sent yet */
    LOCK_GENERATION_SENT,    /* may exist */
    LOCK_GENERATION_MADE,    /* answered, or seen in a listing */
    LOCK_GENERATION_DELETED, /* remembered, so that a stale listing does not surprise */
    LOCK_GENERATION_LEFT,    /* could not be deleted */
};

struct lock_generation {
    enum lock_generation_state state;
    uint32_t number;
    bool claim;
    bool drop;   /* no longer wanted: to be deleted, counts for nothing */
    bool seen;   /* in a listing: `created_ms` is known, the lease is confirmed */
    bool shown;  /* in the last listing, and not made again meanwhile */
    bool remade; /* it was deleted by somebody, and made again */
    bool ask_unanswered;
    bool ask;           /* created again, to know whether it is still there */
    uint32_t seen_look; /* number of the look that first showed it */
    uint32_t refusals;
    int64_t ticket_ms;      /* as in its name */
    int64_t first_claim_ms; /* as in its name */
    int64_t token;          /* as in its name */
    uint32_t slot;          /* as in its name */
    int64_t created_ms;     /* by the service's clock, once seen */
    int64_t late_ms;        /* a listing asked for so long after its answer did not show it */
    struct mono sent;       /* S0: just before the first sending */
    struct mono answered;   /* last answer to its create, or the listing that first showed it */
    struct mono deleted;    /* answer to its delete */
};

/* How the queue moves, as a waiter's looks have shown it; only for how long to wait. */
struct lock_pace {
    bool looked;
    struct mono asked;             /* the last look, */
    uint32_t front;                /* how many were ahead on its front page, */
    uint64_t runs[LOCK_FRONT_MAX]; /* who: hashes, */
    uint32_t ahead;                /* and how many there may be in all */
    int64_t hold_ms;               /* how old holds were when we looked, on the average of late */
    int64_t idle_ms;               /* since it last showed a holder, or first looked */
    int64_t elapsed_ms;            /* of late, */
    int64_t moved;                 /* and by how many places meanwhile, in 1/1000 */
};

enum lock_mutex_state {
    LOCK_MUTEX_NONE,
    LOCK_MUTEX_WANTED,  /* to be made once our claim stands; nothing has been sent for it */
    LOCK_MUTEX_SENT,    /* without an answer: it may be ours */
    LOCK_MUTEX_DOUBTED, /* somebody's, perhaps ours: a look will tell */
    LOCK_MUTEX_OURS,
    LOCK_MUTEX_TAKEN, /* another's */
    LOCK_MUTEX_LEFT,  /* ours, but it could not be deleted */
};

/* Of a dead run's mutex: who removes it does so alone. */
enum lock_break_state {
    LOCK_BREAK_NONE,
    LOCK_BREAK_WANTED,   /* #break is to be made */
    LOCK_BREAK_SENT,     /* ... and may be */
    LOCK_BREAK_MADE,     /* one more look decides */
    LOCK_BREAK_REMOVING, /* the mutex is to be deleted */
    LOCK_BREAK_DONE,     /* it is; #break stands until we leave */
    LOCK_BREAK_OLD,      /* somebody's stands there, shown as an old one; one more look decides */
    LOCK_BREAK_STALE,    /* ... and it is to be deleted */
};

/* The mutex: ours, and what listings show of others'. */
struct lock_mutex {
    enum lock_mutex_state state;
    bool drop;      /* not wanted any more: to be deleted if it is ours */
    bool anew;      /* made after a dead run's was removed */
    bool lapsed;    /* ours for so long that it may have been taken for a dead run's */
    bool beside;    /* another claimed meanwhile: */
    bool ask_again; /* it is asked for once more, whether it is still there */
    uint32_t slot;  /* 0: of an exclusive run */
    uint32_t tries; /* slots that turned out to be taken, in a row */
    uint32_t refusals;
    struct mono sent;     /* just before the create that was answered */
    struct mono made;     /* its answer */
    struct mono sure;     /* so long it cannot be taken for a dead run's, whatever our claims are */
    struct mono young;    /* nor so long after it was made: nobody's T is shorter */
    struct mono answered; /* since when it is ours, or in doubt */
    int64_t pause_ms;     /* before the next look, while another has it */
    int64_t date_ms;      /* the service's clock, as the answer to its create had it */
    int64_t created_ms;   /* creation time of ours, if a listing has shown it; else 0 */
    struct mono past;     /* from then on our token is in the service's past */
    bool early;           /* it is to go, but not before that */

    int64_t shown_ms;        /* creation time of the newest in the last listing, */
    bool shown;              /* in the last whole listing: one is in our way */
    bool held;               /* another has it, by the last that was heard or seen of it */
    uint32_t free_slot;      /* one that no listing shows; 0: none */
    int64_t suspect_ms;      /* creation time of one that may be a dead run's, or ATTEMPT_UNKNOWN */
    uint32_t suspect_slot;   /* which it is */
    int64_t suspect_life_ms; /* how old it must be for that */
    struct mono since;       /* first of the looks in a row that showed it so, */
    struct mono asked;       /* and the last, */
    struct mono fresh_until; /* by which somebody's mutex may be deleted until then */
    int64_t break_ms;        /* creation time of the #break in sight, or ATTEMPT_UNKNOWN */
    int64_t break_old_ms;    /* of the one that was in sight when "exists" was said */

    enum lock_break_state breaking;
    bool break_drop;                        /* #break is to be deleted */
    bool break_unheard;                     /* the create that made it may have been another's */
    struct mono break_sent, break_answered; /* when #break was made */
};

struct lock_cleaning {
    bool unmarked;
    bool inside_known;       /* no streams: may go */
    struct mono fresh_until; /* what its listing has shown */
    char name[ATTEMPT_NAME_BYTES + 1];
};

struct lock {
    struct lock_settings settings;
    enum lock_phase phase;
    enum lock_reason reason;
    enum lock_notice notice;
    char notice_name[ATTEMPT_NAME_BYTES + 1];

    struct lock_generation generations[LOCK_GENERATIONS_MAX];
    uint32_t next_number;
    int64_t ticket_ms;      /* smallest ticket of ours, ATTEMPT_UNKNOWN until seen */
    int64_t token_seen;     /* largest token in any claim so far */
    int64_t token;          /* ours, once claimed */
    int64_t first_claim_ms; /* creation time of our first claim of this hold */
    bool adopts;            /* all names of this ID and nonce are ours: a run's that was killed */
    bool named;             /* a create of ours may have reached the service */
    bool made_any;          /* a create of ours was answered or seen */
    uint32_t names_taken;   /* of ours that somebody had made before us, in a row; */
    char name_taken[ATTEMPT_NAME_BYTES + 1]; /* the last of them */
    bool uncertain; /* a create's outcome was unknown once: it may still be applied */

    struct lock_mutex mutex;

    int64_t anchor_created_ms; /* creation time of our newest seen attempt, */
    struct mono anchor;        /* and when its create was answered: a lower bound of "now"; */
    struct mono anchor_sent;   /* first sent: an upper bound */
    uint32_t anchor_number;
    int64_t service_ms; /* the largest such bound so far */
    int64_t date_ms;    /* the last answer's Date, */
    struct mono dated;  /* and when it came; for where no bound is known, and nothing hangs on it */
    struct mono arrived;

    int64_t late_ms; /* a listing did not show what was surely there, or showed what was deleted, so
                        long after the answer; the most so far */

    uint32_t looks; /* listings examined so far */
    struct mono look_at;
    int64_t again_ms;    /* pause while something is to show up; 0: the shortest */
    bool found_ahead;    /* the first look found somebody ahead, alive by the service's clock, */
    struct mono turn_at; /* and when it may be our turn then */
    bool look_first;     /* nothing of ours is made before the first look */
    bool reading;        /* a listing is under way: its next pages matter */
    bool claim_failed;   /* a claim of ours was not the first: read every page before the next */
    struct mono claimed; /* answer to the create of our claim */
    uint32_t lost_looks;
    bool admitted; /* the queue was short enough when we arrived */
    uint32_t young_looks;
    uint32_t unseen_looks; /* in a row, D apart */
    struct mono unseen_asked, unseen_since;
    struct mono unseen_exists; /* our newest name was asked for, and was there */
    struct lock_pace pace;
    bool withdrawn; /* --no-queue: lost; next try at arrive_at */
    struct mono arrive_at;
    struct mono quiet_until; /* after a failure */
    struct mono listed;      /* when the listing that is being read was asked for */
    bool list_own;           /* the next listing is to be of our own name alone, */
    bool listing_own;        /* the one that was read is */
    bool busy;               /* the service has throttled us */
    uint32_t failures;       /* in a row, throttling included */
    uint32_t hard_failures;  /* in a row, other than throttling */

    struct mono whole_at;                  /* a holder's next look that must read every page */
    uint32_t loss_looks[LOCK_LOSS_CAUSES]; /* in a row, D apart */
    struct mono loss_asked[LOCK_LOSS_CAUSES];
    uint64_t older_runs[LOCK_OLDER_BITS / 64]; /* who claimed before us, as a set of hashes */
    uint32_t gone_since_look; /* generations first seen by this look or later do not count */

    struct lock_cleaning cleaning[LOCK_CLEANING_MAX];
    uint32_t cleaning_count;
    bool cleaning_more; /* the listing showed more than is remembered */
    struct mono clean_at;
    struct mono clean_until;      /* what goes before the command must be gone by then */
    struct mono unmarked_deleted; /* last delete of an unmarked attempt */
    uint64_t left_alone[LOCK_LEFT_ALONE_MAX]; /* hashes of names */
    uint32_t left_alone_count;
    bool left_alone_told;
    bool disagreement_told;
    bool unmarked_told;

    struct mono leave_until;
    struct mono ask_until; /* what is asked for before that */
    uint32_t leaving_looks;
    struct mono leaving_quiet; /* last delete, or look */

    struct lock_position position;
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
 * No listing has been read yet, or no attempt of ours counts (any more): failures are few, then
 * final. What takes creates but can't list will not become a service by waiting.
 */
bool lock_is_arriving(const struct lock *lock, struct mono now);

/* Takes the oldest notice; its name is borrowed until the next call. */
enum lock_notice lock_take_notice(struct lock *lock, const char **ret_name);

/*
 * Names that may still exist after LOCK_FINISHED (or at any time): writes the i-th into out
 * and returns true, or false when there are no more. The mutex comes first: whoever is told of the
 * last one only is told of an attempt, whose name has our ID, if one is left.
 */
bool lock_left(const struct lock *lock, uint32_t i, char out[ATTEMPT_NAME_BYTES + 1]);

/* Has a listing been read? One that cleans up after another process knows no name before that. */
bool lock_has_looked(const struct lock *lock);

#endif
