import * as Effect from "effect/Effect"
import type { Request } from "../../Interface/index.ts"
import { type ArgumentValue, KatcpError, NotAllowed, reply as replyMessage } from "../../Message/index.ts"
import type * as Sensor from "../../Sensor/index.ts"
import type { Client } from "../Client.ts"
import { Answer } from "../requests/Answer.ts"
import type { CallOptions } from "../requests/CallOptions.ts"
import type { Failure } from "../requests/Failure.ts"
import { type Policy, refusalOf } from "./Policy.ts"
import { knownName } from "./pythonNames.ts"

/**
 * A request of a device, from its resource.
 *
 * @category models
 * @since 0.1.0
 */
export interface ResourceRequest {
  /** The name on the wire. */
  readonly name: string
  /** The help of the device. */
  readonly description: string
  /** The device's own timeout for the request, in seconds; `undefined` without a hint. */
  readonly timeoutHint: number | undefined
  /** `true` if the request can be made now: the resource is active. */
  readonly isActive: boolean
  /**
   * Makes the request, subject to the policy. The timeout is that of the options, otherwise the hint, otherwise that of
   * the client.
   */
  readonly call: (values?: ReadonlyArray<ArgumentValue>, options?: CallOptions) => Effect.Effect<Answer, Failure>
}

/** The requests of a resource: those of its client, while the resource is active, and as far as its policy allows them. */
export class GuardedRequests<R extends Request.Any, S extends Sensor.Any> {
  isActive = true
  /** The methods of the contract by name. */
  readonly methods: Record<string, unknown> = Object.create(null)
  private readonly resource: string
  private readonly client: Client<R, S>
  private readonly refusal: (request: string) => string | undefined

  constructor(resource: string, client: Client<R, S>, policy: Policy) {
    this.resource = resource
    this.client = client
    this.refusal = refusalOf(policy)
    for (const method of client.contract.requests.keys()) {
      const send = client.request[method as R["name"]] as (
        ...parameters: ReadonlyArray<unknown>
      ) => Effect.Effect<unknown, Failure>
      this.methods[method] = (...parameters: ReadonlyArray<unknown>) => this.guard(method, send(...parameters))
    }
  }

  /** The requests of the device that the policy allows, with their help. */
  get allowed(): ReadonlyMap<string, string> {
    return new Map([...this.client.device.requests].filter(([request]) => this.refusal(request) === undefined))
  }

  /** Returns a request that the device has and the policy allows, by either name, or `undefined`. */
  named(requested: string): ResourceRequest | undefined {
    const { requests } = this.client.device
    const known = knownName(requests, requested)
    return known === undefined || this.refusal(known) !== undefined ? undefined : this.make(known, requests.get(known)!)
  }

  /**
   * Makes a request, by either name. If `isDummy` returns `true`, an unknown request is answered with `ok` without
   * being sent.
   */
  call(
    requested: string,
    values: ReadonlyArray<ArgumentValue> | undefined,
    options: CallOptions | undefined,
    isDummy: () => boolean
  ): Effect.Effect<Answer, Failure> {
    const { client } = this
    return this.guard(
      requested,
      Effect.suspend(() => {
        const known = knownName(client.device.requests, requested)
        return known === undefined && isDummy()
          ? Effect.succeed(new Answer(replyMessage(requested, ["ok"]), []))
          : client.call(known ?? requested, values, options)
      })
    )
  }

  private make(name: string, description: string): ResourceRequest {
    const { client } = this
    const isActive = () => this.isActive
    return {
      name,
      description,
      get timeoutHint() {
        return client.device.timeoutHints.get(name)
      },
      get isActive() {
        return isActive()
      },
      call: (values, options) => this.guard(name, client.call(name, values, options))
    }
  }

  /** Fails with `NotAllowed` if a request must not be made. */
  private guard<A>(request: string, effect: Effect.Effect<A, Failure>): Effect.Effect<A, Failure> {
    return Effect.suspend(() => {
      const { resource } = this
      const detail = this.isActive ? this.refusal(request) : `the resource ${resource} is not active`
      return detail === undefined
        ? effect
        : Effect.fail(new KatcpError({ reason: new NotAllowed({ detail }), host: resource, request }))
    })
  }
}
