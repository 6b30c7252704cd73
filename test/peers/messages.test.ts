import { assert, describe, it } from "@effect/vitest"
import * as Option from "effect/Option"
import { Message } from "katcp"
import { Encoder } from "katcp/Codec"
import { parse, textOf, wire } from "../Codec/wire/support.ts"
import { type Line, lines, unmade, versions } from "./messages.ts"

const kinds = { request: "?", reply: "!", inform: "#" } as const

/** The result of our parser for a line. */
const find = (line: string): Line["found"] => {
  const found = parse([wire(`${line}\n`)])
  if (found.length === 0) return "ignored"
  const [message] = found
  assert.strictEqual(found.length, 1)
  if (!Message.isMessage(message)) return undefined
  return [kinds[message.kind], message.name, message.id, ...message.arguments.map(textOf)]
}

describe("lines of the tables of other libraries", () => {
  for (const { departure, found, line, peers } of lines)
    it(`${JSON.stringify(line)} (${peers})${departure === undefined ? "" : `: ${departure.why}`}`, () => {
      const ours = find(line)
      assert.deepStrictEqual(ours, departure === undefined ? found : departure.ours)
      if (departure !== undefined) assert.notDeepEqual(ours, found, "there is no departure any more")
    })

  it("a parsed line is written as the same message", () => {
    for (const { found } of lines) {
      if (found === undefined || found === "ignored") continue
      const [kind, name, id, ...args] = found
      const make = kind === "?" ? Message.request : kind === "!" ? Message.reply : Message.inform
      const encoder = new Encoder()
      encoder.message(make(name, args.map(wire), id === undefined ? undefined : { id }))
      const bytes = encoder.take().flatMap((part) => [...part])
      assert.deepStrictEqual(find(textOf(Uint8Array.from(bytes.slice(0, -1)))), found)
    }
  })
})

describe("messages that cannot be made", () => {
  for (const [name, id, peers] of unmade)
    it(`${JSON.stringify(name)}[${id}] (${peers})`, () => {
      assert.throws(() => Message.reply(name, ["world"], id === undefined ? undefined : { id }))
    })
})

describe("versions", () => {
  for (const { found, text, written } of versions)
    it(`${text} (katcp 0.9.3)`, () => {
      const protocol = Option.getOrUndefined(Message.Protocol.parse(text))
      assert.deepStrictEqual(
        protocol && [protocol.major, protocol.minor, protocol.flags.join("")],
        found === undefined ? undefined : [...found]
      )
      if (written !== undefined) assert.strictEqual(String(protocol), written)
    })
})
