/*
 * leave - a run leaves while repeats of its create are still under way, for spin.
 *
 * The create was sent more than once, since answers failed to come. The run deletes the name; then
 * it lists D after, until LOOKS listings D apart show none of its names, and is gone. A repeat may
 * be applied between the deletes and up to LATE_BY ticks after the last of them.
 *
 * What is checked: nothing is there once the run is gone and no repeat is under way any more.
 *
 * Parameters: LAG, D (service.pml), LOOKS, LATE_BY, REPEATS.
 */
#define NAMES 1
#define OLD (LAG + 1)
#define NAME 0
#include "service.pml"

#ifndef LOOKS
#define LOOKS 2
#endif
#ifndef LATE_BY
#define LATE_BY D
#endif
#ifndef REPEATS
#define REPEATS 2
#endif
#define LONG (LATE_BY > 2 * D -> LATE_BY + 1 : 2 * D + 1)

byte under_way = REPEATS;
byte since_delete = 255; /* ticks since the last answer to a delete; 255: none was sent */
byte since_look;         /* ticks since the last look, or delete, at most D */
bool gone;

proctype run_leaves() {
	byte clean;

	atomic {
		create(NAME);
		printf("%d R's attempt is created\n", ticks)
	};
	do
	:: atomic {
		delete(NAME);
		since_delete = 0;
		since_look = 0;
		clean = 0;
		printf("%d R deletes its attempt\n", ticks)
	   };
	   do
	   :: atomic {
		since_look == D ->
		since_look = 0;
		if
		:: may_show(NAME) ->
			printf("%d R lists: there is one of mine\n", ticks);
			break
		:: may_miss(NAME) ->
			printf("%d R lists: none of mine\n", ticks);
			clean++
		fi;
		if
		:: clean == LOOKS -> gone = true; goto end
		:: else
		fi
	   }
	   od
	od;
end:	printf("%d R is gone\n", ticks)
}

proctype network() {
	do
	:: atomic {
		under_way > 0 && since_delete <= LATE_BY ->
		under_way--;
		if
		:: there[NAME] /* AlreadyExists */
		:: !there[NAME] ->
			create(NAME);
			printf("%d R's attempt is created once more\n", ticks)
		fi
	   }
	:: under_way > 0 -> under_way-- /* lost */
	:: under_way == 0 -> break
	od
}

proctype clock() {
end:	do
	:: d_step {
		grow(NAME);
		if
		:: since_delete < 100 && since_delete < LONG -> since_delete++
		:: else
		fi;
		if
		:: since_look < D -> since_look++
		:: else
		fi;
		NEXT_TICK
	   }
	od
}

init {
	byte i;

	atomic {
		empty_service(i);
		run run_leaves();
		run network();
		run clock()
	};
	atomic {
		gone && under_way == 0 ->
		assert_nothing_left(i)
	}
}
