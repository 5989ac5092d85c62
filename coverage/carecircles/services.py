"""
What centres offer: services, and bundles of services of which so many are to be within reach.

Those we know are rows of `words.toml`; a study area names and describes its own below `[services]` in
area.toml, and its bundles below `[bundles]`. In files a centre's services stand in one column, joined by
`;`, in memory as a tuple of keys.
"""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from carecircles import _mends, _rows, io, norms
from carecircles.errors import ValidationError
from carecircles.io import _checks
from carecircles.norms import Norm
from carecircles.words import Sentence, Text, listed

_CALLED = Sentence("write what it is called", zh="请填写名称")
_TEXTS = ("name", "name_en", "about", "about_en")
_SERVICE_KEYS = (*_TEXTS, "spellings", "standard")
_BUNDLE_KEYS = ("name", "name_en", "of", "least", "standard")


@dataclass(frozen=True)
class Service:
    """
    A service that centres offer.

    Attributes
    ----------
    key
        As it stands in the column `services` and is called on the command line.
    name
        What tables and maps call it, in each language.
    spellings
        What files may call it as well.
    about
        What it is, in each language; empty where nobody says so.
    norm
        Its own standard; None where the area's holds.
    """

    key: str
    name: Text
    spellings: tuple[str, ...] = ()
    about: Text | None = None
    norm: Norm | None = None


@dataclass(frozen=True)
class Bundle:
    """
    Services of which so many are to be within reach, each by its own standard.

    Attributes
    ----------
    key
        As it is called on the command line.
    name
        What tables and maps call it, in each language.
    of
        The keys of its services.
    least
        How many of them are to be within reach.
    norm
        The standard of those of its services that have none of their own; the area's if None.
    """

    key: str
    name: Text
    of: tuple[str, ...]
    least: int
    norm: Norm | None = None


SERVICES: tuple[Service, ...] = tuple(
    Service(key, io.service_name(key), tuple(spellings)) for key, spellings in io.SERVICES.items()
)


def declared(
    tables: Mapping[str, object], *, file: str = "area.toml"
) -> tuple[tuple[Service, ...], list[Sentence]]:
    """
    The services of a study area, those we know and its own, and what is wrong with what it says of them.

    Parameters
    ----------
    tables
        What stands below `[services]` in area.toml: for each key name, name_en, about, about_en,
        spellings, standard. Of a service we know, what is given takes the place of ours.
    file
        What the sentences call whoever says it.

    Examples
    --------
    >>> found, problems = declared({"bathing": {"name": "助浴", "standard": {"metres": 500}}})
    >>> found[-1].key, found[-1].name["zh"], found[-1].norm.metres, problems
    ('bathing', '助浴', 500.0, [])
    """
    made, problems = {service.key: service for service in SERVICES}, []
    for key, said in tables.items():
        where = Sentence(f"{file}: services.{key}", zh=f"{file}：services.{key}")
        wrong = [*_key_problems(key, where), *_row_problems(said, where, _SERVICE_KEYS)]
        norm = None
        if isinstance(said, Mapping):
            if key not in made:
                wrong += _rows.name_missing(said, where, _CALLED)
            wrong += _rows.spelling_problems(
                said.get("spellings", []), where, '["助浴服务", "bath"]'
            )
            norm, about_norm = norms.declared(said.get("standard"), _standard_of(where))
            wrong += about_norm
        problems += wrong
        if not wrong and isinstance(said, Mapping):
            made[key] = _service(made.get(key), key, said, norm)
    return tuple(made.values()), [*problems, *_twice_spelled(made.values(), file)]


def bundles_declared(
    tables: Mapping[str, object],
    services: Sequence[Service],
    *,
    offered: Iterable[str] = (),
    file: str = "area.toml",
) -> tuple[tuple[Bundle, ...], list[Sentence]]:
    """
    The bundles of a study area, and what is wrong with what it says of them.

    Parameters
    ----------
    tables
        What stands below `[bundles]` in area.toml: for each key `of` (a list of services), `least` (how
        many of them; all if missing), name, name_en, standard.
    services
        Those there are.
    offered
        Other words that stand in the column `services` of a centre.
    file
        What the sentences call whoever says it.

    Examples
    --------
    >>> basic = {"name": "基本服务", "of": ["meals", "助医", "culture"], "least": 2}
    >>> found, problems = bundles_declared({"basic": basic}, SERVICES)
    >>> found[0].of, found[0].least, problems
    (('meals', 'medical', 'culture'), 2, [])
    >>> bundles_declared({"some": {"name": "x", "of": ["meals", "meal"], "least": 3}}, SERVICES)[1][0]
    "area.toml: bundles.some.of names 'meals' twice; take one out."
    """
    spelled = spellings(services) | {_checks.plain(word): word for word in offered}
    known = list(dict.fromkeys(spelled.values()))
    made, problems = [], []
    for key, said in tables.items():
        where = Sentence(f"{file}: bundles.{key}", zh=f"{file}：bundles.{key}")
        wrong = [*_key_problems(key, where), *_row_problems(said, where, _BUNDLE_KEYS)]
        of: tuple[str, ...] = ()
        norm = None
        if isinstance(said, Mapping):
            wrong += _rows.name_missing(said, where, _CALLED)
            if key in known:
                told = f"{where}: a service is called so; choose another key."
                wrong.append(Sentence(told, zh=f"{where.zh}：已有同名服务；请换一个代号。"))
            of, about_of = _of(said.get("of"), where, spelled, known)
            norm, about_norm = norms.declared(said.get("standard"), _standard_of(where))
            wrong += [*about_of, *_least_problems(said, len(of), where), *about_norm]
        problems += wrong
        if not wrong and isinstance(said, Mapping):
            made.append(Bundle(key, _name(said), of, int(said.get("least", len(of))), norm))
    return tuple(made), problems


def spellings(services: Iterable[Service]) -> dict[str, str]:
    """
    The key of each spelling of services, in plain writing.

    Examples
    --------
    >>> spellings(SERVICES)["助医"]
    'medical'
    """
    several = list(services)
    return {
        _checks.plain(word): service.key
        for service in reversed(several)
        for word in (*service.spellings, *service.name.values(), service.key)
        if word
    }


def service_of(word: str, services: Sequence[Service], offered: Iterable[str] = ()) -> Service:
    """
    The service that a word means: one that is known, or a word that stands with a centre.

    Parameters
    ----------
    word
        A key, a name or any spelling.
    services
        Those there are.
    offered
        Other words that stand in the column `services` of a centre.

    Raises
    ------
    ValidationError
        If it is none of them; names near it come first.

    Examples
    --------
    >>> service_of("助餐", SERVICES).key, service_of("chess", SERVICES, ["chess"]).name["en"]
    ('meals', 'chess')
    >>> service_of("meels", SERVICES)
    Traceback (most recent call last):
    ...
    carecircles.errors.ValidationError: service is 'meels'; write one of meals, medical, culture, health_post.
    """
    known = {service.key: service for service in services}
    others = {word: Service(word, io.service_name(word)) for word in offered}
    every = others | known
    spelled = {_checks.plain(key): key for key in others} | spellings(services)
    key = spelled.get(_checks.plain(word))
    if key is None:
        told = Sentence(f"service is {word!r:.60}", zh=f"服务为 {word!r:.60}")
        raise ValidationError([_unknown(told, word, list(every))])
    return every[key]


def bundle_of(word: str, bundles: Sequence[Bundle]) -> Bundle:
    """
    The bundle of a key or a name.

    Raises
    ------
    ValidationError
        If there is none; names near it come first.

    Examples
    --------
    >>> basic = Bundle("basic", {"en": "all basic", "zh": "基本服务"}, ("meals", "medical"), 2)
    >>> bundle_of("基本服务", [basic]).key
    'basic'
    """
    spelled = {
        _checks.plain(name): bundle
        for bundle in reversed(bundles)
        for name in (*bundle.name.values(), bundle.key)
    }
    found = spelled.get(_checks.plain(word))
    if found is not None:
        return found
    told = Sentence(f"bundle is {word!r:.60}", zh=f"服务组合为 {word!r:.60}")
    if not bundles:
        en = f"{told}; the area has none: write some below [bundles] in area.toml."
        zh = f"{told.zh}；该区域没有服务组合：请在 area.toml 的 [bundles] 下写明。"
        raise ValidationError([Sentence(en, zh=zh)])
    raise ValidationError([_unknown(told, word, [bundle.key for bundle in bundles])])


def in_words(bundle: Bundle, services: Sequence[Service]) -> Text:
    """
    What a bundle asks for, in a few words.

    Examples
    --------
    >>> some = Bundle("some", {"en": "some", "zh": "若干"}, ("meals", "medical", "culture"), 2)
    >>> in_words(some, SERVICES)
    {'en': '2 of 3 within reach: meals, medical help, culture and leisure', 'zh': '3 项中 2 项可达：就餐、助医、文化休闲'}
    """
    names = [name_of(key, services) for key in bundle.of]
    en, zh = (listed(name[lang] for name in names) for lang in ("en", "zh"))
    m, k = len(bundle.of), bundle.least
    if k == m:
        return {"en": f"all {m} within reach: {en}", "zh": f"{m} 项均可达：{zh.zh}"}
    return {"en": f"{k} of {m} within reach: {en}", "zh": f"{m} 项中 {k} 项可达：{zh.zh}"}


def name_of(key: str, services: Iterable[Service]) -> Text:
    """
    What a service is called; a word that nobody declares as it is.

    Examples
    --------
    >>> name_of("health_post", SERVICES)["zh"], name_of("chess", SERVICES)["en"]
    ('健康驿站', 'chess')
    """
    return next((s.name for s in services if s.key == key), io.service_name(key))


def keyed(
    words: Iterable[str], services: Iterable[Service], spelled: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """
    Words of a centre's services as keys, each once; those that nobody knows as they are.

    `spelled` are the `spellings` of the services where somebody has them already.

    Examples
    --------
    >>> own, _ = declared({"bathing": {"name": "助浴"}})
    >>> keyed(["助浴", "meals", "chess"], own)
    ('bathing', 'meals', 'chess')
    """
    spelled = spellings(services) if spelled is None else spelled
    return tuple(dict.fromkeys(spelled.get(_checks.plain(word), word) for word in words))


def _standard_of(where: Sentence) -> Sentence:
    return Sentence(f"{where}.standard", zh=f"{where.zh}.standard")


def _unknown(told: Sentence, word: str, known: Sequence[str]) -> Sentence:
    """That something is none of those there are; those written nearly like it come first."""
    near = difflib.get_close_matches(word.casefold(), known, n=2, cutoff=0.8)
    mend = _mends.one_of([*near, *(k for k in known if k not in near)][:12], do=_mends.WRITE)
    return Sentence(f"{told}; {mend}.", zh=f"{told.zh}；{mend.zh}。")


def _service(ours: Service | None, key: str, said: Mapping[str, Any], norm: Norm | None) -> Service:
    base = ours or Service(key, {})
    is_named = "name" in said or "name_en" in said
    about = said.get("about", said.get("about_en"))
    return replace(
        base,
        name=_name(said) if is_named else base.name,
        spellings=tuple(dict.fromkeys((*base.spellings, *said.get("spellings", ())))),
        about=None if about is None else {"en": said.get("about_en", about), "zh": about},
        norm=norm,
    )


def _name(said: Mapping[str, Any]) -> Text:
    name = said.get("name", said.get("name_en"))
    return {"en": said.get("name_en", name), "zh": str(name)}


def _key_problems(key: str, where: Sentence) -> list[Sentence]:
    """Whether something can be called so in a file and on the command line."""
    if 0 < len(key) <= _rows.LONGEST and key.isprintable() and not set(key) & set("、，；;,|/ "):
        return []
    told = f"{where}: a key has up to {_rows.LONGEST} characters without blanks, commas, / and |."
    zh = f"{where.zh}：代号不超过 {_rows.LONGEST} 个字符，且不含空格、逗号、/ 和 |。"
    return [Sentence(told, zh=zh)]


def _row_problems(said: object, where: Sentence, keys: Sequence[str]) -> list[Sentence]:
    if not isinstance(said, Mapping):
        told = f"{where} is {said!r:.60}; write it as a table with a name."
        return [Sentence(told, zh=f"{where.zh} 为 {said!r:.60}；请写成带有 name 的表。")]
    about = [key for key in ("about", "about_en") if key in keys]
    return [
        *_rows.unknown_problems(said, where, keys),
        *_rows.text_problems(said, where, ("name", "name_en")),
        *_rows.text_problems(said, where, about, _rows.LONGEST_TEXT),
    ]


def _twice_spelled(services: Iterable[Service], file: str) -> list[Sentence]:
    """Spellings that mean two services."""
    meant: dict[str, str] = {}
    problems = []
    for service in services:
        for word in dict.fromkeys((service.key, *service.name.values(), *service.spellings)):
            other = meant.setdefault(_checks.plain(word), service.key)
            if other != service.key:
                shown = _checks.show(word)
                told = f"{file}: services: {shown} means {other} and {service.key}; take it out of one."
                zh = f"{file}：services：{shown} 同时表示 {other} 和 {service.key}；请从其中一处删去。"
                problems.append(Sentence(told, zh=zh))
    return list(dict.fromkeys(problems))


def _of(
    said: object, where: Sentence, spelled: Mapping[str, str], known: Sequence[str]
) -> tuple[tuple[str, ...], list[Sentence]]:
    """The services of a bundle, and what is wrong with how they are named."""
    if not isinstance(said, list) or not said or not all(isinstance(word, str) for word in said):
        such_as = 'of = ["meals", "medical"]'
        value = "missing" if said is None else "empty" if said == [] else f"{said!r:.60}"
        value_zh = {"missing": "缺失", "empty": "空"}.get(value, value)
        told = f"{where}.of is {value}; name its services, such as {such_as}."
        return (), [
            Sentence(told, zh=f"{where.zh}.of 为{value_zh}；请列出其服务，例如 {such_as}。")
        ]
    keys, problems = [], []
    for word in said:
        key = spelled.get(_checks.plain(word))
        if key is None:
            told = Sentence(
                f"{where}.of: {word!r:.60} is no service",
                zh=f"{where.zh}.of：没有服务 {word!r:.60}",
            )
            problems.append(_unknown(told, word, known))
        elif key in keys:
            told = f"{where}.of names {key!r} twice; take one out."
            problems.append(Sentence(told, zh=f"{where.zh}.of 重复列出 {key!r}；请删去一个。"))
        keys.append(key or word)
    return tuple(dict.fromkeys(keys)), problems


def _least_problems(said: Mapping[str, Any], count: int, where: Sentence) -> list[Sentence]:
    if "least" not in said or count == 0:
        return []
    least = said["least"]
    if isinstance(least, int) and not isinstance(least, bool) and 1 <= least <= count:
        return []
    told = f"{where}.least is {least!r:.60}; write a whole number from 1 to {count}, the number of its services."
    zh = f"{where.zh}.least 为 {least!r:.60}；请填写 1 至 {count}（其服务数）之间的整数。"
    return [Sentence(told, zh=zh)]
