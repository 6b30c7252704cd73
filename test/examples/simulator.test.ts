import { spawn } from "node:child_process"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Socket from "effect/socket/Socket"
import * as SocketServer from "effect/socket/SocketServer"
import * as TestClock from "effect/testing/TestClock"
import { Client, Server } from "katcp"
import { NodeClient } from "katcp/Node"
import { MemoryNetwork, RawConnection } from "katcp/Testing"
import { dish } from "../../examples/simulator/device.ts"
import { Hooks, HooksLive, Simulator } from "../../examples/simulator/Simulator.ts"

const root = path.join(import.meta.dirname, "..", "..")

/** The dish as a program on a simulated drive, and the hooks of that. */
const simulated = Effect.fnUntraced(function* (prepare?: (simulator: Simulator["Service"]) => void) {
  const context = yield* Layer.build(Layer.merge(Simulator.layer, MemoryNetwork.layer))
  const simulator = Context.get(context, Simulator)
  const network = Context.get(context, MemoryNetwork)
  prepare?.(simulator)
  const program = yield* Effect.forkScoped(
    Effect.provideContext(Server.launch(dish({ guard: simulator.guard })), context),
    { startImmediately: true }
  )
  const dial = Effect.flatMap(network.connect, (socket) => RawConnection.make(socket))
  /** A client, after the greeting. */
  const connect = Effect.tap(dial, (client) => client.settle)
  return { connect, context, dial, network, program, simulator }
})

const ask = (client: RawConnection.RawConnection, ...lines: ReadonlyArray<string>) =>
  Effect.andThen(client.send(lines.map((line) => `${line}\n`).join("")), client.settle)
/** Takes the input of a second, sorted, because sensors that change together have no order. */
const second = (client: RawConnection.RawConnection) =>
  Effect.andThen(
    TestClock.adjust("1 second"),
    Effect.map(client.settle, (lines) => lines.toSorted())
  )

describe("a simulated device", () => {
  it.effect(
    "has all commands, which take time and change the drive (P-337)",
    Effect.fnUntraced(function* () {
      const { connect, simulator } = yield* simulated()
      const client = yield* connect
      assert.deepStrictEqual(yield* ask(client, "?slew[1] 30"), [])
      yield* TestClock.adjust("9999 millis")
      assert.deepStrictEqual(yield* client.settle, [])
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(yield* client.settle, ["!slew[1] ok"])
      assert.strictEqual(simulator.azimuth, 30)
      assert.match((yield* ask(client, "?slew 500")).join(), /^!slew fail /)
      assert.deepStrictEqual(yield* ask(client, "?mode stow", "?slew 0", "?sensor-value azimuth"), [
        "!mode ok",
        "!slew fail the\\_brake\\_is\\_on",
        "#sensor-value 10.0 1 azimuth nominal 30.0",
        "!sensor-value ok 1"
      ])
      assert.isTrue(simulator.braked)
    })
  )

  it.effect(
    "has sensors with normal values, values out of range, and failures (P-337, P-361, P-362, P-364)",
    Effect.fnUntraced(function* () {
      const { connect, simulator } = yield* simulated()
      const client = yield* connect
      yield* ask(client, "?log-level info", "?sensor-sampling drive.temperature,fmeca.FD0001,device-status event")
      simulator.celsius = 70
      assert.deepStrictEqual(yield* second(client), [
        "#sensor-status 1.0 1 device-status warn degraded",
        "#sensor-status 1.0 1 drive.temperature warn 70.0"
      ])
      simulator.celsius = 95
      assert.deepStrictEqual(yield* second(client), [
        "#log error 2.0 fmeca fmeca.FD0001\\_critical\\_Drive\\_too\\_hot",
        "#sensor-status 2.0 1 device-status error fail",
        "#sensor-status 2.0 1 drive.temperature error 95.0",
        "#sensor-status 2.0 1 fmeca.FD0001 error 1"
      ])
      simulator.celsius = 20
      assert.deepStrictEqual(yield* second(client), [
        "#log info 3.0 fmeca fmeca.FD0001\\_cleared\\_Drive\\_too\\_hot",
        "#sensor-status 3.0 1 device-status nominal ok",
        "#sensor-status 3.0 1 drive.temperature nominal 20.0",
        "#sensor-status 3.0 1 fmeca.FD0001 nominal 0"
      ])
      simulator.faults.set("temperature", "no answer")
      const [log, ...reports] = yield* second(client)
      assert.match(log ?? "", /^#log warn 4\.0 root sensor\\_drive\.temperature\\_cannot\\_be\\_read:\\_no\\_answer$/)
      assert.deepStrictEqual(reports, [
        "#sensor-status 4.0 1 device-status error fail",
        "#sensor-status 4.0 1 drive.temperature failure 20.0"
      ])
    })
  )

  it.effect(
    "reports its versions when it starts: in the greeting, in ?version-list and as sensors (P-337, P-365)",
    Effect.fnUntraced(function* () {
      const { dial } = yield* simulated()
      const client = yield* dial
      assert.deepStrictEqual((yield* client.settle).slice(2), [
        "#version-connect katcp-device dish-1.0 dish-1.0.3",
        "#version-connect drive drive-2.1 SIM-0001",
        "#drive ok"
      ])
      const versions = yield* ask(client, "?version-list")
      assert.include(versions, "#version-list drive drive-2.1 SIM-0001")
      assert.deepStrictEqual(yield* ask(client, "?sensor-value drive.version", "?sensor-value drive.serial-number"), [
        "#sensor-value 0.0 1 drive.version nominal drive-2.1",
        "!sensor-value ok 1",
        "#sensor-value 0.0 1 drive.serial-number nominal SIM-0001",
        "!sensor-value ok 1"
      ])
    })
  )

  it.effect(
    "starts, and reports it, if its hardware does not (P-337, P-365)",
    Effect.fnUntraced(function* () {
      const { dial } = yield* simulated(({ faults }) => faults.set("identify", "no drive on the bus"))
      const client = yield* dial
      assert.deepStrictEqual((yield* client.settle).slice(2), [
        "#version-connect katcp-device dish-1.0 dish-1.0.3",
        "#drive fault no\\_drive\\_on\\_the\\_bus"
      ])
      assert.deepStrictEqual(yield* ask(client, "?sensor-value drive.serial-number"), [
        "#sensor-value 0.0 1 drive.serial-number failure \\@",
        "!sensor-value ok 1"
      ])
    })
  )

  it.effect(
    "has modes that cannot be entered or left (P-337, P-301)",
    Effect.fnUntraced(function* () {
      const { connect, simulator } = yield* simulated()
      const client = yield* connect
      yield* ask(client, "?sensor-sampling mode event")
      simulator.faults.set("brake", "the brake is stuck")
      assert.deepStrictEqual(yield* ask(client, "?mode stow"), [
        "#sensor-status 0.0 1 mode unknown idle",
        "!mode fail the\\_brake\\_is\\_stuck"
      ])
      simulator.faults.delete("brake")
      assert.deepStrictEqual(yield* ask(client, "?mode stow"), ["#sensor-status 0.0 1 mode nominal stow", "!mode ok"])
      simulator.faults.set("brake", "the brake is stuck")
      assert.deepStrictEqual(yield* ask(client, "?mode idle", "?sensor-value mode"), [
        "!mode fail the\\_brake\\_is\\_stuck",
        "#sensor-value 0.0 1 mode nominal stow",
        "!sensor-value ok 1"
      ])
    })
  )

  it.effect(
    "can stop answering, even ?watchdog, so its client notices; and can continue (P-337)",
    Effect.fnUntraced(function* () {
      const { connect, network, simulator } = yield* simulated()
      const watcher = yield* Effect.provideService(Client.make(), Socket.Socket, yield* network.connect)
      const client = yield* connect
      yield* simulator.going.close
      const watchdog = yield* Effect.forkScoped(Effect.flip(watcher.call("watchdog")), { startImmediately: true })
      assert.deepStrictEqual(yield* ask(client, "?watchdog[1]", "?sensor-value mode", "?halt[2]"), [])
      yield* TestClock.adjust("5 seconds")
      const error = yield* Fiber.join(watchdog)
      assert.isTrue(error._tag === "KatcpError" && error.reason._tag === "TimedOut")
      assert.deepStrictEqual(yield* client.settle, [])
      yield* simulator.going.open
      const lines = yield* client.settle
      assert.strictEqual(lines[0], "!watchdog[1] ok")
      assert.include(lines, "!halt[2] ok")
    })
  )

  it.effect(
    "halts and restarts, without touching its drive (P-337, P-105)",
    Effect.fnUntraced(function* () {
      const { connect, program, simulator } = yield* simulated()
      const first = yield* connect
      yield* ask(first, "?slew 3")
      yield* second(first)
      assert.deepStrictEqual(yield* ask(first, "?restart"), [
        "!restart ok",
        "#disconnect The\\_device\\_is\\_restarting."
      ])
      yield* first.closed
      const next = yield* connect
      assert.strictEqual(simulator.azimuth, 3)
      assert.deepStrictEqual(yield* ask(next, "?halt"), ["!halt ok", "#disconnect The\\_device\\_was\\_halted."])
      yield* Fiber.join(program)
    })
  )

  it.effect(
    "logs its actions, by its level (P-337)",
    Effect.fnUntraced(function* () {
      const { connect } = yield* simulated()
      const client = yield* connect
      assert.deepStrictEqual(yield* ask(client, "?mode stow", "?log-level info", "?mode idle"), [
        "!mode ok",
        "!log-level ok info",
        "#log info 0.0 dish mode\\_idle",
        "!mode ok"
      ])
    })
  )
})

/** Starts the program; gives the ports of the device and of its hooks. */
const started = Effect.gen(function* () {
  const child = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(process.execPath, ["examples/simulator.ts", "0", "0"], { cwd: root })),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  const line = yield* Effect.callback<string>((resume) => {
    createInterface({ input: child.stdout }).once("line", (line) => resume(Effect.succeed(line)))
  })
  const [, device, hooks] = /^listening on 127\.0\.0\.1:(\d+) and 127\.0\.0\.1:(\d+)$/.exec(line) ?? []
  const ended = Effect.callback<number | null>((resume) => {
    child.once("exit", (code) => resume(Effect.succeed(code)))
  })
  return { device: Number(device), hooks: Number(hooks), ended }
})

describe("the hooks of a simulator", () => {
  it.live(
    "are on a port of their own if it runs as a program (P-337)",
    Effect.fnUntraced(function* () {
      const { device, ended, hooks } = yield* started
      const dish = yield* Effect.provide(Client.make({ reconnect: false }), NodeClient.tcp({ port: device }))
      const { request } = yield* Effect.provide(Client.make(Hooks), NodeClient.tcp({ port: hooks }))
      yield* request.freeze()
      const silence = yield* Effect.flip(dish.call("watchdog", [], { timeout: "100 millis" }))
      assert.isTrue(silence._tag === "KatcpError" && silence.reason._tag === "TimedOut")
      yield* request.thaw()
      assert.isTrue((yield* dish.call("watchdog")).ok)
      const code = yield* Effect.forkScoped(ended, { startImmediately: true })
      assert.isTrue((yield* dish.call("halt")).ok)
      assert.strictEqual(yield* Fiber.join(code), 0)
    })
  )

  it.effect(
    "are requests of a second device (P-337)",
    Effect.fnUntraced(function* () {
      const { context, simulator } = yield* simulated()
      const beside = yield* Layer.build(MemoryNetwork.layer)
      yield* Layer.build(Server.layer(Hooks).pipe(Layer.provide(HooksLive))).pipe(
        Effect.provideService(SocketServer.SocketServer, Context.get(beside, SocketServer.SocketServer)),
        Effect.provideContext(context)
      )
      const { request } = yield* Effect.provide(
        Client.make(Hooks),
        MemoryNetwork.layerClient.pipe(Layer.provide(Layer.succeedContext(beside)))
      )
      yield* request.heat({ celsius: 95 })
      yield* request.break({ part: "slew", text: "a bird" })
      yield* request.freeze()
      assert.deepStrictEqual(
        [simulator.celsius, simulator.faults.get("slew"), simulator.going.isOpen()],
        [95, "a bird", false]
      )
      yield* request.repair({ part: "slew" })
      yield* request.thaw()
      assert.deepStrictEqual([simulator.faults.size, simulator.going.isOpen()], [0, true])
    })
  )
})
