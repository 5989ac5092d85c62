"""What a scenario has rebuilt that does not count by the reach of a plan, and why."""

from carecircles import reach
from carecircles.plan import Plan
from carecircles.words import Text

_BUILT: dict[str, Text] = {
    "crossing": {"en": "new ways over barriers", "zh": "新增过街、过河通道"},
    "ramp": {"en": "ramps", "zh": "坡道"},
    "short_wait": {"en": "shorter waits at signals", "zh": "缩短的信号灯等待"},
    "bench": {"en": "new benches", "zh": "新增座椅"},
    "lift": {"en": "lifts in houses", "zh": "加装的电梯"},
    "handrail": {"en": "handrails on stairs in houses", "zh": "楼道扶手"},
    "seat": {"en": "seats on stairs in houses", "zh": "楼道座椅"},
}
_INSIDE = ("lift", "handrail", "seat")
_CIRCLES: Text = {
    "en": "a straight line knows no ways; use --reach walking",
    "zh": "直线距离与道路无关；请使用 --reach walking",
}
_FACTOR: Text = {
    "en": "a factor is the same whatever is built; give barriers with crossings, or use --reach walking",
    "zh": "系数不随建设改变；请给出障碍和过街处，或使用 --reach walking",
}
_ROUND: Text = {
    "en": "straight lines round barriers change by crossings alone; use --reach walking",
    "zh": "绕行障碍的直线距离仅随过街处改变；请使用 --reach walking",
}
_TABLE: Text = {
    "en": "the cost table was measured before; measure it anew",
    "zh": "距离表是此前量算的；请重新量算",
}
_METRES: Text = {
    "en": "they save time, and metres are counted; name a --profile",
    "zh": "它们节省的是时间，而这里按米计算；请用 --profile 指定步行者",
}
_CLIMB: Text = {
    "en": "the way over them counts, but not the climb that they save, as metres are counted; name a --profile",
    "zh": "其路程已计入，但所省的上下台阶时间未计入，因为这里按米计算；请用 --profile 指定步行者",
}
_UNSEATED: Text = {
    "en": "nobody is taken to need a seat on the way; say how far people walk without one by --stretch",
    "zh": "按途中无需座椅计算；请用 --stretch 写明无座椅时最多走多少米",
}
_BARRED: Text = {
    "en": "who walks takes no stairs",
    "zh": "该步行者不走楼梯",
}
_NO_TIME: Text = {
    "en": "the profile gives no time to what they save",
    "zh": "该步行者类型未计其所省的时间",
}


def uncounted_notes(plan: Plan) -> list[Text]:
    """
    What is rebuilt in a plan's area and does not count by its reach, and why, a line for each reason.

    Examples
    --------
    >>> import functools
    >>> from carecircles import datasets, grid, plan, scenario
    >>> area = datasets.load("template")
    >>> asis = plan.evaluate(area, grid.make_demand(area.streets, area.population, cell=200))
    >>> seat = {"rebuild": "S1", "with": "bench", "place": "POINT (110.01 35.01)"}
    >>> after = plan.carry_out(asis, scenario.parse({"name": "A seat", "step": [seat]}))
    >>> uncounted_notes(after)[0]["en"]
    'Not counted in a straight line: new benches; a straight line knows no ways; use --reach walking.'
    """
    by = reach.in_words(plan.reach)
    reasons: dict[str, tuple[Text, list[Text]]] = {}
    for built in dict.fromkeys(plan.area.on_foot.rebuilt):
        why = _why_not(plan, built)
        if why is not None:
            reasons.setdefault(why["en"], (why, []))[1].append(_BUILT[built])
    return [
        {
            "en": f"Not counted {by['en']}: {', '.join(one['en'] for one in some)}; {why['en']}.",
            "zh": f"{by['zh']}的结果未计入：{'、'.join(one['zh'] for one in some)}；{why['zh']}。",
        }
        for why, some in reasons.values()
    ]


def _why_not(plan: Plan, built: str) -> Text | None:
    """Why something that is built does not count by a plan's reach; None where it does."""
    kind, profile = reach.kind_of(plan.reach), reach.profile_in(plan.reach)
    if kind is reach.straight_line:
        return _CIRCLES
    if kind is reach.detour:
        bound = getattr(plan.reach, "keywords", {})
        if bound.get("barriers") is None:
            return _FACTOR
        return None if built == "crossing" else _ROUND
    if kind not in (reach.walking, reach.resting):
        return _TABLE
    if built == "crossing":
        return None
    if built == "bench":
        return None if kind is reach.resting else _UNSEATED
    if profile is None:
        return _CLIMB if built == "ramp" else _METRES
    if profile.flight_s is None and built in _INSIDE:
        return _BARRED
    spent = profile.crossing_s if built == "short_wait" else profile.flight_s
    return _NO_TIME if spent == 0 and built != "ramp" else None
