import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as flags from "../flags.ts"

/** `katcp call`. */
export const call = Command.make(
  "call",
  {
    words: flags.words(
      "HOST REQUEST ARG",
      "The device, the request and its arguments; REQUEST - reads requests from the standard input"
    ),
    timeout: flags.timeout,
    protocol: flags.protocol,
    json: flags.json,
    id: Flag.Int("id").pipe(Flag.withDescription("The id of the request; by default one is counted"), Flag.optional),
    raw: Flag.Boolean("raw").pipe(
      Flag.withAlias("r"),
      Flag.withDescription("Arguments come and go with the escapes of KATCP"),
      Flag.withDefault(false)
    ),
    hex: Flag.Boolean("hex").pipe(
      Flag.withAlias("x"),
      Flag.withDescription("Arguments like 0x0a1b are bytes; what has control characters is shown so"),
      Flag.withDefault(false)
    ),
    print: Flag.Int("print").pipe(
      Flag.withAlias("p"),
      Flag.withMetavar("N"),
      Flag.withDescription("Print only argument N of the reply, if it is ok; 1 is the first behind the code"),
      Flag.optional
    ),
    bytes: Flag.Boolean("bytes").pipe(
      Flag.withAlias("b"),
      Flag.withDescription("With --print: the bytes of the argument as they are, without a line end"),
      Flag.withDefault(false)
    ),
    quiet: Flag.Boolean("quiet").pipe(
      Flag.withAlias("q"),
      Flag.withDescription("Print nothing but what goes wrong"),
      Flag.withDefault(false)
    ),
    informs: Flag.Boolean("informs").pipe(
      Flag.withAlias("i"),
      Flag.withDescription("Also show asynchronous informs that come meanwhile: #log, #sensor-status, …"),
      Flag.withoutNegation,
      Flag.withDefault(false)
    ),
    noInforms: Flag.Boolean("no-informs").pipe(
      Flag.withDescription("Show no informs, also not those of the request"),
      Flag.withDefault(false)
    ),
    noReply: Flag.Boolean("no-reply").pipe(
      Flag.withDescription("Show no reply, unless it is a failure: that goes to the standard error"),
      Flag.withDefault(false)
    ),
    katcp: Flag.Boolean("katcp").pipe(
      Flag.withAlias("k"),
      Flag.withDescription("For a device that relays the output: messages as on the wire, without ids; faults as #log"),
      Flag.withDefault(false)
    ),
    munge: Flag.Boolean("munge").pipe(
      Flag.withAlias("m"),
      Flag.withDescription(
        "Like --katcp, with the reply as a #log record of its own name: debug if it is ok, else warn"
      ),
      Flag.withDefault(false)
    ),
    label: Flag.String("label").pipe(
      Flag.withAlias("l"),
      Flag.withMetavar("NAME"),
      Flag.withDescription("With --katcp: the name of #log records of faults; by default KATCP_LABEL, else root"),
      Flag.optional
    ),
    each: Flag.String("each").pipe(
      Flag.withMetavar("HOST,HOST"),
      Flag.withDescription("Ask all of these devices, 16 at a time; HOST is then left out"),
      Flag.optional
    )
  },
  (input) =>
    Effect.flatMap(
      Effect.promise(() => import("../call.ts")),
      ({ run }) => run(input)
    )
).pipe(
  Command.withDescription("Send a request: its informs as they come, and its reply"),
  Command.withExamples([
    { command: "katcp call dish-7 watchdog", description: "Whether it is there" },
    { command: "katcp call dish-7:7148 track 10.0 45.5", description: "With arguments" },
    { command: "katcp call board-3 read sys_clk --print 1", description: "One value, for a script" },
    { command: "katcp call --each dish-1,dish-2 stow", description: "Several devices at once" }
  ])
)
