/*
 * lease - generations, leases and expiry between two runs of withlock, for spin.
 *
 * Time is as in lock.pml: anybody may be stopped anywhere for any time, here also for longer than
 * the lease. A run renews by succession: it creates its next name, and deletes the older one when
 * the rules say so. Others stop counting a name some time after its lease. A deleted name is gone
 * from listings at once: seeing it longer could only keep somebody out.
 *
 * What is checked: never two hold at once.
 *
 * Parameters: LAG, D (service.pml), and
 *   T       the lease, from the create of a name on
 *   M       the command is dead, and no renewal comes into force, M ticks before the lease ends
 *   MARGIN  others count a name for MARGIN ticks longer than its lease: the grace for expiry less
 *           the difference of the clocks. They may, and need not, count it after that.
 *
 * Left-out rules
 *   NO_OWN_LEASE   own names count for winning also when their lease has passed
 *   NO_EARLY       own names count for winning until their lease passes, not until D before
 *   NO_END         the command runs on when the lease has ended
 *   NO_SUCCESSION  a holder deletes its older name as soon as the next one is created
 *   NO_MARK        later generations of a holder are not marked as claims
 */
#ifndef T
#define T 8
#endif
#ifndef M
#define M LAG
#endif
#ifndef MARGIN
#define MARGIN 0
#endif
#define RUNS 2
#define PLACES 3 /* names a run has at once, newest first */
#define NAME(i, k) (PLACES * (i) + (k))
#define NAMES (PLACES * RUNS)
#define OLD (T + (MARGIN > 0 -> MARGIN : 0) + 1)
#include "service.pml"

bool claim[NAMES];     /* the name is marked as a claim */
bool confirmed[NAMES]; /* the run, which holds, has seen it in a listing */
bool held[RUNS];
byte done;

#define any(i, what) (what(NAME(i, 0)) || what(NAME(i, 1)) || what(NAME(i, 2)))
#define has_room(i) (!there[NAME(i, 2)])
#define must_count(x) (age[x] <= T + MARGIN)

/* The lease lasts as long as that of any name that is known to be there, less M. */
#define lasts(x) (there[x] && confirmed[x] && age[x] + M < T)
#define lease_lasts(i) any(i, lasts)

#ifdef NO_OWN_LEASE
#define wins_by(x) (there[x] && age[x] >= D)
#elif defined(NO_EARLY)
#define wins_by(x) (there[x] && age[x] >= D && age[x] < T)
#else
#define wins_by(x) (there[x] && age[x] >= D && age[x] + D < T)
#endif

/* The oldest name may go: the one before it is D old and, for a holder, was seen in a listing. */
#define successor(i) (there[NAME(i, 2)] -> NAME(i, 1) : NAME(i, 0))
#define has_two(i) (there[NAME(i, 1)])
#define waiter_may_drop(i) (has_two(i) && age[successor(i)] >= D)
#ifdef NO_SUCCESSION
#define holder_may_drop(i) (held[i] && has_two(i))
#else
#define holder_may_drop(i) \
	(held[i] && has_two(i) && age[successor(i)] >= D && confirmed[successor(i)])
#endif
#ifdef NO_MARK
#define MARK false
#else
#define MARK true
#endif
/* The run has made a name lately: no need for another. */
#define is_fresh(i) (there[NAME(i, 0)] && age[NAME(i, 0)] < D)

inline move(to, from) {
	there[to] = there[from];
	age[to] = age[from];
	claim[to] = claim[from];
	confirmed[to] = confirmed[from]
}

inline forget_name(x) {
	there[x] = false;
	age[x] = OLD;
	claim[x] = false;
	confirmed[x] = false
}

inline create_next(i, mark) {
	move(NAME(i, 2), NAME(i, 1));
	move(NAME(i, 1), NAME(i, 0));
	create(NAME(i, 0));
	claim[NAME(i, 0)] = mark;
	confirmed[NAME(i, 0)] = false
}

inline drop_oldest(i) {
	if
	:: there[NAME(i, 2)] -> forget_name(NAME(i, 2))
	:: !there[NAME(i, 2)] && there[NAME(i, 1)] -> forget_name(NAME(i, 1))
	:: !there[NAME(i, 1)] -> forget_name(NAME(i, 0))
	fi
}

/* Does another run's name keep run i out? */
inline read_other(i, x) {
	if
	:: there[x] && (claim[x] || i == 1) -> lost = true
	:: may_miss(x) || !must_count(x) || !(claim[x] || i == 1)
	fi
}

inline read_own(x) {
	if
	:: there[x] && wins_by(x) -> lost = false; shown[x % PLACES] = true
	:: there[x] && !wins_by(x) -> shown[x % PLACES] = true
	:: may_miss(x)
	fi
}

/* A listing: sets lost. */
inline look(i) {
	lost = true;
	read_own(NAME(i, 0));
	read_own(NAME(i, 1));
	read_own(NAME(i, 2));
	read_other(i, NAME(1 - i, 0));
	read_other(i, NAME(1 - i, 1));
	read_other(i, NAME(1 - i, 2))
}

/* A holder knows what it has seen. */
inline confirm(i) {
	confirmed[NAME(i, 0)] = confirmed[NAME(i, 0)] || shown[0];
	confirmed[NAME(i, 1)] = confirmed[NAME(i, 1)] || shown[1];
	confirmed[NAME(i, 2)] = confirmed[NAME(i, 2)] || shown[2]
}

inline forget_look() {
	lost = false;
	shown[0] = false;
	shown[1] = false;
	shown[2] = false
}

proctype W(byte i) {
	bool lost;
	bool shown[PLACES];

	atomic {
		create_next(i, false);
		printf("%d W%d's first name is created\n", ticks, i + 1)
	};

wait:	do
	:: atomic {
		look(i);
		if
		:: lost -> forget_look()
		:: else ->
			forget_look();
			printf("%d W%d lists: would win\n", ticks, i + 1);
			break
		fi
	   }
	:: atomic {
		has_room(i) && !is_fresh(i) ->
		create_next(i, false);
		printf("%d W%d's next name is created\n", ticks, i + 1)
	   }
	:: atomic {
		waiter_may_drop(i) ->
		drop_oldest(i);
		printf("%d W%d deletes an older name\n", ticks, i + 1)
	   }
	od;

	atomic {
		if
		:: has_room(i) ->
			create_next(i, true);
			printf("%d W%d's claim is created\n", ticks, i + 1)
		:: !has_room(i) -> goto wait
		fi
	};
	atomic {
		look(i);
		if
		:: lost ->
			forget_look();
			printf("%d W%d lists: not first, after all\n", ticks, i + 1)
		:: else ->
			confirm(i);
			forget_look();
			held[i] = true;
			printf("%d W%d lists: still first, HOLDS\n", ticks, i + 1);
			hold(1);
			goto holding
		fi
	};
	/* The claim is the newest name, unless it has expired meanwhile. */
	atomic {
		if
		:: claim[NAME(i, 0)] ->
			move(NAME(i, 0), NAME(i, 1));
			move(NAME(i, 1), NAME(i, 2));
			forget_name(NAME(i, 2))
		:: !claim[NAME(i, 0)]
		fi;
		printf("%d W%d's claim is withdrawn\n", ticks, i + 1)
	};
	goto wait;

holding: do
	:: atomic {
		held[i] && has_room(i) && !is_fresh(i) ->
		create_next(i, MARK);
		printf("%d W%d renews: its next name is created\n", ticks, i + 1)
	   }
	:: atomic { held[i] -> look(i); confirm(i); forget_look() }
	:: atomic {
		holder_may_drop(i) ->
		drop_oldest(i);
		printf("%d W%d deletes an older name\n", ticks, i + 1)
	   }
	:: atomic {
		held[i] ->
		held[i] = false;
		holders--;
		printf("%d W%d's command ends\n", ticks, i + 1);
		break
	   }
	:: !held[i] -> break
	od;

	do
	:: atomic { there[NAME(i, 0)] -> drop_oldest(i) }
	:: !there[NAME(i, 0)] -> break
	od;
	printf("%d W%d has left\n", ticks, i + 1);
	done++
}

/* A tick. Whoever holds lets go at the end of the lease, whatever else it is kept from. */
proctype clock() {
	byte x;
end:	do
	:: d_step {
		x = 0;
		do
		:: x < NAMES ->
			if
			:: there[x] && age[x] < OLD -> age[x]++
			:: else
			fi;
#ifndef NO_OWN_LEASE
			/* Of no use to its run, no hindrance to others: the oldest come last. */
			if
			:: there[x] && age[x] == OLD -> forget_name(x)
			:: else
			fi;
#endif
			x++
		:: else -> break
		od;
#ifndef NO_END
		x = 0;
		do
		:: x < RUNS && held[x] && !lease_lasts(x) ->
			held[x] = false;
			holders--;
			printf("%d W%d's lease has ended, and its command\n", ticks + 1, x + 1)
		:: x < RUNS && !(held[x] && !lease_lasts(x)) -> x++
		:: x >= RUNS -> break
		od;
#endif
		x = 0;
		NEXT_TICK
	   }
	od
}

init {
	byte i;

	atomic {
		empty_service(i);
		run W(0);
		run W(1);
		run clock()
	};
	done == RUNS
}
