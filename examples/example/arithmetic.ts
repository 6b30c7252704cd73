/**
 * Returns the value of an arithmetic expression of numbers, `+ - * /` and parentheses, or `undefined` if it is
 * malformed. The expression is parsed, never executed. The depth of parentheses is limited, so no input exhausts the
 * stack.
 */
export const evaluate = (text: string): number | undefined => {
  let at = 0
  let depth = 0
  const peek = (): string | undefined => {
    while (text[at] === " ") at++
    return text[at]
  }
  const factor = (): number | undefined => {
    const sign = peek()
    if (sign === "-" || sign === "+") {
      at++
      if (++depth > 200) return undefined
      const value = factor()
      depth--
      return value === undefined ? undefined : sign === "-" ? -value : value
    }
    if (sign === "(") {
      at++
      if (++depth > 200) return undefined
      const value = sum()
      depth--
      if (peek() !== ")") return undefined
      at++
      return value
    }
    const number = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/.exec(text.slice(at, at + 400))
    if (number === null) return undefined
    at += number[0].length
    return Number(number[0])
  }
  const chain = (next: () => number | undefined, operators: string) => (): number | undefined => {
    let left = next()
    for (let operator = peek(); operator !== undefined && operators.includes(operator); operator = peek()) {
      at++
      const right = next()
      if (left === undefined || right === undefined) return undefined
      left =
        operator === "+"
          ? left + right
          : operator === "-"
            ? left - right
            : operator === "*"
              ? left * right
              : left / right
    }
    return left
  }
  const sum: () => number | undefined = chain(chain(factor, "*/"), "+-")
  const value = sum()
  // division by zero, among others
  return peek() === undefined && value !== undefined && Number.isFinite(value) ? value : undefined
}
