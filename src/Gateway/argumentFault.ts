/** The reason for a number that JSON may have rounded. */
export const inexact = 'this number is too large to be exact in JSON; write it as text, like "9007199254740993"'

/**
 * Returns the reason why an argument of a request cannot be passed on as its caller wrote it; `undefined` if it can. The
 * parser of JSON rounds large integers, and a lone surrogate has no bytes: the device would get something else.
 */
export const argumentFault = (value: unknown): string | undefined => {
  if (typeof value === "string" && !value.isWellFormed())
    return `this text is not Unicode; write bytes as {"base64": "…"}`
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) return inexact
  return undefined
}
