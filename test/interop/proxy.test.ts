/** The command `katcp proxy` between real devices of all kinds, killed without notice and started again, and real clients. */
import { assert, describe, it, onTestFinished } from "vitest"
import { katcp, start as startCommand } from "../Cli/katcp.ts"
import {
  type Device,
  describePeer,
  startOurDevice,
  startPythonDevice,
  startPythonWatcher,
  type Watcher
} from "./peers.ts"

const start: Readonly<Record<string, (port?: number) => Promise<Device>>> = {
  aio: (port) => startPythonDevice("aio", port),
  kp: (port) => startPythonDevice("kp", port),
  kp4: (port) => startPythonDevice("kp4", port),
  ours: (port) => startOurDevice(5, port),
  ours4: (port) => startOurDevice(4, port)
}
const names = Object.keys(start)

/** Starts the command, and gives its port when it listens. */
const startProxy = async (devices: ReadonlyMap<string, Device>, ...flags: ReadonlyArray<string>): Promise<number> => {
  const addresses = Array.from(devices, ([name, { host, port }]) => `${name}=${host}:${port}`)
  const command = startCommand(["proxy", ...addresses, "--listen", "0", "--reconnect-max", "1", ...flags])
  onTestFinished(() => void command.child.kill("SIGKILL"))
  let port = 0
  await command.until(({ out }) => (port = Number(/^listening on .*:(\d+)$/m.exec(out)?.[1] ?? 0)) > 0)
  return port
}

/** Calls until the reply is as wanted: a proxy finds its devices while it serves. */
const callUntil = async (at: string, words: ReadonlyArray<string>, wanted: (out: string) => boolean) => {
  for (;;) {
    const { out } = await katcp(["call", at, ...words])
    if (wanted(out)) return out
  }
}

/** The readings of a device's sensors, as the device has them. */
const stateOf = async ({ host, port }: Device): Promise<ReadonlyMap<string, string>> => {
  const { out } = await katcp(["call", `${host}:${port}`, "sensor-value"])
  const lines = out.matchAll(/^#sensor-value\S* \S+ 1 (\S+) (\S+) ?(.*)$/gm)
  return new Map(Array.from(lines, ([, name, status, value]) => [name!, `${status} ${value}`]))
}

/** `true` if a value differs between versions, or libraries show it in words of their own. */
const isTime = (name: string) => /time|fruit/.test(name)

const kinds = ["aio watcher", "kp async", "kp resource", "kp4 async", "kp4 resource"] as const

describePeer("aiokatcp", "katcp proxy of devices on aiokatcp and on our library, and", () =>
  describePeer("katcp", "on katcp-python at versions 5 and 4", () => {
    it("serves clients of all these libraries; the kill of each device is reported only for its sensors", async () => {
      const running = new Map<string, Device>()
      for (const name of names) running.set(name, await start[name]!())
      const allow = ["--allow", "*/set-sensor"]
      const [five, four] = await Promise.all([
        startProxy(running, ...allow),
        startProxy(running, ...allow, "--protocol", "4")
      ])
      const at = `127.0.0.1:${five}`
      for (const port of [five, four])
        for (const name of names)
          await callUntil(`127.0.0.1:${port}`, ["sensor-value", `${name}.test.int`], (out) => out.includes("ok 1"))
      const clients = new Map<string, Watcher>()
      for (const kind of kinds) {
        const [library, what] = kind.split(" ") as ["aio" | "kp" | "kp4", "async" | "resource" | "watcher"]
        clients.set(kind, startPythonWatcher(library, what, library === "kp4" ? four : five))
      }
      const shows = (client: Watcher, sensor: string, status: string, value: string) =>
        client.until(() => {
          const reading = client.readings.get(sensor)
          return reading?.[0] === status && (reading[1] === value || Number(reading[1]) === Number(value))
        })
      for (const name of names) {
        // the request goes through the proxy, and what it does comes back through it
        for (const [sensor, value, status] of [
          ["test.int", "55", "warn"],
          ["test.float", "-7.25", "error"],
          ["test.string", "a b", "nominal"]
        ] as const)
          await callUntil(at, [`${name}-set-sensor`, sensor, value, status], (out) =>
            new RegExp(`^!${name}-set-sensor\\S* ok`, "m").test(out)
          )
        for (const client of clients.values()) {
          await shows(client, `${name}.test.int`, "warn", "55")
          await shows(client, `${name}.test.float`, "error", "-7.25")
          await client.until(() => client.readings.get(`${name}.test.string`)?.[1] === "a b")
        }
        // times are those of the device, in the unit of each version: in values, and of readings
        const old = name.endsWith("4")
        const [value, time] = old ? ["1234567890250", "1000000000500"] : ["1234567890.25", "1000000000.5"]
        await callUntil(at, [`${name}-set-sensor`, "test.timestamp", value, "nominal", time], (out) =>
          new RegExp(`^!${name}-set-sensor\\S* ok`, "m").test(out)
        )
        for (const [kind, client] of clients)
          if (!kind.endsWith("resource"))
            await client.until(
              () =>
                Number(client.readings.get(`${name}.test.timestamp`)?.[1]) ===
                (kind.startsWith("kp4") ? 1234567890250 : 1234567890.25)
            )
        for (const [port, unit] of [
          [five, 1],
          [four, 1000]
        ] as const)
          await callUntil(`127.0.0.1:${port}`, ["sensor-value", `${name}.test.timestamp`], (out) => {
            const [, at, what] = /^#sensor-value\S* (\S+) 1 \S+ nominal (\S+)$/m.exec(out) ?? []
            return Number(at) === 1000000000.5 * unit && Number(what) === 1234567890.25 * unit
          })
        // the clients that tell of bytes have every sensor as the device has it
        const state = await stateOf(running.get(name)!)
        for (const [kind, client] of clients) {
          if (kind.endsWith("resource")) continue
          for (const [sensor, reading] of state) {
            if (isTime(sensor) || (kind.startsWith("aio") && sensor === "test.lru")) continue
            await client.until(() => {
              const [status, value] = client.readings.get(`${name}.${sensor}`) ?? []
              // as the command shows it
              return `${status} ${/^$| /.test(value ?? "") ? `"${value}"` : value}` === reading
            })
          }
        }
      }
      for (const name of names) {
        const ofOthers = (client: Watcher) =>
          [...client.readings].filter(([sensor]) => !sensor.startsWith(`${name}.`) && /\.test\./.test(sensor))
        const before = new Map(Array.from(clients, ([kind, client]) => [kind, ofOthers(client)]))
        const { port } = running.get(name)!
        await running.get(name)!.kill()
        for (const client of clients.values()) {
          await shows(client, `${name}.test.int`, "unreachable", "55")
          await client.until(() =>
            [...client.readings].every(
              ([sensor, [status]]) => !sensor.startsWith(`${name}.`) || status === "unreachable"
            )
          )
        }
        for (const [kind, client] of clients)
          assert.deepStrictEqual(ofOthers(client), before.get(kind), `${kind} after ${name} was killed`)
        const refused = await katcp(["call", at, `${name}-set-sensor`, "test.int", "1"])
        assert.match(refused.out, new RegExp(`^!${name}-set-sensor\\S* fail "${name}: `, "m"))
        running.set(name, await start[name]!(port))
        for (const client of clients.values()) {
          await shows(client, `${name}.test.int`, "nominal", "0")
          await client.until(() => [...client.readings.values()].every(([status]) => status !== "unreachable"))
        }
      }
    }, 600_000)
  })
)

describe("katcp conform of a proxy of devices of both versions", () => {
  for (const protocol of ["5.1", "4.0"])
    it(`finds nothing at version ${protocol}`, async () => {
      const devices = new Map([
        ["five", await startOurDevice(5)],
        ["four", await startOurDevice(4)]
      ])
      const port = await startProxy(devices, "--allow", "*", "--protocol", protocol)
      for (const name of devices.keys())
        await callUntil(`127.0.0.1:${port}`, ["sensor-value", `${name}.test.int`], (out) => out.includes("ok 1"))
      const { code, err, out } = await katcp(["conform", `127.0.0.1:${port}`])
      assert.deepStrictEqual([code, err], [0, ""], out)
      assert.match(out, / 0 failed, .* 0 could not be run$/m)
    }, 600_000)
})
