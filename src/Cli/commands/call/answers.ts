import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Codec from "../../../Codec/index.ts"
import { decodeText, type Message } from "../../../Message/index.ts"
import { type Failure, refused } from "../../Failure.ts"
import { messageJson, messageText, plainText } from "../../show/messages.ts"
import type { Output } from "../../show/Output.ts"
import { visible } from "../../show/visible.ts"

/** The options for showing answers. */
export interface Showing {
  readonly json: boolean
  /** `true` to show KATCP escapes. */
  readonly raw: boolean
  /** `true` to show bytes that are not text, and control characters, as `0x…`. */
  readonly hex: boolean
  /** Only this argument of an ok reply; 1 is the first after the code. */
  readonly print: Option.Option<number>
  /** With `print`: the raw bytes of the argument, without a line end. */
  readonly bytes: boolean
  /** `true` to show only failures. */
  readonly quiet: boolean
  /** `true` to hide all informs, including those of the request. */
  readonly noInforms: boolean
  /** `true` to show a reply only if it is a failure. */
  readonly noReply: boolean
}

/** Returns `true` if a message is shown. A failed reply that is not shown is reported. */
export const isShown =
  ({ noInforms, noReply, print, quiet }: Showing) =>
  ({ kind }: Message): boolean =>
    !quiet && Option.isNone(print) && !(kind === "inform" ? noInforms : noReply)

/** The destination of answers and failures. */
export interface Answers {
  /**
   * Returns a function that shows the messages of a device. With `host`, because several devices are called, each line
   * names its device.
   */
  readonly show: (
    dialect: Codec.Dialect.Dialect,
    host: string | undefined
  ) => (message: Message) => Effect.Effect<void, Failure>
  /** Adds a hint to an answer. */
  readonly note: (text: string) => Effect.Effect<void>
  /** Reports why there is no answer. */
  readonly fault: (failure: Failure) => Effect.Effect<void>
}

/** Shows answers on standard output, and everything else on standard error. */
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
    // the output contains only the requested data
    if (message.text(0) !== "ok") return output.note(refusal(message))
    if (Option.isNone(print)) return Effect.void
    const value = message.bytes(print.value)
    if (value === undefined) return refused(`the reply has no argument ${print.value}: ${refusal(message)}`)
    if (bytes) return output.exact(decodeText(value))
    return output.plain((host === undefined ? "" : `${host} `) + plainText(value))
  }
}

/** Returns a message with KATCP escapes; bytes that are not text are kept. */
const wire = (message: Message): string => decodeText(Codec.encode(message)).slice(0, -1)
