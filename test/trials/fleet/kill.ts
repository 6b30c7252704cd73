import { setTimeout } from "node:timers/promises"
import { type Stage, until } from "./Fleet.ts"

/** The result of a runner's end. */
export interface Takeover {
  readonly runner: string
  /** Devices that the runner held. */
  readonly held: number
  /** Milliseconds until each device was held elsewhere; Infinity if that did not happen in time. */
  readonly took: number
  /** The longest time that a device was held by nobody, in milliseconds. */
  readonly longestDown: number
  /** How often two runners held one device. */
  readonly overlaps: number
  readonly overlapped: number
}

/** Ends a runner by a signal, and waits until its devices are held by others. Then it is started again. */
export const takeOver = async (
  stage: Stage,
  at: number,
  signal: "SIGKILL" | "SIGTERM",
  devices: number
): Promise<Takeover> => {
  const runner = stage.runners[at]!
  const held = (await stage.held()).get(runner.pid) ?? 0
  await stage.farm.reset()
  const from = (await stage.farm.counts()).now
  await runner.end(signal)
  // the ends of its connections are on their way to the farm
  await setTimeout(300)
  const taken = await until(async () => (await stage.farm.counts()).live === devices, 60)
  const { lastTaken, longestDown, overlapped, overlaps } = await stage.farm.counts()
  if (!taken) await explain(stage, runner.pid)
  return {
    runner: runner.name,
    held,
    took: taken ? lastTaken - from : Number.POSITIVE_INFINITY,
    longestDown,
    overlaps,
    overlapped
  }
}

/** Says to the terminal which devices are not held elsewhere. */
const explain = async (stage: Stage, pid: number): Promise<void> => {
  const left = (await stage.farm.devices()).filter(({ peers, taken }) => peers.length === 0 || taken === 0)
  const held = await stage.held()
  process.stderr.write(
    `not held: ${left.filter(({ peers }) => peers.length === 0).map(({ device }) => device)}; held by the pid ${pid}: ${held.get(pid) ?? 0} of ${JSON.stringify([...held])}\n${stage.said}\n`
  )
}

/** Starts a runner again, and waits until the devices are at rest: nothing has moved for some seconds. */
export const restart = async (stage: Stage, at: number, devices: number): Promise<void> => {
  await stage.runners[at]!.start()
  await hasShare(stage, at)
  await atRest(stage, devices)
}

/** Waits until a runner that was started holds devices: it gets its share some seconds after its start. */
export const hasShare = (stage: Stage, at: number): Promise<boolean> =>
  until(async () => ((await stage.held()).get(stage.runners[at]!.pid) ?? 0) > 0, 60)

/** Waits until all devices are held and nothing has moved for five seconds. */
export const atRest = async (stage: Stage, devices: number): Promise<boolean> =>
  until(async () => {
    const before = await stage.farm.counts()
    await setTimeout(5000)
    const after = await stage.farm.counts()
    return before.live === devices && after.live === devices && before.lastTaken === after.lastTaken
  }, 120)
