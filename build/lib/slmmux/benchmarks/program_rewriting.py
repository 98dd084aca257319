"""Rewrites a program so that it reports what it does to a `Meter`. Runs inside the sandbox.

Every loop pass, call and growing operation then calls one of the names `__meter_…__`, which `program_meter.py`
gives to the process. A syntax tree is the same in all versions of Python, which bytecode is not.
"""

import ast
from typing import Any

# Operators that the meter checks before they run: its method, and the function that works in place.
CHECKED_FIRST = {
    ast.Mult: ("times", "imul"),
    ast.Pow: ("power", "ipow"),
    ast.LShift: ("shifted", "ilshift"),
}


def _report(name: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(ast.Name(f"__meter_{name}__", ast.Load()), list(arguments), [])


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)


class Metering(ast.NodeTransformer):
    """Rewrites a syntax tree so that it reports to the meter and does otherwise the same."""

    def rewrite(self, tree: Any) -> Any:
        return ast.fix_missing_locations(self.visit(tree))

    def _with_step(self, node: Any) -> Any:
        self.generic_visit(node)
        first = node.body[0]
        documented = (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and isinstance(first, ast.Expr)
            and isinstance(first.value, ast.Constant)
        )
        node.body.insert(int(documented), ast.Expr(_report("step")))
        return node

    visit_For = visit_AsyncFor = visit_While = visit_FunctionDef = visit_AsyncFunctionDef = _with_step

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self.generic_visit(node)
        node.body = ast.BoolOp(ast.And(), [_report("step"), node.body])
        return node

    def visit_comprehension(self, node: ast.comprehension) -> ast.AST:
        self.generic_visit(node)
        node.ifs.insert(0, _report("step"))
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        # super() without arguments has to be called by that name.
        if not (isinstance(node.func, ast.Name) and node.func.id == "super"):
            node.func = _report("called", node.func)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        self.generic_visit(node)
        if type(node.op) in CHECKED_FIRST:
            return _report(CHECKED_FIRST[type(node.op)][0], node.left, node.right)
        if _is_number(node.left) or _is_number(node.right):
            return node
        return _report("text" if isinstance(node.op, ast.Mod) else "sized", node)

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        self.generic_visit(node)
        if type(node.op) not in CHECKED_FIRST:
            if _is_number(node.value):
                return node
            node.value = _report("sized", _report("walked", node.value))
            return node
        if isinstance(node.target, ast.Name):
            return ast.Assign([node.target], self._in_place(node.op, node.target.id, node.value))
        # What the target is made of is evaluated once.
        holder = ast.Name("__meter_holder__", ast.Store())
        before: list[ast.stmt] = [ast.Assign([holder], node.target.value)]
        load, store = (ast.Name("__meter_holder__", ast.Load()) for _ in range(2))
        if isinstance(node.target, ast.Subscript):
            before.append(ast.Assign([ast.Name("__meter_place__", ast.Store())], node.target.slice))
            place = ast.Name("__meter_place__", ast.Load())
            old: ast.expr = ast.Subscript(load, place, ast.Load())
            new: ast.expr = ast.Subscript(store, place, ast.Store())
        else:
            old = ast.Attribute(load, node.target.attr, ast.Load())
            new = ast.Attribute(store, node.target.attr, ast.Store())
        before.append(ast.Assign([ast.Name("__meter_old__", ast.Store())], old))
        return [*before, ast.Assign([new], self._in_place(node.op, "__meter_old__", node.value))]

    def _in_place(self, op: ast.operator, name: str, value: ast.expr) -> ast.Call:
        method, function = CHECKED_FIRST[type(op)]
        return _report(method, ast.Name(name, ast.Load()), value, ast.Name(f"__meter_{function}__", ast.Load()))

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        self.generic_visit(node)
        node.comparators = [
            _report("searched", right)
            if isinstance(op, ast.In | ast.NotIn)
            and not isinstance(right, ast.Constant | ast.List | ast.Tuple | ast.Set)
            else right
            for op, right in zip(node.ops, node.comparators)
        ]
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        cut = isinstance(node.slice, ast.Slice) and isinstance(node.ctx, ast.Load)
        return _report("sized", node) if cut else node

    def visit_Starred(self, node: ast.Starred) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.ctx, ast.Load):
            node.value = _report("walked", node.value)
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        self.generic_visit(node)
        return _report("text", node)

    def visit_FormattedValue(self, node: ast.FormattedValue) -> ast.AST:
        node.value = self.visit(node.value)
        if isinstance(node.format_spec, ast.JoinedStr):
            # A JoinedStr has to stay one here.
            node.format_spec.values = [self.visit(value) for value in node.format_spec.values]
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_arguments(self, node: ast.arguments) -> ast.AST:
        node.defaults = [self.visit(value) for value in node.defaults]
        node.kw_defaults = [value and self.visit(value) for value in node.kw_defaults]
        return node
