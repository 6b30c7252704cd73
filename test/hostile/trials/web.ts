/** Input of a web page, a scanner or a misled browser to a device. */

import { setTimeout as sleep } from "node:timers/promises"
import * as tls from "node:tls"
import type { Counts, ServerRun, ServerTrial } from "../harness/Trial.ts"
import { upgrade } from "../harness/webSocket.ts"
import { count, open, type Target, type Wire } from "../harness/wire.ts"

/** The requests of the attacker: each of these is answered if it is executed. */
const wanted = "?set-sensor[7] test.int 66\n?watchdog[8]\n"
/** Replies to what was wanted. */
const executed = (wire: Wire): number => count(wire.text, /!(?:set-sensor\[7\]|watchdog\[8\])/)

const requestLines = [
  "GET / HTTP/1.1",
  "POST /any/thing?x=1 HTTP/1.1",
  "PUT http://127.0.0.1/ HTTP/1.0",
  "OPTIONS * HTTP/1.1",
  "CONNECT 127.0.0.1:80 HTTP/1.1",
  "BREW /pot HTTP/2.0",
  "M-SEARCH * HTTP/1.1",
  "get / http/1.1",
  "PRI * HTTP/2.0"
]
const bodies = (line: string) => `${line}\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n\r\n\n${wanted}`

/** Waits for what was executed, and for the end of the connection. */
const outcome = async (wire: Wire): Promise<{ readonly executed: number; readonly closed: number }> => {
  await wire.has("!watchdog[8]", 20_000)
  const closed = wire.isClosed || (await wire.ends(20_000))
  wire.destroy()
  return { executed: executed(wire), closed: closed ? 1 : 0 }
}

const sum = (all: ReadonlyArray<{ readonly executed: number; readonly closed: number }>): Counts => ({
  tried: all.length,
  executed: all.reduce((total, { executed }) => total + executed, 0),
  closed: all.reduce((total, { closed }) => total + closed, 0)
})

const nothingIsExecuted = ({ counts }: ServerRun): ReadonlyArray<string> => [
  ...(counts.executed === 0 ? [] : [`${counts.executed} requests were executed`]),
  ...(counts.closed === counts.tried ? [] : [`only ${counts.closed} of ${counts.tried} were closed`])
]

const inOne = async (target: Target, text: string) => {
  const wire = await open(target)
  if (wire === undefined) return { executed: 0, closed: 0 }
  await wire.write(text)
  return outcome(wire)
}

const inPieces = async (target: Target, text: string) => {
  const wire = await open(target)
  if (wire === undefined) return { executed: 0, closed: 0 }
  for (const byte of text) {
    if (!(await wire.write(byte))) break
    await sleep(1)
  }
  return outcome(wire)
}

export const httpBody: ServerTrial = {
  kind: "server",
  name: "http-body",
  load: "13 HTTP requests with `?set-sensor` and `?watchdog` in the body: nine methods and versions, in pieces, after a blank line, after a malformed line, after a request",
  faults: (run) => [
    ...nothingIsExecuted(run),
    ...(run.counts.spared === 1 ? [] : ["`POST me` is not HTTP, and lost its connection"])
  ],
  apply: async (target) => {
    const all = await Promise.all([
      ...requestLines.map((line) => inOne(target, bodies(line))),
      inPieces(target, bodies("POST / HTTP/1.1")),
      inOne(target, `\r\n\n${bodies("POST / HTTP/1.1")}`),
      inOne(target, bodies(" POST / HTTP/1.1")),
      inOne(target, `?client-list\n${bodies("POST / HTTP/1.1")}`)
    ])
    const peer = await open(target)
    await peer?.write("POST me\n?watchdog[8]\n")
    const spared = (await peer?.has("!watchdog[8] ok", 20_000)) === true && peer?.text.includes("#log error") === true
    peer?.destroy()
    return { ...sum(all), spared: spared ? 1 : 0 }
  }
}

/** The first bytes of a TLS connection. */
const hello = async (): Promise<Buffer> => {
  const { promise, resolve } = Promise.withResolvers<Buffer>()
  const { Duplex } = await import("node:stream")
  const socket = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      resolve(chunk)
      done()
    }
  })
  const client = tls.connect({ socket, servername: "device.example" })
  client.on("error", () => {})
  const bytes = await promise
  client.destroy()
  return bytes
}

export const tlsHello: ServerTrial = {
  kind: "server",
  name: "tls-hello",
  load: "a TLS hello at the plain port, at once and in pieces, with requests behind it and in it",
  faults: nothingIsExecuted,
  apply: async (target) => {
    const bytes = (await hello()).toString("latin1")
    const behind = `${bytes}\n${wanted}`
    const within = `${bytes.slice(0, 60)}\n${wanted}${bytes.slice(60)}`
    return sum(await Promise.all([inOne(target, behind), inOne(target, within), inPieces(target, behind)]))
  }
}

export const webPage: ServerTrial = {
  kind: "server",
  name: "web-page",
  load: "WebSockets of foreign pages: eight pairs of Host and Origin, names that resolve to the device among them",
  device: { listener: "webSocket" },
  oursOnly: true,
  faults: ({ counts }) => [
    ...(counts.admitted === 0 ? [] : [`${counts.admitted} pages were admitted`]),
    ...(counts.own === 3 ? [] : ["the device's own pages, or programs, were not admitted"])
  ],
  apply: async (target) => {
    const at = (host: string) => `${host}:${target.port}`
    const admitted = async (host: string, origin?: string): Promise<number> => {
      const wire = await open(target)
      if (wire === undefined) return 0
      const agreed = await upgrade(wire, host, origin)
      wire.destroy()
      return agreed ? 1 : 0
    }
    const foreign = [
      [at("evil.example"), `http://${at("evil.example")}`],
      [at("localhost.evil.example"), `http://${at("localhost.evil.example")}`],
      [at("127.0.0.1.evil.example"), `http://${at("127.0.0.1.evil.example")}`],
      [at("127.0.0.1"), "http://evil.example"],
      [at("127.0.0.1"), "null"],
      [at("127.0.0.1"), `http://127.0.0.1:${target.port + 1}`],
      [at("evil.example"), undefined],
      ["", "http://"]
    ] as const
    const own = [
      [at("127.0.0.1"), `http://${at("127.0.0.1")}`],
      [at("localhost"), `http://${at("localhost")}`],
      [at("127.0.0.1"), undefined]
    ] as const
    const sumOf = async (pairs: ReadonlyArray<readonly [string, string | undefined]>) =>
      (await Promise.all(pairs.map(([host, origin]) => admitted(host, origin)))).reduce((total, n) => total + n, 0)
    return { tried: foreign.length, admitted: await sumOf(foreign), own: await sumOf(own) }
  }
}
