"""What both Python forms of the example device share: its constants, `?eval`, and how it is started."""
import argparse
import ast
import operator
import random
import re

API = ("example-api", 1, 0)
BUILD = ("example-implementation", 0, 1)
FRUITS = ("apple", "banana", "pear", "kiwi")
LEVELS = ("trace", "debug", "info", "warn", "error", "fatal")
LOGGER = "example"
NAME = re.compile(r"[A-Za-z0-9._-]+\Z")

OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
}


def evaluate(expression):
    """The text of the expression's value; ValueError when malformed or divided by zero."""

    def value(node):
        if isinstance(node, ast.Expression):
            return value(node.body)
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            return float(node.value)
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.UnaryOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](value(node.operand))
        raise ValueError("only numbers, + - * / and brackets are known")

    try:
        return repr(value(ast.parse(expression.strip(), mode="eval")))
    except (SyntaxError, ZeroDivisionError) as error:
        raise ValueError(str(error)) from error


def picking():
    """How long a picking takes, and the fruit (None: no fruit)."""
    return round(random.uniform(0.05, 0.3), 2), random.choice(FRUITS + (None,))


def options():
    """The options of both devices."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument("--protocol", type=int, choices=(4, 5), default=5)
    return parser.parse_args()
