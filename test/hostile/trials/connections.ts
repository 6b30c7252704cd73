/** Connections that are many, slow, deaf or cut. */
import { setTimeout as sleep } from "node:timers/promises"
import { below, chance } from "../harness/seeds.ts"
import type { ServerTrial } from "../harness/Trial.ts"
import { open, openAll, type Target, times, type Wire } from "../harness/wire.ts"

/** Waits for the greeting of a device. */
const greeted = (wire: Wire | undefined, limit = 5000): Promise<boolean> =>
  wire === undefined ? Promise.resolve(false) : wire.has("#version-connect", limit)

export const outOfDescriptors: ServerTrial = {
  kind: "server",
  name: "descriptors",
  load: "200 connections to a device that may have 64 descriptors (`ulimit -n`), held for a second",
  device: { descriptors: 64 },
  faults: ({ counts, logged }) => [
    ...(counts.recovered === 1 ? [] : ["new clients are not served afterwards"]),
    ...(logged >= 1 && logged <= 10 ? [] : [`${logged} lines of log`])
  ],
  apply: async (target) => {
    const wires = await openAll(target, 200)
    await sleep(1000)
    const served = wires.filter((wire) => wire.text.includes("#version-connect")).length
    for (const wire of wires) wire.destroy()
    let recovered = false
    for (let tries = 0; tries < 100 && !recovered; tries++) {
      // the device closes what it has no room for, until it has seen that the others are gone
      await sleep(100)
      const later = await open(target)
      recovered = await greeted(later)
      later?.destroy()
    }
    return { served, recovered: recovered ? 1 : 0 }
  }
}

export const deafRequests: ServerTrial = {
  kind: "server",
  name: "deaf-requests",
  load: "ten clients that send `?sensor-value` of 1,000 sensors without an end and read nothing, for 3 s",
  device: { sensors: 1000 },
  apply: async (target) => {
    const wires = await openAll(target, 10, { keep: false, reads: false })
    const requests = "?sensor-value\n".repeat(50)
    let sent = 0
    let over = false
    const ended = sleep(3000).then(() => {
      over = true
    })
    for (const wire of wires)
      void (async () => {
        while (!over && sent < 20_000 && (await wire.write(requests))) sent += 50
      })()
    await ended
    const cut = wires.filter((wire) => wire.isClosed).length
    for (const wire of wires) wire.destroy()
    return { sent, cut }
  }
}

export const deafSubscribers: ServerTrial = {
  kind: "server",
  name: "deaf-subscribers",
  load: "ten clients that sample a sensor and read nothing, while 5,000 texts of 10 kB are set",
  settle: 60,
  bounds: { peak: 400 },
  faults: ({ counts }) => (counts.set === 5000 ? [] : [`only ${counts.set} of 5000 could be set`]),
  apply: async (target) => {
    const wires = await openAll(target, 10, { keep: false })
    for (const wire of wires) await wire.write("?sensor-sampling test.string event\n")
    await sleep(200)
    for (const wire of wires) wire.socket.pause()
    const setter = await open(target)
    const text = "x".repeat(10_000)
    const setting = async () => {
      for (let n = 1; n <= 5000 && setter?.isClosed === false; n++) {
        await setter.write(`?set-sensor[${n}] test.string ${text}${n}\n`)
        if (n % 100 !== 0) continue
        if (!(await setter.has(`!set-sensor[${n}] ok`, 20_000))) return n - 100
        setter.text = ""
      }
      return 5000
    }
    const set = await setting()
    setter?.destroy()
    await sleep(200)
    for (const wire of wires) wire.socket.resume()
    await sleep(200)
    const cut = wires.filter((wire) => wire.isClosed).length
    for (const wire of wires) wire.destroy()
    return { set, cut }
  }
}

/** Sends a byte on each connection, again and again. */
const drip = async (wires: ReadonlyArray<Wire>, seconds: number, bytes: string): Promise<void> => {
  for (let n = 0; n < seconds * 10; n++) {
    for (const wire of wires) void wire.write(bytes[n % bytes.length]!)
    await sleep(100)
  }
}

export const slowLines: ServerTrial = {
  kind: "server",
  name: "slow-lines",
  load: "500 connections that send one byte of a line each 100 ms, for 3 s",
  apply: async (target) => {
    const wires = await openAll(target, 500, { keep: false })
    await drip(wires, 3, "?watchdog")
    const cut = wires.filter((wire) => wire.dropped).length
    for (const wire of wires) wire.destroy()
    return { connected: wires.length, cut }
  }
}

export const slowHandshakes: ServerTrial = {
  kind: "server",
  name: "slow-handshakes",
  load: "300 connections to the TLS port that send one byte of a hello each 100 ms and then nothing; looked at after 12 s",
  device: { listener: "tls" },
  oursOnly: true,
  attentive: 4,
  faults: ({ counts }) => (counts.left === 0 ? [] : [`${counts.left} unfinished handshakes are kept longer than 12 s`]),
  apply: async (target) => {
    const wires = await openAll(target, 300, { keep: false })
    await drip(wires, 2, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    await sleep(10_000)
    const left = wires.filter((wire) => !wire.isClosed).length
    for (const wire of wires) wire.destroy()
    return { connected: wires.length, left }
  }
}

export const slowUpgrades: ServerTrial = {
  kind: "server",
  name: "slow-upgrades",
  load: "300 connections to the WebSocket port that never finish their request; looked at after 12 s",
  device: { listener: "webSocket" },
  oursOnly: true,
  attentive: 4,
  faults: ({ counts }) => (counts.left === 0 ? [] : [`${counts.left} unfinished handshakes are kept longer than 12 s`]),
  apply: async (target) => {
    const wires = await openAll(target, 300, { keep: false })
    await drip(wires, 2, "GET / HTTP/1.1\r\nHost: a\r\n")
    await sleep(10_000)
    const left = wires.filter((wire) => !wire.isClosed).length
    for (const wire of wires) wire.destroy()
    return { connected: wires.length, left }
  }
}

export const connects: ServerTrial = {
  kind: "server",
  name: "connects",
  load: "3,000 connections opened, greeted and closed, 20 at a time, as fast as they go",
  faults: ({ counts }) => (counts.greeted === 3000 ? [] : [`${counts.greeted} of 3000 were greeted`]),
  apply: async (target) => {
    let served = 0
    const from = performance.now()
    await times(3000, 20, async () => {
      const wire = await open(target)
      if (await greeted(wire)) served++
      wire?.destroy()
    })
    return { greeted: served, "per second": Math.round(3000 / ((performance.now() - from) / 1000)) }
  }
}

/** One connection that is reset amid a line, a request or a reply. */
const resetOne = async (target: Target, seed: number): Promise<void> => {
  const next = chance(seed)
  const wire = await open(target, { keep: false })
  const text = ["?ech", "?help\n?help\n", "?sensor-sampling s1 event\n", "", "?sensor-list\n?wat"][below(next, 5)]!
  await wire?.write(text)
  if (below(next, 2) === 0) await sleep(below(next, 4))
  wire?.reset()
}

export const resets: ServerTrial = {
  kind: "server",
  name: "resets",
  load: "3,000 connections that are reset amid a line, a list or a subscription, 20 at a time",
  device: { sensors: 200 },
  faults: ({ descriptors: [before, , after] }) =>
    after <= before + 2 ? [] : [`${after - before} descriptors are left`],
  apply: async (target) => {
    await times(3000, 20, (n) => resetOne(target, target.seed + n))
    return {}
  }
}
