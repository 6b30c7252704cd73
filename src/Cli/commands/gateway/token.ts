/** Makes, lists and revokes access tokens. */

import * as Clock from "effect/Clock"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { causeOf, errorText } from "../../../Message/index.ts"
import { millisecondsOf } from "../../../Site/index.ts"
import { addToken, readTokens, revokeToken } from "../../../Site/node/index.ts"
import { cannotRun, type Failure, refused } from "../../Failure.ts"
import * as flags from "../../flags.ts"
import { Output } from "../../show/Output.ts"

const file = Flag.String("tokens").pipe(
  Flag.withMetavar("FILE"),
  Flag.withDescription("The file of tokens: --tokens of katcp gateway, or tokens of a site file"),
  Flag.withDefault("tokens")
)
const name = Argument.String("NAME").pipe(
  Argument.withDescription("The name of the holder: letters, digits, '.', '_', '@' and '-'")
)

/** Reads or writes a file of tokens. Errors of the system have a code; they come from writing. */
const trying = <A>(file: string, run: () => A): Effect.Effect<A, Failure> =>
  Effect.try({
    try: run,
    catch: (error) =>
      cannotRun(
        error instanceof Error && "code" in error ? `cannot write to ${file}: ${causeOf(error)}` : errorText(error)
      )
  })

const add = Command.make(
  "add",
  {
    name,
    role: Flag.Literals("role", ["read", "control", "admin"]).pipe(
      Flag.withDescription("The role of the holder; default: read"),
      Flag.withDefault("read")
    ),
    expires: Flag.String("expires").pipe(
      Flag.withMetavar("90d"),
      Flag.withDescription("The lifetime of the token: 12h, '90 days'; default: no end"),
      Flag.optional
    ),
    tokens: file,
    json: flags.json
  },
  Effect.fnUntraced(function* (input) {
    const output = yield* Output
    let expires: number | undefined
    if (Option.isSome(input.expires)) {
      const span = millisecondsOf(input.expires.value)
      if (span === undefined || span === 0)
        return yield* cannotRun(`--expires: ${JSON.stringify(input.expires.value)} is not a time: write 12h or 90d`)
      expires = ((yield* Clock.currentTimeMillis) + span) / 1000
    }
    const { name, role, tokens } = input
    const token = yield* trying(tokens, () => addToken(tokens, { name, role, expires }))
    yield* input.json
      ? output.json({ name, role, token, ...(expires === undefined ? {} : { expires }) })
      : output.line(token)
    if (!input.json)
      yield* output.note(`katcp: ${name} has the role ${role}. This token is shown once: ${tokens} has only its digest`)
  })
).pipe(Command.withDescription("Make a token and add it to the file; prints the token"))

const list = Command.make(
  "list",
  { tokens: file, json: flags.json },
  Effect.fnUntraced(function* ({ json, tokens }) {
    const output = yield* Output
    const lines = yield* trying(tokens, () => readTokens(tokens))
    if (json) {
      for (const { expires, name, role } of lines)
        yield* output.json({ name, role, ...(expires === undefined ? {} : { expires }) })
      return
    }
    for (const { expires, name, role } of lines)
      yield* output.line(
        [
          name,
          role,
          ...(expires === undefined ? [] : [`until ${DateTime.formatIso(DateTime.makeUnsafe(expires * 1000))}`])
        ].join(" ")
      )
  })
).pipe(Command.withDescription("List the names and roles of a file of tokens"))

const revoke = Command.make(
  "revoke",
  { name, tokens: file },
  Effect.fnUntraced(function* ({ name, tokens }) {
    const output = yield* Output
    if (!(yield* trying(tokens, () => revokeToken(tokens, name))))
      return yield* refused(`${tokens} has no token of ${name}`)
    yield* output.note(`katcp: the token of ${name} is revoked; its connections close within 10 s`)
  })
).pipe(Command.withDescription("Remove a token from the file; its connections close within 10 s"))

/** `katcp gateway token`. */
export const token = Command.make("token").pipe(
  Command.withDescription("Make, list and revoke access tokens"),
  Command.withSubcommands([add, list, revoke])
)
