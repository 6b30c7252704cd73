import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Codec from "../../Codec/index.ts"
import { decodeText, type Message } from "../../Message/index.ts"
import { type Failure, refused } from "../Failure.ts"
import { messageJson, messageText, plainText } from "./messages.ts"
import type { Output } from "./Output.ts"
import { visible } from "./visible.ts"

/** How the answers to requests are shown. */
export interface Showing {
  readonly json: boolean
  /** With the escapes of KATCP. */
  readonly raw: boolean
  /** Bytes that are no text as `0x…`, control characters too. */
  readonly hex: boolean
  /** Only this argument of a reply that is ok; 1 is the first behind the code. */
  readonly print: Option.Option<number>
  /** Nothing but what goes wrong. */
  readonly quiet: boolean
}

/** Shows the messages of an answer; `host` where several are asked, and each line is to say whose it is. */
export const showing = (
  { hex, json, print, quiet, raw }: Showing,
  output: Output["Service"],
  host: string | undefined
): ((message: Message) => Effect.Effect<void, Failure>) => {
  const prefix = host === undefined ? "" : `${output.paint("grey", host)} `
  const text = (message: Message) => messageText(message, output.paint, hex)
  const whole = (message: Message) =>
    json
      ? output.json({ ...(host === undefined ? {} : { host }), ...messageJson(message) })
      : raw
        ? output.plain((host === undefined ? "" : `${host} `) + wire(message))
        : output.line(prefix + text(message))
  if (!quiet && Option.isNone(print)) return whole
  const refusal = (message: Message) => {
    const said = raw ? visible(wire(message)) : messageText(message, (_, plain) => plain, hex)
    return host === undefined ? said : `${host} ${said}`
  }
  return (message) => {
    if (message.kind === "inform") return Effect.void
    // what is read from the output is what was asked for, and nothing else
    if (message.text(0) !== "ok") return output.note(refusal(message))
    if (Option.isNone(print)) return Effect.void
    const value = message.bytes(print.value)
    return value === undefined
      ? refused(`the reply has no argument ${print.value}: ${refusal(message)}`)
      : output.plain((host === undefined ? "" : `${host} `) + plainText(value))
  }
}

/** A message with the escapes of KATCP; bytes that are no text stay what they are. */
const wire = (message: Message): string => decodeText(Codec.encode(message)).slice(0, -1)
