"""What the program says where nothing is asked of it: what one can do next."""

from pathlib import Path

from carecircles import __version__
from carecircles.words import Sentence, printable, say

_ABOUT = Sentence(
    "who is within a short walk of an elderly-care centre, who is not, and where.",
    zh="谁能在短程步行内到达居家养老服务中心，谁不能，缺口在哪里。",
)
_BEGIN, _THEN = Sentence("Begin with", zh="可以先试"), Sentence("Then", zh="然后")
_NEXT = (
    ("whatif --help", Sentence("open, close or move centres", zh="开设、关闭、迁移中心")),
    ("site --help", Sentence("where the next ones should stand", zh="下一批中心应设在哪里")),
    ("--help", Sentence("all commands", zh="所有命令")),
    ("doctor", Sentence("whether all is well on this machine", zh="本机是否一切就绪")),
)


def welcome(lang: str) -> str:
    """
    What one can do first with what is in the working folder, in 'en' or 'zh'.

    Examples
    --------
    >>> print(welcome("en").splitlines()[2])
    Begin with
    """
    colon = {"en": ": ", "zh": "："}[lang]
    lines = [f"carecircles {__version__}{colon}{say(_ABOUT, lang)}"]
    for heading, commands in ((_BEGIN, _first()), (_THEN, _NEXT)):
        wide = max(len(command) for command, _ in commands)
        lines += ["", say(heading, lang)]
        lines += [
            f"  carecircles {printable(command):<{wide}}  {say(does, lang)}"
            for command, does in commands
        ]
    return "\n".join(lines)


def _first() -> list[tuple[str, Sentence]]:
    """What shows most at once: the study area that is here, or the one that is bundled."""
    own = _area_here()
    if own is not None:
        return [
            (f"check {own}", Sentence("what is understood of your files", zh="检查自己的文件")),
            (f"map --area {own}", Sentence("their coverage map", zh="其覆盖地图")),
            (f"evaluate --area {own}", Sentence("coverage by street", zh="各街道覆盖情况")),
        ]
    return [
        ("map", Sentence("the map of Hexi, Tianjin: hexi-coverage.html", zh="天津市河西区的覆盖地图：hexi-coverage.html")),
        ("map --live", Sentence("a map to plan on: hexi-live.html", zh="可在上面规划的地图：hexi-live.html")),
        ("evaluate", Sentence("its coverage by street", zh="各街道覆盖情况")),
        ("init mine", Sentence("a folder to put your own district's files into", zh="新建文件夹，放入自己辖区的文件")),
    ]  # fmt: skip


def _area_here() -> str | None:
    """A study area in the working folder or right below it; the first by name."""
    try:
        found = sorted(path.parent.name for path in Path.cwd().glob("*/area.toml"))
    except OSError:
        return None
    if Path("area.toml").is_file():
        return "."
    return f"./{found[0]}" if found else None
