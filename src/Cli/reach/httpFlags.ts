/** Flags of the commands that serve a site: `katcp gateway`, `katcp dashboard` and `katcp proxy`. */
import * as Effect from "effect/Effect"
import { causeOf } from "../../Message/index.ts"
import { Allow } from "../../Site/index.ts"
import { cannotRun, type Failure } from "../Failure.ts"
import * as flags from "../flags.ts"

/** Flags for requests and access. */
export const httpFlags = {
  allow: flags.several("allow", "DEVICE/REQUEST", "A request to pass on, like m000/track or '*/track'; default: none"),
  tokens: flags.optional("tokens", "FILE", "The file of access tokens: see katcp gateway token"),
  insecure: flags.on("insecure", "Listen on another address than loopback without credentials")
}

/** The allow list of `--allow`. */
export const allowOf = (patterns: ReadonlyArray<string>): Effect.Effect<Allow.Allow, Failure> =>
  Effect.suspend(() => {
    const fault = patterns.map(Allow.faultIn).find((one) => one !== undefined)
    return fault === undefined
      ? Effect.try({
          try: () => Allow.only(...patterns),
          catch: (error) => cannotRun(`--allow: ${causeOf(error)}`)
        })
      : Effect.fail(cannotRun(`--allow: ${fault}`))
  })
