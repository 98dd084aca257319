"""Counts the draws in which an answer wins a vote over pooled samples: the loops of the pooled law, compiled by Numba.

The formula is in slmmux.orchestration.pooled_law, and so is what a `rule` is. A state is what is drawn of one answer:
(j_1, .., j_M), numbered by sum_m strides_m j_m, so that states add up as their numbers do. A polynomial in x is an
array over the states; its coefficients are whole numbers of draws, exact below 2^53, and are added in the order of the
code on every processor.

All compiled functions stay in this one file: the machine code that Numba keeps beside it is renewed when it changes.
"""

from collections.abc import Callable
from functools import wraps
from typing import NamedTuple

import numba
import numpy as np


class Answers(NamedTuple):
    """The answers to one question, and what can be drawn of them; the arrays are as long as the longest question needs.

    votes:  (answers, M) int, in the pools. sure: row of rule.level. wanted: bool, whether its wins are counted.
    start:  (answers + 1,) int. The states of answer a are state[start[a]:start[a + 1]], with the ways to draw them and
            their levels; the first is no vote at all.
    top, low: highest level it reaches, and lowest one with a vote drawn.
    """

    votes: np.ndarray
    sure: np.ndarray
    wanted: np.ndarray
    start: np.ndarray
    state: np.ndarray
    ways: np.ndarray
    level: np.ndarray
    top: np.ndarray
    low: np.ndarray


# A part of a compiled function.
part = numba.njit(inline="always")


def compiled(function: Callable) -> Callable:
    """The function in machine code, kept from one process to the next where there is a folder to keep it in."""
    try:
        machine = numba.njit(cache=True, error_model="numpy")(function)
    except RuntimeError:
        machine = numba.njit(error_model="numpy")(function)

    @wraps(function)
    def call(*arguments):
        try:
            return machine(*arguments)
        except OSError:
            # The disk is full, so that it cannot be kept; it is compiled all the same.
            return machine(*arguments)

    return call


@part
def draws_of(answer, answers, rule):
    """Fill in what can be drawn of an answer whose votes are known."""
    state, ways, level = answers.state, answers.ways, answers.level
    cap, strides, choose, levels = rule.cap, rule.strides, rule.choose, rule.level
    start, sure = answers.start[answer], answers.sure[answer]
    state[start], ways[start], level[start] = 0, 1.0, levels[sure, 0]
    end, low, corner, capped = start + 1, rule.highest + 1, 0, False
    for m in range(len(cap)):
        votes, before = answers.votes[answer, m], end
        most = min(votes, cap[m])
        corner += most * strides[m]
        capped |= votes > cap[m]
        for j in range(1, most + 1):
            factor, step = choose[votes, j], j * strides[m]
            for x in range(start, before):
                state[end], ways[end] = state[x] + step, ways[x] * factor
                level[end] = levels[sure, state[end]]
                low = min(low, level[end])
                end += 1
    answers.start[answer + 1] = end
    # An answer that could exceed a cap has a factor of its own at every level.
    answers.top[answer] = rule.highest if capped else rule.reachable[sure, corner]
    answers.low[answer] = low


@part
def free_draws(unbound, room, rule, out):
    """Write prod_m (1 + x_m)^unbound_m into out (S,), for the states that are nowhere larger than room (M,)."""
    strides, choose = rule.strides, rule.choose
    out[0] = 1.0
    for m in range(len(room) - 1, -1, -1):
        step = strides[m]
        for j in range(1, room[m] + 1):
            factor = choose[unbound[m], j]
            for s in range(step):
                out[j * step + s] = factor * out[s]


@part
def multiply(old, new, ties, most_ties, at, marked, answers, answer, fits, size):
    """new = old times the factor E_a of an answer at level `at`; return the highest power of y in it.

    old, new: (ties + 1 .., S), a polynomial in x for each power of y up to most_ties; only the first `size` states
    matter. marked: whether y is kept.
    """
    state, ways, level = answers.state, answers.ways, answers.level
    start, end = answers.start[answer], answers.start[answer + 1]
    reaches = 0
    for i in range(start, end):
        if marked and level[i] == at:
            reaches = 1
    highest = min(ties + reaches, most_ties)
    shift = 1 if level[start] == at else 0
    factor = 1.0 if level[start] <= at else 0.0
    for y in range(highest + 1):
        if shift <= y <= ties + shift:
            for s in range(size):
                new[y, s] = factor * old[y - shift, s]
        else:
            for s in range(size):
                new[y, s] = 0.0
    for i in range(start + 1, end):
        if level[i] > at:
            continue
        step, factor = state[i], ways[i]
        shift = 1 if marked and level[i] == at else 0
        for y in range(min(ties, highest - shift) + 1):
            for s in range(size - step):
                new[y + shift, s + step] += factor * fits[step, s] * old[y, s]
    return highest


@part
def meet(product, ties, at, answers, answer, rest, fits, least):
    """The coefficient of x^rest in the product times the factor E_a, over the answers at the level; see count_draws."""
    state, ways, level, draws = answers.state, answers.ways, answers.level, 0.0
    for i in range(answers.start[answer], answers.start[answer + 1]):
        s = state[i]
        if level[i] <= at and s <= rest and fits[s, rest - s] > 0:
            mark = 1 if level[i] == at else 0
            for y in range(max(0, least - mark), ties + 1):
                draws += ways[i] * product[y, rest - s] / (y + mark + 1)
    return draws


@part
def meet_free(product, free, size_of_one, rest, rule, least):
    """The coefficient of x^rest in the product and the free draws, at a level that every state of size_of_one is at."""
    size, fits, draws = rule.size, rule.fits, 0.0
    for s in range(rest + 1):
        y = size[s] // size_of_one
        if y >= least:
            draws += fits[s, rest - s] * product[s] * free[rest - s] / (y + 1)
    return draws


@compiled
def count_draws(rule, first, counts, sure, voted, wanted, least):
    """(Q,) float: draws in which a wanted answer wins and at least so many others share its level, each draw over the
    number of answers that share it.

    first: (Q + 1,) int, where the answers to a question begin. counts: (M, answers) int, votes in the pools.
    sure: (answers,) int, row of rule.level; voted: (F,) bool, whether that row has a vote.
    wanted: (answers,) bool. least: 0, or 1 for ties alone.
    """
    size, models = rule.drawn.shape
    width = 1
    for q in range(len(first) - 1):
        width = max(width, first[q + 1] - first[q])
    answers = Answers(
        np.empty((width, models), np.int64),
        np.empty(width, np.int64),
        np.empty(width, np.bool_),
        np.zeros(width + 1, np.int64),
        np.empty(width * size, np.int64),
        np.empty(width * size),
        np.empty(width * size, np.int64),
        np.empty(width, np.int64),
        np.empty(width, np.int64),
    )
    # Of the answer that is to win: its ways by state, and its states by level.
    own, states = np.empty(size), np.empty(size, np.int64)
    product, spare, free = np.zeros((width + 1, size)), np.zeros((width + 1, size)), np.zeros(size)
    rivals = np.empty(width, np.int64)
    others, unbound, room = np.empty(models, np.int64), np.empty(models, np.int64), np.empty(models, np.int64)
    needed, possible = np.empty(models, np.int64), np.empty(models, np.int64)
    won = np.zeros(len(first) - 1)
    for q in range(len(first) - 1):
        number, any_wanted = 0, False
        for given in range(first[q], first[q + 1]):
            votes = 0
            for m in range(models):
                answers.votes[number, m] = counts[m, given]
                votes += counts[m, given]
            if votes > 0 or voted[sure[given]]:
                answers.sure[number], answers.wanted[number] = sure[given], wanted[given]
                any_wanted |= wanted[given]
                number += 1
        if not any_wanted:
            continue
        for a in range(number):
            draws_of(a, answers, rule)
        for a in range(number):
            if not answers.wanted[a]:
                continue
            reached = 0
            for b in range(number):
                if b != a:
                    reached = max(reached, answers.top[b])
            contested = 0
            for s in range(size):
                own[s] = 0.0
            for m in range(models):
                others[m] = rule.pool[m] - answers.votes[a, m]
            for i in range(answers.start[a], answers.start[a + 1]):
                draws = answers.ways[i] if answers.level[i] > 0 else 0.0
                for m in range(models):
                    draws *= rule.choose[others[m], rule.budget[m] - rule.drawn[answers.state[i], m]]
                if draws > 0.0:
                    if answers.level[i] <= reached:
                        own[answers.state[i]] = answers.ways[i]
                        contested += 1
                    elif least == 0:
                        # No other answer reaches this level: whatever else is drawn, the answer wins.
                        won[q] += draws
            if contested == 0:
                continue
            found = 0
            for i in range(size):
                s = rule.ascending[answers.sure[a], i]
                if own[s] > 0.0:
                    states[found] = s
                    found += 1
            end = 0
            while end < contested:
                begin, at = end, rule.level[answers.sure[a], states[end]]
                # Samples of every model that the others must fill, at least and at most.
                for m in range(models):
                    needed[m], room[m], unbound[m], possible[m] = rule.budget[m], 0, others[m], 0
                while end < contested and rule.level[answers.sure[a], states[end]] == at:
                    for m in range(models):
                        left = rule.budget[m] - rule.drawn[states[end], m]
                        needed[m], room[m] = min(needed[m], left), max(room[m], left)
                    end += 1
                # Who can reach the level; all other samples are unbound.
                contenders, last, terms, together = 0, 0, 0, 0
                for b in range(number):
                    if b == a or answers.top[b] < at:
                        continue
                    corner = 0
                    for m in range(models):
                        corner += min(answers.votes[b, m], room[m]) * rule.strides[m]
                    if answers.top[b] < rule.highest and rule.reachable[answers.sure[b], corner] < at:
                        continue
                    at_most = 0
                    for m in range(models):
                        unbound[m] -= answers.votes[b, m]
                        votes = min(answers.votes[b, m], rule.most[at, m])
                        possible[m] += votes
                        at_most += votes
                    together += min(at_most, rule.largest[at])
                    if answers.low[b] > at and answers.level[answers.start[b]] < at:
                        # It must not be drawn at all: its factor is 1.
                        continue
                    if answers.start[b + 1] - answers.start[b] > terms:
                        terms, last = answers.start[b + 1] - answers.start[b], contenders
                    rivals[contenders] = b
                    contenders += 1
                # Whether the models can draw all their samples without lifting an answer above the level.
                enough, space, corner = True, 0, 0
                for m in range(models):
                    corner += room[m] * rule.strides[m]
                    enough &= unbound[m] + possible[m] >= needed[m]
                    together += min(unbound[m], room[m]) - needed[m]
                    space += room[m]
                if not enough or together < 0:
                    continue
                marked, most_ties = at != rule.one_size, 0
                if marked:
                    most_ties = contenders
                    if rule.smallest[at] > 0:
                        most_ties = min(contenders, space // rule.smallest[at])
                    free_draws(unbound, room, rule, product[0])
                    if contenders > 0:
                        # The answer with the most terms comes last, where few coefficients are asked for.
                        contenders -= 1
                        rivals[last], rivals[contenders] = rivals[contenders], rivals[last]
                else:
                    free_draws(unbound, room, rule, free)
                    for s in range(corner + 1):
                        product[0, s] = 1.0 if s == 0 else 0.0
                ties = 0
                for r in range(contenders):
                    old, new = (product, spare) if r % 2 == 0 else (spare, product)
                    ties = multiply(old, new, ties, most_ties, at, marked, answers, rivals[r], rule.fits, corner + 1)
                result = product if contenders % 2 == 0 else spare
                for i in range(begin, end):
                    rest, draws = size - 1 - states[i], 0.0
                    if not marked:
                        draws = meet_free(result[0], free, rule.smallest[at], rest, rule, least)
                    elif terms > 0:
                        draws = meet(result, ties, at, answers, rivals[contenders], rest, rule.fits, least)
                    elif least == 0:
                        draws = product[0, rest]
                    won[q] += own[states[i]] * draws
    return won
