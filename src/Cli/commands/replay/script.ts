/** The output of a recorded device: unsolicited, and for each request. */
import { encode, ParsedMessage, Parser } from "../../../Codec/index.ts"
import { type Message, make } from "../../../Message/index.ts"
import { bytesOf, instantOf, type Stored } from "../../recording.ts"

/** A part of an answer, with the delay after the request in seconds. */
interface Piece {
  readonly after: number
  readonly message: Message
}

/** The output of a device. */
export interface Script {
  /** Its unsolicited output, with the delay after the connection in seconds. */
  readonly spoken: ReadonlyArray<{ readonly after: number; readonly line: Uint8Array }>
  /** Its answers to each request, by {@link keyOf}, in the recorded order. */
  readonly answers: ReadonlyMap<string, ReadonlyArray<ReadonlyArray<Piece>>>
}

/** The identity of a request: its text without the id. */
export const keyOf = (request: Message): string =>
  new TextDecoder("latin1").decode(encode(make("request", request.name, request.arguments)))

/** A message with the id of another request, or without an id. */
export const withId = (message: Message, id: number | undefined): Uint8Array =>
  encode(make(message.kind, message.name, message.arguments, id === undefined ? {} : { id }))

/** The script of a recording. Unsolicited output comes from its first connection, answers come from all. */
export const scriptOf = (entries: ReadonlyArray<Stored>): Script => {
  const spoken: Array<{ readonly after: number; readonly line: Uint8Array }> = []
  const answers = new Map<string, Array<ReadonlyArray<Piece>>>()
  const first = entries[0]?.connection
  const began = new Map<number, number>()
  const open: Array<{ readonly entry: Stored; readonly request: Message; readonly pieces: Array<Piece> }> = []
  for (const entry of entries) {
    const { connection, from } = entry
    const time = instantOf(entry)
    if (!began.has(connection)) began.set(connection, time)
    const message = messageOf(entry)
    if (message === undefined) continue
    if (from === "client") {
      if (message.kind !== "request") continue
      const pieces: Array<Piece> = []
      open.push({ entry, request: message, pieces })
      const key = keyOf(message)
      const known = answers.get(key)
      if (known === undefined) answers.set(key, [pieces])
      else known.push(pieces)
      continue
    }
    const at = open.findIndex(
      ({ entry, request }) =>
        entry.connection === connection && request.name === message.name && request.id === message.id
    )
    if (at === -1) {
      if (connection === first) spoken.push({ after: time - began.get(connection)!, line: encode(message) })
      continue
    }
    const { entry: asked, pieces } = open[at]!
    pieces.push({ after: time - instantOf(asked), message })
    if (message.kind === "reply") open.splice(at, 1)
  }
  return { spoken, answers }
}

const messageOf = (entry: Stored): Message | undefined => {
  const bytes = bytesOf(entry)
  if (bytes === undefined) return undefined
  const parser = new Parser()
  parser.feed(new Uint8Array([...bytes, 10]))
  const found = parser.next()
  return found instanceof ParsedMessage ? found.own() : undefined
}
