/** `katcp export`, as it was built: its four forms, to where they go, and what it says when that is away. */
import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { createServer, type IncomingHttpHeaders } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { device, inTime, katcp, start } from "./katcp.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-export-command-"))
const file = (name: string) => path.join(folder, name)
let host = ""
beforeAll(async () => {
  host = (await device()).address
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Received {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

/** A destination over HTTP: what it received, and what it answers. */
const destination = async () => {
  const received: Array<Received> = []
  const answer = { status: 204, body: "" }
  let heard = () => {}
  const server = createServer(({ headers, url = "" }, response) => {
    void response.req.toArray().then((chunks: Array<Buffer>) => {
      received.push({ url, headers, body: Buffer.concat(chunks) })
      response.writeHead(answer.status).end(answer.body)
      heard()
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  return {
    received,
    answer,
    url: `http://127.0.0.1:${port}`,
    until: async (is: () => boolean) => {
      while (!is())
        await new Promise<void>((resolve) => {
          heard = resolve
        })
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    }
  }
}

const ends = async ({ child, ended }: ReturnType<typeof start>, code = 0) => {
  child.kill("SIGTERM")
  const found = await ended
  assert.strictEqual(found.code, code, found.err)
  return found
}

describe("katcp export prometheus", () => {
  it("serves OpenMetrics and the text format, under the configured names", async () => {
    const serving = start([
      ...["export", "prometheus", `dish=${host}`, "test.*", "--listen", "0", "--path", "/m", "--json"],
      ...["--named", "dish/test.float=test_kelvin", "--text"]
    ])
    await serving.until(({ out }) => out.includes("\n"))
    const { devices, event, url } = JSON.parse(serving.out()) as Record<string, unknown>
    assert.deepStrictEqual([event, devices], ["listening", ["dish"]])
    const ask = async (accept: string) => {
      const response = await fetch(String(url), { headers: { accept } })
      return { type: response.headers.get("content-type")!, text: await response.text() }
    }
    let open = await ask("application/openmetrics-text")
    const wanted = ["test_kelvin{", 'katcp_sensor_status{device="dish",sensor="test.string"}', "katcp_device_up{"]
    while (!wanted.every((text) => open.text.includes(text))) open = await ask("application/openmetrics-text")
    assert.match(open.type, /^application\/openmetrics-text; version=1\.0\.0/)
    assert.isTrue(open.text.endsWith("# EOF\n"))
    const plain = await ask("text/plain")
    assert.match(plain.type, /^text\/plain; version=0\.0\.4/)
    for (const line of [
      'katcp_sensor_value{device="dish",sensor="test.float"} 0',
      'test_kelvin{device="dish",sensor="test.float"} 0',
      'katcp_sensor_status{device="dish",sensor="test.string"} ',
      'katcp_device_up{device="dish"} 1'
    ])
      assert.include(plain.text, line)
    assert.notInclude(plain.text, "fruit.result")
    assert.strictEqual((await fetch(new URL("/healthz", String(url)))).status, 200)
    await ends(serving)
  })

  it("writes a file once", async () => {
    const { code, err } = await katcp(["export", "prometheus", `dish=${host}`, "test.int", "--to", file("m.prom")])
    assert.deepStrictEqual([code, err], [0, ""])
    assert.include(readFileSync(file("m.prom"), "utf8"), 'katcp_sensor_value{device="dish",sensor="test.int"} 0\n')
    const missing = await katcp(["export", "prometheus", host, "--to", file("none/m.prom")])
    assert.strictEqual(missing.code, 2)
    assert.match(missing.err, /^katcp: cannot write to .*: there is no such file or folder\n$/)
  })
})

describe("katcp export influx", () => {
  it("pushes lines with the token, to a URL", async () => {
    const to = await destination()
    const pushing = start(
      [
        "export",
        "influx",
        `dish=${host}`,
        "test.int",
        "--to",
        `${to.url}/write?db=katcp&u=me&p=secret`,
        "--every",
        "20ms"
      ],
      { KATCP_EXPORT_TOKEN: "abc" }
    )
    await to.until(() => to.received.some(({ body }) => body.includes("test.int")))
    const { body, headers, url } = to.received.find(({ body }) => body.includes("test.int"))!
    assert.strictEqual(url, "/write?db=katcp&u=me&p=secret&precision=ns")
    assert.strictEqual(headers.authorization, "Token abc")
    assert.match(
      body.toString(),
      /^katcp,device=dish,sensor=test\.int,type=integer,units=count code=\d+i,status="\w+"(,ivalue=0i)? \d+\n/
    )
    const { err } = await ends(pushing)
    // a secret is not shown
    assert.match(err, /exporting dish to http:\/\/127\.0\.0\.1:\d+\/write\?db=katcp;/)
    assert.notInclude(err, "secret")
    to.close()
  })

  it("writes a file, with numbers only if configured", async () => {
    const words = ["export", "influx", `dish=${host}`, "test.int", "--every", "20ms", "--measurement", "m"]
    const written = () => (existsSync(file("lines")) ? readFileSync(file("lines"), "utf8") : "")
    const { code } = await inTime(
      (milliseconds) => katcp([...words, "--for", `${milliseconds}ms`, "--numbers-only", "--to", file("lines")]),
      () => written().includes("\n"),
      500
    )
    assert.strictEqual(code, 0)
    const lines = written()
    assert.match(lines, /^m,device=dish,sensor=test\.int,type=integer,units=count code=\d+i,ivalue=0i \d+$/m)
    assert.notInclude(lines, '"')
  })

  it("reports progress, waits for an absent destination, and sends the waiting readings before it ends", async () => {
    const to = await destination()
    to.answer.status = 503
    to.answer.body = "busy \u001b[31m"
    const pushing = start([
      ...["export", "influx", `dish=${host}`, "test.*", "--to", to.url, "--every", "20ms", "--report", "100ms"]
    ])
    await pushing.until(({ err }) => /katcp: 0 readings written, [1-9]\d* waiting, 0 refused, 0 lost; .*503/.test(err))
    assert.include(pushing.err(), "it answers 503: busy")
    assert.notInclude(pushing.err(), "\u001b")
    const refused = to.received.length
    to.answer.status = 204
    await ends(pushing)
    const sent = Buffer.concat(to.received.slice(refused).map(({ body }) => body))
    assert.isAbove(sent.toString().split("\n").length, 3)
    to.close()
  })
})

describe("katcp export otlp", () => {
  it("pushes protobuf or JSON, with the token and headers", async () => {
    for (const format of ["protobuf", "json"]) {
      const to = await destination()
      to.answer.status = 200
      to.answer.body = format === "json" ? "{}" : ""
      const pushing = start(
        [
          ...["export", "otlp", `dish=${host}`, "test.int", "--to", to.url, "--every", "20ms"],
          ...["--format", format, "--header", "X-Scope-OrgID=array"]
        ],
        { KATCP_EXPORT_TOKEN: "abc" }
      )
      await to.until(() => to.received.some(({ body }) => body.includes("test.int")))
      const { body, headers, url } = to.received.find(({ body }) => body.includes("test.int"))!
      assert.deepStrictEqual(
        [url, headers.authorization, headers["x-scope-orgid"], headers["content-type"]],
        ["/v1/metrics", "Bearer abc", "array", format === "json" ? "application/json" : "application/x-protobuf"]
      )
      for (const word of ["katcp.sensor.status", "katcp.device", "dish", "test.int"])
        assert.include(body.toString("latin1"), word)
      await ends(pushing)
      to.close()
    }
  })
})

describe("katcp export ndjson", () => {
  it("writes lines to standard output, and ends when the reader closes the pipe", async () => {
    const pushing = start(["export", "ndjson", `dish=${host}`, "test.int", "--every", "20ms"])
    await pushing.until(({ out }) => /"name":"test\.int".*\n/.test(out))
    const [head, line] = pushing.out().trim().split("\n")
    assert.deepInclude(JSON.parse(head!), { katcp: 1, form: "readings" })
    assert.deepInclude(JSON.parse(line!), { name: "test.int", type: "integer", units: "count", device: "dish" })
    pushing.child.stdout.destroy()
    assert.strictEqual((await katcp(["call", host, "set-sensor", "test.int", "3"])).code, 0)
    assert.deepStrictEqual((await pushing.ended).code, 0)
  })
})

describe("katcp export", () => {
  it("explains what it cannot do", async () => {
    const cases: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
      [["prometheus", host, "--listen", "0.0.0.0:0"], "--insecure"],
      [["prometheus", host, "--named", "x"], "--named x: write SENSORS=METRIC"],
      [["prometheus", host, "--named", "*=katcp_sensor_value"], "a special meaning"],
      [["prometheus", host, "--path", "m"], 'path: "m" is not a path'],
      [["influx", host, "--to", "http://"], "the destination is not a URL"],
      [["influx", host, "--to", "ftp://localhost/x"], "--to ftp://localhost/x: lines go to a URL (http://HOST:8086"],
      [["influx", host, "--to", "localhost:8086"], "--to localhost:8086: lines go to a URL"],
      [["influx", host, "--header", "a"], "--header: write NAME=VALUE"],
      [["otlp", host, "--to", "file"], "OTLP goes to a URL"],
      [["ndjson", host, "--to", "http://localhost"], "NDJSON goes to a file"],
      [["ndjson", host, "--to", file("none/x")], "cannot write to"],
      [["ndjson", host, "--rotate-size", "large"], '"large" is not a size: write 256MB or 1GiB'],
      [["ndjson", `a=${host}`, `b=${host}`], `${host} is already called a`]
    ]
    for (const [words, wanted] of cases) {
      const { code, err } = await katcp(["export", ...words])
      assert.deepStrictEqual([code, err.includes(wanted)], [2, true], `${words.join(" ")}: ${err}`)
      assert.notMatch(err, /^\s+at /m)
    }
  })
})
