"""The TOML parser of the page agrees with Python's tomllib, on what is refused as on what is read."""

import datetime
import json
import random
import string
import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carecircles import datasets
from tests.conftest import ROOT
from tests.examples import examples

SCRIPT = ROOT / "coverage" / "carecircles" / "web" / "toml.js"
REFUSED = "refused"
DEEPEST = 100
READ = """(texts) => {
  const coded = (value) => {
    if (Array.isArray(value)) return ["list", value.map(coded)];
    if (typeof value !== "object") {
      return [typeof value, Object.is(value, -0) ? "-0" : String(value)];
    }
    if (Object.getPrototypeOf(value) === null) {
      return ["table", Object.entries(value).map(([key, inner]) => [key, coded(inner)])];
    }
    if (!Object.isFrozen(value) || Object.keys(value).length !== 1) throw TypeError("what is it?");
    return Object.entries(value)[0];
  };
  return JSON.stringify(JSON.parse(texts).map((text) => {
    try {
      return { value: coded(carecircles.parseToml(text)) };
    } catch (error) {
      return { message: error.message, line: error.line, text: error.text };
    }
  }));
}"""


@pytest.fixture(scope="module")
def scripted(browser):
    """A page with the parser, under a policy that forbids to run text as a script."""
    page = browser.new_page()
    policy = "default-src 'none'; script-src 'unsafe-inline'"
    page.set_content(f'<meta http-equiv="Content-Security-Policy" content="{policy}">')
    page.evaluate("window.carecircles = {}")
    page.add_script_tag(content=SCRIPT.read_text(encoding="utf-8"))
    yield page
    page.close()


@pytest.fixture(scope="module")
def read(scripted):
    """Parses many texts in the page: for each a comparable value, or the error as a dict."""

    def read(texts):
        # JSON within JSON, so that half characters arrive as they are
        answers = json.loads(scripted.evaluate(READ, json.dumps(texts)))
        return [decoded(a["value"]) if "value" in a else a for a in answers]

    return read


def decoded(answer):
    """A value from the page as `plain` writes Python's."""
    kind, value = answer
    if kind == "table":
        return {key: decoded(inner) for key, inner in value}
    if kind == "list":
        return [decoded(inner) for inner in value]
    if kind == "number":
        return "number", float(value).hex()
    if kind == "boolean":
        return "boolean", value == "true"
    if kind == "date":
        return "date", datetime.date.fromisoformat(value).isoformat()
    if kind == "datetime":
        known = datetime.datetime if "-" in value[:5] else datetime.time
        return "datetime", known.fromisoformat(value.upper()).isoformat()
    assert kind == "string", kind
    return "string", value


def plain(value):
    """A value from tomllib in a form that compares: nan is nan, -0.0 is not 0.0, offsets count."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    if isinstance(value, str):
        return "string", value
    if isinstance(value, bool):
        return "boolean", value
    if isinstance(value, int) and abs(value) >= 2**53:
        raise ValueError("no number of JavaScript")
    if isinstance(value, int | float):
        return "number", float(value).hex()
    is_date = isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)
    return "date" if is_date else "datetime", value.isoformat()


def expected(text):
    """What tomllib reads from a UTF-8 file with this text."""
    try:
        return plain(tomllib.loads(text.encode("utf-8").decode("utf-8")))
    except (ValueError, RecursionError):
        return REFUSED


def check_error(text, error):
    """An error of ours, not one that JavaScript raised: it has a line and says something."""
    assert set(error) == {"message", "line", "text"}, (text[:500], error)
    assert 1 <= error["line"] <= text.count("\n") + 1
    assert error["message"] == f"line {error['line']}: {error['text']['en']}"
    assert error["text"]["zh"]
    assert set(error["text"]) == {"en", "zh"}


def assert_agree(read, texts):
    """Both read the same from every text; how many of them were read."""
    count = 0
    for text, answer in zip(texts, read(texts), strict=True):
        wanted = expected(text)
        if wanted is REFUSED:
            assert "message" in answer and isinstance(answer["message"], str), (text[:500], answer)
            check_error(text, answer)
        else:
            assert answer == wanted, text[:500]
            count += 1
    return count


VALUES = r'''true
false
0
+0
-0
7
+7
-7
1_000_000
1_2_3
9007199254740991
-9007199254740991
9_007_199_254_740_991
0x0
0xdead_BEEF
0xe_5
0x00ff
0xb1
0xe1
0o755
0o0_7
0b1101_0110
0b0000
0x1fffffffffffff
0.0
-0.0
+0.0
1.5
3.141_592_6
-0.01
1_0.0_1
5e+22
1e06
1E6
-2E-2
6.626e-34
1e1_0
0e0
0.0e-0
1e400
-1e400
1e-400
4.9e-324
1.7976931348623157e308
9007199254740993.0
0.1000000000000000055511151231257827021181583404541015625
inf
+inf
-inf
nan
+nan
-nan
1979-05-27
2000-02-29
2024-02-29
0001-01-01
9999-12-31
0004-02-29
2023-04-30
1979-05-27T07:32:00
1979-05-27t07:32:00
1979-05-27 07:32:00
1979-05-27T07:32:00Z
1979-05-27t07:32:00z
1979-05-27 07:32:00Z
1979-05-27T00:32:00-07:00
1979-05-27 00:32:00+23:59
1979-05-27T00:32:00-00:00
1979-05-27T00:32:00.5
1979-05-27T00:32:00.999999-07:00
1979-05-27T00:32:00.123456789123Z
0001-01-01T00:00:00+23:59
9999-12-31T23:59:59.999999-23:59
07:32:00
00:00:00
23:59:59.999999
00:32:00.1
00:32:00.00000000000000001
""
''
"tab	inside"
'tab	inside'
"天津 河西区 🏠 é"
'天津 河西区 🏠 é'
"# no comment"
'# no comment'
"\b\t\n\f\r\"\\"
"\u0000\u00e9\u5929\U0001F3E0\U00000041"
"\uD7FF\uE000\U0010FFFF\uffff\ufeff"
"\u007f\U0000007F"
'C:\Users\node'
'\u00e9 \'
"it's"
'say "yes"'
"\\u0041"
"""one"""
""""""
"""a "quote" b"""
"""a ""quotes"" b"""
"""" one quote first"""
""""" two quotes first"""
"""one last""""
"""two last"""""
"""""""
""""""""
"""\"\"\""""
"""a \"""b"""
[]
[ ]
[[]]
[[], [[]]]
[1, 2, 3]
[1,2,3,]
[ 1 , 2 , ]
[1, 1.0, "a", 'b', true, [2], {}, 1979-05-27, inf]
[1979-05-27 07:32:00]
[1979-05-27 07:32:00, 1]
[1979-05-27 , 1]
[07:32:00]
[inf,nan]
[true,false]
[{a = 1}, {a = 2}]
[{}]
["]", '[', "#"]
[ [ 1, 2 ], ["a", "b"] ]
{}
{ }
{	}
{a=1}
{ a = 1 , b = 2 }
{ a = 1, a2 = {} }
{a.b=1,a.c=2}
{a.b.c=1,a.b.d=2,a.e=3}
{ "a" = 1, 'b' = 2 }
{ "" = 1 }
{ a = [ {b=1}, {b=2} ] }
{a={b={c={}}}}
{1=1, 1_=2, -=3, _=4, 3.2=5}
{ __proto__ = 1 }
{ __proto__.polluted = 1 }
{ "__proto__" = { __proto__ = {} } }
{ constructor.prototype.polluted = true }
{ toString = 1, hasOwnProperty = 2, valueOf = 3 }'''.splitlines()
VALUES += [
    "'''one'''",
    "''''''",
    "'''a 'quote' b'''",
    "'''one last''''",
    "'''two last'''''",
    "'''''''",
    "''''''''",
    "'''\\'''",
    "{ a = \"\"\"x\"\"\", b = '''y''' }",
]

# Not one of these is a value.
NO_VALUES = r'''True
FALSE
truefalse
true1
truee
tru
t
null
none
nil
undefined
yes
abc
a b
"
'
"""
"a
'a
"a'
'a"
"""a
"""a"
"""a""
"""""""""
""""a"""""""
"a" "b"
"a"b
"a""b"
'a''b'
'it's'
"\a"
"\x41"
"\e"
"\0"
"\ "
"\'"
"\"
"\/"
"\u"
"\u123"
"\u12G4"
"\u+123"
"\u 123"
"\U"
"\U0001F3E"
"\U00110000"
"\UFFFFFFFF"
"\uD800"
"\udfff"
"\uD83C\uDFE0"
"\U0000D800"
"\U0000DFFF"
"C:\Users"
"""\ a"""
"""a\"""
"""\q"""
"""\uD800"""
“text”
‘text’
「text」
1 2
1.
.5
+.5
-.5
1.e5
1e
1e+
1e-
1e1.5
1.5.5
1..5
1e1e1
00
01
-01
+01
00.5
0_1
01.5
1__0
_1
1_
+_1
1_.5
1._5
1.5_
1_e5
1e_5
1e5_
1.5e1__0
++1
+-1
--1
+
-
+ 1
- 1
1 000
1,000
1a
12abc
0x
0X1F
0xg
0x_1
0x1_
0x1__1
0x1.5
+0x1
-0x1
-0o7
+0b1
0o
0o8
0O7
0o_7
0b
0b2
0B1
0b_1
0b1_
0b1e1
9007199254740992
-9007199254740992
9223372036854775807
9223372036854775808
123456789012345678901234567890
0xffffffffffffffff
0x20000000000000
Inf
INF
NaN
Infinity
+Infinity
in
infinity
nano
+ inf
++inf
+nan1
inf1
inf.0
inf_
-true
2023-02-29
2023-02-30
1900-02-29
2100-02-29
2023-04-31
2023-00-10
2023-13-10
2023-01-00
2023-01-32
0000-01-01
2023-1-1
2023-01-1
23-01-01
12023-01-01
-2023-01-01
+2023-01-01
2023-01
2023-01-
2023/01/01
2023.01.01
20230101T000000
2023-01-01T
2023-01-01 T00:00:00
2023-01-01T24:00:00
2023-01-01T23:60:00
2023-01-01T23:59:60
2023-01-01T23:59
2023-01-01 23:59
2023-01-01T23
2023-01-01T1:00:00
2023-01-01T01:00:00.
2023-01-01T01:00:00,5
2023-01-01  01:00:00
2023-01-01_01:00:00
2023-01-01	01:00:00
2023-01-01T01:00:00 Z
2023-01-01T01:00:00ZZ
2023-01-01T01:00:00+1:00
2023-01-01T01:00:00+01
2023-01-01T01:00:00+0100
2023-01-01T01:00:00+24:00
2023-01-01T01:00:00+01:60
2023-01-01T01:00:00.+01:00
2023-02-30T01:00:00Z
2023-01-01Z
2023-01-01+01:00
2_023-01-01
2023-01-01 1
2023-01-01 a
07:32
7:32:00
07:3:00
07:32:0
24:00:00
23:60:00
23:59:60
07:32:00.
07:32:00Z
07:32:00+01:00
07:32:00 07:32:00
[
[1
[1,
[1 2]
[,]
[,1]
[1,,2]
[1,,]
[1],
[[1]
[1}
[a]
[a = 1]
[1;2]
[1,# ]
[1，2]
[1、2]
{
}
{a
{a=
{a=1
{a=1,
{a=1,}
{,}
{,a=1}
{a=1,,b=2}
{a=1 b=2}
{a=1;b=2}
{a}
{a,b}
{a:1}
{"a":1}
{=1}
{a=}
{a==1}
{a=1]
{a=1}{b=2}
{a=1} b
{a=1,a=2}
{a=1,"a"=2}
{a=1,a.b=2}
{a.b=1,a=2}
{a.b=1,a.b=2}
{a.b=1,a.b.c=2}
{a.b.c=1,a.b=2}
{a={},a.b=1}
{a={b=1},a.c=1}
{a.b={},a.b.c=1}
{a=[],a.b=1}
{a=[{}],a.b=1}
{a.=1}
{.a=1}
{a..b=1}
{a b=1}
{__proto__=1,__proto__=2}
{__proto__={},__proto__.a=2}
{a=1 # comment }
=
= 1
#
,
.
@
$a
`a`'''.splitlines()
NO_VALUES += [
    "'''",
    "'''a",
    "'''a''",
    "'''''''''",
    "'''a''''''",
]

VALID = [
    "",
    "\n",
    "\r\n",
    " \t ",
    "\n\n  \n\t\n",
    "#",
    "# comment",
    "# comment\n",
    "#\ttab 天津 🏠 \x80 \xa0 \u2028 \ufeff\n",
    "# one\r\n# two\r\n",
    "a = 1",
    "a = 1\n",
    "a=1#x",
    "a = 1 # x\r\nb = 2\r\n",
    "\ta\t=\t1\t\n  b = 2  ",
    'a = "#" # "',
    "1 = 1\n-1 = 2\n-_- = 3\n0x1 = 4\ntrue = 5\ninf = 6\n1979-05-27 = 7",
    '"" = 1',
    "'' = 1",
    "''.'' = 1",
    '"a.b" = 1\na.b = 2\n\'a"b\' = 3',
    '"\\u0061" = 1\n"\\t\\n" = 2\nb = 3',
    '"天津" = "河西"\n"🏠" = 1',
    "3.14 = 1",
    "a . b\t.\tc = 1",
    "a.b.c = 1\na.b.d = 2\na.e = 3",
    "a.b = 1\nc = 2\na.d = 3",
    "'a'.\"b\".c = 1",
    "[a]",
    "[a]\n[b]\n[c]",
    "[ a ]\n[\tb\t]",
    "[a] # comment\nb = 1",
    "  [a]\n    b = 1",
    "[a.b.c]\nd = 1",
    "[ a . 'b' . \"c\" ]\nd = 1",
    "['']\n''=1",
    '["a.b"]\nc = 1\n[a.b]\nc = 2',
    "[\"]\"]\nc = 1\n['[[']\nc = 2",
    "[a.b]\n[a]",
    "[a.b]\nx = 1\n[a]\ny = 2\n[a.c]\nz = 3",
    "[a]\nb.c = 1\nb.d = 2",
    "[a]\nb.c = 1\n[a.b.d]\ne = 2",
    "[a]\nb.c.d = 1\n[a.b.x]\n[a.b.c.y]",
    "a.b = 1\n[a.c]\nd = 2",
    "[a.b.c]\n[a]\nb.d = 1",
    "[a.b.c]\n[a]\nb.d.e = 1\n[a.b.f]",
    "[x.y.z.w]\n[x]",
    "[a.b]\n[c]\n[a]\n[a.d]",
    "[[a]]",
    "[[a]]\n[[a]]\n[[a]]",
    "[[ a ]]\n[[\ta\t]]",
    "[[a]]\nb = 1\n[[a]]\nb = 2\n",
    "[[a.b]]\nc = 1\n[[a.b]]\nc = 2",
    "[[a]]\n[a.b]\nc = 1\n[[a]]\n[a.b]\nc = 2",
    "[[a]]\n[[a.b]]\n[[a.b]]\n[[a]]\n[[a.b]]",
    "[[a]]\n[[a.b]]\n[a.b.c]\n[[a.b]]\n[a.b.c]\nx = 1",
    "[a]\n[[a.b]]\n[[a.b]]",
    "[[a.b]]\n[a]\nx = 1\n[[a.b]]",
    "[[a.b.c]]\n[a]\n[a.b]",
    "a.x = 1\n[[a.b]]",
    "[[a]]\nb.c = 1\n[[a]]\nb.c = 2",
    "[[a]]\nb.c = 1\n[a.b.d]",
    "[[a]]\nb = {c = 1}\n[[a]]\nb.d = 2",
    "[[\"a b\"]]\n[['a b']]",
    "a = [\n]",
    "a = [\n  1,\n  2,\n]\nb = 1",
    "a = [\r\n  1,\r\n  2\r\n]\r\nb = 1",
    "a = [ # one\n  1, # two ]\n  # three\n\n  2 # four\n  , # five\n] # six\nb = 1",
    "a = [1979-05-27\n,07:32:00\n,1979-05-27 07:32:00\n]",
    "a = [[1,\n2],\n[3]\n]",
    "a = [{b = 1},\n  {b = 2},\n]",
    "a = {b = [\n1,\n2\n]}",
    "a = {b = [ # comment\n1,\n2\n], c = 1}",
    'a = {b = """\nx\ny"""}',
    'a = """\nfirst newline goes"""',
    'a = """\r\nfirst newline goes\r\nthe other not"""',
    'a = """\n\nsecond stays"""',
    "a = '''\nfirst newline goes'''",
    "a = '''\r\n\r\nsecond stays\r\n'''",
    'a = """one \\\n   two \\\n\n\n\t three"""',
    'a = """one \\  \t \n   two"""',
    'a = """one \\\r\n   two \\  \r\n three"""',
    'a = """\\\n  """',
    'a = """\\\n"""',
    'a = """\\\n\\\n\\\n  x\\\n"""',
    'a = """x\\\\\n  y"""',
    'a = """\n"""\nb = 1',
    "a = '''one \\\n   two'''",
    "a = '''\n'''\nb = 1",
    "a = '''# no comment\n[b]\n'''",
    "a = 1979-05-27 # comment",
    "a = 1979-05-27 \nb = 1",
    "a = 1979-05-27#comment",
    "a = '\x80\x85\xa0\u2028\u2029\ufeff\uffff\U0010ffff'",
    "__proto__ = 1",
    "__proto__.polluted = 1",
    "[__proto__]\npolluted = 1",
    "[[__proto__]]\npolluted = 1\n[[__proto__]]",
    "[__proto__.__proto__]\n__proto__ = {__proto__ = 1}",
    "[constructor.prototype]\npolluted = 1",
    "[a]\n__proto__.b = 1\n[a.__proto__.c]",
    "constructor = 1\ntoString = 2\nhasOwnProperty = 3\nlength = 4\nvalue = 5",
    "[[a]]\nlength = 3\n[[a]]\n0 = 1",
    "a = 0\nb = false\nc = ''\nd = nan\n[e]",
    "2 = 'b'\n1 = 'a'\n10 = 'c'",
    "a = '" + "x" * 100_000 + "'",
    'a = "' + "\\n" * 100_000 + '"',
    "a = [" + "1," * 50_000 + "]",
    "a = [" + "#\n" * 50_000 + "]",
    "a = 0." + "1" * 100_000,
    "a = 0." + "1_" * 50_000 + "1e-5",
    "a = 0.0e" + "9" * 1000,
    "a = 0x" + "0" * 5000 + "1",
    "a = 12:00:00." + "3" * 10_000,
    "\n" * 100_000 + "a = 1",
    "[[a]]\n" * 5000,
    "\n".join(f"a{n}.b = {n}" for n in range(5000)),
    "x" * 100_000 + " = 1",
    "a = " + "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1),
    "a = " + "{a = " * (DEEPEST - 2) + "1" + "}" * (DEEPEST - 2),
    "[" + ".".join("a" * (DEEPEST - 1)) + "]\nb = 1",
    ".".join("a" * DEEPEST) + " = 1",
    *(f"a = {value}" for value in VALUES),
    *(f"a={value}# comment" for value in VALUES),
    *(f"a = [{value},{value} , {value}\n,\n{value}\n]\nb = 1\r\n" for value in VALUES),
    *(f"a = {{b={value},c = {value} , d = {value} }}\n[e]\n" for value in VALUES),
]

INVALID = [
    "a",
    "a\n= 1",
    "a =\n1",
    "a = \n",
    "a = 1 b = 2",
    "a = 1, b = 2",
    "a = 1;",
    "a = 1 2",
    "a = 1 // no comment",
    "a : 1",
    "a == 1",
    "a ＝ 1",
    "= 1",
    "a. = 1",
    ".a = 1",
    "a..b = 1",
    "a.b. = 1",
    "a b = 1",
    "a\xa0= 1",
    "\xa0a = 1",
    "\u3000a = 1",
    "\x0ca = 1",
    "\x0ba = 1",
    "\ufeffa = 1",
    "a = 1\ufeff",
    "a = 1\u2028b = 2",
    "a = 1\x85b = 2",
    "天津 = 1",
    "é = 1",
    "a+b = 1",
    "a/b = 1",
    "a,b = 1",
    "a# = 1",
    "'a\n' = 1",
    '"a\n" = 1',
    '"""a""" = 1',
    "'''a''' = 1",
    '"" "" = 1',
    '"a"b = 1',
    'a"b" = 1',
    "'a = 1",
    '"\\q" = 1',
    '"\\uD800" = 1',
    "[",
    "]",
    "[]",
    "[ ]",
    "[a",
    "[a\n]",
    "[\na]",
    "[a]]",
    "[[a]",
    "[[a] ]",
    "[ [a]]",
    "[ [a] ]",
    "[[a\n]]",
    "[[]]",
    "[[",
    "[[a]]]",
    "[a.]",
    "[.a]",
    "[a..b]",
    "[a b]",
    "[a] b = 1",
    "[a] [b]",
    "[a], [b]",
    "[a = 1]",
    "[a]b",
    '["""a"""]',
    "[天津]",
    "[a#b]",
    "{}",
    "a = 1\na = 2",
    'a = 1\n"a" = 2',
    "a = 1\n'a' = 1",
    '"\\u0061" = 1\na = 1',
    "a = 0\na = 1",
    "a = false\na = 1",
    "a = ''\na = 1",
    "a = nan\na = 1",
    "a = {a = 0, a = 1}",
    "a = 1\na.b = 2",
    "a = 0\na.b = 2",
    "a = ''\na.b = 2",
    "a = false\n[a]",
    "a = 0\n[a]",
    "a = ''\n[a]",
    "a = nan\n[a]",
    "a = 0\n[a.b]",
    "a = 0\n[[a]]",
    "a = false\n[[a]]",
    "a = ''\n[[a.b]]",
    "a = 1979-05-27\n[a.b]",
    "a = 1979-05-27\na.date = 1",
    "a.b = 1\na = 2",
    "a.b = 1\na.b = 2",
    "a.b = 1\na.b.c = 2",
    "a.b.c = 1\na.b = 2",
    "[a]\n[a]",
    "[a]\nb = 1\n[a]\nc = 2",
    "[a]\n['a']",
    "[a.b]\n[a]\n[a.b]",
    "[a.b]\n[a]\n[a]",
    "[a]\nb = 1\n[a.b]",
    "[a]\nb = 1\n[a.b.c]",
    "[a]\nb = 1\n[[a.b]]",
    "a.b = 1\n[a]",
    "a.b.c = 1\n[a.b]",
    "a.b.c = 1\n[[a.b]]",
    "a.b = 1\n[[a]]",
    "[a]\nb.c = 1\n[a.b]",
    "[a]\nb.c.d = 1\n[a.b.c]",
    "[a.b.c]\n[a]\nb.c.d = 1",
    "[a.b]\n[a]\nb.c = 1",
    "[a.b.c.d]\n[a]\nb.c.d.e = 1",
    "[a.b.c]\n[a]\nb.d = 1\n[a.b]",
    "[a.b]\n[a]\nb = 1",
    "[[a.b]]\n[a]\nb.c = 1",
    "[[a.b]]\n[a]\nb = 1",
    "[[a.b.c]]\n[a]\nb.c.d = 1",
    "[[a]]\n[a]",
    "[a]\n[[a]]",
    "[a.b]\n[[a]]",
    "[[a.b]]\n[[a]]",
    "[[a]]\n[a.b]\n[a.b]",
    "[[a]]\n[a.b]\n[[a.b]]",
    "[[a]]\n[[a.b]]\n[a.b]",
    "[[a]]\nb = 1\n[[a.b]]",
    "[[a]]\nb.c = 1\n[a.b]",
    "[[a]]\nb.c = 1\n[[a.b]]",
    "a = []\n[[a]]",
    "a = [{}]\n[[a]]",
    "a = [{}]\n[a.b]",
    "a = [{b = 1}]\na.c = 1",
    "a = [{}]\n[[a.b]]",
    "a = [[]]\n[a.b]",
    "a = []\na.b = 1",
    "a = {}\n[a]",
    "a = {}\n[a.b]",
    "a = {}\n[[a]]",
    "a = {}\n[[a.b]]",
    "a = {}\na.b = 1",
    "a = {b.c = 1}\na.b.d = 1",
    "a = {b = {}}\n[a.b.c]",
    "a = {b.c = 1}\n[a.b]",
    "a = {b.c = 1}\n[a.b.d]",
    "a = {b.c = 1}\n[[a.b.d]]",
    "a.b = {}\na.b.c = 1",
    "[a]\nb = {}\n[a.b]",
    "[a]\nb = {}\n[a.b.c]",
    "[a.b]\nc = {d = 1}\n[a]\nb.c.e = 1",
    "[[a]]\nb = {}\n[a.b.c]",
    "[[a]]\nb = [{}]\n[[a.b]]",
    "[[a]]\nb = [{}]\n[a.b.c]",
    "__proto__ = 1\n__proto__ = 2",
    "__proto__ = 1\n[__proto__]",
    "[__proto__]\n[__proto__]",
    "__proto__ = {}\n__proto__.a = 1",
    "toString = 1\ntoString = 2",
    "a = {\n}",
    "a = {b = 1\n}",
    "a = {\nb = 1}",
    "a = {b = 1,\nc = 2}",
    "a = {b =\n1}",
    "a = {b = 1 # comment\n}",
    "a = {b = 1, # comment\nc = 2}",
    "a = ]",
    "a = [1]]",
    "a = {b=1}}",
    "a = [\n1\n2\n]",
    "a = [1\nb = 2",
    "a = [1,\nb = 2",
    "a = [\n[b]\n",
    "a = [1 # ]",
    "a = [\n,1]",
    'a = "one\ntwo"',
    "a = 'one\ntwo'",
    'a = "one\\\ntwo"',
    'a = "one \\\n two"',
    'a = """one \\ two\n"""',
    'a = """one \\',
    'a = """one \\\n',
    'a = """one \\ \t',
    'a = """\\\xa0\n"""',
    'a = """\\\r"""',
    "a = '''one\n",
    "a = 1\rb = 2",
    "a = 1\r",
    "\ra = 1",
    "a = 1\r\r\n",
    "# comment\rmore",
    "a = [1,\r2]",
    'a = """\r"""',
    "a = '''\r'''",
    "a = '''\r\r\n'''",
    "# \ud800",
    "a = '\ud83c'",
    "a = '\udfe0\ud83c'",
    'a = """\udfff"""',
    '"\ud800" = 1',
    "\udc00",
    *(f"# {chr(code)}" for code in (*range(9), 11, 12, *range(14, 32), 127)),
    *(f"a = '{chr(code)}'" for code in (*range(9), 11, 12, *range(14, 32), 127)),
    *(f'a = "{chr(code)}"' for code in (*range(9), 11, 12, *range(14, 32), 127)),
    *(f"a = '''{chr(code)}'''" for code in (*range(9), 11, 12, *range(14, 32), 127)),
    *(f'a = """{chr(code)}"""' for code in (*range(9), 11, 12, *range(14, 32), 127)),
    *(f"{chr(code)}" for code in (*range(9), 11, 12, *range(14, 32), 127)),
    "a = " + "[" * 100_000,
    "a = " + "[" * 100_000 + "]" * 100_000,
    "a = " + "{a=" * 100_000,
    "a = " + "[{a=" * 100_000,
    "[" * 100_000,
    "[" * 100_000 + "a" + "]" * 100_000,
    "a = " + "9" * 100_000,
    "a = " + "9_" * 100_000,
    "a = -" + "9" * 4000,
    "a = 0x" + "f" * 100_000,
    "a = 0b" + "1" * 54,
    "a = 1." + "_" * 100_000,
    "a = " + "x" * 100_000,
    "a = '" + "x" * 100_000,
    "a = " + '"' * 100_001,
    "a = " + "'" * 100_000,
    "a" + "." * 100_000,
    "a = 1" + "\n" * 100_000 + "a = 2",
    *(f"a = {value}" for value in NO_VALUES),
    *(f"a = {value}\nb = 1" for value in NO_VALUES if '""' not in value and "''" not in value),
    *(f"a = [{value}" for value in NO_VALUES),
    *(f"a = {{b={value}" for value in NO_VALUES),
]


def test_both_read_what_is_valid(read):
    texts = [*VALID, (datasets.folder("hexi") / "area.toml").read_text(encoding="utf-8")]
    assert [text[:100] for text in texts if expected(text) is REFUSED] == []
    assert assert_agree(read, texts) == len(texts)


def test_both_refuse_what_is_invalid(read):
    assert [text[:100] for text in INVALID if expected(text) is not REFUSED] == []
    assert assert_agree(read, INVALID) == 0


PHRASES = [  # text, line, what the message has
    ("a = 1\nb = 'x\nc = 1\n", 2, "end it with '"),
    ('a = 1\nb = """x\nc = 1\n', 2, 'end it with """'),
    ("a = 1\r\nb = [1, 2\r\n\r\nc = 1\r\n", 2, "a comma or ] is missing"),
    ("a = [\n1,\n", 3, "a value is missing"),
    ("a =\nb = 1", 1, "a value is missing"),
    ("a = x", 1, "quotation marks"),
    ("a = “x”", 1, "straight"),
    ("a = {b = 1, }", 1, "delete the comma"),
    ("a = {b = 1,\n c = 2}", 1, "a name is missing"),
    ("a = {b = 1\n}", 1, "must be in one line"),
    ("天津 = 1", 1, "a name is missing"),
    ("a ＝ 1", 1, "= is missing"),
    ("a = 1 2", 1, "too much for one line"),
    ("[a]\nb = 1\n[a]\n", 3, '"a" is given twice'),
    ("a = 1\na = [\n2,\n]\n", 2, '"a" is given twice'),
    ("a.b = 1\na.b.c = [\n2,\n]\n", 2, '"b" is given twice'),
    ("\n[a\nb = 1", 2, "end the header with ]"),
    ("\n[[a]\nb = 1", 2, "end the header with ]]"),
    ("a = 'C:\\Users'\nb = \"C:\\Users\"", 2, "write \\\\, or"),
    ("a = 2023-02-30", 1, "2023-12-31"),
    ("a = 2023/12/31", 1, "2023-12-31"),
    ("a = 1.", 1, "0.5"),
    ("a = 12 345", 1, "too much"),
    ("a = 9007199254740992", 1, "too large"),
    ("a = 1\n\n# \x00", 3, "invisible"),
    ("a = " + "[" * (DEEPEST + 1) + "]" * (DEEPEST + 1), 1, "in one another"),
    ("[" + ".".join("a" * (DEEPEST + 1)) + "]", 1, "in one another"),
    ("[a]\n" + ".".join("a" * DEEPEST) + " = 1", 2, "in one another"),
    (".".join("a" * 100_000) + " = 1", 1, "in one another"),
]


def test_errors_name_the_line_and_the_remedy(read):
    for (text, line, phrase), error in zip(PHRASES, read([p[0] for p in PHRASES]), strict=True):
        check_error(text, error)
        assert (error["line"], phrase in error["text"]["en"]) == (line, True), (text[:100], error)


def test_reading_leaves_the_page_as_it_was(read, scripted):
    read([text for text in VALID if "__proto__" in text or "prototype" in text])
    assert scripted.evaluate("[{}.polluted, [].polluted, (() => 0).polluted]") == [None] * 3


def test_what_is_read_is_plain(scripted):
    assert scripted.evaluate("Object.getPrototypeOf(carecircles.parseToml('')) === null")
    text = "d = 2023-12-31\nt = 12:30:00\nm = 2023-12-31 12:30:00Z"
    assert scripted.evaluate("(text) => carecircles.parseToml(text)", text) == {
        "d": {"date": "2023-12-31"},
        "t": {"datetime": "12:30:00"},
        "m": {"datetime": "2023-12-31 12:30:00Z"},
    }


def test_the_script_may_stand_in_a_page():
    script = SCRIPT.read_text(encoding="utf-8")
    assert "</" not in script
    assert "<!--" not in script


def offset(minutes):
    return datetime.timezone(datetime.timedelta(minutes=minutes))


# Random documents. Each example draws a seed or a document and asks the page only once.

KEYS = st.one_of(
    st.sampled_from(["a", "b", "", "a.b", "__proto__", "constructor", "length", "1", "天津", "\n"]),
    st.text(max_size=5),
)
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.floats(),
    st.text(max_size=12),
    st.text(alphabet="'\"\\\n\t #]", max_size=8),
    st.dates(),
    st.times(),
    st.datetimes(),
    st.datetimes(timezones=st.integers(-1439, 1439).map(offset)),
)
TREES = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


class Writer:
    """Writes a value as TOML in one of the many ways there are, as `rng` has it."""

    def __init__(self, rng):
        self.rng = rng

    def document(self, tree):
        lines = []
        self.table(tree, (), lines)
        end = self.rng.choice(["\n", "\r\n"])
        return end.join(line + self.rng.choice(["", " ", " # comment"]) for line in lines)

    def table(self, tree, path, lines):
        later = []
        for key, value in tree.items():
            is_tables = (
                isinstance(value, list) and value and all(isinstance(v, dict) for v in value)
            )
            if (isinstance(value, dict) or is_tables) and self.rng.random() < 0.6:
                later.append((key, value))
            else:
                self.pair((key,), value, lines)
        for key, value in later:
            header = self.name((*path, key))
            for inner in value if isinstance(value, list) else [value]:
                lines.append(f"[[{header}]]" if isinstance(value, list) else f"[{header}]")
                self.table(inner, (*path, key), lines)

    def pair(self, path, value, lines):
        if isinstance(value, dict) and value and self.rng.random() < 0.5:
            for key, inner in value.items():
                self.pair((*path, key), inner, lines)
        else:
            lines.append(f"{self.name(path)}{self.gap()}={self.gap()}{self.value(value)}")

    def gap(self):
        return self.rng.choice(["", " ", "\t "])

    def name(self, path):
        return f"{self.gap()}.{self.gap()}".join(self.key(key) for key in path)

    def key(self, key):
        is_bare = key and set(key) <= set(string.ascii_letters + string.digits + "-_")
        return key if is_bare and self.rng.random() < 0.7 else self.text(key, is_key=True)

    def text(self, text, is_key=False):
        is_clean = all(c in "\t\n" or ord(c) not in (*range(32), 127) for c in text)
        kind = self.rng.choice("bl" if is_key else "blBL")
        if kind == "l" and is_clean and "'" not in text and "\n" not in text:
            return f"'{text}'"
        if kind == "L" and is_clean and "'" not in text:
            return f"'''\n{text}'''"
        signs = "".join(self.sign(c, "\t\n" if kind == "B" else "\t") for c in text)
        if kind == "B":
            fold = "" if text[:1].isspace() else self.rng.choice(["", "\\\n  \n"])
            return f'"""\n{fold}{signs}"""'
        return f'"{signs}"'

    def sign(self, c, allowed):
        if c in '"\\' or (ord(c) < 32 and c not in allowed) or ord(c) == 127:
            return f"\\u{ord(c):04X}"
        return f"\\U{ord(c):08x}" if self.rng.random() < 0.1 else c

    def value(self, value):
        if isinstance(value, dict):
            lines = []
            for key, inner in value.items():
                self.pair((key,), inner, lines)
            return f"{{{self.gap()}{','.join(lines)}{self.gap()}}}"
        if isinstance(value, list):
            space = self.rng.choice(["", " ", "\n", " # comment ]\n"])
            comma = self.rng.choice(["", ","]) if value else ""
            items = f"{space},{space}".join(self.value(inner) for inner in value)
            return f"[{space}{items}{space}{comma}{space}]"
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, int):
            forms = [f"{value}", f"{value:_}"] + ([f"{value:#x}", f"{value:#o}"] * (value >= 0))
            return self.rng.choice(forms)
        if isinstance(value, float):
            return repr(value)
        return value.isoformat()


@settings(max_examples=examples(100), deadline=None)
@given(trees=st.lists(TREES, min_size=1, max_size=4), seed=st.integers(0, 2**32))
def test_what_is_written_is_read_back(read, trees, seed):
    writer = Writer(random.Random(seed))
    texts = [writer.document(tree) for tree in trees for _ in range(5)]
    wanted = [plain(tree) for tree in trees for _ in range(5)]
    assert [expected(text) for text in texts] == wanted
    assert read(texts) == wanted


PIECES = [
    *"abxeEtTzZ0179_-+.,:=#'\"\\[]{}() \t\n\r\x00\x7f天🏠\ud800\ufeff",
    '"""', "'''", "[[", "]]", "\r\n", "\\u00e9", "\\\n", "\\ \n ", "0x", "0b", "0o", "inf", "nan",
    "true", "false", "1979-05-27", "07:32:00", "T07:32:00", "+01:00", ".5", "1_0", "a = 1\n", "[a]\n",
    "[[a]]\n", "\na.b = 2", "{a = 1}", "[1, 2]", "__proto__", ", ", " = ", "# ",
]  # fmt: skip


def mutated(rng, text):
    """`text` with up to three small accidents."""
    for _ in range(rng.randint(1, 3)):
        start = rng.randint(0, len(text))
        end = min(len(text), start + rng.choice([0, 0, 1, 1, 2, 5]))
        other = rng.randint(0, len(text))
        piece = rng.choice([rng.choice(PIECES), rng.choice(PIECES), "", text[other : other + 8]])
        text = text[:start] + piece + text[end:]
    return text


@settings(max_examples=examples(20), deadline=None)
@given(seed=st.integers(0, 2**32))
def test_both_agree_on_documents_with_accidents(read, seed):
    rng = random.Random(seed)
    short = [text for text in VALID + INVALID if len(text) < 80]  # none that is almost too deep
    assert_agree(read, [mutated(rng, rng.choice(short)) for _ in range(500)])


@settings(max_examples=examples(10), deadline=None)
@given(tree=TREES, seed=st.integers(0, 2**32))
def test_both_agree_on_written_documents_with_accidents(read, tree, seed):
    rng = random.Random(seed)
    writer = Writer(rng)
    assert_agree(read, [mutated(rng, writer.document(tree)) for _ in range(300)])


STATEMENTS = ["[{}]", "[{}]", "[{}]", "[[{}]]", "[[{}]]", "{} = 1", "{} = 1", "{} = {{}}",
              "{} = []", "{} = [{{}}]", "{} = {{a = 1}}", "{} = {{a.b = 1}}",
              "{} = {{{} = 1, {} = {{}}, {} = 2}}"]  # fmt: skip


@settings(max_examples=examples(20), deadline=None)
@given(seed=st.integers(0, 2**32))
def test_both_agree_on_what_may_add_to_a_table(read, seed):
    rng = random.Random(seed)

    def name():
        return ".".join(rng.choice("aaab") for _ in range(rng.choice([1, 1, 2, 2, 3, 4])))

    def statement():
        return rng.choice(STATEMENTS).format(*(name() for _ in range(4)))

    texts = ["\n".join(statement() for _ in range(rng.randint(2, 6))) for _ in range(500)]
    assert assert_agree(read, texts) > 50


@settings(max_examples=examples(10), deadline=None)
@given(seed=st.integers(0, 2**32))
def test_both_agree_on_what_a_number_or_date_is(read, seed):
    rng = random.Random(seed)
    signs = ["0", "1", "9", "_", ".", "-", "+", "e", "E", "x", "b", "o", "f", "0x", "0b", "0o", "inf",
             "nan", ":", "T", "Z", " ", "12", "2024", "02", "29", "-02-", ":59:"]  # fmt: skip

    def clock():
        return ":".join(f"{rng.choice([0, 9, 23, 24, 59, 60]):02}" for _ in range(3))

    def date():
        years, days = [0, 1, 4, 100, 400, 1900, 2000, 2023, 2024, 9999], [0, 1, 28, 29, 30, 31, 32]
        return f"{rng.choice(years):04}-{rng.randint(0, 13):02}-{rng.choice(days):02}"

    def value():
        return rng.choice([
            "".join(rng.choice(signs) for _ in range(rng.randint(1, 7))),
            date(),
            clock(),
            f"{date()}{rng.choice('Tt ')}{clock()}{rng.choice(['', 'Z', 'z', '.5', '+09:00'])}",
            repr(rng.uniform(-1, 1) * 10.0 ** rng.randint(-320, 308)),
        ])  # fmt: skip

    assert_agree(read, [f"a = {value()}" for _ in range(500)])
