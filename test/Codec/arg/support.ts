import { assert } from "@effect/vitest"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { Arg, Dialect } from "katcp/Codec"
import { encodeText } from "katcp/Message"

const encoder = new TextEncoder()

export const bytesOf = (input: string | Uint8Array): Uint8Array =>
  typeof input === "string" ? encodeText(input) : input

/** The result of the fast path, from the middle of other bytes; the Schema must give the same. */
export const read = <A>(arg: Arg.Arg<A>, input: string | Uint8Array, dialect: Dialect.Dialect = Dialect.v5) => {
  const bytes = bytesOf(input)
  const chunk = encoder.encode(`5${"?".repeat(bytes.length)}5`)
  chunk.set(bytes, 1)
  const fast = arg.decode(chunk, 1, 1 + bytes.length, dialect)
  const slow = Schema.decodeExit(arg.schema(dialect))(bytes)
  if (fast instanceof Arg.Invalid) assert.isTrue(Exit.isFailure(slow), `only the Schema reads ${JSON.stringify(input)}`)
  else {
    assert.isTrue(Exit.isSuccess(slow), `only the fast path reads ${JSON.stringify(input)}`)
    if (Exit.isSuccess(slow)) same(arg, slow.value, fast)
  }
  return fast
}

/** The output of the fast path, as bytes; the Schema must give the same. */
export const write = <A>(arg: Arg.Arg<A>, value: A, dialect: Dialect.Dialect = Dialect.v5) => {
  const fast = arg.encode(value, dialect)
  const slow = Schema.encodeUnknownExit(arg.schema(dialect))(value)
  if (fast instanceof Arg.Invalid) {
    assert.isTrue(Exit.isFailure(slow), `only the Schema writes ${value}`)
    return fast
  }
  assert.isTrue(Exit.isSuccess(slow), `only the fast path writes ${value}`)
  const bytes = bytesOf(fast)
  if (Exit.isSuccess(slow)) assert.deepStrictEqual(slow.value, bytes)
  return bytes
}

/** The same value: also the same zero and the same kind of number. */
export const same = <A>(arg: Arg.Arg<A>, actual: A, wanted: A): void => {
  if (typeof wanted === "number" || typeof actual === "number")
    assert.isTrue(Object.is(actual, wanted), `${actual} is not ${wanted}`)
  else {
    assert.strictEqual(typeof actual, typeof wanted)
    assert.isTrue(arg.equals(actual, wanted), `${actual} is not ${wanted}`)
  }
}

const textOf = (bytes: Uint8Array | Arg.Invalid): string =>
  bytes instanceof Arg.Invalid ? `refused: ${bytes.message}` : new TextDecoder().decode(bytes)

export const reads = <A>(
  arg: Arg.Arg<A>,
  table: ReadonlyArray<readonly [string, NoInfer<A>]>,
  dialect?: Dialect.Dialect
): void => {
  for (const [text, wanted] of table) {
    const value = read(arg, text, dialect)
    assert.isFalse(value instanceof Arg.Invalid, `${JSON.stringify(text)} is refused`)
    same(arg, value as A, wanted)
  }
}

export const refuses = <A>(
  arg: Arg.Arg<A>,
  texts: ReadonlyArray<string | Uint8Array>,
  dialect?: Dialect.Dialect
): void => {
  for (const text of texts)
    assert.isTrue(read(arg, text, dialect) instanceof Arg.Invalid, `${JSON.stringify(text)} is read`)
}

export const writes = <A>(
  arg: Arg.Arg<A>,
  table: ReadonlyArray<readonly [NoInfer<A>, string]>,
  dialect?: Dialect.Dialect
): void => {
  for (const [value, text] of table) assert.strictEqual(textOf(write(arg, value, dialect)), text)
}

/** Values that must not be sent, of the type or (as from plain JavaScript) of none. */
export const refusesToWrite = (arg: Arg.Any, values: ReadonlyArray<unknown>, dialect?: Dialect.Dialect): void => {
  for (const value of values)
    assert.isTrue(write(arg, value, dialect) instanceof Arg.Invalid, `${String(value)} is written`)
}

/** decode(encode(x)) = x */
export const returns = <A>(arg: Arg.Arg<A>, value: A, dialect: Dialect.Dialect): void => {
  const bytes = write(arg, value, dialect)
  if (bytes instanceof Arg.Invalid) assert.fail(bytes.message)
  const back = read(arg, bytes, dialect)
  if (back instanceof Arg.Invalid) assert.fail(back.message)
  assert.isTrue(arg.equals(back, value), `${textOf(bytes)} comes back as ${String(back)}`)
}

/** The text of the error that reading gives. */
export const fault = <A>(arg: Arg.Arg<A>, input: string | Uint8Array, dialect?: Dialect.Dialect): string => {
  const value = read(arg, input, dialect)
  return value instanceof Arg.Invalid ? value.message : assert.fail(`${JSON.stringify(input)} is read`)
}

export const dialects = [Dialect.v4, Dialect.v5]
