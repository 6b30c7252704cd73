import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { ClientState } from "../../Client/index.ts"
import { Dialect } from "../../Codec/index.ts"
import { Disconnected, KatcpError, Protocol } from "../../Message/index.ts"
import type { DeviceClient } from "../../Site/index.ts"

/** The client of a device that no runner holds: all its operations fail. */
export class AbsentClient implements DeviceClient {
  readonly protocol = Protocol.make(5, 1)
  readonly dialect = Dialect.v5
  readonly isConnected = false
  readonly device: DeviceClient["device"] = { requests: new Map(), timeoutHints: new Map() }
  readonly state: SubscriptionRef.SubscriptionRef<ClientState>
  private readonly name: string
  private readonly why: () => string

  constructor(name: string, why: () => string) {
    this.name = name
    this.why = why
    const reason = new KatcpError({
      reason: new Disconnected({ sent: false, detail: "no runner holds it" }),
      host: name
    })
    this.state = Effect.runSync(SubscriptionRef.make<ClientState>({ _tag: "Disconnected", reason }))
  }

  readonly call: DeviceClient["call"] = (request) => this.fail(request)
  readonly callRaw: DeviceClient["callRaw"] = (request) => this.fail(request)
  /** @internal see `Client.relay` */
  readonly relay: DeviceClient["relay"] = (request) => this.fail(request)
  readonly callStream: DeviceClient["callStream"] = (request) => Stream.unwrap(this.fail(request))
  readonly callRawStream: DeviceClient["callRawStream"] = (request) => Stream.unwrap(this.fail(request))
  readonly onInform: DeviceClient["onInform"] = () => Effect.void
  readonly inspectSensors: DeviceClient["inspectSensors"] = () => this.fail("sensor-list")
  readonly sensorNamed: DeviceClient["sensorNamed"] = (name) => ({
    name,
    reading: undefined,
    get: () => this.fail("sensor-value"),
    sample: () => Stream.unwrap(this.fail("sensor-sampling")),
    waitFor: () => this.fail("sensor-sampling")
  })

  private fail(request: string): Effect.Effect<never, KatcpError> {
    return Effect.suspend(() => Effect.fail(this.error(request)))
  }

  private error(request?: string): KatcpError {
    return new KatcpError({
      reason: new Disconnected({ sent: false, detail: this.why() }),
      host: this.name,
      ...(request === undefined ? {} : { request })
    })
  }
}
