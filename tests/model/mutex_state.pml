/*
 * mutex_state - what runs know of the mutex and #break, and what a look shows; for mutex.pml, which
 * says what the switches mean.
 */
#define ATTEMPT(i) (i)
#define CLAIM(i) (N + (i))
#define NAMES (2 * N)
#define OLD (D + LAG + 1)
#include "service.pml"

#ifndef DOUBT
#define DOUBT D
#endif
#define LONGEST (DOUBT > D -> DOUBT : D)

#define NOT_MINE 0
#define MINE 1
#define IN_DOUBT 2
#define FREE 0

byte mutex;      /* who made it, from 1; FREE: it is not there */
byte breaking;   /* who made #break; FREE */
bool dead;       /* it is the mutex of a run that is dead, or whose lease is over, */
bool was_dead;   /* and once, or lately, there was such a one */
byte since_dead = OLD;
byte lost_answers, deaths, lapses;
byte done;

#ifdef SURE
byte holder;     /* who holds; FREE */
#define note_holder(x) holder = x
#define assert_no_holders() assert(holder == FREE || holder != mutex)
#define assert_mine(i) assert(mutex == i + 1)
#else
#define note_holder(x) skip
#define assert_no_holders() skip
#define assert_mine(i) skip
#endif

#if LOST > 0
#define NONE 0
#define STANDS 1
#define GONE 2
byte met[N];     /* what run i, in doubt, has seen: no mutex; this one; one that is gone by now */
byte since_gone = OLD; /* ticks since a mutex was removed */
#define note_gone(x) \
	x = 0; do :: x < N -> met[x] = (met[x] == STANDS -> GONE : met[x]); x++ :: else -> x = 0; break od
#else
#define note_gone(x) skip
#endif
#if defined(NO_SHOWN)
#define is_shown_again(i) (mutex != FREE)
#define is_shown_first(i) false
#elif defined(GHOSTS)
#define is_shown_again(i) (met[i] == STANDS || (met[i] == GONE && since_gone <= LAG))
#define is_shown_first(i) (met[i] == NONE && mutex != FREE)
#else
#define is_shown_again(i) (met[i] == STANDS)
#define is_shown_first(i) (met[i] == NONE && mutex != FREE)
#endif

#ifdef BACK
bool break_shown; /* #break is in sight of all */
#define note_break_shown(x) break_shown = x
#else
#define note_break_shown(x) skip
#endif
#if defined(BACK) && !defined(NO_LEFT)
#define is_being_removed break_shown
#else
#define is_being_removed false
#endif

#ifdef LEFT
bool stale;      /* #break is a dead run's */
#define is_stale stale
#define note_break() stale = false
#else
#define is_stale false
#define note_break() skip
#endif

#ifdef CALM
bool break_left; /* #break is that of a run that is dead, */
bool in_vain;    /* and somebody has just claimed for a dead run's mutex all the same */
#define note_claim(i) in_vain = (dead && break_left)
#define note_withdrawn() in_vain = false
#else
#define note_claim(i) skip
#define note_withdrawn() skip
#endif
#if defined(CALM) && !defined(NO_BREAK_WAIT)
#define another_breaks(i) (dead && breaking != FREE && breaking != i + 1)
#else
#define another_breaks(i) false
#endif

#ifdef NO_SAME
#define may_still_look_dead (mutex != FREE)
#else
#define may_still_look_dead may_look_dead
#endif

#ifdef GHOSTS
#ifdef ANY
#define may_look_dead (dead || was_dead)
#else
#define may_look_dead (dead || since_dead <= LAG)
#endif
#else
#define may_look_dead dead
#endif

#if defined(GHOSTS) && !defined(ANY)
#define may_look_mine (since_dead <= LAG)
#else
#define may_look_mine false
#endif

#ifdef ANY
#define settled(i) true
#define made_long_ago(i) true
#else
byte since_made[N]; /* ticks since the answer about the mutex, at most LONGEST */
#define settled(i) (age[ATTEMPT(i)] >= D)
#define made_long_ago(i) (since_made[i] >= D)
#endif
#ifdef FRESH
byte since_listed[N]; /* ticks since the listing that was asked for before the claim */
#endif

inline answered(i) {
#ifndef ANY
	since_made[i] = 0
#else
	skip
#endif
}

inline forget_times(i) {
#ifndef ANY
	do
	:: i < N ->
		since_made[i] = LONGEST;
#ifdef FRESH
		since_listed[i] = FRESH + 1;
#endif
		i++
	:: else -> break
	od;
	i = 0
#else
	skip
#endif
}

/* One listing: sets claims (another's claim is in sight) and lost. */
inline look(i) {
	claims = false;
#ifdef FAST
	lost = false;
#else
	if
	:: !settled(i) || may_miss(ATTEMPT(i)) -> lost = true
	:: settled(i) && may_show(ATTEMPT(i)) -> lost = false
	fi;
#endif
	step = 1;
	do
	:: step < N ->
		seen_if_shown(CLAIM((i + step) % N));
		claims = claims || seen;
		seen = false;
		if
		:: (i + step) % N < i -> seen_if_shown(ATTEMPT((i + step) % N))
		:: else
		fi;
		lost = lost || seen;
		seen = false;
		step++
	:: else -> break
	od;
	step = 0;
	lost = lost || claims
}

inline forget_look() {
	lost = false;
	claims = false
}

/* The mutex goes, whosoever it is. */
inline remove_mutex() {
	if
	:: mutex != FREE ->
		assert_no_holders();
		note_gone(step);
#if LOST > 0 && defined(GHOSTS)
		since_gone = 0;
#endif
		was_dead = was_dead || dead;
		since_dead = (dead -> 0 : since_dead);
		dead = false;
		mutex = FREE
	:: else
	fi
}

/* The names of run i have expired, its command has ended. */
inline expire(i) {
	there[ATTEMPT(i)] = false;
	age[ATTEMPT(i)] = OLD;
	there[CLAIM(i)] = false;
	age[CLAIM(i)] = OLD;
#ifdef ANY
	ever[ATTEMPT(i)] = false;
	ever[CLAIM(i)] = false;
#endif
	if
	:: mutex == i + 1 -> dead = true
	:: else
	fi
}
