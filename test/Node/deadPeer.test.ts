/**
 * A client whose device dies without a word, over real TCP: its process is stopped, or the cable is cut (issue 11, point
 * 5). The cable is a link between network namespaces where this process may make one, else a forwarder that stops.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import * as net from "node:net"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { Client } from "katcp"
import { NodeClient } from "katcp/Node"

/** A device in a process of its own: it has one sensor, and answers everything else with ok. */
const program = `
  const sensor = (id, s) => s.write("#sensor-list" + id + " volt Volts. V float\\n!sensor-list" + id + " ok 1\\n")
  require("node:net").createServer((s) => {
    s.on("error", () => {})
    s.write("#version-connect katcp-protocol 5.1-MIB\\n")
    s.on("data", (chunk) => {
      for (const line of String(chunk).split("\\n")) {
        const [, name, id = ""] = /^\\?([a-z-]+)(\\[\\d+\\])?/.exec(line) ?? []
        if (name === "sensor-list") sensor(id, s)
        else if (name !== undefined) s.write((name === "sensor-sampling" ? "#sensor-status 1 1 volt nominal 2\\n" : "") + "!" + name + id + " ok\\n")
      }
    })
  }).listen(0, "0.0.0.0", function () { console.log(this.address().port) })
`

/** Starts the device, by a command in front of it, until the test ends; gives its port. */
const device = Effect.fnUntraced(function* (...before: ReadonlyArray<string>) {
  const [command, ...args] = [...before, process.execPath, "-e", program]
  const child: ChildProcess = yield* Effect.acquireRelease(
    Effect.sync(() => spawn(command!, args, { stdio: ["ignore", "pipe", "inherit"] })),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  const [line] = yield* Effect.promise(() => once(child.stdout!, "data"))
  return { child, port: Number(line) }
})

/** A link to a namespace with the address of the device in it, as long as the test lasts; undefined where not allowed. */
const link = Effect.acquireRelease(
  Effect.sync(() => {
    const name = `kdead${process.pid}`
    const subnet = `10.${200 + (process.pid % 50)}.${process.pid % 251}`
    const ip = (...args: ReadonlyArray<string>) => execFileSync("ip", args, { stdio: "ignore" })
    try {
      ip("netns", "add", name)
      ip("link", "add", name, "type", "veth", "peer", "name", "inner", "netns", name)
      ip("addr", "add", `${subnet}.1/24`, "dev", name)
      ip("link", "set", name, "up")
      ip("-n", name, "addr", "add", `${subnet}.2/24`, "dev", "inner")
      ip("-n", name, "link", "set", "inner", "up")
      return {
        host: `${subnet}.2`,
        inside: ["ip", "netns", "exec", name],
        cut: () => ip("link", "set", name, "down"),
        mend: () => ip("link", "set", name, "up"),
        remove: () => ip("netns", "del", name)
      }
    } catch {
      return undefined
    }
  }),
  (link) => Effect.sync(() => link?.remove())
)

/** A forwarder that stops: connections stay, and nothing goes through. */
const forwarder = (port: number) =>
  Effect.acquireRelease(
    Effect.promise(async () => {
      const sockets = new Set<net.Socket>()
      let open = true
      const server = net.createServer((near) => {
        const far = net.connect(port, "127.0.0.1")
        for (const [from, to] of [
          [near, far],
          [far, near]
        ] as const) {
          sockets.add(from)
          from.on("error", () => {}).on("data", (chunk) => open && to.write(chunk))
        }
      })
      server.listen(0, "127.0.0.1")
      await once(server, "listening")
      return {
        port: (server.address() as net.AddressInfo).port,
        cut: () => {
          open = false
        },
        mend: () => {
          open = true
        },
        close: () => {
          for (const socket of sockets) socket.destroy()
          server.close()
        }
      }
    }),
    ({ close }) => Effect.sync(close)
  )

/** Holds that the client notices what happens, says so, and is well again when that is over. */
const survives = Effect.fnUntraced(function* (host: string, port: number, kill: () => unknown, revive: () => unknown) {
  const client = yield* Effect.provide(
    Client.make({ alive: 500, aliveWait: 1000, reconnect: Schedule.spaced(200) }),
    NodeClient.tcp({ host, port, openTimeout: 2000 })
  )
  const reasons: Array<string> = []
  yield* Effect.forkScoped(
    Stream.runForEach(client.events, (event) =>
      Effect.sync(() => {
        if (event._tag === "Disconnected") reasons.push(event.reason.reason.message)
      })
    ),
    { startImmediately: true }
  )
  yield* client.mirror("volt")
  yield* client.synced
  const status = () => client.device.sensors.get("volt")?.reading.status
  const until = (condition: () => boolean) => Effect.repeat(Effect.sleep(5), { until: condition })
  yield* until(() => status() === "nominal")
  yield* Effect.sync(kill)
  yield* until(() => status() === "unreachable" && reasons.length > 0)
  assert.match(
    reasons[0]!,
    /^not connected \(the device is silent: nothing received for \d+ s, and no answer to \?watchdog\)$/
  )
  yield* Effect.sync(revive)
  yield* until(() => status() === "nominal" && client.isConnected)
})

describe("a device that dies without closing its connection", () => {
  it.live(
    "because its process is stopped, is noticed; and again when it continues",
    Effect.fnUntraced(function* () {
      const { child, port } = yield* device()
      yield* survives(
        "127.0.0.1",
        port,
        () => child.kill("SIGSTOP"),
        () => child.kill("SIGCONT")
      )
    })
  )

  it.live(
    "because the cable is cut, is noticed; and again when it is repaired",
    Effect.fnUntraced(function* () {
      const cable = yield* link
      if (cable === undefined) {
        const { port } = yield* device()
        const between = yield* forwarder(port)
        yield* survives("127.0.0.1", between.port, between.cut, between.mend)
      } else {
        const { port } = yield* device(...cable.inside)
        yield* survives(cable.host, port, cable.cut, cable.mend)
      }
    })
  )

  it.live(
    "because a middlebox drops everything, is noticed; and again when it forwards",
    Effect.fnUntraced(function* () {
      const { port } = yield* device()
      const between = yield* forwarder(port)
      yield* survives("127.0.0.1", between.port, between.cut, between.mend)
    })
  )
})
