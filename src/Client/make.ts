import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import type { Request } from "../Interface/index.ts"
import { expectOptions, type KatcpError } from "../Message/index.ts"
import type * as Sensor from "../Sensor/index.ts"
import type { Client } from "./Client.ts"
import { Core } from "./Core.ts"
import { forwardLog } from "./connection/deviceLog.ts"
import type { DialledSocket } from "./connection/Ends.ts"
import { Link } from "./connection/Link.ts"
import { type Options, resolve } from "./connection/Options.ts"
import type { Contract } from "./contract/Contract.ts"
import { ContractCheck } from "./contract/ContractCheck.ts"
import { OneClient } from "./OneClient.ts"
import { Calls } from "./requests/Calls.ts"
import { Hints } from "./requests/Hints.ts"
import { make as makeMethods } from "./requests/Methods.ts"
import { Mirror } from "./sensors/Mirror.ts"

const empty: Contract<never, never> = { requests: new Map<string, never>(), sensorTypes: new Map<string, never>() }

/**
 * Creates a client of the device that the Socket dials. Waits until it is connected (`Options.connecting`). From then
 * on the client reconnects whenever the connection is lost, until the scope closes.
 *
 * Fails with `KatcpError` if another attempt is useless: `Unsupported` for a protocol version that is not accepted,
 * `ProtocolConflict` if the device contradicts itself (P-134). Depending on `connecting` and `reconnect`, it also fails
 * with `ConnectFailed`, `TimedOut` (the device does not announce its protocol: preset it), `MalformedReply` or
 * `Disconnected`.
 *
 * @category constructors
 * @since 0.1.0
 */
export function make<R extends Request.Any, S extends Sensor.Any>(
  contract: Contract<R, S>,
  options?: Options
): Effect.Effect<Client<R, S>, KatcpError, Socket.Socket | Scope.Scope>
export function make(options?: Options): Effect.Effect<Client<never, never>, KatcpError, Socket.Socket | Scope.Scope>
export function make<R extends Request.Any, S extends Sensor.Any>(
  first?: Contract<R, S> | Options,
  second?: Options
): Effect.Effect<Client<R, S>, KatcpError, Socket.Socket | Scope.Scope> | ReturnType<typeof connectPlain> {
  const options = isContract(first) ? second : first
  if (options !== undefined) expectOptions("Client.make", options)
  return isContract(first) ? connect(first, second) : connectPlain(first)
}

// the options also have `requests`, but as a record
const isContract = <R extends Request.Any, S extends Sensor.Any>(
  value: Contract<R, S> | Options | undefined
): value is Contract<R, S> =>
  ((typeof value === "object" && value !== null) || typeof value === "function") &&
  "requests" in value &&
  value.requests instanceof Map

const connectPlain = (options?: Options) => connect(empty, options)

const connect = Effect.fnUntraced(function* <R extends Request.Any, S extends Sensor.Any>(
  contract: Contract<R, S>,
  options?: Options
) {
  const context = yield* Effect.context<Socket.Socket | Scope.Scope>()
  const socket = Context.get(context, Socket.Socket)
  const scope = Context.get(context, Scope.Scope)
  const core = new Core(resolve(options), context)
  const link = new Link(core, socket)
  const calls = new Calls(core, link)
  const hints = new Hints(core, calls)
  const mirror = new Mirror(core, link, calls, contract.sensorTypes)
  const methods = makeMethods(contract.requests, calls)
  const { informs, anomalies } = core
  if (core.options.deviceLog) forwardLog(core)
  link.whenClosed((error) => {
    informs.end(error ?? "closed")
    anomalies.end()
  })
  const contractCheck = new ContractCheck(core, contract, link, calls)
  core.begin()
  yield* Scope.addFinalizer(
    scope,
    Effect.andThen(
      link.close,
      Effect.sync(() => core.end())
    )
  )
  mirror.start(scope)
  link.start([hints, mirror, contractCheck], scope)
  if (core.options.connecting !== "background") yield* Effect.onInterrupt(link.connected, () => link.close)
  const { destination } = socket as DialledSocket
  const parts = { core, link, hints, calls, mirror, methods, contract, contractCheck, destination }
  const client: Client<R, S> = new OneClient(parts)
  return client
})
