"""The proof is ours: whatever the solver says, prints or does, no figure is passed on that does not hold."""

import contextlib
import dataclasses
import json
import math
import os
import subprocess
import sys
import threading
import time
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from carecircles import _highs, siting
from carecircles.errors import InfeasibleError, OutOfTimeError, SolverError
from carecircles.report import siting as siting_report
from carecircles.siting import (
    Rules,
    Search,
    _bound,
    _cover,
    _problem,
    _solver,
    _starts,
    _terms,
    _twice,
)
from tests.test_cli import run

MODELS = {
    "coverage": (siting.maximize_coverage, {"new": 3}),
    "gradual": (siting.maximize_gradual_coverage, {"new": 3, "full": 300}),
    "backup": (siting.maximize_backup, {"new": 3}),
    "distance": (siting.minimize_cost, {"new": 3}),
    "capacities": (siting.minimize_cost, {"new": 3}),
    "fair": (siting.minimize_ede, {"new": 3}),
    "worst": (siting.minimize_worst, {"new": 4}),
    "facilities": (siting.minimize_facilities, {}),
}


@pytest.fixture(autouse=True)
def never_few(monkeypatch):
    """Choices so few that each is tried would leave nothing for a solver to lie about."""
    monkeypatch.setattr(_twice, "_FEW_TRIED", 0)


@pytest.fixture
def town():
    """60 places of up to nine people on 2.5 km, a centre that stays and 25 candidates."""
    rng = np.random.default_rng(4)
    places, sites = rng.uniform(0, 2500, (60, 2)), rng.uniform(0, 2500, (26, 2))
    labels = ["h", *(f"c{n}" for n in range(25))]
    metres = np.hypot(*(places[:, None] - sites).transpose(2, 0, 1))
    index = pd.MultiIndex.from_product([range(60), labels], names=["demand", "facility"])
    demand = pd.DataFrame({"people": rng.integers(1, 10, 60).astype(float), "street": "A"})
    return demand, pd.Series(metres.ravel(), index=index)


def solved(model, town, **more):
    function, options = MODELS[model]
    rules = Rules(required=["h"])
    if model == "capacities":
        capacities = pd.Series(60.0, index=town[1].index.levels[1])
        rules = dataclasses.replace(rules, capacities=capacities)
    return function(*town, cutoff=700, weight="people", rules=rules, **options, **more)


# A stand-in for the solver that lies, each time about one thing

HONEST = _highs.run


def wrong_objective(_program, answer):
    return answer._replace(value=answer.value + 1)


def breaks_a_row(program, answer):
    """Everything open, or nothing where little is sought."""
    values = program.upper if program.is_maximum else program.lower
    value = float(program.objective @ values)
    return answer._replace(values=values.copy(), value=value, bound=value)


def parts_of_sites(program, answer):
    part = np.where(program.is_whole & (program.lower < 1), 0.5, 1.0)
    return answer._replace(values=part * answer[1])


def bound_on_the_wrong_side(program, answer):
    return answer._replace(bound=answer.bound - (1 if program.is_maximum else -1))


def no_plan(_program, answer):
    return answer._replace(status="infeasible", values=None, value=math.nan)


def worse_than_the_start(program, answer):
    """Called the best: nothing opens, or all is open, with a bound to match."""
    if program.is_maximum:
        values = program.lower.copy()
    else:
        worst = program._replace(is_maximum=True)
        values = HONEST(worst, seconds=20, stopped=threading.Event())[1]
    value = float(program.objective @ values)
    return answer._replace(values=values, value=value, bound=value)


def not_the_best_it_knows_of(program, answer):
    return answer._replace(bound=answer.bound + (5 if program.is_maximum else -5))


LIES = {
    wrong_objective: "where its plan is worth",
    breaks_a_row: "does not keep to a row",
    parts_of_sites: "opens parts of sites",
    bound_on_the_wrong_side: "its bound is",
    no_plan: "no plan, but one is known",
    worse_than_the_start: "its bound is",
    not_the_best_it_knows_of: "it calls",
}


@pytest.fixture(params=LIES, ids=lambda lie: lie.__name__)
def lie(request):
    return request.param


def alone(monkeypatch):
    """Leave to the solver what would be proven before it is asked."""
    monkeypatch.setattr(_bound, "_ROUNDS", 0)
    monkeypatch.setattr(_solver, "can_cover", lambda *_: True)
    monkeypatch.setattr(_cover, "_with_less", lambda _problem, _price, *known, **_: known)
    filled = _starts.fill

    def nothing_for_circles(problem, need, *more):
        return filled(problem, need, *more) if need.max() > 1 else np.array([], dtype=int)

    monkeypatch.setattr(_starts, "fill", nothing_for_circles)


@pytest.fixture
def stand_in(monkeypatch):
    """Make the solver lie in its first or in all answers; returns the answers it was asked for."""
    alone(monkeypatch)

    def lying(lie, *, always):
        asked = []

        def run(program, **options):
            answer = HONEST(program, **options)
            if answer[1] is None:
                return answer
            asked.append(options)
            return lie(program, answer) if always or len(asked) == 1 else answer

        monkeypatch.setattr(_highs, "run", run)
        return asked

    return lying


@pytest.mark.parametrize("model", MODELS)
def test_one_lie_does_not_change_the_answer(model, town, lie, stand_in):
    truth = solved(model, town)
    asked = stand_in(lie, always=False)
    plan = solved(model, town)
    assert len(asked) >= 1
    assert plan.objective == pytest.approx(truth.objective)
    assert plan.bound == pytest.approx(truth.objective)
    assert (plan.status, plan.gap) == ("optimal", 0)


WRONG_PRICES = {
    "random": lambda rng, answer: answer._replace(duals=rng.normal(0, 9, len(answer.duals))),
    "none": lambda _rng, answer: answer._replace(duals=np.zeros(len(answer.duals))),
    "no numbers": lambda _rng, answer: answer._replace(duals=np.full(len(answer.duals), np.nan)),
    "endless": lambda _rng, answer: answer._replace(duals=np.full(len(answer.duals), np.inf)),
    "parts": lambda rng, answer: answer._replace(values=rng.random(len(answer.values))),
    "less than promised": lambda _rng, answer: answer._replace(values=np.zeros(len(answer[1]))),
}


@pytest.mark.parametrize("lie", WRONG_PRICES)
def test_whatever_prices_the_solver_gives_no_plan_beats_the_bound(monkeypatch, lie):
    """Worths of 12 x 7, three columns open; the best of all 35 choices is known."""
    rng = np.random.default_rng(5)
    growing = _highs.growing

    @contextlib.contextmanager
    def lying():
        with growing() as solve:
            yield lambda *task, **options: WRONG_PRICES[lie](rng, solve(*task, **options))

    monkeypatch.setattr(_highs, "growing", lying)
    monkeypatch.setattr(_bound, "_ROUNDS", 10)
    for _ in range(5):
        worth = rng.integers(0, 9, (12, 7)) * (rng.random((12, 7)) < 0.5).astype(float)
        plans = {some: worth[:, some].max(axis=1).sum() for some in combinations(range(7), 3)}
        best, most = max(plans, key=plans.get), max(plans.values())
        found, _ = _bound.bound(
            sparse.csc_matrix(worth), np.ones(7), 3.0, _terms.Clock(20),
            leads=_bound.Leads(np.array([0])), value=most - 1,
        )  # fmt: skip
        assert found.value >= most - 1e-9
        useful = _problem.useful(found.constant, found.added, np.ones(7), 3.0, most - 1)
        assert set(best) <= set(useful.tolist())


@pytest.mark.parametrize("model", MODELS)
def test_a_solver_that_always_lies_proves_nothing(model, town, lie, stand_in):
    if model == "worst" and lie in (no_plan, worse_than_the_start):
        pytest.skip("asks only whether there is a plan; none is known to hold against the answer")
    asked = stand_in(lie, always=True)
    with pytest.raises(SolverError, match=LIES[lie]) as error:
        solved(model, town)
    assert 2 <= len(asked) <= 3
    assert asked[-1]["presolve"] == "off"
    assert "highspy" in str(error.value)
    assert "经核对不成立" in error.value.why.zh


def test_a_lie_ends_the_command_with_status_2(tmp_path, stand_in):
    stand_in(wrong_objective, always=True)
    done = run(
        "site", "--new", 2, "--objective", "backup", "--cell", 200, "--spacing", 400, "--scenario", "p.toml",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert "nothing is proven" in done.stderr
    assert done.stdout == ""
    assert not list(tmp_path.iterdir())


def test_a_floor_is_called_impossible_only_when_said_twice(monkeypatch):
    """No swap finds the plan: a and b hold most people of street A, c alone those of B."""
    demand = pd.DataFrame(
        {"people": [9.0, 9.0, 1.0], "street": ["A", "A", "B"]}, index=["p", "q", "r"]
    )
    pairs = [("p", "a"), ("q", "b"), ("r", "c")]
    cost = pd.Series(0.0, index=pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"]))
    asked = []

    def run(program, **options):
        asked.append(options)
        answer = HONEST(program, **options)
        return no_plan(program, answer) if len(asked) == 1 else answer

    monkeypatch.setattr(_highs, "run", run)
    rules = Rules(floor_by_street=0.5)
    plan = siting.maximize_coverage(demand, cost, new=2, cutoff=700, weight="people", rules=rules)
    assert (plan.objective, plan.status) == (10, "optimal")
    assert len(asked) == 2


def test_the_release_that_answered_0_where_100_is_right():
    """p1's two people and p0 find one room each at h1 and c0; the third walks 100 m to h0."""
    demand = pd.DataFrame({"people": [1.0, 2.0]}, index=["p0", "p1"])
    index = pd.MultiIndex.from_product(
        [["p0", "p1"], ["h0", "h1", "c0"]], names=["demand", "facility"]
    )
    cost = pd.Series([100.0, 0, 0, 100, 0, 0], index=index)
    plan = siting.minimize_cost(
        demand, cost, new=1, weight="people",
        rules=Rules(required=["h0", "h1"], capacities=pd.Series({"h1": 1.0, "c0": 1.0})),
    )  # fmt: skip
    assert (plan.objective, plan.bound, plan.status) == (100, 100, "optimal")
    assert list(plan.sites.index) == ["c0"]


def test_no_time_to_make_sure_that_there_is_no_plan(monkeypatch):
    """Two streets with a site each; one new centre. The first answer takes all the time."""
    demand = pd.DataFrame({"people": [1.0, 1.0], "street": ["A", "B"]}, index=["p", "q"])
    index = pd.MultiIndex.from_tuples([("p", "a"), ("q", "b")], names=["demand", "facility"])
    alone(monkeypatch)

    def run(program, *, seconds, **options):
        answer = HONEST(program, seconds=seconds, **options)
        time.sleep(seconds)
        return answer

    monkeypatch.setattr(_highs, "run", run)
    said = "says that there is none, but there was no time"
    with pytest.raises(OutOfTimeError, match=said) as caught:
        siting.maximize_coverage(
            demand, pd.Series(0.0, index=index), new=1, cutoff=1, weight="people",
            rules=Rules(floor_by_street=1), search=Search(time_limit=0.5),
        )  # fmt: skip
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.why.zh == (
        "在 0.5 秒内没有找到满足条件的方案；请延长时间。求解器称没有这样的方案，但已来不及核实。"
    )


# A solver that does not come back


@pytest.fixture
def deaf(tmp_path, monkeypatch):
    """In place of HiGHS a program that reads nothing, says nothing and does not end."""
    (tmp_path / "deaf.py").write_text(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)\n"
    )
    monkeypatch.setattr(_highs, "_COMMAND", (str(tmp_path / "deaf.py"),))
    monkeypatch.setattr(_highs, "_idle", [])
    alone(monkeypatch)


@pytest.mark.usefixtures("deaf")
@pytest.mark.parametrize("model", MODELS)
def test_the_time_limit_holds_whatever_the_solver_does(model, town):
    begun = time.monotonic()
    plan = solved(model, town, search=Search(time_limit=0.5))
    assert time.monotonic() - begun < 5
    assert plan.status == "time limit"
    assert plan.bound != plan.objective
    assert 0 < plan.gap <= 1 or math.isnan(plan.gap)
    if model not in ("worst", "facilities"):
        assert len(plan.sites) == 3


@pytest.mark.usefixtures("deaf")
def test_no_plan_in_time_where_the_solver_does_not_answer(town):
    demand, cost = town
    streets = np.where(np.arange(60) < 30, "A", "B")
    with pytest.raises(TimeoutError, match=r"found in 0\.5 seconds; allow more time"):
        siting.maximize_coverage(
            demand.assign(street=streets), cost, new=2, cutoff=700, weight="people",
            rules=Rules(floor_by_street=0.85), search=Search(time_limit=0.5),
        )  # fmt: skip


@pytest.mark.usefixtures("deaf")
def test_a_solver_whose_process_dies_is_an_error(town, monkeypatch):
    monkeypatch.setattr(_highs, "_COMMAND", ("-c", "raise SystemExit(3)"))
    with pytest.raises(SolverError, match="its process ended") as caught:
        solved("backup", town)
    assert "其进程已结束" in caught.value.why.zh


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_while_the_solver_does_not_answer(tmp_path):
    """The plan so far; where there is none that meets the rules, that it was stopped and when."""
    script = (
        "import os, signal, threading\n"
        "import numpy as np, pandas as pd\n"
        "from carecircles import _highs, siting\n"
        "_highs._COMMAND = ('-c', 'import time; time.sleep(600)')\n"
        "growing = _highs.growing\n"
        "def stop():\n"
        "    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
        "    return growing()\n"
        "_highs.growing = stop\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "near = np.random.default_rng(0).random((40, 15)) < 0.2\n"
        "demand = pd.DataFrame({'people': 1.0, 'street': ['A', 'B'] * 20})\n"
        "index = pd.MultiIndex.from_tuples([(int(a), int(b)) for a, b in np.argwhere(near)])\n"
        "cost = pd.Series(0.0, index=index)\n"
        "same = {'cutoff': 1, 'weight': 'people', 'search': siting.Search(time_limit=300)}\n"
        "for model, options in ((siting.minimize_facilities, {}), (siting.maximize_backup, {'new': 3}),\n"
        "    (siting.maximize_coverage, {'new': 4, 'rules': siting.Rules(floor_by_street=0.85)})):\n"
        "    try:\n"
        "        plan = model(demand, cost, **options, **same)\n"
        "        print(plan.status, len(plan.sites) > 0, plan.gap != 0, not plan.gap > 1)\n"
        "    except TimeoutError as err:\n"
        "        print(err)\n"
    )
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert time.monotonic() - begun < 25
    assert done.stdout.splitlines() == [
        "stopped True True True",
        "stopped True True True",
        "stopped after 1 s; no plan that meets the rules was found by then.",
    ], done.stderr


@pytest.mark.usefixtures("deaf")
def test_a_gap_is_a_share_or_unknown():
    """One site helps nobody to two centres; the two that would each stand in the bound of people who are not whole."""
    demand = pd.DataFrame({"people": [3.25, 3.5]}, index=["p", "q"])
    index = pd.MultiIndex.from_product([["p", "q"], ["a", "b"]], names=["demand", "facility"])
    plan = siting.maximize_backup(
        demand, pd.Series(0.0, index=index), new=1, cutoff=700, weight="people",
        search=Search(time_limit=0.3),
    )  # fmt: skip
    assert plan.objective == 0
    assert 0 < plan.bound <= 7
    assert math.isnan(plan.gap)
    for lang, said in (("en", "nobody knows"), ("zh", "差距未知")):
        assert said in siting_report.proof_note(plan.status, plan.gap)[lang]
    known = dataclasses.replace(plan, gap=0.25)
    assert "up to 25 %" in siting_report.proof_note(known.status, known.gap)["en"]


def test_a_floor_nobody_can_meet_is_said_at_once(tmp_path):
    """One centre for every cell of four streets; HiGHS searched for minutes."""
    begun = time.monotonic()
    done = run(
        "site", "--new", 1, "--floor-by-street", 1, "--time-limit", 20, "--area", "template",
        cwd=tmp_path,
    )  # fmt: skip
    assert time.monotonic() - begun < 25
    assert done.returncode == 2
    assert "no plan of 1 new centre keeps every street at 100 %" in done.stderr
    assert "people short" in done.stderr


@pytest.mark.parametrize("seed", range(5))
def test_what_is_called_impossible_is_so_by_brute_force(seed):
    """Floors between what two sites can do and what they cannot, in two streets."""
    rng = np.random.default_rng(seed)
    is_near = rng.random((20, 8)) < 0.3
    people, street = rng.integers(1, 9, 20).astype(float), np.where(np.arange(20) < 10, "A", "B")
    pairs = [(place, site) for place, site in np.argwhere(is_near)]
    index = pd.MultiIndex.from_tuples(pairs, names=["demand", "facility"])
    demand = pd.DataFrame({"people": people, "street": street})

    def least_share(sites):
        covered = is_near[:, list(sites)].any(axis=1) * people
        return min(covered[street == s].sum() / people[street == s].sum() for s in "AB")

    best = max(least_share((a, b)) for a in range(8) for b in range(a))
    options = {"new": 2, "cutoff": 1, "weight": "people"}
    cost = pd.Series(0.0, index=index)
    siting.maximize_coverage(demand, cost, **options, rules=Rules(floor_by_street=best - 1e-4))
    with pytest.raises(InfeasibleError):
        siting.maximize_coverage(demand, cost, **options, rules=Rules(floor_by_street=best + 1e-4))


# Nothing but the document on standard output


@pytest.fixture
def noisy(tmp_path):
    """An environment where a module prints below Python when imported, as a solver's licence lines."""

    def environment(*names):
        folder = tmp_path / "noisy"
        for name in names:
            (folder / name).mkdir(parents=True)
            (folder / name / "__init__.py").write_text(
                "import os, sys\n"
                f"os.write(1, b'{name} is free software\\n')\n"
                f"kept, sys.path = sys.path, [p for p in sys.path if p != {str(folder)!r}]\n"
                f"del sys.modules[{name!r}]\n"
                f"import {name}\n"
                "sys.path = kept\n"
            )
        return os.environ | {"PYTHONPATH": str(folder)}

    return environment


def test_nothing_but_the_document_on_stdout(tmp_path, noisy):
    done = subprocess.run(
        [sys.executable, "-m", "carecircles", "site", "--new", "2", "--objective", "backup",
         "--cell", "200", "--spacing", "400", "--format", "json"],
        cwd=tmp_path, env=noisy("highspy", "pyproj"), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert json.loads(done.stdout)["status"] == "optimal", done.stderr
    assert "pyproj is free software" in done.stderr  # in the command's own process


def test_the_output_of_who_uses_the_models_stays_theirs(tmp_path, noisy):
    script = tmp_path / "script.py"  # without a guard for __main__
    script.write_text(
        "import pandas as pd\n"
        "from carecircles import siting\n"
        "demand = pd.DataFrame({'people': [1.0, 2.0]}, index=['p', 'q'])\n"
        "index = pd.MultiIndex.from_product([['p', 'q'], ['a', 'b']], names=['demand', 'facility'])\n"
        "cost = pd.Series(0.0, index=index)\n"
        "print('begin')\n"
        "plan = siting.maximize_backup(demand, cost, new=2, cutoff=1, weight='people')\n"
        "print(plan.objective)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, env=noisy("highspy"), capture_output=True, timeout=60, check=False
    )  # fmt: skip
    assert done.stdout.splitlines() == [b"begin", b"3.0"], done.stderr


def test_the_solver_ends_with_who_started_it(tmp_path):
    """Also where that process is killed while HiGHS waits."""
    script = (
        "import os, pandas as pd\n"
        "from carecircles import _highs, siting\n"
        "demand = pd.DataFrame({'people': [1.0]}, index=['p'])\n"
        "index = pd.MultiIndex.from_product([['p'], ['a', 'b']], names=['demand', 'facility'])\n"
        "cost = pd.Series(0.0, index=index)\n"
        "siting.maximize_backup(demand, cost, new=2, cutoff=1, weight='people')\n"
        "print(_highs._idle[0].process.pid, flush=True)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    pid, until = int(done.stdout), time.monotonic() + 5
    while time.monotonic() < until:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if _is_zombie(pid):
            return
        time.sleep(0.1)
    pytest.fail("the process of the solver is still there")


def _is_zombie(pid):
    """Ended, but nobody has asked how, as in a container without an init."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return False
