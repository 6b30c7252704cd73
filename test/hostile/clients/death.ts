/** Devices and clients that die without a word. */
import { execFileSync } from "node:child_process"
import { setTimeout as sleep } from "node:timers/promises"
import { start } from "../harness/devices.ts"
import { Forwarder } from "../harness/forwarder.ts"
import { sockets } from "../harness/Process.ts"
import type { ClientTrial } from "../harness/Trial.ts"
import { open } from "../harness/wire.ts"
import { Watcher } from "./watching.ts"

/** Seconds after which a death is said to stay unnoticed. */
const graceSeconds = 45

/** Ten seconds of silence, twice as long for an answer, and a machine that is busy. */
const silence = 32

export const stopped: ClientTrial = {
  kind: "client",
  name: "device-stopped",
  load: "a client samples a sensor; the device's process is stopped (SIGSTOP). Seconds until the client says so, and from SIGCONT to the next reading",
  waits: true,
  atMost: { "noticed [s]": silence, "back [s]": 65 },
  run: async (name) => {
    const device = await start("katcp", {})
    const watcher = new Watcher(name, device.host, device.port)
    try {
      await watcher.watches()
      device.process.signal("SIGSTOP")
      const noticed = await watcher.notices(graceSeconds)
      device.process.signal("SIGCONT")
      const before = watcher.connections
      const from = performance.now()
      while (!Number.isNaN(noticed) && watcher.connections === before && performance.now() - from < 70_000)
        await sleep(50)
      return { figures: { "noticed [s]": noticed, "back [s]": (performance.now() - from) / 1000 } }
    } finally {
      await watcher.process.stop()
      await device.process.stop()
    }
  }
}

export const forwarderStops: ClientTrial = {
  kind: "client",
  name: "forwarder-stops",
  load: "a client samples a sensor through a forwarder that ceases to forward. Seconds until the client says so",
  waits: true,
  atMost: { "noticed [s]": silence },
  run: async (name) => {
    const device = await start("katcp", {})
    const forwarder = await Forwarder.to(device.host, device.port)
    const watcher = new Watcher(name, "127.0.0.1", forwarder.port)
    try {
      await watcher.watches()
      forwarder.stop()
      return { figures: { "noticed [s]": await watcher.notices(graceSeconds) } }
    } finally {
      await watcher.process.stop()
      await forwarder.close()
      await device.process.stop()
    }
  }
}

const ip = (...words: ReadonlyArray<string>): void => {
  execFileSync("ip", words, { stdio: "pipe" })
}

/** Two network namespaces with a cable between them, removed with everything in them. */
class Cable {
  static #next = 0
  readonly #name = `hostile-${process.pid}-${Cable.#next++}`
  readonly ends = [`${this.#name}-a`, `${this.#name}-b`] as const
  readonly host = "10.213.77.1"

  constructor() {
    const [a, b] = this.ends
    for (const end of this.ends) ip("netns", "add", end)
    ip("-n", a, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", b)
    ip("-n", a, "address", "add", `${this.host}/24`, "dev", "cable")
    ip("-n", b, "address", "add", "10.213.77.2/24", "dev", "cable")
    for (const end of this.ends) for (const device of ["lo", "cable"]) ip("-n", end, "link", "set", device, "up")
  }

  within(end: 0 | 1): ReadonlyArray<string> {
    return ["ip", "netns", "exec", this.ends[end]]
  }

  cut(): void {
    for (const end of this.ends) ip("-n", end, "link", "set", "cable", "down")
  }

  remove(): void {
    for (const end of this.ends) ip("netns", "delete", end)
  }
}

export const cutCable: ClientTrial = {
  kind: "client",
  name: "cut-cable",
  load: "client and device in network namespaces with a cable between them (both ours, or both aiokatcp); the cable goes down while they are silent. Seconds until the client says so, and until the server has closed the connection",
  waits: true,
  obstacle: () => {
    try {
      const cable = new Cable()
      cable.remove()
      return undefined
    } catch {
      return "network namespaces cannot be made here"
    }
  },
  atMost: { "client [s]": silence, "server [s]": 65 },
  run: async (name) => {
    const cable = new Cable()
    try {
      const device = await start(name, { host: cable.host, within: cable.within(0) })
      const { pid } = device.process
      const idle = sockets(pid)
      const watcher = new Watcher(name, device.host, device.port, cable.within(1))
      try {
        await watcher.watches()
        // with something on its way the kernel does not ask whether the other end is there: it goes on sending
        await sleep(3000)
        const served = sockets(pid)
        if (served <= idle) throw new Error("the device has no socket for its client")
        cable.cut()
        const from = performance.now()
        const dropped = (async () => {
          while (sockets(pid) >= served) {
            if (performance.now() - from > 75_000) return Number.NaN
            await sleep(50)
          }
          return (performance.now() - from) / 1000
        })()
        return { figures: { "client [s]": await watcher.notices(graceSeconds), "server [s]": await dropped } }
      } finally {
        await watcher.process.stop()
        await device.process.stop()
      }
    } finally {
      cable.remove()
    }
  }
}

export const deafClient: ClientTrial = {
  kind: "client",
  name: "client-stopped",
  load: "a client samples a sensor and takes nothing from then on; 800 texts of 10 kB are set, then two a second. Seconds until the server has closed the connection",
  waits: true,
  // a client is dropped within a quarter of stallTimeout after it is over
  atMost: { "server [s]": 78 },
  run: async (name) => {
    const device = await start(name, {})
    try {
      const deaf = await open(device, { keep: false })
      const setter = await open(device)
      await deaf?.write("?sensor-sampling test.string event\n")
      await sleep(500)
      deaf?.socket.pause()
      const set = async (n: number) => {
        if (setter !== undefined) setter.text = ""
        await setter?.write(`?set-sensor[${n}] test.string ${"x".repeat(10_000)}${n}\n`)
        await setter?.has(`!set-sensor[${n}] ok`, 5000)
      }
      for (let n = 1; n <= 800; n++) await set(n)
      const served = sockets(device.process.pid)
      const from = performance.now()
      for (let n = 801; performance.now() - from < 85_000; n++) {
        await set(n)
        if (sockets(device.process.pid) < served)
          return { figures: { "server [s]": (performance.now() - from) / 1000 } }
        await sleep(500)
      }
      return { figures: { "server [s]": Number.NaN } }
    } finally {
      await device.process.stop()
    }
  }
}

export const evictions: ClientTrial = {
  kind: "client",
  name: "evictions",
  load: "two clients of a device that serves one at a time, for 12 s: connections made",
  waits: true,
  atMost: { connections: 16 },
  run: async (name) => {
    const device = await start("katcp", { single: true })
    const watchers = [0, 1].map(() => new Watcher(name, device.host, device.port))
    try {
      await watchers[0]!.watches()
      await sleep(12_000)
      return { figures: { connections: watchers.reduce((sum, { connections }) => sum + connections, 0) } }
    } finally {
      for (const watcher of watchers) await watcher.process.stop()
      await device.process.stop()
    }
  }
}
