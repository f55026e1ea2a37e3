/*
 * same_id - two runs that were given the same explicit ID, and a third, for spin.
 *
 * R1 has the smaller ticket. It may be alive, stopped or dead when R2 comes: R2 cannot know. R3 has
 * another ID, and a ticket before, between or behind theirs. Clocks are arbitrary, so tickets need
 * not follow the order of arrival. Everybody may leave at any point; with -DCRASH R1 may die.
 *
 * Always: a claim of anybody in sight is honoured, and a waiter of that ID that sees a larger
 * ticket of its own ID leaves. RULE says what R2 makes of R1's unclaimed names ("leftovers"):
 *   0  not counted, deleted on sight
 *   1  ahead as long as in sight, deleted on sight; R2 wins only by a listing asked for at least D
 *      after the last answer to such a delete
 *   2  not counted, deleted on sight once R2's own attempt is D old
 *   3  the same, and R2 leaves no earlier than D after the last answer to such a delete
 *   4  not counted and not deleted: they expire
 *   5  not counted, deleted on sight; the look that decides over a claim of R1 or R2 is asked for
 *      D or more after the claim was answered (R3's, of an ID unique by itself, is not)
 *
 * STAYS  a run that has claimed does not heed a newer run of its ID any more
 * ALONE  without R3
 * TICKET=t  R3's ticket: 0, 2 or 4; R1 has 1, R2 has 3. Without it, any
 */
#ifndef RULE
#define RULE 5
#endif
#define R1 0
#define R2 1
#define R3 2
#ifdef ALONE
#define RUNS 2
#else
#define RUNS 3
#endif
#define ATTEMPT(i) (i)
#define CLAIM(i) (RUNS + (i))
#define NAMES (2 * RUNS)
#if RULE == 5
#define OLD (D + LAG + 1)
#else
#define OLD (LAG + 1)
#endif
#include "service.pml"

byte done;
bool crashed;
byte ticket[RUNS];
byte settle[RUNS]; /* ticks since the answer to the last create of the attempt, at most D */
byte cleaned = D;  /* ticks since the answer to R2's last delete of a leftover, at most D */
bool anew[RUNS];   /* the attempt was deleted by another run, and created under a new name */

#ifdef CRASH
#define MAY_CRASH(i) i == R1 && !crashed -> crashed = true
#else
#define MAY_CRASH(i) false
#endif
#ifdef STAYS
#define HEEDS_NOT(superseded) true
#else
#define HEEDS_NOT(superseded) !superseded
#endif
#define same_id(i, j) (i != R3 && j != R3)
#define settled(i) (settle[i] >= D && (RULE != 1 || i != R2 || cleaned >= D))
#define may_clean (RULE <= 1 || RULE == 5 || (RULE <= 3 && settle[R2] >= D))
#define may_decide(i) (RULE != 5 || i == R3 || !there[CLAIM(i)] || age[CLAIM(i)] >= D)
#define may_leave(i) (RULE != 3 || i != R2 || cleaned >= D)

/* What run i makes of run j's names: sets lost, superseded, leftover. */
inline read_names(i, j) {
	seen_if_shown(CLAIM(j));
	lost = lost || seen;
	seen = false;
	if
	:: may_show(ATTEMPT(j)) ->
		if
		:: same_id(i, j) && ticket[j] > ticket[i] -> superseded = true
		:: same_id(i, j) && ticket[j] < ticket[i] ->
			leftover = true;
			lost = lost || RULE == 1
		:: !same_id(i, j) -> lost = lost || ticket[j] < ticket[i]
		fi
	:: may_miss(ATTEMPT(j))
	fi
}

/* A listing: it must be asked for D after the create of the attempt, and show it. */
inline look(i) {
	if
	:: !settled(i) || may_miss(ATTEMPT(i)) -> lost = true
	:: settled(i) && may_show(ATTEMPT(i))
	fi;
	j = 0;
	do
	:: j < RUNS && j != i -> read_names(i, j); j++
	:: j < RUNS && j == i -> j++
	:: j >= RUNS -> break
	od;
	j = 0
}

inline forget_look() {
	lost = false;
	superseded = false;
	leftover = false
}

proctype run_of(byte i) {
	bool lost, seen, superseded, leftover, victim;
	byte j;

	atomic {
		create(ATTEMPT(i));
		settle[i] = 0;
		printf("%d R%d creates its attempt\n", ticks, i + 1)
	};

wait:	do
	:: atomic {
		look(i);
		if
		:: superseded ->
			forget_look();
			printf("%d R%d lists: a newer run of its ID is here\n", ticks, i + 1);
			goto leave
		:: !superseded && leftover && may_clean && there[ATTEMPT(R1)] ->
			forget_look();
			victim = anew[R1];
			printf("%d R%d lists: a leftover of its ID is here\n", ticks, i + 1);
			goto clean
		:: !superseded && !lost ->
			forget_look();
			printf("%d R%d lists: would win\n", ticks, i + 1);
			break
		:: !superseded && lost && may_show(ATTEMPT(i)) -> forget_look()
		/* None of ours in sight: a new arrival with the old ticket (here once). */
		:: !superseded && lost && !may_show(ATTEMPT(i)) && !anew[i] ->
			forget_look();
			anew[i] = true;
			create(ATTEMPT(i));
			settle[i] = 0;
			printf("%d R%d creates its attempt anew\n", ticks, i + 1)
		:: !superseded && lost && !may_show(ATTEMPT(i)) && anew[i] ->
			forget_look();
			goto leave
		fi
	   }
	:: atomic { may_leave(i) -> printf("%d R%d gives up\n", ticks, i + 1); goto leave }
	:: atomic { MAY_CRASH(i) -> goto dead }
	od;

	atomic {
		create(CLAIM(i));
		printf("%d R%d claims\n", ticks, i + 1)
	};
	may_decide(i);
	do
	:: atomic {
		look(i);
		if
#ifndef STAYS
		:: superseded ->
			forget_look();
			printf("%d R%d lists: a newer run of its ID is here\n", ticks, i + 1);
			goto leave
#endif
		:: HEEDS_NOT(superseded) && lost ->
			forget_look();
			printf("%d R%d lists: not first, after all\n", ticks, i + 1);
			break
		:: HEEDS_NOT(superseded) && !lost ->
			forget_look();
			goto enter
		fi
	   }
	:: atomic { MAY_CRASH(i) -> goto dead }
	od;
	atomic {
		delete(CLAIM(i));
		printf("%d R%d withdraws its claim\n", ticks, i + 1)
	};
	goto wait;

clean:	atomic {
		if
		:: victim == anew[R1] ->
			delete(ATTEMPT(R1));
			printf("%d R%d deletes the leftover\n", ticks, i + 1)
		:: victim != anew[R1] /* what was seen is gone already */
		fi;
		victim = false;
		cleaned = 0
	};
	goto wait;

enter:	atomic {
		printf("%d R%d HOLDS\n", ticks, i + 1);
		hold(1)
	};
	if
	:: atomic { holders--; printf("%d R%d ends its command\n", ticks, i + 1) }
	:: atomic { MAY_CRASH(i) -> holders--; goto dead }
	fi;
	may_leave(i);

leave:	do
	:: atomic {
		there[ATTEMPT(i)] ->
		delete(ATTEMPT(i));
		printf("%d R%d deletes its attempt\n", ticks, i + 1)
	   }
	:: atomic {
		there[CLAIM(i)] ->
		delete(CLAIM(i));
		printf("%d R%d deletes its claim\n", ticks, i + 1)
	   }
	:: atomic { !there[ATTEMPT(i)] && !there[CLAIM(i)] -> done++; break }
	od;
	goto end;

dead:	/* The names of a dead run are seen until they expire. */
	atomic {
		there[ATTEMPT(i)] = false;
		age[ATTEMPT(i)] = OLD;
		there[CLAIM(i)] = false;
		age[CLAIM(i)] = OLD;
		printf("%d R%d died long ago, its names have expired\n", ticks, i + 1);
		done++
	};
end:	skip
}

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
		:: x < RUNS ->
			if
			:: settle[x] < D -> settle[x]++
			:: else
			fi;
			x++
		:: else -> break
		od;
		if
		:: cleaned < D -> cleaned++
		:: else
		fi;
		x = 0;
		NEXT_TICK
	   }
	od
}

init {
	byte i;

	atomic {
		empty_service(i);
		ticket[R1] = 1;
		ticket[R2] = 3;
#ifndef ALONE
#ifdef TICKET
		ticket[R3] = TICKET;
#else
		if
		:: ticket[R3] = 0
		:: ticket[R3] = 2
		:: ticket[R3] = 4
		fi;
#endif
		run run_of(R3);
#endif
		run run_of(R1);
		run run_of(R2);
		run clock()
	};
	atomic {
		done == RUNS ->
		assert_nothing_left(i)
	}
}

#ifdef ENTRY
ltl entry { <> (done == RUNS) }
#endif
