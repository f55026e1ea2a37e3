/*
 * mutex - the mutex beside the queue, for spin: N runs of withlock that make one name in common.
 *
 * The queue is as in lock.pml. Besides, a run holds only if it has made the mutex, a name that is
 * the same for all: exactly one create of it succeeds, and its answer is never out of date,
 * whatever listings show. With -DANY listings may show each name as it was at any time up to now:
 * there is no lag, no clock, no settling. Without, LAG and D are those of service.pml.
 *
 * What is checked: never two hold at once; with -DENTRY (and fairness) everybody gets in; with
 * -DUNHEARD nobody removes the mutex of one who holds; with -DCALM nobody goes on claiming for ever
 * for a dead run's mutex while the #break of another, who has died, too, stands.
 *
 * Parameters
 *   N          runs; W1 has the smallest key
 *   LOST=n     n answers about the mutex are lost: what was asked for was done
 *   DEATHS=n   n runs die anywhere. Their command has ended, and their names have expired, by the
 *              time of the next step; the mutex stays
 *   LAPSES=n   n times a run is stopped for longer than its lease: the same, but it wakes up
 *   GHOSTS     a listing may show a dead run's mutex also after it was removed (with ANY: for ever)
 *   LOOK_LAST  the mutex is made before the look that decides; without, right after it
 *   FAST       as with --settle 0: list, claim, make the mutex, hold; a claim is all that a run
 *              has, and it tries once
 *   DOUBT      who lost an answer waits so long for the look that tells whose the mutex is (D)
 *   REPEAT     a delete of the mutex without an answer is sent again when the claim is so old (0)
 *   KEEP       and the claim is kept for so long after that (0)
 *   FRESH      with FAST: who made the mutex more than FRESH ticks after its listing lists again
 *   UNHEARD    with LOST: the request may be lost, too, and no answer comes before the claim is over
 *   CALM       who dies leaves its #break for ever
 *
 * Left-out rules
 *   NO_MUTEX      nobody makes one
 *   NO_BREAK      whoever removes a dead run's mutex does not make #break before
 *   NO_SAME       whoever removes a dead run's mutex does not ask whether it is still that one
 *   NO_WAIT       who was never told of its mutex looks once, as soon as one is in sight
 *   NO_BREAK_WAIT nobody minds another's #break before it claims
 *   BLIND         who slept past its lease deletes the mutex all the same
 */
#ifndef N
#define N 2
#endif
#ifndef LOST
#define LOST 0
#endif
#ifndef DEATHS
#define DEATHS 0
#endif
#ifndef LAPSES
#define LAPSES 0
#endif

#define ATTEMPT(i) (i)
#define CLAIM(i) (N + (i))
#define NAMES (2 * N)
#ifndef REPEAT
#define REPEAT 0
#endif
#ifndef KEEP
#define KEEP 0
#endif
#define OLD (D + LAG + 1 > REPEAT -> D + LAG + 1 : REPEAT)
#include "service.pml"

#ifndef DOUBT
#define DOUBT D
#endif
#define LONGER(a, b) ((a) > (b) -> (a) : (b))
#define LONGEST LONGER(LONGER(DOUBT, KEEP), D)

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

#ifdef UNHEARD
byte holder;     /* who holds; FREE */
bool same[N];    /* the mutex is the one that run i has seen */
#define note_holder(x) holder = x
#define another_mutex(x) x = 0; do :: x < N -> same[x] = false; x++ :: else -> x = 0; break od
#else
#define note_holder(x) skip
#define another_mutex(x) skip
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
#ifdef UNHEARD
		assert(holder == FREE || holder != mutex);
#endif
		another_mutex(step);
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

#if DEATHS > 0
#define MAY_DIE :: atomic { deaths < DEATHS -> deaths++ } -> goto died
#else
#define MAY_DIE
#endif
#if LAPSES > 0
#define MAY_LAPSE :: atomic { lapses < LAPSES -> lapses++ } -> goto lapsed
#else
#define MAY_LAPSE
#endif
#define MAY_END MAY_DIE MAY_LAPSE

proctype W(byte i) {
	bool lost, claims, seen, held;
	byte step, mine;

#ifndef FAST
	atomic {
		create(ATTEMPT(i));
		printf("%d W%d's attempt is created\n", ticks, i + 1)
	};
#endif

wait:	do
	:: atomic {
		look(i);
		if
		:: lost || another_breaks(i) -> forget_look()
		:: else ->
			forget_look();
#ifdef FRESH
			since_listed[i] = 0;
#endif
			printf("%d W%d lists: would win\n", ticks, i + 1);
			break
		fi
	   }
	MAY_END
	od;
	if
	:: atomic {
		create(CLAIM(i));
		note_claim(i);
		printf("%d W%d's claim is created\n", ticks, i + 1)
	   }
	MAY_END
	fi;

#if defined(LOOK_LAST) || defined(FAST)
make:	/* The mutex, then the look that decides. */
#else
look_now:
	if
	:: atomic {
		look(i);
		if
		:: lost ->
			forget_look();
			printf("%d W%d lists: not first, after all\n", ticks, i + 1);
			goto withdraw
		:: else -> forget_look()
		fi
	   }
	MAY_END
	fi;
make:
#endif
#ifndef NO_MUTEX
	if
	:: atomic {
		mutex == FREE ->
		mutex = i + 1;
		mine = MINE;
		printf("%d W%d makes the mutex\n", ticks, i + 1)
	   }
	:: atomic {
		mutex != FREE && mine == NOT_MINE ->
		printf("%d W%d finds the mutex taken\n", ticks, i + 1)
	   };
	   goto taken
	:: atomic {
		mutex != FREE && mine != NOT_MINE ->
		answered(i);
		printf("%d W%d asks again, and finds the mutex there\n", ticks, i + 1)
	   }
#if LOST > 0
	:: atomic {
		lost_answers < LOST && mine == NOT_MINE ->
		lost_answers++;
		if
		:: mutex == FREE -> mutex = i + 1
#ifdef UNHEARD
		:: true
#else
		:: else
#endif
		fi;
		mine = IN_DOUBT;
		printf("%d W%d asks for the mutex, and the answer is lost\n", ticks, i + 1)
	   };
	   if
	   :: goto make
#ifdef UNHEARD
	   :: goto unheard
#endif
	   fi
#endif
	MAY_END
	fi;
#ifndef LOOK_LAST
	if
#ifdef FRESH
	:: mine == MINE && since_listed[i] <= FRESH -> goto enter
#else
	:: mine == MINE -> goto enter
#endif
	:: else
	fi;
#endif
#ifndef ANY
	mine != IN_DOUBT || since_made[i] >= DOUBT;
#endif
#endif

decide:	if
	:: atomic {
		look(i);
		if
		:: !lost -> forget_look()
		/* Who has made it waits for others to withdraw, who have not. */
		:: lost && claims && mine == MINE && breaking != i + 1 ->
			forget_look();
			goto decide
		:: lost && !(claims && mine == MINE && breaking != i + 1) ->
			forget_look();
			printf("%d W%d lists: not first, after all\n", ticks, i + 1);
			goto give_up
		fi
	   }
	MAY_END
	fi;

enter:	if
	:: atomic {
#ifdef FRESH
		since_listed[i] = FRESH + 1;
#endif
		printf("%d W%d HOLDS\n", ticks, i + 1);
		hold(1);
		note_holder(i + 1);
		held = true
	   }
	MAY_END
	fi;
	if
	:: atomic {
		holders--;
		note_holder(FREE);
		held = false;
		printf("%d W%d's command ends\n", ticks, i + 1)
	   }
	MAY_END
	fi;

#ifndef NO_MUTEX
	if
	:: atomic {
		remove_mutex();
		mine = NOT_MINE;
		printf("%d W%d gives the mutex back\n", ticks, i + 1)
	   }
#if LOST > 0
	/* The answer is lost: it is sent again, the claim still stands. */
	:: atomic {
		lost_answers < LOST ->
		lost_answers++;
		remove_mutex();
		printf("%d W%d gives the mutex back, and the answer is lost\n", ticks, i + 1)
	   };
	   if
	   :: atomic {
		age[CLAIM(i)] >= REPEAT ->
		remove_mutex();
		mine = NOT_MINE;
		answered(i);
		printf("%d W%d gives the mutex back once more\n", ticks, i + 1)
	      }
	   MAY_END
	   fi;
#ifndef ANY
	   since_made[i] >= KEEP
#endif
#endif
	MAY_END
	fi;
#endif
	goto leave;

taken:	/* It is another's. If that one is dead, and nobody else claims, it may be removed. */
	if
#ifdef ENTRY
	:: !dead -> goto withdraw
#else
	:: goto withdraw
#endif
	:: atomic { may_look_dead -> look(i);
		if
		:: lost -> forget_look(); goto withdraw
		:: else -> forget_look()
		fi;
		printf("%d W%d lists: the mutex is a dead run's\n", ticks, i + 1)
	   }
	MAY_END
	fi;
#ifndef NO_BREAK
	if
	:: atomic {
		breaking == FREE ->
		breaking = i + 1;
		answered(i);
		printf("%d W%d makes #break\n", ticks, i + 1)
	   }
	:: breaking != FREE -> goto withdraw
	MAY_END
	fi;
#endif
	made_long_ago(i);
	if
	:: atomic {
		look(i);
		if
		:: !lost && may_still_look_dead ->
			forget_look();
			printf("%d W%d lists: it still is\n", ticks, i + 1)
		:: lost || !dead -> forget_look(); goto withdraw
		fi
	   }
	MAY_END
	fi;
	if
	:: atomic {
		remove_mutex();
		printf("%d W%d removes the mutex\n", ticks, i + 1)
	   }
	MAY_END
	fi;
	if
	:: atomic {
		mutex == FREE ->
		mutex = i + 1;
		mine = MINE;
		answered(i);
		printf("%d W%d makes the mutex\n", ticks, i + 1)
	   }
	:: mutex != FREE -> goto withdraw
	MAY_END
	fi;
	made_long_ago(i);
	goto decide;

give_up: /* It is no longer first. */
	if
	:: atomic {
		mine != MINE
	   }
	:: atomic {
		mine == MINE ->
		remove_mutex();
		mine = NOT_MINE;
		printf("%d W%d gives the mutex back\n", ticks, i + 1)
	   }
	MAY_END
	fi;
withdraw:
	if
	:: atomic {
		if
		:: breaking == i + 1 -> breaking = FREE
		:: else
		fi;
		delete(CLAIM(i));
		note_withdrawn();
#ifdef FRESH
		since_listed[i] = FRESH + 1;
#endif
		printf("%d W%d's claim is withdrawn\n", ticks, i + 1)
	   }
	MAY_END
	fi;
#ifdef FAST
	goto leave; /* each tries once: the states are many enough */
#else
	goto wait;
#endif

#ifdef UNHEARD
unheard: /* Its claim is over, and it leaves. A look shows a mutex: its own, which it does not know of? */
	atomic {
		expire(i);
		mine = NOT_MINE;
		printf("%d W%d has heard nothing until its claim is over\n", ticks, i + 1)
	};
	if
	:: goto leave
	:: atomic {
		mutex != FREE ->
		same[i] = true;
		answered(i);
		printf("%d W%d lists: there is a mutex\n", ticks, i + 1)
	   }
	fi;
#ifndef NO_WAIT
	made_long_ago(i);
#endif
	atomic {
		look(i);
		if
		:: !claims && same[i] ->
			remove_mutex();
			printf("%d W%d lists: no claim goes with it; and deletes it\n", ticks, i + 1)
		:: claims || !same[i] -> printf("%d W%d lists: it is another's\n", ticks, i + 1)
		fi;
		forget_look()
	};
	goto leave;
#endif

#if LAPSES > 0
lapsed:	/* It slept: its names have expired, its command was ended. Then it wakes up. */
	atomic {
		if
		:: held -> holders--; note_holder(FREE); held = false
		:: else
		fi;
		expire(i);
		printf("%d W%d is stopped until its lease is over\n", ticks, i + 1)
	};
#ifdef BLIND
	atomic {
		if
		:: mine == MINE -> remove_mutex(); printf("%d W%d gives the mutex back\n", ticks, i + 1)
		:: else
		fi
	};
#endif
	mine = NOT_MINE;
#endif
leave:	do
	:: atomic {
		there[ATTEMPT(i)] ->
		delete(ATTEMPT(i));
		printf("%d W%d's attempt is deleted\n", ticks, i + 1)
	   }
	:: atomic {
		there[CLAIM(i)] ->
		delete(CLAIM(i));
		printf("%d W%d's claim is deleted\n", ticks, i + 1)
	   }
	:: atomic {
		!there[ATTEMPT(i)] && !there[CLAIM(i)] ->
		if
		:: breaking == i + 1 -> breaking = FREE
		:: else
		fi;
		done++;
		break
	   }
	MAY_DIE
	od;
	goto end;

#if DEATHS > 0
died:	atomic {
		if
		:: held -> holders--; note_holder(FREE); held = false
		:: else
		fi;
		expire(i);
		if
#ifdef CALM
		:: breaking == i + 1 -> break_left = true
#else
		:: breaking == i + 1 -> breaking = FREE /* 2 T later */
#endif
		:: else
		fi;
		printf("%d W%d died, its names have expired\n", ticks, i + 1);
		done++
	};
#endif
end:	skip
}

#ifndef ANY
proctype clock() {
	byte x;
end:	do
	:: d_step {
		x = 0;
		do
		:: x < NAMES -> grow(x); x++
		:: else -> break
		od;
		x = 0;
		do
		:: x < N ->
			if
			:: since_made[x] < LONGEST -> since_made[x]++
			:: else
			fi;
#ifdef FRESH
			if
			:: since_listed[x] <= FRESH -> since_listed[x]++
			:: else
			fi;
#endif
			x++
		:: else -> break
		od;
		x = 0;
		if
		:: since_dead < OLD -> since_dead++
		:: else
		fi;
		NEXT_TICK
	   }
	od
}
#endif

init {
	byte i;

	atomic {
		forget_times(i);
		empty_service(i);
		do
		:: i < N -> run W(i); i++
		:: else -> break
		od;
		i = 0;
#ifndef ANY
		run clock()
#endif
	};
	atomic {
		done == N ->
		assert_nothing_left(i)
	}
}

#ifdef CALM
ltl calm { <> [] !in_vain }
#endif

#ifdef ENTRY
ltl entry { <> (done == N) }
#endif
