import * as Effect from "effect/Effect"
import { Arg } from "../../Codec/index.ts"
import { Request } from "../../Interface/index.ts"
import { Strategy } from "../../Sampling/index.ts"
import type { LiveSensor } from "../../Sensor/index.ts"
import { type Entry, standard } from "../requests/Entry.ts"
import type { RequestInFlight } from "../requests/RequestInFlight.ts"
import { SamplingSetup, unknownSensor } from "../sampling/SamplingSetup.ts"

/** Handles the rest of a long list: other clients are served between its parts. */
const finish = Effect.fnUntraced(function* (setup: SamplingSetup, request: RequestInFlight, reply: () => void) {
  while (!setup.complete) {
    yield* Effect.yieldNow
    const fault = setup.find()
    if (fault !== undefined) return request.refuse("fail", fault)
  }
  while (!setup.start()) yield* setup.ahead ? request.client.outgoing.drained : Effect.yieldNow
  reply()
})

/**
 * `?sensor-sampling names [strategy [parameter ...]]` (Rev 5.1 §7.1, §7.2). All sensors of a list get the strategy, or
 * none does. The current readings are reported before the reply (P-214). It delays the client's next requests, so two
 * of them cannot mix.
 */
export const sensorSampling: Entry = {
  ...standard(
    Request.make("sensor-sampling", {
      doc: `Query or set how a sensor is sampled: ${Strategy.names.slice(0, -1).join(", ")} or ${Strategy.names.at(-1)}.\nSeparate several names with commas, without blanks; all of them get the strategy, or none does.`,
      args: { names: Arg.Text, strategy: Arg.optional(Arg.Text), parameters: Arg.rest(Arg.Bytes) },
      reply: { names: Arg.Text, strategy: Arg.Text, parameters: Arg.rest(Arg.Text) }
    }),
    (request, { names, parameters, strategy }) => {
      const { client } = request
      const { protocol } = client
      const reply = (sensor: LiveSensor<unknown>, current: Strategy.Strategy) =>
        request.writeReply(["ok", names, ...Strategy.format(current, sensor.definition, client.dialect)])
      if (strategy === undefined) {
        if (protocol.bulkSampling && names.includes(","))
          return request.refuse("fail", "The strategy of several sensors at once cannot be queried.")
        const sensor = client.runtime.device.sensors.get(names)
        return sensor === undefined
          ? request.refuse("fail", unknownSensor(names))
          : reply(sensor, client.sampling.strategyOf(sensor))
      }
      const setup = new SamplingSetup(client, names, Strategy.parser([strategy, ...parameters], protocol))
      const fault = setup.find()
      if (fault !== undefined) return request.refuse("fail", fault)
      const { first } = setup
      const done = () => reply(first.sensor, first.strategy)
      return setup.complete && setup.start() ? done() : finish(setup, request, done)
    }
  ),
  holds: "always"
}

/** `?sensor-sampling-clear`: an addition of katcp-python (P-236). */
export const sensorSamplingClear: Entry = standard(
  Request.make("sensor-sampling-clear", { doc: "Set the strategies of all sensors to none, for this client." }),
  (request) => {
    request.client.sampling.clear()
    request.writeReply(["ok"])
  }
)
