"""The grammar of sentences, over typed words; it names no thing and no robot."""

from __future__ import annotations

from lark import Lark, Token, Tree

from planners.sentences.words import WORDS_OF

Branch = Tree[Token]

# Terminals and rules with a leading underscore leave no trace in the tree.
_GRAMMAR = f"""
    task: (deadline _JOIN?)? line (_STOP line)* deadline?
    deadline: _WITHIN DURATION

    line: (_step _JOIN)* _last
    _last: _step | choice | loop
    _step: _done | again | guarded
    _done: _action | repeated
    repeated: _action (TIMES | LATE_TIMES)
    guarded: _done (IF | UNLESS) conditions
    choice: (IF | UNLESS) conditions _JOIN? line (_ELSE line)?
          | _done (IF | UNLESS) conditions _ELSE line -> late_choice
    loop: (again | TIMES) _COLON line
    again: (REPEAT | DO) (IT | ALL | FOLLOWING)* (TIMES | MORE | AGAIN)?

    _action: walk | turn | also | stand | ensure | use | halt | _handling | fronted
    fronted: hand _JOIN? _handling
    _handling: grasp | hold | take | carry | move | deliver | place | release | drop
             | leave

    walk: (WALK | STEP | MOVE) _way+ | APPROACH near _way* | TAKE to _way*
        | (TAKE | MAKE | DO) DISTANCE _way*
    turn: TURN _swing+ | (TAKE | MAKE | DO) (ANGLE | AROUND) _swing*
    also: (to | FORWARD | BACK | SIDE | DISTANCE | ANGLE) (_way | _swing_only)*
    stand: STAND (DURATION | at | HERE | _UP)*
    ensure: ENSURE condition
    halt: HALT (THERE | HERE)?
    use: SKILL thing? (_moving | DURATION)*

    grasp: GRASP _UP? thing (_UP | at | from | hand)*
    hold: HOLD _UP? thing (_UP | at | from | hand | DURATION)*
    take: TAKE _UP? thing _moving*
    carry: CARRY thing _moving*
    move: MOVE thing _moving*
    deliver: DELIVER thing _moving*
    place: PLACE _DOWN? BACK? thing _placing*
    release: RELEASE thing? _placing*
    drop: DROP thing _placing*
    leave: LEAVE thing _placing*

    _way: to | from | with | FORWARD | BACK | SIDE | SIDEWAYS | SLOWLY | QUICKLY
        | DISTANCE | DURATION | SPEED
    _swing: SIDE | _swing_only
    _swing_only: CLOCKWISE | COUNTERCLOCKWISE | AROUND | ANGLE
    _moving: _UP | _DOWN | BACK | to | on | from | hand | SPEED | SLOWLY | QUICKLY
    _placing: _DOWN | BACK | to | on | from | hand

    thing: NAME | IT
    _place: NAME | IT | THERE
    to: (TO | NEAR | _FOR) _place | THERE
    on: (ON | AT) _place
    at: (ON | AT | NEAR) _place | THERE
    near: _place
    from: FROM _place
    with: _WITH (NAME | IT)
    hand: (_WITH | _IN) SIDE _HAND? | HANDED

    conditions: condition (_AND_IF condition)*
    condition: thing IS NOT? at                                     -> is_on
             | thing IS NOT? _HELD                                  -> is_held
             | thing IS NOT? _VISIBLE                               -> is_seen
             | thing IS NOT? _REACHABLE                             -> is_in_reach
             | THERE IS NOT? thing at?                              -> there_is
             | _YOU (IS | STAND) NOT? at                            -> you_are
             | _YOU _not? (_HAVE | HOLD | CARRY) thing _HELD?       -> is_held
             | _YOU IS NOT _WITH thing _HELD?                       -> is_held
             | _YOU _not? _SEE thing                                -> is_seen
             | _YOU _not? (_REACH | GRASP) thing                    -> is_in_reach
    _not: (DO | CAN) NOT?

    %declare NAME NUMBER SKILL UNKNOWN DISTANCE ANGLE DURATION SPEED TURNING
    %declare TIMES LATE_TIMES
    %declare {" ".join(sorted(WORDS_OF.keys() - {"TIMES"}))}
"""

PARSER = Lark(_GRAMMAR, start="task", parser="lalr", lexer="basic")
