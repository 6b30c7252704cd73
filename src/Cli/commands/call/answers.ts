import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Codec from "../../../Codec/index.ts"
import { decodeText, type Message } from "../../../Message/index.ts"
import { type Failure, refused } from "../../Failure.ts"
import { messageJson, messageText, plainText } from "../../show/messages.ts"
import type { Output } from "../../show/Output.ts"
import { visible } from "../../show/visible.ts"

/** How the answers to requests are shown. */
export interface Showing {
  readonly json: boolean
  /** With the escapes of KATCP. */
  readonly raw: boolean
  /** Bytes that are no text as `0x…`, control characters too. */
  readonly hex: boolean
  /** Only this argument of a reply that is ok; 1 is the first behind the code. */
  readonly print: Option.Option<number>
  /** With `print`: the bytes of the argument as they are, without a line end. */
  readonly bytes: boolean
  /** Nothing but failures. */
  readonly quiet: boolean
  /** No informs, also not those of the request. */
  readonly noInforms: boolean
  /** A reply only if it is a failure. */
  readonly noReply: boolean
}

/** Returns `true` if a message is shown; a reply that is a failure is reported if it is not shown. */
export const isShown =
  ({ noInforms, noReply, print, quiet }: Showing) =>
  ({ kind }: Message): boolean =>
    !quiet && Option.isNone(print) && !(kind === "inform" ? noInforms : noReply)

/** Where answers are shown, and what goes wrong with them. */
export interface Answers {
  /** Returns what shows the messages of a device; `host` where several are asked, and each line is to name its device. */
  readonly show: (
    dialect: Codec.Dialect.Dialect,
    host: string | undefined
  ) => (message: Message) => Effect.Effect<void, Failure>
  /** Adds a hint to an answer. */
  readonly note: (text: string) => Effect.Effect<void>
  /** Reports why there is no answer. */
  readonly fault: (failure: Failure) => Effect.Effect<void>
}

/** Shows answers on the standard output, and all else on the standard error. */
export const answersForPeople = (input: Showing, output: Output["Service"]): Answers => {
  const note = (text: string) => output.note(visible(`katcp: ${text}`))
  return { show: (_, host) => showing(input, output, host), note, fault: ({ message }) => note(message) }
}

const showing = (
  input: Showing,
  output: Output["Service"],
  host: string | undefined
): ((message: Message) => Effect.Effect<void, Failure>) => {
  const { bytes, hex, json, print, raw } = input
  const prefix = host === undefined ? "" : `${output.paint("grey", host)} `
  const text = (message: Message) => messageText(message, output.paint, hex)
  const whole = (message: Message) =>
    json
      ? output.json({ ...(host === undefined ? {} : { host }), ...messageJson(message) })
      : raw
        ? output.plain((host === undefined ? "" : `${host} `) + wire(message))
        : output.line(prefix + text(message))
  const refusal = (message: Message) => {
    const said = raw ? visible(wire(message)) : messageText(message, (_, plain) => plain, hex)
    return host === undefined ? said : `${host} ${said}`
  }
  const shown = isShown(input)
  return (message) => {
    if (shown(message)) return whole(message)
    if (message.kind === "inform") return Effect.void
    // the output has only what was asked for
    if (message.text(0) !== "ok") return output.note(refusal(message))
    if (Option.isNone(print)) return Effect.void
    const value = message.bytes(print.value)
    if (value === undefined) return refused(`the reply has no argument ${print.value}: ${refusal(message)}`)
    if (bytes) return output.exact(decodeText(value))
    return output.plain((host === undefined ? "" : `${host} `) + plainText(value))
  }
}

/** A message with the escapes of KATCP; bytes that are no text stay what they are. */
const wire = (message: Message): string => decodeText(Codec.encode(message)).slice(0, -1)
