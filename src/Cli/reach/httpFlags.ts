/** Flags of the commands that serve a site over HTTP: `katcp gateway` and `katcp dashboard`. */
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { causeOf } from "../../Message/index.ts"
import { Allow } from "../../Site/index.ts"
import { cannotRun, type Failure } from "../Failure.ts"
import { visible } from "../show/visible.ts"

/** A flag that may be repeated. */
export const several = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar(metavar),
    Flag.withDescription(`${description}. May be repeated`),
    Flag.atLeast(0)
  )

/** A flag with a text, which may be left out. */
export const optional = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description), Flag.optional)

/** A flag that is off unless it is given. */
export const on = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

/** Which requests are passed on, and who may come in. */
export const httpFlags = {
  allow: several(
    "allow",
    "DEVICE/REQUEST",
    "A request that is passed on, like m000/track or '*/track'; none by default"
  ),
  tokens: optional("tokens", "FILE", "The file of tokens that let callers in: see katcp gateway token"),
  insecure: on("insecure", "Let everyone in at another address than loopback")
}

/** The allow list of `--allow`. */
export const allowOf = (patterns: ReadonlyArray<string>): Effect.Effect<Allow.Allow, Failure> =>
  Effect.try({
    try: () => Allow.only(...patterns),
    catch: (error) => cannotRun(`--allow: ${causeOf(error)}`)
  })

/** What the library logs, a line each on the standard error: the standard output is for programs. */
export const toStandardError = Logger.layer([
  Logger.make<unknown, void>(({ message }) => {
    const text = (Array.isArray(message) ? message : [message]).map(String).join(" ")
    process.stderr.write(`katcp: ${visible(text)}\n`)
  })
])
