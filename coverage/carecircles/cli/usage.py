"""Commands as typer reads them: what is wrong with a call, all of it, in the language asked for."""

import re

import typer

from carecircles.cli.help import SpeakingCommand
from carecircles.cli.output import ours_alone
from carecircles.errors import ValidationError
from carecircles.words import Sentence, joined

# What is wrong with a call, of which a wrong value is one kind; typer gives it no name of its own.
UsageError: type[Exception] = typer.BadParameter.__mro__[1]

# What typer says, whole or of a value, and the same in Chinese; what it quotes stays as it is.
_SAID = (
    (r"No such option: (\S+)", r"没有 \1 这个选项"),
    (r"No such option: (\S+) \(Possible options: (.+)\)", r"没有 \1 这个选项（相近的有：\2）"),
    (r"No such command (.+?)\.", r"没有 \1 这个命令"),
    (r"No such command (.+?)\. Did you mean (.+)\?", r"没有 \1 这个命令（相近的有：\2）"),
    (r"Missing command\.", r"缺少命令"),
    (r"Missing (?:argument|parameter) (.+?)\.", r"缺少参数 \1"),
    (r"Missing option (.+?)\.", r"缺少选项 \1"),
    (r"Option (.+) requires an argument\.", r"选项 \1 后面缺少取值"),
    (r"Option (.+) requires (\d+) arguments\.", r"选项 \1 后面应有 \2 个取值"),
    (r"Option (.+) does not take a value\.", r"选项 \1 不带取值"),
    (r"Got unexpected extra arguments?(?:\(s\))? \((.+)\)", r"多出了参数（\1）"),
    (r"(.+) is not one of (.+)\.", r"\1 不在可选值 \2 之中"),
    (r"(.+) does not match the formats? (.+)\.", r"\1 不符合格式 \2"),
    (r"(.+) is not a valid float\.", r"\1 应为数字"),
    (r"(.+) is not a valid integer\.", r"\1 应为整数"),
    (r"(.+): Input should be a valid number.*", r"\1 应为数字"),
    (r"(.+): Input should be a(?: valid|n) integer.*", r"\1 应为整数"),
)
_OF_A_VALUE = re.compile(r"Invalid value for (.+?): (?:Value error, )?(.+)", re.DOTALL)


class Command(SpeakingCommand):
    """A command that tells all values it cannot take at once, and whose standard output is ours alone."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # the public name of the same
        """As typer reads a call; where a value is wrong, look at the others as well."""
        try:
            return super().parse_args(ctx, list(args))
        except typer.BadParameter:
            raise wrong_call(self._wrong_values(ctx, args)) from None

    def _wrong_values(self, ctx: typer.Context, args: list[str]) -> list[Exception]:
        found: list[Exception] = []
        values, rest, _ = self.make_parser(ctx).parse_args(list(args))
        for parameter in self.get_params(ctx):
            try:
                parameter.handle_parse_result(ctx, values, rest)
            except typer.BadParameter as err:
                if err.message.startswith("Input should be"):  # typer does not say what was given
                    err.message = f"{values.get(str(parameter.name))!r}: {err.message}"
                found.append(err)
        return found

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        """Run the command."""
        with ours_alone():
            return super().invoke(ctx)


def wrong_call(errors: list[Exception]) -> ValidationError:
    """
    What typer found wrong with a call, and where it is told how to call.

    Examples
    --------
    >>> wrong = wrong_call([typer.BadParameter("'x' is not one of 'a', 'b'.", param_hint="'--by'")])
    >>> print(wrong, wrong.problems[0].zh, sep="\\n")
    Invalid value for '--by': 'x' is not one of 'a', 'b'.
    '--by' 的取值无效：'x' 不在可选值 'a'、'b' 之中。
    """
    *others, last = [_sentence(getattr(err, "format_message")()) for err in errors]  # noqa: B009
    context = getattr(errors[-1], "ctx", None)
    if context is None:
        return ValidationError([*others, last])
    asked = f"'{context.command_path} {context.help_option_names[0]}'"
    hint = Sentence(f" Try {asked} for help.", zh=f"用法见 {asked}。")
    return ValidationError([*others, joined([last, hint], "")])


def _sentence(said: str) -> Sentence:
    """What typer says, and the same in Chinese."""
    said = re.sub(
        r"\('(\(.*\))',\)$", r"\1", said
    )  # as typer 0.26.0 writes what it means by an option
    of_value = _OF_A_VALUE.fullmatch(said)
    if of_value:
        option, why = of_value.groups()
        en, zh = f"Invalid value for {option}: {why}", f"{option} 的取值无效：{_in_chinese(why)}"
    else:
        en, zh = said, _in_chinese(said)
    return Sentence(en if en.endswith((".", "?")) else f"{en}.", zh=f"{zh}。")


def _in_chinese(said: str) -> str:
    """What typer says in Chinese, or as it stands where a release says what we do not know."""
    for pattern, zh in _SAID:
        found = re.fullmatch(pattern, said, re.DOTALL)
        if found:
            return found.expand(zh).replace("', '", "'、'")
    return said.removesuffix(".")
