import { Arg } from "../Codec/index.ts"
import { Strategy } from "../Sampling/index.ts"
import type { LiveSensor } from "../Sensor/index.ts"
import type { ClientSampler } from "./ClientSampling.ts"
import type { Session } from "./Session.ts"

/** How many names are looked up, and how many strategies set, before others are served. */
const lookedUp = 2048
const started = 1024
/** How many bytes of readings may wait for the client before no more strategies are set: it need not be given up. */
const readingsAhead = 1048576

/**
 * The strategies that a client sets with one list of names: all of them or none (Rev 5.1 §7.2). First {@link find} until
 * it is {@link complete}, then {@link start} until it says so: each takes a part of a long list, so that others are served
 * between them.
 */
export class SamplingSetup {
  private readonly session: Session
  private readonly names: string
  private readonly parse: (sensor: LiveSensor<unknown>["definition"]) => Strategy.Strategy | Arg.Invalid
  /** Where the next name begins; past the end when there is none. */
  private at = 0
  /** What is to be started, in the order of the names. */
  private readonly samplers = new Map<LiveSensor<unknown>, ClientSampler>()
  private readonly waiting = this.samplers.values()
  private head: ClientSampler | undefined = undefined
  /** Whether the client had none before: then they need not be looked for. */
  private adopted: boolean | undefined = undefined

  constructor(session: Session, names: string, parse: ReturnType<typeof Strategy.parser>) {
    this.session = session
    this.names = names
    this.parse = parse
  }

  /** Whether all names are looked up. */
  get complete(): boolean {
    return this.at > this.names.length
  }

  /** What the first name stands for, once it is looked up. */
  get first(): ClientSampler {
    return this.head!
  }

  /** Looks a part of the names up; what is wrong with them. */
  find(): string | undefined {
    const { names, samplers, session } = this
    const { sensors } = session.hub.device
    const { sampling } = session
    const several = session.protocol.bulkSampling
    for (let count = 1; count <= lookedUp && this.at <= names.length; count++) {
      const comma = several ? names.indexOf(",", this.at) : -1
      const end = comma === -1 ? names.length : comma
      const name = names.substring(this.at, end)
      this.at = end + 1
      const sensor = sensors.get(name)
      if (sensor === undefined) return unknownSensor(name)
      const { definition } = sensor
      const strategy = this.parse(definition)
      if (strategy instanceof Arg.Invalid) return unfit(name, strategy)
      // the sensor's own strategy, which auto stands for, may make no sense
      const resolved = Strategy.resolve(strategy, definition)
      if (resolved instanceof Arg.Invalid) return unfit(name, resolved)
      const before = samplers.size
      const sampler = sampling.make(sensor, strategy)
      this.head ??= sampler
      samplers.set(sensor, sampler)
      if (samplers.size === before) return `Sensor '${name}' is named twice`
    }
    return undefined
  }

  /** How many bytes may wait for the client before no more strategies are set. */
  private get most(): number {
    return Math.min(readingsAhead, this.session.hub.options.maxBacklog >> 1)
  }

  /** Whether the client is to be waited for. */
  get ahead(): boolean {
    return this.session.backlog > this.most
  }

  /** Sets a part of the strategies, which is shorter where the readings are long; true when all are set. */
  start(): boolean {
    const { sampling } = this.session
    if (this.first.strategy._tag === "None") return this.stop()
    this.adopted ??= sampling.adopt(this.samplers)
    return sampling.start(this.waiting, this.adopted, started, this.most)
  }

  private stop(): boolean {
    const { sampling } = this.session
    for (let count = 0; count < started; count++) {
      const next = this.waiting.next()
      if (next.done === true) return true
      sampling.stop(next.value.sensor)
    }
    return false
  }
}

/** What is wrong with a name that no sensor has. */
export const unknownSensor = (name: string): string => `Unknown sensor '${name}'`
const unfit = (name: string, { message }: Arg.Invalid): string => `Sensor '${name}': ${message}`
