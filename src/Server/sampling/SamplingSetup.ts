import { Arg } from "../../Codec/index.ts"
import { Strategy } from "../../Sampling/index.ts"
import type { LiveSensor } from "../../Sensor/index.ts"
import type { Outgoing } from "../session/Outgoing.ts"
import type { ClientSampler, ClientSampling } from "./ClientSampling.ts"
import { SharedSampler } from "./SharedSampler.ts"

/**
 * Names that are looked up before other clients are served. Measured (bench, `bulk`): 10,000 sensors take 9 ms in all,
 * most of it for strategies, so a part takes less than 1 ms.
 */
const lookedUp = 2048
/** Strategies that are set before other clients are served. Measured as above: a part takes less than 1 ms. */
const started = 1024
/**
 * Bytes of waiting readings at which no more strategies are set, so the client need not be disconnected. Not measured:
 * 10,000 readings, a thirtieth of `maxBacklog`.
 */
const readingsAhead = 1048576

/**
 * The strategies that a client sets with one list of names: all of them or none (Rev 5.1 §7.2). Call {@link find} until
 * it is {@link complete}, then {@link start} until it returns `true`: each handles a part of a long list, so other
 * clients are served in between.
 */
export class SamplingSetup {
  private readonly client: Outgoing
  private readonly sampling: ClientSampling
  private readonly names: string
  private readonly parse: (sensor: LiveSensor<unknown>["definition"]) => Strategy.Strategy | Arg.Invalid
  /** The start of the next name; past the end when there is no further name. */
  private at = 0
  /** The sensor of the name before it. */
  private former: LiveSensor<unknown> | undefined = undefined
  /** The sampler of all sensors with exact equality and without an `autoStrategy`, if the strategy needs no state. */
  private ofPlain: SharedSampler | undefined = undefined
  /** The samplers to start, in the order of the names. */
  private readonly samplers = new Map<LiveSensor<unknown>, ClientSampler>()
  private readonly waiting = this.samplers.entries()
  private head: { readonly sensor: LiveSensor<unknown>; readonly strategy: Strategy.Strategy } | undefined = undefined
  /** `true` if the client had no samplers before: there are no predecessors then. */
  private adopted: boolean | undefined = undefined

  constructor(
    { outgoing, sampling }: { readonly outgoing: Outgoing; readonly sampling: ClientSampling },
    names: string,
    parse: ReturnType<typeof Strategy.parser>
  ) {
    this.client = outgoing
    this.sampling = sampling
    this.names = names
    this.parse = parse
  }

  /** `true` once all names are looked up. */
  get complete(): boolean {
    return this.at > this.names.length
  }

  /** The sensor of the first name and its strategy, once that is looked up. */
  get first(): { readonly sensor: LiveSensor<unknown>; readonly strategy: Strategy.Strategy } {
    return this.head!
  }

  /** Looks up a part of the names. Returns the text of a refusal if one of them is wrong. */
  find(): string | undefined {
    const { client, names, samplers } = this
    const { device, protocol } = client.runtime
    const { sensors } = device
    const several = protocol.bulkSampling
    for (let count = 1; count <= lookedUp && this.at <= names.length; count++) {
      const comma = several ? names.indexOf(",", this.at) : -1
      const end = comma === -1 ? names.length : comma
      const sensor = sensors.getNext(this.former, names, this.at, end)
      if (sensor === undefined) return unknownSensor(names.substring(this.at, end))
      this.at = end + 1
      this.former = sensor
      const plain = sensor.exact && sensor.definition.autoStrategy === undefined
      const sampler = (plain ? this.ofPlain : undefined) ?? this.make(sensor, plain)
      if (typeof sampler === "string") return sampler
      const before = samplers.size
      samplers.set(sensor, sampler)
      if (samplers.size === before) return `Sensor '${sensor.name}' is named twice`
    }
    return undefined
  }

  /** Returns a sampler for a sensor, or the text of a refusal. */
  private make(sensor: LiveSensor<unknown>, plain: boolean): ClientSampler | string {
    const { definition, name } = sensor
    const strategy = this.parse(definition)
    if (strategy instanceof Arg.Invalid) return unfit(name, strategy)
    // the sensor's own strategy for auto may be invalid
    const resolved = Strategy.resolve(strategy, definition)
    if (resolved instanceof Arg.Invalid) return unfit(name, resolved)
    this.head ??= { sensor, strategy }
    const sampler = this.sampling.make(sensor, strategy)
    if (plain && sampler instanceof SharedSampler) this.ofPlain = sampler
    return sampler
  }

  /** Bytes that may wait for the client before no more strategies are set. */
  private get limit(): number {
    return Math.min(readingsAhead, this.client.runtime.options.maxBacklog >> 1)
  }

  /** `true` if the next part must wait for the client. */
  get ahead(): boolean {
    return this.client.backlog > this.limit
  }

  /** Sets a part of the strategies, a smaller one if the readings are long. Returns `true` when all are set. */
  start(): boolean {
    const { sampling } = this
    if (this.first.strategy._tag === "None") return this.stop()
    this.adopted ??= sampling.adopt(this.samplers)
    return sampling.start(this.waiting, this.adopted, started, this.limit)
  }

  private stop(): boolean {
    const { sampling } = this
    for (let count = 0; count < started; count++) {
      const next = this.waiting.next()
      if (next.done === true) return true
      sampling.stop(next.value[0])
    }
    return false
  }
}

/** Returns the text of a refusal for an unknown sensor. */
export const unknownSensor = (name: string): string => `Unknown sensor '${name}'`
const unfit = (name: string, { message }: Arg.Invalid): string => `Sensor '${name}': ${message}`
