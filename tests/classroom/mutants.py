"""Small mutations of a function's source: one expression or one statement is made another."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

ARITHMETIC = [ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow]
BITS = [ast.BitAnd, ast.BitOr, ast.BitXor]
COMPARISONS = [ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq]
# Names that do the same kind of thing: each is tried for every other of its group.
KIN = [
    ("max", "min", "mean", "sum", "amax", "amin", "argmax", "argmin", "median", "std"),
    ("any", "all"),
    ("ceil", "floor", "rint"),
    ("minimum", "maximum"),
    ("cumsum", "cumprod"),
    ("mse_loss", "huber_loss", "smooth_l1_loss"),
    ("copy_", "add_", "sub_", "mul_"),
    ("quantile", "percentile"),
    ("int64", "float64", "float32", "bool_"),
]
OTHER_WORDS = {
    "mse": ["huber"],
    "huber": ["mse"],
    "none": ["mean", "sum"],
    "right": ["left"],
    "full": ["same", "valid"],
}
AXES = [-1, 0, 1, None]


@dataclass(frozen=True)
class Mutant:
    """A changed source, and what was changed in it."""

    source: str
    change: str


def _new(node: ast.AST, **changes: Any) -> Any:
    """A copy of a node with some fields replaced; its children are shared."""
    fields = {name: getattr(node, name, None) for name in node._fields}
    return type(node)(**{**fields, **changes})


def _others(operator: ast.AST, *groups: list[type]) -> list[Any]:
    return [
        kind() for group in groups if type(operator) in group for kind in group
        if kind is not type(operator)
    ]  # fmt: skip


def _constants(node: ast.Constant) -> Iterator[Any]:
    value = node.value
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, (int, float)):
        yield from (value + 1, value - 1, 0, 1, -value, 0.5 * value, 2 * value)
    elif isinstance(value, str):
        yield from OTHER_WORDS.get(value, [])


def _kin(name: str) -> list[str]:
    return [other for group in KIN if name in group for other in group if other != name]


def _call(node: ast.Call) -> Iterator[ast.expr]:
    function, arguments, keywords = node.func, node.args, node.keywords
    if isinstance(function, ast.Attribute):
        yield function.value  # x.mean() -> x
    yield from arguments  # f(x, y) -> x, y
    for i in range(len(arguments)):
        yield _new(node, args=arguments[:i] + arguments[i + 1 :])
        for j in range(i + 1, len(arguments)):
            swapped = list(arguments)
            swapped[i], swapped[j] = swapped[j], swapped[i]
            yield _new(node, args=swapped)
    for i, keyword in enumerate(keywords):
        rest = keywords[:i] + keywords[i + 1 :]
        yield _new(node, keywords=rest)
        if keyword.arg in ("axis", "dim"):
            for axis in AXES:
                changed = ast.keyword(keyword.arg, ast.Constant(axis))
                yield _new(node, keywords=[*rest, changed])


def _shifted(node: ast.Slice) -> Iterator[ast.Slice]:
    one = ast.Constant(1)
    for end in ("lower", "upper"):
        bound = getattr(node, end)
        if bound is None:
            yield from (_new(node, **{end: ast.Constant(number)}) for number in (1, -1))
        else:
            yield _new(node, **{end: None})
            for operator in (ast.Add(), ast.Sub()):
                yield _new(node, **{end: ast.BinOp(bound, operator, one)})


def _expressions(node: ast.expr, names: list[str]) -> Iterator[ast.expr]:
    """What could stand in the place of an expression."""
    match node:
        case ast.BinOp(left, operator, right):
            for other in _others(operator, ARITHMETIC, BITS):
                yield _new(node, op=other)
            yield from (left, right, ast.BinOp(right, operator, left))
            if isinstance(operator, ast.MatMult):
                yield _new(node, op=ast.Mult())
        case ast.BoolOp(operator, values):
            yield _new(node, op=ast.Or() if isinstance(operator, ast.And) else ast.And())
            yield from values
        case ast.UnaryOp(_, operand):
            yield operand
        case ast.Compare(left, operators, values):
            for i, operator in enumerate(operators):
                for other in _others(operator, COMPARISONS):
                    yield _new(node, ops=[*operators[:i], other, *operators[i + 1 :]])
            if len(operators) > 1:
                yield ast.Compare(left, operators[:1], values[:1])
                yield ast.Compare(values[0], operators[1:], values[1:])
        case ast.Constant():
            yield from (ast.Constant(value) for value in _constants(node))
        case ast.Call():
            yield from _call(node)
        case ast.Name(name):
            yield from (ast.Name(other, ast.Load()) for other in names if other != name)
            yield from (ast.Name(other, ast.Load()) for other in _kin(name))
        case ast.Attribute(value, name):
            yield from (ast.Attribute(value, other, ast.Load()) for other in _kin(name))
        case ast.IfExp(test, body, orelse):
            yield from (body, orelse, ast.IfExp(test, orelse, body))
        case ast.Subscript(value):
            yield value
        case ast.Tuple(values) | ast.List(values) if len(values) > 1:
            for i in range(len(values)):
                yield _new(node, elts=values[:i] + values[i + 1 :])
            yield _new(node, elts=values[::-1])
        case ast.ListComp() | ast.GeneratorExp() if node.generators[0].ifs:
            yield _new(node, generators=[_new(node.generators[0], ifs=[])])
    if isinstance(node, (ast.Name, ast.Call, ast.BinOp, ast.Subscript)):
        yield ast.UnaryOp(ast.USub(), node)
    if isinstance(node, (ast.Compare, ast.BoolOp)):
        yield ast.UnaryOp(ast.Not(), node)


def _statements(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """What could stand in the place of a statement: nothing, or only a part of it."""
    yield []
    match node:
        case ast.If(test, body, orelse):
            yield from (body, orelse, [ast.If(test, orelse or [ast.Pass()], body)])
        case ast.With(_, body) | ast.For(_, _, body):
            yield body
        case ast.AugAssign(target, operator, value):
            yield [ast.Assign([target], value, lineno=node.lineno)]
            for other in _others(operator, ARITHMETIC):
                yield [_new(node, op=other)]


def _places(tree: ast.AST) -> Iterator[tuple[Any, str, int | None, Any]]:
    """Every node with where it hangs: parent, field, and its index if the field is a list."""
    for parent in ast.walk(tree):
        for field, value in ast.iter_fields(parent):
            if isinstance(value, list):
                yield from ((parent, field, i, child) for i, child in enumerate(value))
            elif isinstance(value, ast.AST):
                yield parent, field, None, value


def _is_read(node: Any) -> bool:
    """Not what is assigned to, and no bare docstring."""
    return isinstance(node, ast.expr) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load)


def single(source: str) -> list[Mutant]:
    """All mutants of a function that differ from it in one place, each source once."""
    tree = ast.parse(source)
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    if ast.get_docstring(function) is not None:
        del function.body[0]
    stored = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and _is_stored(n)}
    names = [argument.arg for argument in function.args.args] + sorted(stored)
    heads = {id(node) for node in ast.walk(function.args)}
    found = {ast.unparse(tree): ""}

    def note(old: str, new: str) -> None:
        found.setdefault(ast.unparse(ast.fix_missing_locations(tree)), f"{old}  ->  {new}")

    for parent, field, index, node in list(_places(tree)):
        if node is function or id(node) in heads:
            continue
        if isinstance(node, ast.stmt):
            siblings = getattr(parent, field)
            for part in list(_statements(node)):
                setattr(parent, field, [*siblings[:index], *part, *siblings[index + 1 :]])
                if not getattr(parent, field) and field == "body":
                    setattr(parent, field, [ast.Pass()])
                note(ast.unparse(node), "; ".join(map(ast.unparse, part)) or "nothing")
            setattr(parent, field, siblings)
        elif _is_read(node) and field not in ("annotation", "decorator_list"):
            new = _shifted(node) if isinstance(node, ast.Slice) else _expressions(node, names)
            for other in list(new):
                _put(parent, field, index, other)
                note(ast.unparse(node), ast.unparse(other))
            _put(parent, field, index, node)
    if function.decorator_list:
        function.decorator_list = []
        note("the decorator", "nothing")
    del found[next(iter(found))]
    return [Mutant(text, change) for text, change in found.items()]


def _is_stored(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Store)


def _put(parent: Any, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def compiled(source: str, namespace: dict[str, Any]) -> Any | None:
    """The function that a source defines, or None if Python refuses it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # such as: 0 is no function, perhaps a comma is missing
            tree = ast.parse(source)
            code = compile(tree, "<mutant>", "exec")
    except (SyntaxError, ValueError):
        return None
    own = dict(namespace)
    try:
        exec(code, own)
    except Exception:  # a mutated default or decorator
        return None
    return own[tree.body[0].name]  # type: ignore[attr-defined]
