import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as flags from "../flags.ts"

/** `katcp simulate`. */
export const simulate = Command.make(
  "simulate",
  {
    contract: Flag.String("contract").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("A device out of a contract, as katcp contract writes it"),
      Flag.optional
    ),
    copy: Flag.String("copy").pipe(
      Flag.withMetavar("HOST"),
      Flag.withDescription("A device like that one: its requests, its sensors and their present readings"),
      Flag.optional
    ),
    listen: Flag.String("listen").pipe(
      Flag.withMetavar("PORT"),
      Flag.withDescription("Where to listen, PORT or HOST:PORT; 7147 by default"),
      Flag.withDefault("7147")
    ),
    move: Flag.String("move").pipe(
      Flag.withMetavar("SENSOR=MOTION"),
      Flag.withDescription(
        "How sensors move: constant V, ramp FROM TO SECONDS, sine MEAN AMPLITUDE SECONDS, walk STEP, script V,V SECONDS; SENSOR may be a glob"
      ),
      Flag.atLeast(0)
    ),
    answer: Flag.String("answer").pipe(
      Flag.withMetavar("REQUEST=REPLY"),
      Flag.withDescription(
        "What a request is answered: ok with its values, or fail and why; by default ok with what its types begin with"
      ),
      Flag.atLeast(0)
    ),
    script: Flag.String("script").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "Requests to make when the device has started, and after ?restart: one a line, # begins a comment"
      ),
      Flag.optional
    ),
    every: flags.duration("every", "How often sensors move; 1s by default"),
    timeout: flags.timeout,
    protocol: Flag.String("protocol").pipe(
      Flag.withMetavar("4.0"),
      Flag.withDescription(
        "What the device of --copy speaks if it does not say so; what that of --contract is to speak"
      ),
      Flag.optional
    ),
    access: flags.access,
    json: flags.json
  },
  (input) =>
    Effect.flatMap(
      Effect.promise(() => import("../simulate/simulate.ts")),
      ({ run }) => run(input)
    )
).pipe(
  Command.withDescription("Serve a device that has nothing behind it: its sensors move, its requests answer"),
  Command.withExamples([
    { command: "katcp simulate --copy dish-7 --move 'rx.*.temp=sine 70 5 60'", description: "A stand-in for a device" },
    {
      command: "katcp simulate --contract dish.json --answer 'stow=fail the brakes are on'",
      description: "One that fails"
    }
  ])
)
