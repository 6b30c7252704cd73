import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Dialect, encode } from "../Codec/index.ts"
import type { Severity } from "../Interface/index.ts"
import { decodeText, inform, type Message, Protocol } from "../Message/index.ts"
import { cannotRun, type Failure } from "./Failure.ts"
import { Output } from "./show/Output.ts"

/** The logger name, and the version of KATCP. */
export interface Logging {
  readonly subsystem: Option.Option<string>
  readonly protocol: Option.Option<string>
}

/** Prints messages for a device that relays this process's output. */
export interface Logger {
  /** The dialect of the device: times are in milliseconds in version 4. */
  readonly dialect: Dialect.Dialect
  /** Prints `#log level timestamp name text` (Rev 5.1 §6). The name is that of the subsystem by default. */
  readonly log: (level: Severity, text: string, name?: string) => Effect.Effect<void>
  /** Prints a message in wire form. */
  readonly relay: (message: Message) => Effect.Effect<void>
}

/** Returns the value of an environment variable, or `None` if it is empty. */
const fromEnvironment = (name: string): Option.Option<string> =>
  Option.filter(Option.fromUndefinedOr(process.env[name]), (value) => value !== "")

/**
 * Creates the logger of a command. The name is the subsystem, otherwise KATCP_LABEL, otherwise `root`. The version is
 * `protocol`, otherwise KATCP_PROTOCOL, otherwise 5.1. Fails for an invalid version.
 */
export const logger = ({ protocol, subsystem }: Logging): Effect.Effect<Logger, Failure, Output> =>
  Effect.gen(function* () {
    const { plain } = yield* Output
    const version = Option.getOrElse(
      Option.orElse(protocol, () => fromEnvironment("KATCP_PROTOCOL")),
      () => "5.1"
    )
    const parsed = Option.getOrUndefined(Protocol.parse(version))
    if (parsed === undefined || parsed.major < 4 || parsed.major > 5)
      return yield* cannotRun(`${JSON.stringify(version)} is not a supported KATCP version: write 4.0 or 5.1`)
    const dialect = Dialect.of(parsed)
    const subsystemName = Option.getOrElse(subsystem, () => process.env.KATCP_LABEL ?? "root")
    const relay = (message: Message) => plain(decodeText(encode(message)).slice(0, -1))
    return {
      dialect,
      relay,
      log: (level, text, name = subsystemName) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) =>
          relay(inform("log", [level, dialect.formatTime(now / 1000), name, text]))
        )
    }
  })
