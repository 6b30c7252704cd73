import * as Effect from "effect/Effect"
import { Arg } from "../../Codec/index.ts"
import { Request } from "../../Interface/index.ts"
import { Strategy } from "../../Sampling/index.ts"
import type { LiveSensor } from "../../Sensor/index.ts"
import type { Job } from "../Job.ts"
import { type Entry, standard } from "../RequestTable.ts"

/** How many names of a list are looked up, and how many strategies set, before others are served. */
const lookedUp = 4096
const set = 256
/** How many bytes of readings may wait for the client before no more strategies are set: it need not be given up. */
const readingsAhead = 1048576

/** What a list of names stands for: each sensor with the strategy that it gets. */
class Changes {
  readonly list: Array<readonly [sensor: LiveSensor<unknown>, strategy: Strategy.Strategy]> = []
  private readonly names: ReadonlyArray<string>
  private readonly seen = new Set<LiveSensor<unknown>>()
  private readonly parse: ReturnType<typeof Strategy.parser>
  private readonly job: Job

  constructor(names: ReadonlyArray<string>, strategy: ReadonlyArray<string | Uint8Array>, job: Job) {
    this.names = names
    this.parse = Strategy.parser(strategy, job.session.protocol)
    this.job = job
  }

  /** Looks a part of the names up; what is wrong with them. */
  find(from: number): string | undefined {
    const { sensors } = this.job.session.hub.device
    const end = Math.min(this.names.length, from + lookedUp)
    for (let at = from; at < end; at++) {
      const name = this.names[at]!
      const sensor = sensors.get(name)
      if (sensor === undefined) return unknownSensor(name)
      if (this.seen.has(sensor)) return `Sensor '${name}' is named twice`
      this.seen.add(sensor)
      const strategy = this.parse(sensor.definition)
      if (strategy instanceof Arg.Invalid) return unfit(name, strategy)
      // the sensor's own strategy, which auto stands for, may make no sense
      const resolved = Strategy.resolve(strategy, sensor.definition)
      if (resolved instanceof Arg.Invalid) return unfit(name, resolved)
      this.list.push([sensor, strategy])
    }
    return undefined
  }

  /** Sets a part of the strategies, which is shorter where the readings are long; says where the next one begins. */
  apply(from: number): number {
    const { session } = this.job
    const ahead = Math.min(readingsAhead, session.hub.options.maxBacklog >> 1)
    const end = Math.min(this.list.length, from + set)
    let at = from
    while (at < end) {
      session.sampling.set(...this.list[at++]!)
      if (session.backlog > ahead) break
    }
    return at
  }
}

const unfit = (name: string, { message }: Arg.Invalid): string => `Sensor '${name}': ${message}`
const unknownSensor = (name: string): string => `Unknown sensor '${name}'`

/** The same for a long list: others are served between its parts. */
const inParts = Effect.fnUntraced(function* (changes: Changes, count: number, job: Job, reply: () => void) {
  for (let from = 0; from < count; from += lookedUp) {
    const fault = changes.find(from)
    if (fault !== undefined) return job.refuse("fail", fault)
    yield* Effect.yieldNow
  }
  yield* applyFrom(0, changes, count, job, reply)
})

/** Nothing can go wrong here: all sensors get the strategy, as the client takes their readings. */
const applyFrom = Effect.fnUntraced(function* (
  from: number,
  changes: Changes,
  count: number,
  job: Job,
  reply: () => void
) {
  for (let at = from; at < count; ) {
    const next = changes.apply(at)
    yield* next < Math.min(count, at + set) ? job.session.drained : Effect.yieldNow
    at = next
  }
  reply()
})

/**
 * `?sensor-sampling names [strategy [parameter ...]]` (Rev 5.1 §7.1, §7.2). All sensors of a list get the strategy, or
 * none does; the present readings are reported before the reply (P-214). It holds back the client's next requests, so that
 * two of them cannot mix.
 */
export const sensorSampling: Entry = {
  ...standard(
    Request.make("sensor-sampling", {
      doc: "Query or set how a sensor is sampled: none, auto, event, period, differential, event-rate or differential-rate.\nSeveral names are parted by commas, without blanks; all of them get the strategy, or none does.",
      args: { names: Arg.Text, strategy: Arg.optional(Arg.Text), parameters: Arg.rest(Arg.Bytes) },
      reply: { names: Arg.Text, strategy: Arg.Text, parameters: Arg.rest(Arg.Text) }
    }),
    (session, id, { names: text, parameters, strategy }, job) => {
      const { protocol } = session
      const names: ReadonlyArray<string> = protocol.bulkSampling ? text.split(",") : [text]
      const reply = (sensor: LiveSensor<unknown>, current: Strategy.Strategy) => {
        job.replied = true
        const args = Strategy.format(current, sensor.definition, session.dialect)
        session.write("reply", "sensor-sampling", id, ["ok", text, ...args])
      }
      if (strategy === undefined) {
        if (names.length > 1) return job.refuse("fail", "The strategy of several sensors at once cannot be queried.")
        const sensor = session.hub.device.sensors.get(text)
        return sensor === undefined
          ? job.refuse("fail", unknownSensor(text))
          : reply(sensor, session.sampling.strategyOf(sensor))
      }
      const changes = new Changes(names, [strategy, ...parameters], job)
      const done = () => reply(...changes.list[0]!)
      if (names.length > set) return inParts(changes, names.length, job, done)
      const fault = changes.find(0)
      if (fault !== undefined) return job.refuse("fail", fault)
      const next = changes.apply(0)
      return next < names.length ? applyFrom(next, changes, names.length, job, done) : done()
    }
  ),
  serial: true
}

/** `?sensor-sampling-clear`: katcp-python has it, the specification has not (P-236). */
export const sensorSamplingClear: Entry = standard(
  Request.make("sensor-sampling-clear", { doc: "Set the strategies of all sensors to none, for this client." }),
  (session, id) => {
    session.sampling.clear()
    session.write("reply", "sensor-sampling-clear", id, ["ok"])
  }
)
