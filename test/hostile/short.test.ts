/** The short form of `npm run hostile`: our device only, counts and states only. */
import { describe, expect, it, onTestFinished } from "vitest"
import { start } from "./harness/devices.ts"
import { fixedSeed } from "./harness/seeds.ts"
import { answers } from "./harness/serverRun.ts"
import type { ServerRun, ServerTrial } from "./harness/Trial.ts"
import * as connections from "./trials/connections.ts"
import * as fuzz from "./trials/fuzz.ts"
import * as handlers from "./trials/handlers.ts"
import * as lines from "./trials/lines.ts"
import * as names from "./trials/names.ts"
import * as web from "./trials/web.ts"

/** One run without a look at the clock or at the memory. */
const run = async (trial: ServerTrial): Promise<ServerRun> => {
  const device = await start("katcp", trial.device ?? {})
  onTestFinished(() => device.process.stop())
  const lines = device.process.lines
  const { attacked: port, host } = device
  const counts = await trial.apply({ host, port, pid: device.process.pid, seed: fixedSeed })
  const survived = device.process.alive && (await answers(device, 60_000))
  const logged = device.process.lines - lines
  const unmeasured = { before: 0, peak: 0, after: 0, wait: 0, resident: [], dropped: 0 }
  return { ...unmeasured, descriptors: [0, 0, 0], survived, logged, counts }
}

const trials: ReadonlyArray<ServerTrial> = [
  web.httpBody,
  web.tlsHello,
  web.webPage,
  lines.manyArguments,
  lines.longLine,
  lines.helpFlood,
  connections.outOfDescriptors,
  handlers.throwing,
  handlers.clockSteps,
  fuzz.grammarFixed,
  fuzz.bytesFixed,
  names.names,
  names.filters
]

describe.skipIf(process.platform !== "linux")("hostile, the short form", () => {
  for (const trial of trials)
    it(`survives ${trial.name}: ${trial.load}`, async () => {
      const seen = await run(trial)
      expect(trial.faults?.(seen) ?? []).toEqual([])
      expect(seen.survived).toBe(true)
    })
})
