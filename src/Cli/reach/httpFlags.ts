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

/** A flag with an optional text. */
export const optional = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description), Flag.optional)

/** A flag that is off by default. */
export const on = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withDescription(description), Flag.withDefault(false))

/** Flags for requests and access. */
export const httpFlags = {
  allow: several("allow", "DEVICE/REQUEST", "A request to pass on, like m000/track or '*/track'; default: none"),
  tokens: optional("tokens", "FILE", "The file of access tokens: see katcp gateway token"),
  insecure: on("insecure", "Listen on another address than loopback without credentials")
}

/** The allow list of `--allow`. */
export const allowOf = (patterns: ReadonlyArray<string>): Effect.Effect<Allow.Allow, Failure> =>
  Effect.try({
    try: () => Allow.only(...patterns),
    catch: (error) => cannotRun(`--allow: ${causeOf(error)}`)
  })

/** Log records of the library go to standard error, one line each: standard output is for programs. */
export const toStandardError = Logger.layer([
  Logger.make<unknown, void>(({ message }) => {
    const text = (Array.isArray(message) ? message : [message]).map(String).join(" ")
    process.stderr.write(`katcp: ${visible(text)}\n`)
  })
])
