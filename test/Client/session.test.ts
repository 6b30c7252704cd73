import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { TestClock } from "effect/testing"
import { immediately } from "./connect.ts"
import { connected } from "./dialling.ts"

describe("a session with an antenna (Rev 5.1 §A.1.3, P-338)", () => {
  it.effect(
    "unknown informs and many arguments are harmless; its values are those of version 4",
    Effect.fnUntraced(function* () {
      const { client, device, dialling } = yield* connected({ acceptMajors: [4, 5] })
      yield* device.close
      const informs = yield* client.subscribe()
      dialling.says = "#build-state acs-1.0\n#version acs-1.0\n#mode idle\n#state operate remote braked\n"
      yield* TestClock.adjust("1 second")
      const antenna = yield* dialling.next
      yield* client.awaitConnected
      assert.strictEqual(client.protocol.toString(), "4.0")
      const say = Effect.fnUntraced(function* (
        name: string,
        values: ReadonlyArray<string | number>,
        request: string,
        answer: string
      ) {
        const call = yield* Effect.forkScoped(client.call(name, values), immediately)
        yield* antenna.expect(request)
        yield* antenna.send(answer)
        return (yield* Fiber.join(call)).toString()
      })
      yield* say("configure", ["ntp-server", "192.168.1.21"], "?configure ntp-server 192.168.1.21", "!configure ok\n")
      const help = yield* say(
        "help",
        [],
        "?help",
        "#help configure Configure\\_NTP\\_server\\_IP\\_address.\\nParameters:\\_ntp-server\\_ip-address\\nReturn:\\_success\\_ntp-server\\_|\\_message\n" +
          "#help halt Request\\_antenna\\_to\\_prepare\\_system\\_for\\_shutdown.\\nReturn:\\_success\\_[message]\n!help ok 8\n"
      )
      assert.include(help, "Request antenna to prepare system for shutdown.")
      yield* say(
        "sensor-list",
        [],
        "?sensor-list",
        "#sensor-list acs.desired-azim Desired\\_azimuth\\_position Deg float -230.0 230.0\n" +
          "#sensor-list acs.mode ACS\\_operating\\_mode \\@ discrete idle remote-point stow timeout-stow local-drive access-feed error\n!sensor-list ok 52\n"
      )
      yield* say(
        "sensor-sampling",
        ["acs.mode", "period", 2000],
        "?sensor-sampling acs.mode period 2000",
        "!sensor-sampling ok acs.mode period 2000\n#sensor-status 514229978 1 acs.mode nominal idle\n#sensor-status 514231988 1 acs.mode nominal idle\n"
      )
      yield* say(
        "sensor-sampling",
        ["acs.mode", "none"],
        "?sensor-sampling acs.mode none",
        "!sensor-sampling ok acs.mode none\n"
      )
      yield* say("watchdog", [], "?watchdog", "!watchdog ok\n")
      assert.isTrue(Object.values(client.anomalies.counts).every((count) => count === 0))
      yield* client.close
      const all = yield* Stream.runCollect(informs)
      assert.deepStrictEqual(
        all.map((inform) => [inform.name, inform.length]),
        [
          ["build-state", 1],
          ["version", 1],
          ["mode", 1],
          ["state", 3],
          ["sensor-status", 5],
          ["sensor-status", 5]
        ]
      )
      assert.strictEqual(client.dialect.toSeconds(Number(all[4]?.text(0))), 514229.978)
    })
  )
})
