/** Moves devices between runners: `katcp fleet move` and `katcp fleet drain`. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type { FleetStore } from "../../../Fleet/index.ts"
import { cannotRun, type Failure, refused } from "../../Failure.ts"
import * as flags from "../../flags.ts"
import { Output } from "../../show/Output.ts"
import { devicesNamed, explainFleet, fleetFlag, holderOf, openFleet, type Picture, pictureOf } from "./store.ts"

/** The interval of queries to the database while a command waits. Not measured: a move takes a second or two. */
const lookEvery = "250 millis"

const waiting = Flag.Finite("wait").pipe(
  Flag.withMetavar("SECONDS"),
  Flag.withDescription("How long to wait for completion; default: 30; 0: do not wait"),
  Flag.filter(
    (seconds) => seconds >= 0,
    (seconds) => `"${seconds}" is not a time to wait: write seconds, 30 or 0`
  ),
  Flag.withDefault(30)
)

/** Waits until a function accepts the picture. Fails with exit code 1 after the longest wait. */
const until = (
  store: FleetStore["Service"],
  seconds: number,
  isDone: (picture: Picture) => boolean,
  late: (picture: Picture) => string
): Effect.Effect<void, Failure> =>
  Effect.gen(function* () {
    if (seconds === 0) return
    let last: Picture | undefined
    const done = yield* Effect.gen(function* () {
      while (true) {
        last = yield* pictureOf(store)
        if (isDone(last)) return
        yield* Effect.sleep(lookEvery)
      }
    }).pipe(Effect.timeoutOption(seconds * 1000))
    if (done._tag === "None")
      return yield* refused(last === undefined ? "the database does not answer in time" : late(last))
  })

/** `katcp fleet move`. */
export const move = Command.make(
  "move",
  {
    words: flags.words("DEVICE... RUNNER", "The devices, names or globs, and last their new runner"),
    anywhere: Flag.Boolean("anywhere").pipe(
      Flag.withDescription("Clear the preferred runner; all words are devices"),
      Flag.withDefault(false)
    ),
    wait: waiting,
    fleet: fleetFlag,
    json: flags.json
  },
  Effect.fnUntraced(function* (input) {
    const output = yield* Output
    const words = input.anywhere ? input.words : input.words.slice(0, -1)
    const runner = input.anywhere ? undefined : input.words.at(-1)
    if (words.length === 0) return yield* cannotRun("name devices and a runner: katcp fleet move m000 r2")
    const store = yield* openFleet(input.fleet)
    const picture = yield* pictureOf(store)
    const names = yield* devicesNamed(words, picture)
    if (runner !== undefined) {
      const entry = picture.runners.get(runner)
      if (entry === undefined)
        return yield* cannotRun(
          `the fleet has no runner ${JSON.stringify(runner)}: it has ${[...picture.runners.keys()].join(", ") || "none"}`
        )
      if (entry.state !== "up")
        return yield* cannotRun(
          `the runner ${runner} is ${entry.state}, so it takes no devices; katcp fleet top shows the others`
        )
    }
    for (const name of names) yield* Effect.mapError(store.prefer(name, runner), explainFleet)
    if (runner !== undefined)
      yield* until(
        store,
        input.wait,
        (now) =>
          names.every((name) => !now.devices.has(name) || holderOf(now.devices.get(name)!, now)?.name === runner),
        (now) => {
          const left = names.filter((name) => now.devices.get(name)?.runner !== runner)
          return `${left.length} of ${names.length} devices are not at ${runner} after ${input.wait} s: ${left.slice(0, 10).join(", ")}. They move as soon as it can take them`
        }
      )
    for (const device of names)
      yield* input.json
        ? output.json({ device, ...(runner === undefined ? {} : { runner }) })
        : output.line(
            runner === undefined
              ? `${device} has no preferred runner`
              : `${device} ${input.wait === 0 ? "prefers" : "is at"} ${runner}`
          )
  }, Effect.scoped)
).pipe(
  Command.withDescription("Move devices to a runner, which becomes their preferred one"),
  Command.withExamples([
    { command: "katcp fleet move m000 'm01*' r2", description: "To the runner r2" },
    { command: "katcp fleet move m000 --anywhere", description: "Any runner may hold it" }
  ])
)

/** The host of `HOST:PORT`. */
const hostOf = (place: string): string => place.slice(0, place.lastIndexOf(":"))

/** `katcp fleet drain`. */
export const drain = Command.make(
  "drain",
  {
    words: flags.words("HOST", "The runner, or a host for all of its runners"),
    undo: Flag.Boolean("undo").pipe(
      Flag.withDescription("Let the runners take devices again"),
      Flag.withDefault(false)
    ),
    wait: waiting,
    fleet: fleetFlag,
    json: flags.json
  },
  Effect.fnUntraced(function* (input) {
    const output = yield* Output
    const [word, ...more] = input.words
    if (word === undefined || more.length > 0) return yield* cannotRun("name one runner or host: katcp fleet drain r2")
    const store = yield* openFleet(input.fleet)
    const picture = yield* pictureOf(store)
    const named = picture.runners.has(word)
      ? [word]
      : [...picture.runners.values()].filter(({ cluster }) => hostOf(cluster) === word).map(({ name }) => name)
    if (named.length === 0)
      return yield* cannotRun(
        `the fleet has no runner and no host ${JSON.stringify(word)}: it has ${[...picture.runners.keys()].join(", ") || "none"}`
      )
    const alive = (name: string, { runners }: Picture) => runners.get(name)?.state !== "gone"
    const others = [...picture.runners.values()].filter(
      ({ name, state, wanted }) => !named.includes(name) && state === "up" && wanted === "up"
    )
    if (!input.undo && others.length === 0)
      return yield* cannotRun(`no other runner is up to take the devices of ${named.join(", ")}`)
    const wanted = input.undo ? "up" : "drained"
    for (const name of named) yield* Effect.mapError(store.want(name, wanted), explainFleet)
    yield* until(
      store,
      input.wait,
      (now) =>
        named.every((name) => !alive(name, now) || now.runners.get(name)?.state === wanted) &&
        (input.undo ||
          [...now.devices.values()].every((device) => device.runner === undefined || !named.includes(device.runner))),
      (now) =>
        `${named.filter((name) => now.runners.get(name)?.state !== wanted).join(", ") || named.join(", ")}: not ${wanted} after ${input.wait} s; katcp fleet top shows the progress`
    )
    for (const runner of named)
      yield* input.json
        ? output.json({ runner, wanted })
        : output.line(
            input.undo ? `${runner} takes devices again` : `${runner} has no devices left, and takes no new ones`
          )
  }, Effect.scoped)
).pipe(
  Command.withDescription(
    "Hand the devices of a runner to the others; it takes no new ones, and stays a proxy and gateway"
  ),
  Command.withExamples([
    { command: "katcp fleet drain r2", description: "Before switching its machine off" },
    { command: "katcp fleet drain r2 --undo", description: "It takes devices again" }
  ])
)
