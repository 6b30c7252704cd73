import type { Message } from "../Message/index.ts"
import type { Output } from "./Output.ts"

const strict = new TextDecoder("utf-8", { fatal: true })

/** An argument as JSON: text, or `{ "base64": … }` where its bytes are none. */
const argumentJson = (bytes: Uint8Array): unknown => {
  try {
    return strict.decode(bytes)
  } catch {
    return { base64: Buffer.from(bytes).toString("base64") }
  }
}

/** A message as the commands give it as JSON. */
export const messageJson = (message: Message): Record<string, unknown> => ({
  kind: message.kind,
  name: message.name,
  ...(message.id === undefined ? {} : { id: message.id }),
  arguments: message.arguments.map(argumentJson)
})

/** A message for people: arguments with blanks in quotes, a reply in the colour of its return code. */
export const messageText = (message: Message, paint: Output["Service"]["paint"]): string => {
  const text = message.toString()
  if (message.kind !== "reply") return text
  return paint(message.text(0) === "ok" ? "green" : "red", text)
}
