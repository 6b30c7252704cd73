/** Strangers at the gateway, over real sockets: it answers in order, keeps its limits, and continues to serve. */
import { type IncomingMessage, request } from "node:http"
import { connect, type Socket } from "node:net"
import { setTimeout } from "node:timers/promises"
import { afterAll, assert, beforeAll, describe, it, onTestFinished } from "vitest"
import { WebSocket } from "ws"
import { tokenFile } from "../Site/http/support.ts"
import { gateway, posting } from "./support.ts"

const { file, remove } = tokenFile()
let served: Awaited<ReturnType<typeof gateway>>
beforeAll(async () => {
  served = await gateway({
    allow: ["*/track", "*/echo"],
    archive: true,
    katcp: true,
    tokens: file,
    requestsPerSecond: 0
  })
})
afterAll(async () => {
  await served.close()
  remove()
})

interface Details {
  readonly http: Readonly<Record<string, number>>
  readonly gateway: Readonly<Record<string, number>>
}
const details = async (of = served): Promise<Details> => {
  // from another address: that of the strangers may have no room
  const { body } = await of.ask("/healthz", { from: "127.0.0.9" })
  const { parts } = JSON.parse(body) as {
    readonly parts: { readonly http: { readonly details: object }; readonly gateway: { readonly details: object } }
  }
  return { http: parts.http.details, gateway: parts.gateway.details } as Details
}
const untilDetails = async (is: (details: Details) => boolean): Promise<Details> => {
  for (;;) {
    const found = await details()
    if (is(found)) return found
    await setTimeout(20)
  }
}

/** A WebSocket of a page, greeted. */
const page = async () => {
  const socket = new WebSocket(`ws://127.0.0.1:${served.port}/api/live`)
  const frames: Array<Readonly<Record<string, unknown>>> = []
  let wake = () => {}
  socket.on("message", (data) => {
    frames.push(JSON.parse(String(data)) as Readonly<Record<string, unknown>>)
    wake()
  })
  let code: number | undefined
  socket.on("close", (closed) => {
    code = closed
    wake()
  })
  socket.on("error", () => undefined)
  const until = async <A>(found: () => A | undefined | false): Promise<A> => {
    for (;;) {
      const it = found()
      if (it !== undefined && it !== false) return it
      await new Promise<void>((resolve) => (wake = resolve))
    }
  }
  await until(() => frames.length > 0)
  return { frames, socket, until, code: () => code }
}
type Page = Awaited<ReturnType<typeof page>>

/** The page is served as before: a request of its own is answered. */
let calls = 1000
const isServed = async ({ socket, until, frames }: Page) => {
  const call = ++calls
  socket.send(JSON.stringify({ call, device: "m000", request: "echo", args: ["x"] }))
  const reply = await until(() => frames.find((frame) => frame.reply === call))
  assert.strictEqual(reply.code, "ok")
}
/** Sends bytes, and gives the answer when the connection has ended. */
const answered = (...parts: ReadonlyArray<string | Uint8Array>): Promise<string> =>
  new Promise((resolve) => {
    let text = ""
    const socket = connect({ host: "127.0.0.1", port: served.port }, () => {
      for (const part of parts) socket.write(part)
    })
    socket.on("data", (data) => (text += data)).on("close", () => resolve(text))
  })

const noDefect = () =>
  assert.deepStrictEqual(
    served.logged.filter(
      (line) => line.startsWith("http: ") || /defect|could not be handled|of a page failed/.test(line)
    ),
    []
  )

describe("slow clients", () => {
  let slow: Awaited<ReturnType<typeof gateway>>
  beforeAll(async () => {
    slow = await gateway({
      allow: ["*/track"],
      tokens: file,
      requestsPerSecond: 0,
      headersTimeout: 300,
      requestTimeout: 1000
    })
  })
  afterAll(() => slow.close())
  /** Writes the first part at once, and then a byte now and then. Gives what was answered when the connection has ended. */
  const trickle = async (first: string, rest: string): Promise<string> => {
    let said = ""
    const socket: Socket = connect({ host: "127.0.0.1", port: slow.port })
    socket.on("data", (data) => (said += data)).on("error", () => undefined)
    const closed = new Promise<string>((resolve) => socket.once("close", () => resolve(said)))
    socket.write(first)
    for (let at = 0; at < rest.length && !socket.destroyed; at++) {
      socket.write(rest[at]!)
      await Promise.race([closed, setTimeout(20)])
    }
    return closed
  }

  it.for([
    [
      "headers that come a byte at a time",
      "GET /api/devices HTTP/1.1\r\nHost: localhost\r\nX-Y: zzzzzzzzzzzzzzzzzzzzzz"
    ],
    [
      "a body that never ends",
      `POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n${"a".repeat(400)}`
    ],
    [
      "chunks that never end",
      `POST /api/devices/m000/requests/track HTTP/1.1\r\nHost: localhost\r\nX-Katcp: 1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${"1\r\na\r\n".repeat(80)}`
    ]
  ] as const)("get an error and are closed after their time, and counted: %s", async ([, text]) => {
    const before = (await details(slow)).http.slowRequests!
    const end = text.indexOf("\r\n\r\n")
    const head = end === -1 ? "" : text.slice(0, end + 4)
    const said = await trickle(head, text.slice(head.length))
    assert.match(said, /^HTTP\/1\.1 408 Request Timeout\r\n/)
    assert.include(said, "headers have 0.3 seconds to come in, and a whole request 1")
    assert.strictEqual((await details(slow)).http.slowRequests, before + 1)
    noDefect()
  })
})

describe("two Host headers", () => {
  it("are refused, whichever of them is allowed", async () => {
    for (const [one, other] of [
      ["localhost", "evil.example"],
      ["evil.example", "localhost"],
      ["localhost", "localhost"]
    ]) {
      const said = await answered(`GET /api/devices HTTP/1.1\r\nHost: ${one}\r\nHost: ${other}\r\n\r\n`)
      assert.match(said, /^HTTP\/1\.1 400 Bad Request\r\n/)
      assert.include(said, "several Host headers")
    }
    noDefect()
  })
})

describe("invalid frames", () => {
  it("are answered with a reason, and the page is still served", async () => {
    const one = await page()
    const deep = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`
    const deepObject = (depth: number) => `${'{"sub":'.repeat(depth)}1${"}".repeat(depth)}`
    const texts: ReadonlyArray<string | Uint8Array> = [
      deep(100_000),
      `{"sub":${deep(100_000)}}`,
      deepObject(100_000),
      `{"call":1,"device":"m000","request":"echo","args":${deep(50_000)}}`,
      '{"sub":1e400,"targets":[]}',
      '{"sub":-0,"targets":["m000/azimuth"]}',
      '{"sub":99999999999999999999,"targets":[]}',
      '{"ack":1e308}',
      '{"ack":9007199254740993}',
      '{"ack":-1}',
      '{"__proto__":{"sub":1},"targets":[]}',
      '{"constructor":{"prototype":{"polluted":1}}}',
      '{"sub":1,"targets":[],"__proto__":{"polluted":1}}',
      '{"call":1,"device":"__proto__","request":"constructor"}',
      '{"call":1,"device":"constructor","request":"toString"}',
      '{"call":1,"device":"m000","request":"__proto__"}',
      '{"logs":"__proto__"}',
      '{"logs":"constructor"}',
      '{"sub":1,"sub":2,"targets":["m000/azimuth"]}',
      `{"sub":1,"targets":["${"m".repeat(1_000_000)}"]}`,
      `{"${"k".repeat(1_000_000)}":1}`,
      '{"sub":1,"targets":["\\u0000"]}',
      '{"sub":1,"targets":["\\ud800/x"]}',
      '{"sub":1,"targets":["*/\\ud800"]}',
      '{"sub":1,"targets":["/((((((((((a{1,9}){1,9}){1,9}){1,9}){1,9}){1,9}){1,9}){1,9}){1,9}){1,9})/"]}',
      '{"sub":1,"targets":["/(a+)+$/"]}',
      `{"sub":1,"targets":["/${"(".repeat(200)}${")".repeat(200)}/"]}`,
      `{"sub":1,"targets":["/${"*".repeat(400)}"]}`,
      `{"sub":1,"targets":["${"*".repeat(512)}"]}`,
      new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]),
      new Uint8Array(0),
      "",
      " ",
      "null",
      "[]",
      '"sub"'
    ]
    for (const text of texts) one.socket.send(text)
    await isServed(one)
    assert.isUndefined(({} as { polluted?: unknown }).polluted)
    assert.isAtLeast(one.frames.filter((frame) => "error" in frame).length, 24)
    one.socket.terminate()
    noDefect()
  })

  it("of random bytes are answered or end the connection, without effect on others", async () => {
    let state = 7
    const next = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    const other = await page()
    const one = await page()
    for (let run = 0; run < 150; run++) {
      const bytes = Uint8Array.from({ length: next(200) }, () => next(256))
      one.socket.send(bytes, { binary: next(2) === 0 && run % 10 === 0 })
      if (one.code() !== undefined) break
    }
    // text that is not UTF-8 ends a WebSocket: 1007
    await one.until(() => one.code())
    assert.include([1002, 1006, 1007, 1008], one.code())
    // frames of WebSocket itself that are nonsense
    for (let run = 0; run < 10; run++) {
      const socket = connect({ host: "127.0.0.1", port: served.port })
      socket.on("error", () => undefined)
      socket.write(
        "GET /api/live HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
      )
      await new Promise((resolve) => socket.once("data", resolve))
      socket.write(Uint8Array.from({ length: 500 }, () => next(256)))
      await new Promise((resolve) => socket.resume().once("close", resolve))
    }
    await isServed(other)
    other.socket.terminate()
    noDefect()
  })

  it("of 10,000 targets or nearly 1 MiB are accepted, and larger ones are refused with a reason", async () => {
    const one = await page()
    const names = Array.from(
      { length: 10_000 },
      (_, index) => `m000/${"s".repeat(88)}.${String(index).padStart(5, "0")}`
    )
    one.socket.send(JSON.stringify({ sub: 1, targets: names }))
    const taken = await one.until(() => one.frames.find((frame) => frame.subscribed === 1))
    assert.deepInclude(taken, { sensors: 0 })
    assert.strictEqual((taken.unmatched as ReadonlyArray<string>).length, 100)
    one.socket.send(JSON.stringify({ sub: 2, targets: ["m000/azimuth"] }))
    await one.until(() => one.frames.find((frame) => /at most 10000 targets/.test(JSON.stringify(frame))))
    one.socket.send(JSON.stringify({ sub: 1, targets: [...names, "x".repeat(100_000)] }))
    await one.until(() => one.frames.find((frame) => /at most 1048576 bytes/.test(JSON.stringify(frame))))
    await isServed(one)
    // far more than that ends the connection: what is not read costs nothing
    one.socket.send("x".repeat(5_000_000))
    assert.include([1006, 1009], await one.until(() => one.code()))
  })
})

describe("pings from a client that does not read", () => {
  it.for(["/api/live", "/katcp/m000"])("end the connection of %s before they take memory", async (to) => {
    const socket = connect({ host: "127.0.0.1", port: served.port })
    socket.on("error", () => undefined)
    socket.write(
      `GET ${to} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`
    )
    await new Promise((resolve) => socket.once("data", resolve))
    socket.pause()
    let isOver = false
    socket.once("close", () => (isOver = true))
    // a ping of 125 bytes, masked by zeros
    const ping = Buffer.concat([Buffer.from([0x89, 0x80 | 125, 0, 0, 0, 0]), Buffer.alloc(125, 0x61)])
    const many = Buffer.concat(Array.from({ length: 500 }, () => ping))
    let sent = 0
    while (!isOver && sent < 256 * 1_048_576) {
      sent += many.length
      if (!socket.write(many))
        await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), setTimeout(200)])
    }
    assert.isTrue(isOver)
    // what the system's buffers hold of both ends, and no more
    assert.isBelow(sent, 64 * 1_048_576)
    const one = await page()
    await isServed(one)
    one.socket.terminate()
    noDefect()
  })

  it("are answered without limit if the page reads", async () => {
    const one = await page()
    let pongs = 0
    one.socket.on("pong", () => pongs++)
    for (let round = 1; round <= 40; round++) {
      for (let count = 0; count < 50; count++) one.socket.ping("x".repeat(125))
      while (pongs < round * 50) await setTimeout(5)
    }
    await isServed(one)
    one.socket.terminate()
  })
})

describe("many sockets", () => {
  it("opened at once respect the limits, and leave nothing behind", async () => {
    // the sockets of the tests before are gone when the gateway has noticed that
    const before = await untilDetails(({ gateway }) => gateway.pages === 0 && gateway.lines === 0)
    /** The first that each came to. */
    const ends = new Map<WebSocket, string>()
    const sockets = Array.from({ length: 1000 }, () => {
      const socket = new WebSocket(`ws://127.0.0.1:${served.port}/api/live`)
      const end = (what: string) => {
        if (!ends.has(socket)) ends.set(socket, what)
      }
      socket.on("unexpected-response", (asked, response) => {
        end(String(response.statusCode))
        asked.destroy()
      })
      socket.on("open", () => end("open"))
      socket.on("error", () => end("cut"))
      return socket
    })
    // they would hold up the tests behind this one
    onTestFinished(() => {
      for (const socket of sockets) socket.terminate()
    })
    while (ends.size < 1000) await setTimeout(20)
    const count = (what: string) => [...ends.values()].filter((end) => end === what).length
    assert.strictEqual(count("open"), 100)
    // past 256 connections of an address they are cut, past 100 WebSockets told why not
    assert.strictEqual(count("open") + count("503") + count("cut"), 1000)
    const { gateway, http } = await details()
    assert.strictEqual(gateway.pages, 100)
    assert.isAtLeast(gateway.socketsRefused!, before.gateway.socketsRefused! + count("503"))
    assert.isAtLeast(http.refusedConnections!, before.http.refusedConnections! + count("cut"))
    for (const socket of sockets) socket.terminate()
    await untilDetails(({ gateway }) => gateway.pages === 0)
    const one = await page()
    await isServed(one)
    one.socket.terminate()
    noDefect()
  })

  it("that never acknowledge hold one frame each, others are served, and missed readings are counted", async () => {
    const idle = await Promise.all(Array.from({ length: 50 }, page))
    for (const { socket } of idle) socket.send(JSON.stringify({ sub: 1, targets: ["m000"], maxHz: 50 }))
    const isWaiting = ({ frames, until }: Page) =>
      until(() => frames.some((frame) => "n" in frame) && frames.some((frame) => "subscribed" in frame))
    await Promise.all(idle.map(isWaiting))
    const one = await page()
    one.socket.send(JSON.stringify({ sub: 1, targets: ["m000/azimuth"], maxHz: 50 }))
    const isShown = (value: number) =>
      one.until(() => {
        const last = one.frames.at(-1)!
        if ("n" in last) one.socket.send(JSON.stringify({ ack: last.n }))
        return one.frames.some((frame) =>
          (frame.d as ReadonlyArray<ReadonlyArray<unknown>>)?.some((d) => d[3] === value)
        )
      })
    for (let value = 1; value <= 20; value++) {
      served.devices.m000.sensors.azimuth.set(value)
      await isShown(value)
    }
    for (const { frames } of idle) assert.isAtMost(frames.filter((frame) => "n" in frame).length, 1)
    const before = (await details()).gateway.readingsSkipped!
    idle[0]!.socket.send(JSON.stringify({ ack: 1 }))
    await idle[0]!.until(() => idle[0]!.frames.filter((frame) => "n" in frame).length > 1)
    const skipped = (await details()).gateway.readingsSkipped! - before
    assert.isAtLeast(skipped, 18)
    assert.isAtMost(skipped, 20)
    for (const { socket } of [...idle, one]) socket.terminate()
  })
})

describe("many streams of events", () => {
  const open = (from = "127.0.0.1"): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const asked = request({
        host: "127.0.0.1",
        port: served.port,
        path: "/api/events?match=m000/azimuth",
        localAddress: from,
        agent: false
      })
      asked.on("response", resolve).on("error", reject).end()
    })
  const until = async (streams: number) => untilDetails(({ gateway }) => gateway.streams === streams)

  it("of one caller are limited: the next is refused with a reason, others are served, and an end makes room", async () => {
    const before = await until(0)
    const streams = await Promise.all(Array.from({ length: 100 }, () => open()))
    for (const { statusCode } of streams) assert.strictEqual(statusCode, 200)
    const { body, headers, status } = await served.ask("/api/events")
    assert.strictEqual(status, 503)
    assert.strictEqual(headers["content-type"], "application/problem+json")
    assert.strictEqual(headers["retry-after"], "10")
    assert.include(body, "you have 100 streams of events open here, which is the limit for one caller; close some")
    const { gateway } = await until(100)
    assert.strictEqual(gateway.streamsRefused, before.gateway.streamsRefused! + 1)
    const other = await open("127.0.0.7")
    assert.strictEqual(other.statusCode, 200)
    await until(101)
    streams[0]!.destroy()
    await until(100)
    const again = await open()
    assert.strictEqual(again.statusCode, 200)
    for (const stream of [...streams, other, again]) stream.destroy()
    await until(0)
    noDefect()
  })
})

describe("oversized queries", () => {
  it("are refused with a reason, or answered, without delaying others", async () => {
    const year = 31_536_000
    const slow = "/(.*a){30}.*b.*c.*d.*e/"
    for (const [to, wanted] of [
      [`/api/history?sensor=*&from=-${year}&points=10000`, [200, 400]],
      [`/api/readings?sensor=*&from=-${year}&limit=100000`, [200]],
      [`/api/readings?sensor=*&from=-${year}&format=csv`, [200]],
      [`/api/history?sensor=${encodeURIComponent(slow)}&from=-60`, [200, 400, 404]],
      [`/api/sensors?match=${encodeURIComponent(slow)}`, [200, 400]],
      [`/api/sensors?match=${encodeURIComponent("/(a{1,1000}){1,1000}/")}`, [400]],
      [`/api/sensors?match=${encodeURIComponent(`/${"(a|b)*".repeat(80)}/`)}`, [400]],
      ["/api/history?sensor=m000/azimuth&from=-9e9&to=9e9&points=10000", [200]],
      ["/api/history?sensor=m000/azimuth&from=1e-300&to=9e9", [200]],
      [`/api/sensors?cursor=${"z".repeat(5000)}`, [200]],
      [`/api/events?${Array.from({ length: 21 }, () => "match=*").join("&")}`, [400]],
      ["/api/sensors?limit=1000&limit[]=5", [200, 400]],
      ["/api/sensors?match[$ne]=1&__proto__[x]=1&constructor=1", [200, 400]],
      [`/api/devices/${"m".repeat(5000)}`, [404]],
      ["/api/sensors/__proto__/constructor", [404]],
      ["/api/devices/__proto__", [404]],
      ["/api/devices/constructor/requests/toString", [404]],
      ["/api/sensors/m000/%E0%A4%A", [400, 404]],
      ["/api/sensors/m000/%ff", [400, 404]]
    ] as const) {
      const { body, headers, status } = await served.ask(to)
      assert.include(wanted, status, `${to.slice(0, 100)} ${body.slice(0, 200)}`)
      if (status >= 400) assert.strictEqual(headers["content-type"], "application/problem+json", to)
    }
    noDefect()
  })

  it("may have hostile bodies: deep, huge, with prototypes, or not UTF-8", async () => {
    const to = "/api/devices/m000/requests/echo"
    for (const [body, wanted] of [
      [`{"args":${"[".repeat(100_000)}${"]".repeat(100_000)}}`, 400],
      ['{"args":["x"],"__proto__":{"polluted":1}}', 400],
      ['{"args":[1e400]}', 400],
      ['{"args":["x"],"timeout":1e308}', 400],
      ['{"args":["x"],"timeout":-0}', 400],
      [`{"args":["${"x".repeat(1_000_000)}"]}`, 200],
      ['{"args":["\\ud800"]}', 400]
    ] as const)
      assert.strictEqual((await served.ask(to, posting(body))).status, wanted, body.slice(0, 60))
    assert.isUndefined(({} as { polluted?: unknown }).polluted)
    const bytes = Buffer.from([...Buffer.from('{"args":["'), 0xff, 0xfe, ...Buffer.from('"]}')])
    const said = await answered(
      `POST ${to} HTTP/1.1\r\nHost: localhost\r\nX-Katcp: 1\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: ${bytes.length}\r\n\r\n`,
      bytes
    )
    assert.match(said, /^HTTP\/1\.1 400 /)
    noDefect()
  })
})
