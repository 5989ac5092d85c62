"""
How people walk: their pace, what stairs and signalled crossings cost them, how far from seat to seat.

Those we know stand in `walkers.toml`, each value with what it rests on; a study area has its own below
`[profiles]` in area.toml, and a file of the same shape has as many as it likes.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from carecircles import _mends, _rows, words
from carecircles.errors import ValidationError
from carecircles.io._encoding import read_text
from carecircles.words import Sentence, Text

BARRED = "barred"
STEPS_A_FLIGHT = 16  # a storey of 2.80 m (GB 50096-2011, 5.5.1) in steps of 0.175 m (6.3.2)
NOT_STATED = "not stated"
_MOST = {
    "pace_m_s": 3.0,
    "flight_s": 600.0,
    "crossing_s": 600.0,
    "stretch_m": 100_000.0,
    "lift_s": 600.0,
}
_VALUES = tuple(_MOST)
_SUCH_AS = {
    "pace_m_s": "0.94",
    "flight_s": "16",
    "crossing_s": "30",
    "stretch_m": "100",
    "lift_s": "45",
}
_MAY_BE_0 = ("flight_s", "crossing_s", "lift_s")
_NEEDED = ("pace_m_s", "flight_s", "crossing_s")
_KEYS = ("name", "name_en", *_VALUES, "basis", "source")
_BASES = ("known", "assumed")


@dataclass(frozen=True)
class Profile:
    """
    How somebody walks.

    Attributes
    ----------
    key
        By what it is called on the command line.
    name
        What tables and maps call it, in each language.
    pace_m_s
        Metres a second on the level.
    flight_s
        Seconds a flight of stairs of `STEPS_A_FLIGHT` steps; None where stairs are barred.
    crossing_s
        Seconds of waiting at a signalled crossing.
    stretch_m
        The longest way without a seat, in metres; None where seats do not matter.
    lift_s
        Seconds that a lift on the way takes, waiting and riding; None where lifts are not counted.
    basis, source
        By the name of a value, what it rests on ('known', 'assumed', 'not stated') and where it is from.
    """

    key: str
    name: Text
    pace_m_s: float
    flight_s: float | None
    crossing_s: float
    stretch_m: float | None = None
    lift_s: float | None = None
    basis: Mapping[str, str] = field(default_factory=dict, repr=False)
    source: Mapping[str, str] = field(default_factory=dict, repr=False)


def declared(
    tables: Mapping[str, object], *, file: str = "area.toml", under: str = "profiles."
) -> tuple[tuple[Profile, ...], list[Sentence]]:
    """
    The profiles somebody declares, and what is wrong with what is said of them.

    Parameters
    ----------
    tables
        By the name of each its `pace_m_s`, `flight_s` (or "barred"), `crossing_s`, and, if they are
        known, `stretch_m`, `lift_s`, `name`, `name_en`, and `basis` and `source` by value.
    file, under
        What sentences call whoever says it, and what stands before the names there.

    Examples
    --------
    >>> tables = {"gran": {"name": "奶奶", "pace_m_s": 0.6, "flight_s": "barred", "crossing_s": 20}}
    >>> profiles, problems = declared(tables)
    >>> profiles[0].name["zh"], profiles[0].flight_s, problems
    ('奶奶', None, [])
    >>> declared({"gran": {"name": "奶奶", "pace_m_s": 60, "crossing_s": 20}})[1][0]
    'area.toml: profiles.gran.pace_m_s is 60; write a number above 0 and up to 3, such as 0.94.'
    """
    profiles, problems = [], []
    for key, said in tables.items():
        where = Sentence(f"{file}: {under}{key}", zh=f"{file}：{under}{key}")
        wrong = _key_problems(key, where)
        if isinstance(said, Mapping):
            wrong += _row_problems(said, where)
        else:
            told = f"{where} is {said!r:.60}; write it as [{under}{key}] with a pace_m_s."
            zh = f"{where.zh} 为 {said!r:.60}；请写成 [{under}{key}] 并给出 pace_m_s。"
            wrong.append(Sentence(told, zh=zh))
        problems += wrong
        if not wrong and isinstance(said, Mapping):
            profiles.append(_profile(key, said))
    return tuple(profiles), problems


def read_profiles(path: str | Path) -> tuple[Profile, ...]:
    """
    The profiles of a file of the shape of `walkers.toml`.

    Raises
    ------
    ValidationError
        With everything that is wrong with it.

    Examples
    --------
    >>> len(read_profiles(Path(__file__).with_name("walkers.toml"))) == len(PROFILES)
    True
    """
    path = Path(path)
    file, kind = path.name, Sentence("a file of profiles", zh="步行者类型文件")
    written, _ = read_text(path, file=file, kind=kind)
    try:
        tables = tomllib.loads(written)
    except (ValueError, RecursionError) as err:
        why = "nested too deeply" if isinstance(err, RecursionError) else str(err)
        told = f"{file}: this is not TOML ({why}); correct that line."
        raise ValidationError(
            [Sentence(told, zh=f"{file}：不是 TOML（{why}）；请更正该行。")]
        ) from None
    under = ""
    if set(tables) == {"profiles"} and isinstance(tables["profiles"], dict):
        tables, under = tables["profiles"], "profiles."  # as they stand in area.toml
    profiles, problems = declared(tables, file=file, under=under)
    if not tables:
        told = f"{file}: there is no profile in it; write one as [name] with a pace_m_s."
        zh = f"{file}：其中没有步行者类型；请写成 [名称] 并给出 pace_m_s。"
        problems.append(Sentence(told, zh=zh))
    if problems:
        raise ValidationError(problems)
    return profiles


def profile_of(name: str, own: Iterable[Profile] = ()) -> Profile:
    """
    The profile of a name.

    Parameters
    ----------
    name
        The key of one of `own` or of `PROFILES`; or FILE.toml#KEY, one of a file, or FILE.toml of a file
        with just one.
    own
        Profiles of a study area; they take the place of ours of the same name.

    Raises
    ------
    ValidationError
        If there is no such profile, or the file cannot be used.

    Examples
    --------
    >>> profile_of("80plus").pace_m_s, profile_of("nostairs").flight_s
    (0.94, None)
    """
    file, key, of = file_of(name), name, Sentence("", zh="")
    known = {profile.key: profile for profile in (*PROFILES, *own)}
    if file is not None:
        known = {profile.key: profile for profile in read_profiles(file)}
        of = Sentence(f" of {file.name}", zh=f"（{file.name}）")
        _, mark, key = name.partition("#")
        if not mark and len(known) == 1:
            return next(iter(known.values()))
    if key not in known:
        mend = _mends.one_of(known, do=_mends.WRITE)
        told = f"the profile{of} is {key!r:.60}; {mend}."
        raise ValidationError([Sentence(told, zh=f"步行者类型{of.zh}为 {key!r:.60}；{mend.zh}。")])
    return known[key]


def file_of(name: str | None) -> Path | None:
    """
    The file that the name of a profile names, if it names one.

    Examples
    --------
    >>> file_of("mine.toml#gran").name, file_of("80plus")
    ('mine.toml', None)
    """
    file, _, _ = (name or "").partition("#")
    return Path(file) if file.casefold().endswith(".toml") else None


def _key_problems(key: str, where: Sentence) -> list[Sentence]:
    """Whether a profile can be called so."""
    if 0 < len(key) <= _rows.LONGEST and key.isprintable() and not set(key) & set("#/\\ "):
        return []
    told = (
        f"{where}: a profile is called by up to {_rows.LONGEST} characters without blanks, / and #."
    )
    zh = f"{where.zh}：类型的代号不超过 {_rows.LONGEST} 个字符，且不含空格、/ 和 #。"
    return [Sentence(told, zh=zh)]


def _row_problems(said: Mapping[str, Any], where: Sentence) -> list[Sentence]:
    """What is wrong with a profile."""
    mend = Sentence("write who walks so", zh="请填写步行者的名称")
    problems = [
        *_rows.unknown_problems(said, where, _KEYS),
        *_rows.name_missing(said, where, mend),
        *_rows.text_problems(said, where, ("name", "name_en")),
    ]
    for key in _VALUES:
        problems += _value_problems(key, said, where)
    for key in ("basis", "source"):
        problems += _about_problems(key, said.get(key, {}), where)
    return problems


def _value_problems(key: str, said: Mapping[str, Any], where: Sentence) -> list[Sentence]:
    """Whether a profile says a value it needs, and whether somebody can walk so."""
    value: Any = said.get(key)
    least, most = key in _MAY_BE_0, _MOST[key]
    en = f"write a number {'from 0' if least else 'above 0'} and up to {most:g}, such as {_SUCH_AS[key]}"
    zh = f"请填写{'不小于' if least else '大于'} 0 且不超过 {most:g} 的数，例如 {_SUCH_AS[key]}"
    if key == "flight_s":
        en += f', or "{BARRED}" where no stairs are walked'
        zh += f'，不能走楼梯则填 "{BARRED}"'
        if value == BARRED:
            return []
    if key not in said:
        if key not in _NEEDED:
            return []
        return [Sentence(f"{where}: {key} is missing; {en}.", zh=f"{where.zh}：缺少 {key}；{zh}。")]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and (0 < value <= most or (least and value == 0)):
        return []
    told = f"{where}.{key} is {value!r:.60}; {en}."
    return [Sentence(told, zh=f"{where.zh}.{key} 为 {value!r:.60}；{zh}。")]


def _about_problems(key: str, said: object, where: Sentence) -> list[Sentence]:
    """Whether it is said of values, in words, what they rest on or where they are from."""
    if not isinstance(said, Mapping):
        told = f'{where}.{key} is {said!r:.60}; write it by value, such as {key} = {{pace_m_s = "..."}}.'
        zh = f'{where.zh}.{key} 为 {said!r:.60}；请按值填写，例如 {key} = {{pace_m_s = "..."}}。'
        return [Sentence(told, zh=zh)]
    problems = []
    for value, about in said.items():
        if value not in _VALUES:
            mend = _mends.use(_VALUES)
            told = f"{where}.{key}.{value} is unknown; {mend}."
            problems.append(Sentence(told, zh=f"{where.zh}.{key}.{value} 未知；{mend.zh}。"))
        elif key == "basis" and about not in _BASES:
            mend = _mends.one_of(_BASES, do=_mends.WRITE)
            told = f"{where}.{key}.{value} is {about!r:.60}; {mend}."
            problems.append(
                Sentence(told, zh=f"{where.zh}.{key}.{value} 为 {about!r:.60}；{mend.zh}。")
            )
        elif not _rows.is_text(about, _rows.LONGEST_TEXT):
            told = f"{where}.{key}.{value} is {about!r:.60}; write a few words in quotation marks."
            zh = f"{where.zh}.{key}.{value} 为 {about!r:.60}；请填写文字并加引号。"
            problems.append(Sentence(told, zh=zh))
    return problems


def _profile(key: str, said: Mapping[str, Any]) -> Profile:
    """A profile out of a sound table."""
    name, values = said.get("name", said.get("name_en")), {v: said[v] for v in _VALUES if v in said}
    given: dict[str, Any] = {v: None if x == BARRED else float(x) for v, x in values.items()}
    return Profile(
        key,
        {"en": said.get("name_en", name), "zh": name},
        **given,
        basis={v: said.get("basis", {}).get(v, NOT_STATED) for v in values},
        source=dict(said.get("source", {})),
    )


PROFILES, _ = declared(
    tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")), under=""
)


def in_words(profile: Profile) -> Text:
    """
    A profile as it stands behind minutes.

    Examples
    --------
    >>> in_words(profile_of("80plus"))
    {'en': '80 and over, 0.94 m/s', 'zh': '80岁及以上，0.94 米/秒'}
    """
    pace = f"{profile.pace_m_s:.3g}" if profile.pace_m_s < 0.1 else f"{profile.pace_m_s:.2f}"
    return {
        "en": f"{profile.name['en']}, {pace} m/s",
        "zh": f"{profile.name['zh']}，{pace} 米/秒",
    }


def notes(profile: Profile) -> list[Text]:
    """
    What a profile takes for granted, a sentence each.

    Examples
    --------
    >>> notes(profile_of("80plus"))[0]["en"]
    'Walker: 80 and over, 0.94 m/s; 16 s a flight of stairs (assumed), 30 s a signalled crossing (assumed).'
    """
    said, flight, wait = in_words(profile), profile.flight_s, profile.crossing_s
    on = {
        value: words.BASES[basis] if basis != "known" else {"en": "", "zh": ""}
        for value, basis in {**dict.fromkeys(_NEEDED, NOT_STATED), **profile.basis}.items()
    }
    stairs = {"en": "stairs are barred", "zh": "不走楼梯"}
    if flight is not None:
        stairs = {"en": f"{flight:g} s a flight of stairs", "zh": f"每层楼梯 {flight:g} 秒"}
    en = {value: f" ({basis['en']})" if basis["en"] else "" for value, basis in on.items()}
    zh = {value: f"（{basis['zh']}）" if basis["zh"] else "" for value, basis in on.items()}
    return [
        {
            "en": f"Walker: {said['en']}{en['pace_m_s']}; {stairs['en']}{en['flight_s']}, "
            f"{wait:g} s a signalled crossing{en['crossing_s']}.",
            "zh": f"步行者：{said['zh']}{zh['pace_m_s']}；{stairs['zh']}{zh['flight_s']}，"
            f"每个信号灯路口 {wait:g} 秒{zh['crossing_s']}。",
        }
    ]
