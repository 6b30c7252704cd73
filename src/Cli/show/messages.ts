import { type Message, symbols } from "../../Message/index.ts"
import type { Output } from "./Output.ts"
import { visible } from "./visible.ts"

const strict = new TextDecoder("utf-8", { fatal: true })

/** Returns the text of bytes, or `undefined` if they are not text. */
const textOf = (bytes: Uint8Array): string | undefined => {
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}

const hexText = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`

/** Returns an argument as JSON: text, or `{ "base64": … }` if its bytes are not text. */
const argumentJson = (bytes: Uint8Array): unknown => textOf(bytes) ?? { base64: Buffer.from(bytes).toString("base64") }

/** Returns a message as JSON. */
export const messageJson = (message: Message): Record<string, unknown> => ({
  kind: message.kind,
  name: message.name,
  ...(message.id === undefined ? {} : { id: message.id }),
  arguments: message.arguments.map(argumentJson)
})

/**
 * Returns an argument for people: unchanged, in quotes if it has blanks or invisible characters, or `0x…` if it is not
 * text. With `hex`, also if it has control characters.
 */
const argumentText = (bytes: Uint8Array, hex = false): string => {
  const text = textOf(bytes)
  if (text === undefined || (hex && /\p{Cc}/u.test(text))) return hexText(bytes)
  if (/^[^\s"\\\p{C}\p{Default_Ignorable_Code_Point}]+$/u.test(text)) return text
  // JSON leaves controls from U+0080 on, and invisible characters, unescaped
  return visible(JSON.stringify(text))
}

/** Returns an argument for programs: its text, or `0x…` if it is not text. */
export const plainText = (bytes: Uint8Array): string => textOf(bytes) ?? hexText(bytes)

/** Returns a whole message for people; a reply in the colour of its return code. */
export const messageText = (message: Message, paint: Output["Service"]["paint"], hex = false): string => {
  const { id, kind, name } = message
  const head = `${symbols[kind]}${name}${id === undefined ? "" : `[${id}]`}`
  const text = [head, ...message.arguments.map((bytes) => argumentText(bytes, hex))].join(" ")
  if (kind !== "reply") return text
  return paint(message.text(0) === "ok" ? "green" : "red", text)
}
