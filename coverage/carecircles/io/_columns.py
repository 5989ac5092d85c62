"""The columns we know, what people call them, and the words in their cells."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from carecircles import people, words
from carecircles.io import _checks
from carecircles.words import Sentence, listed, say

SERVICES = {
    "meals": ("meal", "就餐", "助餐", "餐饮", "老年餐", "食堂"),
    "medical": ("medical help", "助医", "医疗", "医疗服务"),
    "culture": ("culture and leisure", "文化休闲", "文化", "文娱", "休闲"),
    "health_post": ("health post", "健康驿站", "卫生服务站", "社区卫生服务站"),
}
ABOUT = {
    "basis": ("依据", "数据依据"),
    "source": ("来源", "数据来源", "出处"),
    "datum": ("坐标系", "坐标系统", "坐标基准"),
}
_NAMES = {
    "name": ("名称", "名字", "中文名", "中文名称", "name_zh"),
    "name_en": ("英文名", "英文名称", "english name"),
}
CENTRE_COLUMNS = {
    "id": ("编号", "序号", "编码", "代码", "centre_id", "center_id"),
    "name": (
        *_NAMES["name"],
        "中心名称",
        "机构名称",
        "养老机构名称",
        "单位名称",
        "设施名称",
        "站点名称",
        "养老服务中心",
    ),
    "name_en": _NAMES["name_en"],
    "street": (
        "street_code",
        "街道代码",
        "街道",
        "所属街道",
        "所在街道",
        "所属街镇",
        "街道名称",
        "街镇",
        "街道乡镇",
        "street_name",
        "subdistrict",
    ),
    "lon": ("lng", "long", "longitude", "经度"),
    "lat": ("latitude", "纬度"),
    "services": ("service", "服务", "服务内容", "服务项目"),
    "services_basis": ("服务依据",),
    "opened": (
        "open",
        "open_date",
        "opening_date",
        "opened_on",
        "开业日期",
        "开业时间",
        "开放日期",
        "启用日期",
        "投用日期",
    ),
    "closed": ("close_date", "closing_date", "closed_on", "关闭日期", "停业日期", "停用日期"),
    "capacity": ("容量", "服务能力", "服务人数", "可服务人数", "设计服务人数"),
    "day_places": (
        *(
            "day_care",
            "day_care_places",
            "day_beds",
            "日间照料位",
            "日间照料床位",
            "日间照料床位数",
        ),
        *(
            "日托床位",
            "日托床位数",
            "日托位",
            "日托人数",
            "日间照料人数",
            "日间照料名额",
            "日间托养人数",
        ),
    ),
    "beds": ("床位", "床位数", "床位总数", "总床位", "总床位数", "床位数量", "核定床位数", "bed"),
    "beds_medical": (
        *("medical_beds", "医养床位", "医养床位数", "医养结合床位", "医疗床位", "医疗床位数"),
        "医疗养老床位",
    ),
    "beds_rehabilitation": (
        *("rehabilitation_beds", "rehab_beds", "beds_rehab", "康复床位", "康复床位数"),
        "康复护理床位",
    ),
    "beds_family": (
        *("family_beds", "home_beds", "家庭床位", "家庭床位数", "家庭养老床位", "家庭养老床位数"),
        *("家庭照护床位", "家庭照护床位数"),
    ),
    "state": (
        *("status", "状态", "设施状态", "建设状态", "建设性质", "建设类型", "建设方式", "规划状态"),
        "现状规划",
    ),
    "area_m2": ("floor_area", "gross_floor_area", "gfa", "建筑面积", "总建筑面积", "面积"),
    "floor": ("storey", "level", "楼层", "所在楼层", "所在层数", "设置楼层"),
    "term": ("phase", "期限", "建设期限", "规划期限", "建设时序", "实施时序", "分期", "近远期"),
    "price": ("cost", "成本", "费用", "造价", "建设成本", "价格"),
    "position": ("定位方式", "位置类型", "定位精度", "位置依据", "geocoded_by", "address_kind"),
    "position_error_m": ("position_error", "位置误差", "定位误差", "坐标误差", "位置误差米"),
    **ABOUT,
}
LEVELS = {  # larger units that streets belong to, the largest first
    "province": ("省", "省份", "省级", "所属省", "所属省份"),
    "city": ("市", "地市", "城市", "地级市", "所属市", "所属城市"),
    "district": ("区县", "区", "县", "县区", "市辖区", "所属区", "所属区县", "county"),
}
STREET_COLUMNS = {
    "code": ("street_code", "代码", "编码", "编号", "街道代码", "区划代码", "统计用区划代码", "id"),
    "name": (*_NAMES["name"], "street", "street_name", "街道", "街道名称"),
    "name_en": _NAMES["name_en"],
    "communities": ("社区数", "社区数量"),
    **LEVELS,
    **ABOUT,
}


def population_columns(
    groups: Iterable[people.Group] = people.GROUPS,
) -> dict[str, tuple[str, ...]]:
    """
    The columns of a population file: which street, its people by group, and what these rest on.

    Examples
    --------
    >>> [column for column in population_columns() if column.startswith("people")]
    ['people', 'people_60', 'people_65', 'people_80']
    """
    return {
        "code": STREET_COLUMNS["code"],
        "street": ("name", "street_name", "街道", "街道名称", "名称"),
        "year": ("年份", "年", "年度"),
        **{group.column: group.spellings for group in groups},
        "basis": ABOUT["basis"],
        "source": ABOUT["source"],
        "age_basis": ("年龄依据",),
        "age_source": ("年龄来源",),
        "variation": ("cv", "coefficient_of_variation", "people_cv", "变异系数", "人口变异系数"),
    }


POPULATION_COLUMNS = population_columns()


# What the tables of civil-affairs offices have besides; their headers are known by these too.
USUAL_COLUMNS = (
    "联系电话", "电话", "手机", "联系方式", "传真", "邮箱", "网址", "负责人", "联系人", "法定代表人",
    "法人", "院长", "地址", "详细地址", "机构地址", "机构住所", "所在区", "所属区", "行政区", "区县",
    "所属社区", "社区", "面积", "占地面积", "建筑面积", "使用面积", "备注", "说明", "性质", "机构性质",
    "运营性质", "经营性质", "运营方式", "运营单位", "运营主体", "举办主体", "主办单位", "机构类型",
    "机构类别", "星级", "等级", "评定等级", "统一社会信用代码", "信用代码", "许可证号", "备案编号", "备案时间",
    "成立时间", "成立日期", "建成时间", "入住人数", "在住人数", "入住率", "护理型床位数", "护理型床位",
    "护理床位数", "工作人员数", "职工人数", "护理员人数", "护理人员数", "收费标准", "开放时间", "营业时间",
    "男", "女", "占比", "比重", "户数", "phone", "telephone", "address", "contact", "remarks", "notes",
)  # fmt: skip
BOUNDARY_COLUMNS = {**_NAMES, **ABOUT}
PLACE_COLUMNS = {
    **_NAMES,
    "kind": ("类型", "类别", "种类"),
    "street": CENTRE_COLUMNS["street"],
    "lon": CENTRE_COLUMNS["lon"],
    "lat": CENTRE_COLUMNS["lat"],
    **ABOUT,
}

AMENITY_COLUMNS = {
    "id": CENTRE_COLUMNS["id"],
    "name": CENTRE_COLUMNS["name"],
    **{column: CENTRE_COLUMNS[column] for column in ("name_en", "street", "lon", "lat")},
    **ABOUT,
}

NEED_COLUMNS = {
    "group": ("人群", "人口类别", "年龄组", "对象", "服务对象", "people"),
    "kind": ("种类", "类别", "指标", "项目", "设施", "places"),
    "per_1000": (
        *("per_thousand", "per thousand", "in 1000", "rate", "每千人", "每千人需求", "每千人指标"),
        *("千人指标", "每千名", "每千名老年人", "每千老人"),
    ),
    "basis": ABOUT["basis"],
    "source": ABOUT["source"],
}
_PLACED = {"lon": CENTRE_COLUMNS["lon"], "lat": CENTRE_COLUMNS["lat"]}


def _people(groups: Iterable[people.Group]) -> dict[str, tuple[str, ...]]:
    return {group.column: group.spellings for group in groups}


def residence_columns(
    groups: Iterable[people.Group] = people.GROUPS,
) -> dict[str, tuple[str, ...]]:
    """
    The columns of a file of compounds, buildings or addresses in which people live.

    Examples
    --------
    >>> "户数" in residence_columns()["households"]
    True
    """
    return {
        "id": ("编号", "序号", "编码", "代码", "小区编号", "楼栋编号", "building_id", "osm_id"),
        "name": (
            *("小区", "小区名称", "小区名", "住宅小区", "楼盘", "楼盘名称", "楼栋", "楼栋名称", "楼号"),
            *_NAMES["name"],
            *("compound", "building_name", "地址", "address"),
        ),
        "street": CENTRE_COLUMNS["street"],
        **_PLACED,
        **_people(groups),
        "households": ("household", "户数", "总户数", "住户数", "居民户数", "家庭户数", "住户"),
        "dwellings": (
            *("dwelling", "套数", "总套数", "房屋套数", "住宅套数", "房屋总数", "单元数"),
            *("units", "housing_units", "flats"),
        ),
        "floors": (
            *("floor", "楼层", "层数", "总层数", "楼层数", "总楼层", "地上层数", "建筑层数"),
            *("levels", "building:levels", "storeys", "stories"),
        ),
        "lift": (
            *("elevator", "lifts", "has_lift", "building:elevator", "elevators", "电梯", "有无电梯", "是否有电梯"),
            *("有否电梯", "是否带电梯", "电梯数", "电梯数量", "电梯部数", "加装电梯"),
        ),
        "height": ("高度", "楼高", "建筑高度", "height_m", "building:height"),
        "floor_area": (
            *("建筑面积", "总建筑面积", "住宅建筑面积", "住宅面积", "房屋面积", "总面积"),
            *("floor_area_m2", "gross_floor_area", "gfa"),
        ),
        "use": (
            *("用途", "建筑用途", "房屋用途", "规划用途", "土地用途", "用地性质", "用地类型", "房屋类型"),
            *("建筑类型", "building", "building_use", "land_use", "landuse", "usage"),
        ),
        **ABOUT,
    }  # fmt: skip


def community_columns(
    groups: Iterable[people.Group] = people.GROUPS,
) -> dict[str, tuple[str, ...]]:
    """
    The columns of a file of communities inside streets, with their people.

    Examples
    --------
    >>> [column for column in community_columns() if column.startswith("people")]
    ['people', 'people_60', 'people_65', 'people_80']
    """
    return {
        "code": (
            *("community_code", "社区代码", "社区编码", "居委会代码", "代码", "编码", "编号"),
            *("统计用区划代码", "id"),
        ),
        "name": ("社区", "社区名称", "居委会", "居委会名称", "社区居委会", *_NAMES["name"], "community"),
        "name_en": _NAMES["name_en"],
        "street": CENTRE_COLUMNS["street"],
        **_PLACED,
        **_people(groups),
        **ABOUT,
    }  # fmt: skip


def people_grid_columns(
    groups: Iterable[people.Group] = people.GROUPS,
) -> dict[str, tuple[str, ...]]:
    """
    The columns of a grid (or other small areas, or points) with the people in each.

    Examples
    --------
    >>> list(people_grid_columns())[:3]
    ['id', 'lon', 'lat']
    """
    return {
        "id": ("编号", "网格编号", "格网编号", "网格", "代码", "编码", "grid_id", "cell_id", "hex_id"),
        **_PLACED,
        **_people(groups),
        **ABOUT,
    }  # fmt: skip


LIVED_IN = ("residences", "communities", "people_grid", "uninhabited")
MEASURES = ("households", "dwellings", "floor_area")  # of a residence, beside its people
_HOME = (
    "住宅", "居住", "公寓", "宿舍", "宅基地", "商住", "民居", "居民楼", "住房", "别墅", "平房", "小区",
)  # fmt: skip
_NO_HOME = ("非住宅", "非居住", "非居", "酒店式公寓", "居住小区配套", "住宿")
_HOMES = frozenset(
    {
        "residential", "residence", "residences", "apartments", "apartment", "flats", "house", "houses",
        "housing", "detached", "detachedhouse", "semidetached", "semidetachedhouse", "terrace", "terraced",
        "terracedhouse", "bungalow", "dormitory", "dwelling", "dwellings", "villa", "cabin", "farm",
        "homes", "home", "mixed", "mixeduse", "混合", "混合用途", "综合",
    }
)  # fmt: skip
_NOTHING_SAID = frozenset(
    {"", "yes", "unknown", "unclassified", "other", "未知", "不详", "其他", "无"}
)


def use_of(written: pd.Series) -> pd.Series:
    """
    What a building or a piece of land is used for: 'home', 'other', or '' where nothing is said.

    Dormitories and buildings of mixed use are homes; of several uses in a cell one is enough.

    Examples
    --------
    >>> use_of(pd.Series(["住宅", "apartments", "shop; flats", "office", "yes", None])).tolist()
    ['home', 'home', 'home', 'other', '', '']
    """
    cells = _checks.text(written)
    meant = {cell: _use(cell) for cell in cells.unique()}
    return cells.map(meant).astype(object)


def _use(cell: str) -> str:
    for mark in "、，；,|/+&":
        cell = cell.replace(mark, ";")
    parts = {_checks.plain(part) for part in cell.split(";")}
    is_home = any(
        part in _HOMES or (any(w in part for w in _HOME) and not any(w in part for w in _NO_HOME))
        for part in parts
    )
    return "home" if is_home else "" if parts <= _NOTHING_SAID else "other"


COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "centres": CENTRE_COLUMNS,
    "streets": STREET_COLUMNS,
    "population": POPULATION_COLUMNS,
    "boundary": BOUNDARY_COLUMNS,
    "places": PLACE_COLUMNS,
    "amenities": AMENITY_COLUMNS,
    "needs": NEED_COLUMNS,
    "residences": residence_columns(),
    "communities": community_columns(),
    "people_grid": people_grid_columns(),
    "uninhabited": BOUNDARY_COLUMNS,
}
NEEDED = {  # what the sheet of a workbook has to have, one of each
    "centres": (frozenset({"lon"}), frozenset({"lat"})),
    "population": (frozenset({people.USUAL}), frozenset({"code", "street"})),
    "places": (frozenset({"name"}),),
    "amenities": (frozenset({"lon"}), frozenset({"lat"})),
    "needs": (frozenset({"per_1000"}),),
    "residences": (frozenset({"lon"}), frozenset({"lat"})),
    "communities": (frozenset({"lon"}), frozenset({"lat"}), frozenset({"street"})),
    "people_grid": (frozenset({"lon"}), frozenset({"lat"})),
}
BASES = {
    "assumed": ("assumption", "假定", "假设"),
    "known": ("已知", "实测"),
    "schematic": ("示意",),
    "proposed": ("planned", "拟建", "规划", "拟定"),
    "projected": ("projection", "forecast", "预测", "推算"),
    "interpolated": ("内插", "插值"),
    "example": ("示例", "举例"),
}


def summed(columns: Iterable[str]) -> list[str]:
    """The columns among others whose figures add up."""
    others = (
        *("capacity", "day_places", "beds", "beds_medical", "beds_rehabilitation", "beds_family"),
        *MEASURES,
    )
    return [*people.columns_of(columns), *(c for c in others if c in columns)]


def figures(columns: Iterable[str]) -> list[str]:
    """The columns among others that hold numbers."""
    return [
        *summed(columns),
        *(c for c in ("price", "lon", "lat", "floors", "height") if c in columns),
    ]


def services_of(written: pd.Series) -> pd.Series:
    """
    Services as tuples of words of ours (others as written), from text or from lists of words.

    Examples
    --------
    >>> services_of(pd.Series(["就餐、助医", ["meals", "chess"], None])).tolist()
    [('meals', 'medical'), ('meals', 'chess'), ()]
    """
    spelled = {_checks.plain(s): name for s, name in spellings_of(SERVICES).items()}

    def translate(cell: object) -> tuple[str, ...]:
        several = cell if isinstance(cell, list | tuple) else [cell]
        text = ";".join(map(_checks.as_text, several))
        for mark in "、，；,|/":
            text = text.replace(mark, ";")
        words = [w.strip() for w in text.split(";") if w.strip()]
        return tuple(dict.fromkeys(spelled.get(_checks.plain(w), w) for w in words))

    return written.astype(object).map(translate)


def service_name(word: str) -> words.Text:
    """
    What people call a service, in each language; a word that is none of ours as it is.

    Examples
    --------
    >>> service_name("health_post")
    {'en': 'health post', 'zh': '健康驿站'}
    """
    return words.SERVICES.get(word, {"en": word.replace("_", " "), "zh": word})


def spellings_of(words: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """
    What each spelling of words of ours means, such as of `SERVICES` or `BASES`.

    Examples
    --------
    >>> spellings_of({"meals": ("meal", "助餐")})
    {'meals': 'meals', 'meal': 'meals', '助餐': 'meals'}
    """
    return {s: name for name, many in words.items() for s in (name, *many)}


def absent(frame: pd.DataFrame, column: str, *, file: str, mend: Sentence) -> Sentence:
    """A sentence about a column that is needed, or several, with the columns nobody knows."""
    unused = unknown(frame)
    en = f" (not known: {unused})" if unused else ""
    zh = f"（未识别：{unused.zh}）" if unused else ""
    return Sentence(
        f"{file}: there is no column {column}{en}; {mend}.",
        zh=f"{file}：缺少列 {say(column, 'zh')}{zh}；{say(mend, 'zh')}。",
    )


def no_column(columns: Iterable[str]) -> Sentence:
    """The columns of which none is there, for `absent`."""
    every = list(columns)
    return Sentence(" and no column ".join(every), zh=listed(every).zh)


def unknown(frame: pd.DataFrame) -> Sentence:
    """The first columns of a file that nobody knows."""
    return listed(map(_checks.show, frame.attrs["unused"][:8]))
