/** The HTTP API, over a real listener, with real devices behind it. */
import { setTimeout } from "node:timers/promises"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { bearer, tokenFile } from "../Site/http/support.ts"
import { gateway, posting } from "./support.ts"

interface Sensor {
  readonly device: string
  readonly name: string
  readonly value: unknown
  readonly status: string
}
interface SensorPage {
  readonly id: string
  readonly total: number
  readonly sensors: ReadonlyArray<Sensor>
  readonly next?: string
}
interface Problem {
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly near?: ReadonlyArray<string>
  readonly errors?: ReadonlyArray<{ readonly path: ReadonlyArray<string> }>
}

const { file, remove, tokens } = tokenFile()
let served: Awaited<ReturnType<typeof gateway>>
beforeAll(async () => {
  served = await gateway({
    allow: ["*/track", "*/echo", "m000/refuse", "m000/slow", "m000/log-level"],
    archive: true,
    tokens: file,
    requestsPerSecond: 0
  })
})
afterAll(async () => {
  await served.close()
  remove()
})
const problem = async (to: string, asking?: Parameters<typeof served.ask>[1]): Promise<Problem> => {
  const { body, headers, status } = await served.ask(to, asking)
  assert.strictEqual(headers["content-type"], "application/problem+json", `${status} ${body}`)
  const found = JSON.parse(body) as Problem
  assert.strictEqual(found.status, status)
  return found
}

describe("devices", () => {
  it("are listed with their state and the counts of their sensors", async () => {
    const { devices } = await served.json<{ devices: ReadonlyArray<Record<string, unknown>> }>("/api/devices")
    assert.deepStrictEqual(
      devices.map(({ name }) => name),
      ["m000", "m001"]
    )
    assert.deepInclude(devices[0], { connected: true, synced: true, state: "Synced" })
  })

  it("list the requests that the allow list and the role permit", async () => {
    const device = await served.json<{ requests: ReadonlyArray<{ name: string; allowed: boolean; help: string }> }>(
      "/api/devices/m000",
      {
        headers: bearer(tokens.control)
      }
    )
    const allowed = device.requests.filter((request) => request.allowed).map(({ name }) => name)
    assert.deepStrictEqual(allowed, ["echo", "refuse", "slow", "track"])
    assert.include(device.requests.find(({ name }) => name === "track")!.help, "Point at a place.")
  })

  it("that do not exist are a problem with similar names", async () => {
    const { detail, near, status } = await problem("/api/devices/m00")
    assert.strictEqual(status, 404)
    assert.sameMembers([...near!], ["m000", "m001"])
    assert.include(detail, "did you mean")
  })
})

describe("sensors", () => {
  it("are paged in the order of their names, each once", async () => {
    const seen: Array<string> = []
    let cursor: string | undefined
    do {
      const page: SensorPage = await served.json(
        `/api/sensors?limit=3${cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`}`
      )
      assert.isAtMost(page.sensors.length, 3)
      seen.push(...page.sensors.map(({ device, name }) => `${device}/${name}`))
      cursor = page.next
    } while (cursor !== undefined)
    assert.deepStrictEqual(seen, [...seen].sort())
    assert.strictEqual(new Set(seen).size, served.site.table.size)
    assert.strictEqual(seen.length, served.site.table.size)
  })

  it.for([
    ["match=m001/wind.*", ["m001/wind.speed"]],
    ["match=/%5Em000.*(azimuth%7Cspeed)$/", ["m000/azimuth", "m000/wind.speed"]],
    ["match=m00*/mode&device=m001", ["m001/mode"]],
    ["text=WHERE", ["m000/azimuth", "m001/azimuth"]],
    ["match=m999", []]
  ] as const)("are found by %s", async ([query, wanted]) => {
    const { sensors, total } = await served.json<SensorPage>(`/api/sensors?${query}`)
    assert.deepStrictEqual(
      sensors.map(({ device, name }) => `${device}/${name}`),
      [...wanted]
    )
    assert.strictEqual(total, wanted.length)
  })

  it("are filtered by one status or several", async () => {
    served.devices.m000.sensors.azimuth.set(5, { status: "error" })
    served.devices.m001.sensors.azimuth.set(5, { status: "warn" })
    while (
      served.site.table.at("m001/azimuth")!.status !== "warn" ||
      served.site.table.at("m000/azimuth")!.status !== "error"
    )
      await setTimeout(5)
    const names = async (query: string) =>
      (await served.json<SensorPage>(`/api/sensors?${query}`)).sensors.map(({ device, name }) => `${device}/${name}`)
    assert.deepStrictEqual(await names("status=error"), ["m000/azimuth"])
    assert.deepStrictEqual(await names("status=error&status=warn"), ["m000/azimuth", "m001/azimuth"])
  })

  it("are not sent again until one of them changes", async () => {
    const to = "/api/sensors?match=m001/mode"
    const { etag } = (await served.ask(to)).headers
    const again = await served.ask(to, { headers: { "if-none-match": etag! } })
    assert.deepInclude(again, { status: 304, body: "" })
    served.devices.m000.sensors.mode.set("track")
    while (served.site.table.at("m000/mode")!.value !== "track") await setTimeout(5)
    assert.strictEqual((await served.ask(to, { headers: { "if-none-match": etag! } })).status, 304)
    served.devices.m001.sensors.mode.set("track")
    while (served.site.table.at("m001/mode")!.value !== "track") await setTimeout(5)
    const changed = await served.ask(to, { headers: { "if-none-match": etag! } })
    assert.strictEqual(changed.status, 200)
    assert.notStrictEqual(changed.headers.etag, etag)
  })

  it("have values of every kind in the one JSON form", async () => {
    const { label, azimuth } = served.devices.m001.sensors
    for (const [value, wanted] of [
      ['a\u0000"\u2028é', 'a\u0000"\u2028é'],
      ["\udcff\udc80", { base64: "/4A=" }]
    ] as const) {
      label.set(value)
      while (served.site.table.at("m001/label")!.value !== value) await setTimeout(5)
      assert.deepStrictEqual((await served.json<Sensor>("/api/sensors/m001/label")).value, wanted)
    }
    azimuth.set(Number.NEGATIVE_INFINITY)
    while (served.site.table.at("m001/azimuth")!.value !== Number.NEGATIVE_INFINITY) await setTimeout(5)
    assert.strictEqual((await served.json<Sensor>("/api/sensors/m001/azimuth")).value, "-Infinity")
  })

  it("that do not exist are a problem with similar names", async () => {
    const { near, status } = await problem("/api/sensors/m000/azimut")
    assert.strictEqual(status, 404)
    assert.deepStrictEqual(near, ["azimuth"])
    assert.deepInclude(await problem("/api/sensors/m0/azimuth"), { status: 404 })
  })
})

describe("an invalid query", () => {
  it.for([
    ["/api/sensors?limit=0", "query.limit"],
    ["/api/sensors?limit=1001", "query.limit"],
    ["/api/sensors?limit=ten", "query.limit"],
    ["/api/sensors?limit=1&limit=2", "query.limit"],
    ["/api/sensors?status=bad", "query.status"],
    ["/api/sensors?match=", "query.match"],
    ["/api/sensors?devcie=m000", "query.devcie"],
    ["/api/sensors?match=/(/", "not a regular expression"],
    ["/api/history", "query.sensor"],
    ["/api/history?sensor=m000/azimuth&points=1e9", "query.points"],
    ["/api/audit?limit=-1", "query.limit"],
    ["/api/events?maxHz=1000", "query.maxHz"]
  ] as const)("is a problem that says what is wrong: %s", async ([to, wanted]) => {
    const { detail, status } = await problem(to)
    assert.strictEqual(status, 400)
    assert.include(detail, wanted)
  })
})

describe("requests", () => {
  const to = (request: string, device = "m000") => `/api/devices/${device}/requests/${request}`

  it("are sent to the device, and return its informs and reply", async () => {
    const answer = await served.json(to("track"), posting({ args: [12.5] }))
    assert.deepStrictEqual(answer, { code: "ok", args: ["1"], informs: [["12.5"]] })
    const bytes = await served.json(to("echo"), posting({ args: [{ base64: "/4A=" }] }))
    assert.deepStrictEqual(bytes, { code: "ok", args: [{ base64: "/4A=" }], informs: [] })
  })

  it("that the device refuses return its reply, not a problem", async () => {
    assert.deepInclude(await served.json<object>(to("refuse"), posting({})), { code: "fail", args: ["not today"] })
    assert.deepInclude(await served.json<object>(to("track"), posting({ args: ["north"] })), { code: "fail" })
  })

  it.for([
    ["read", "track", 403, "needs the role control"],
    ["control", "track", 200, ""],
    ["control", "log-level", 403, "needs the role admin"],
    ["admin", "log-level", 200, ""],
    ["admin", "halt", 403, "no allow list names m000/halt"],
    ["admin", "sensor-value", 403, "no allow list names"]
  ] as const)("of role %s to ?%s: %i %s", async ([role, request, wanted, why]) => {
    const { body, status } = await served.ask(
      to(request),
      posting({ args: [request === "track" ? "1" : "info"] }, bearer(tokens[role]))
    )
    assert.strictEqual(status, wanted, body)
    assert.include(body, why)
  })

  it("to an unknown device, too late, or without the header are problems", async () => {
    assert.deepInclude(await problem(to("track", "m9"), posting({ args: [1] })), { status: 404 })
    assert.deepInclude(await problem(to("slow"), posting({ timeout: 0.05 })), { status: 504 })
    assert.deepInclude(
      await problem(to("track"), { ...posting({}), headers: { "content-type": "application/json" } }),
      { status: 403 }
    )
  })

  it("with a member that is similar to none name the known ones", async () => {
    const { detail } = await problem(to("track"), posting({ x: 1, ["y".repeat(10_000)]: 2 }))
    assert.match(detail, /^payload\.x: there is no key "x"; there are args, timeout; payload\.y{40}: there is no key/)
    const { detail: long, errors } = await problem(
      to("track"),
      posting(Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`key-${at}`, at])))
    )
    assert.isAtMost(long.length, 2000)
    assert.strictEqual(errors?.length, 20)
  })

  it.for([
    ["no JSON", "{", {}, 400],
    ["no object", "[]", {}, 400],
    ["malformed arguments", { args: [{}] }, {}, 400],
    ["malformed base64", { args: [{ base64: "?" }] }, {}, 400],
    ["a misspelled member", { arg: ["1"] }, {}, 400],
    ["a time of zero", { timeout: 0 }, {}, 400],
    ["an argument list that is too long", { args: Array.from({ length: 10_001 }, () => "") }, {}, 400],
    ["another type", "args=1", { "content-type": "application/x-www-form-urlencoded" }, 415],
    ["more than 1 MiB", { args: ["x".repeat(1_048_576)] }, {}, 413]
  ] as const)("with %s are problems", async ([, body, headers, wanted]) => {
    assert.deepInclude(await problem(to("echo"), posting(body, headers)), { status: wanted })
  })

  it.for([
    ["an integer that JSON.parse rounds", '{"args":["a",9007199254740993]}', "1", "write it as text"],
    ["a negative one", '{"args":[-9007199254740993]}', "0", "write it as text"],
    ["one of 64 bits", '{"args":[12345678901234567890]}', "0", "write it as text"],
    ["a lone surrogate", '{"args":["x\\ud800y"]}', "0", "this text is not Unicode; write bytes as"],
    ["the mark of a byte", '{"args":["x\\udc80y"]}', "0", "this text is not Unicode; write bytes as"]
  ] as const)("with %s are problems: the device would get another argument", async ([, body, at, wanted]) => {
    const { detail, errors, status } = await problem(to("echo"), posting(body))
    assert.strictEqual(status, 400)
    assert.include(detail, `payload.args.${at}: ${wanted.startsWith("this") ? wanted : "this number is too large"}`)
    assert.include(detail, wanted)
    assert.deepStrictEqual(errors?.[0]?.path, ["payload", "args", at])
  })

  it("whose body is not UTF-8 are problems: the device would get another argument", async () => {
    const body = Buffer.from('{"args":["m\xfcde"]}', "latin1")
    const { detail, status } = await problem(to("echo"), posting(body))
    assert.strictEqual(status, 400)
    assert.strictEqual(detail, 'the body is not UTF-8; write arguments of other bytes as {"base64": "…"}')
  })

  it.for([
    ["9007199254740991", "9007199254740991"],
    ["-9007199254740991", "-9007199254740991"],
    ["0.1", "0.1"],
    ['"12345678901234567890"', "12345678901234567890"],
    ['"\\ud83d\\udd2d"', "\u{1f52d}"]
  ] as const)("pass on what JSON holds exactly: %s", async ([written, wanted]) => {
    const { args } = await served.json<{ args: ReadonlyArray<unknown> }>(to("echo"), posting(`{"args":[${written}]}`))
    assert.deepStrictEqual(args, [wanted])
  })

  it("with a misspelled member are not made, and the problem has its place", async () => {
    const { detail } = await problem(to("track"), posting({ arg: [1] }))
    assert.strictEqual(detail, 'payload.arg: there is no key "arg"; did you mean args?')
  })

  it("leave audit records for admins, with caller and origin", async () => {
    await served.json(to("track"), posting({ args: [77] }, bearer(tokens.control)))
    const answered = await served.json<{ records: ReadonlyArray<Record<string, unknown> & { id: number }> }>(
      "/api/audit?limit=1000"
    )
    const { records } = answered
    assert.deepInclude(records.at(-1), {
      who: "operator",
      from: "127.0.0.1",
      role: "control",
      via: "http",
      device: "m000",
      request: "track",
      arguments: ["77"],
      outcome: "ok"
    })
    assert.isTrue(records.some(({ outcome }) => outcome === "refused"))
    await served.json(to("refuse"), posting({}))
    const { records: failed } = await served.json<typeof answered>(`/api/audit?after=${records.at(-1)!.id}`)
    assert.deepStrictEqual(
      failed.map(({ outcome, reason, request }) => [request, outcome, reason]),
      [["refuse", "fail", "not today"]]
    )
    const after = await served.json<{ records: ReadonlyArray<unknown> }>(`/api/audit?after=${records.at(-2)!.id}`)
    assert.strictEqual(after.records.length, 2)
    for (const role of ["read", "control"] as const)
      assert.deepInclude(await problem("/api/audit", { headers: bearer(tokens[role]) }), { status: 403 })
  })
})

describe("history", () => {
  it("is returned as columns of equal length, and as lines of CSV and NDJSON", async () => {
    const { received } = await served.json<{ readonly received: number }>("/api/sensors/m000/wind.speed")
    for (const value of [1, 2, 3])
      served.devices.m000.sensors["wind.speed"].set(value, { timestamp: received + value / 1000 })
    const to = "/api/history?sensor=m000/wind.speed&from=-60&points=10"
    interface Columns {
      readonly series: ReadonlyArray<Record<"t" | "min" | "max" | "avg" | "last" | "st", ReadonlyArray<number | null>>>
    }
    const maximum = async () => {
      const { body, status } = await served.ask(to)
      return status === 200
        ? Math.max(...(JSON.parse(body) as Columns).series.flatMap(({ max }) => max.map(Number)))
        : 0
    }
    while ((await maximum()) !== 3) await setTimeout(20)
    const { series } = await served.json<Columns>(to)
    const [one] = series
    for (const column of ["min", "max", "avg", "last", "st"] as const)
      assert.strictEqual(one![column].length, one!.t.length)
    const csv = await served.ask(`${to}&format=csv`)
    assert.match(csv.headers["content-type"]!, /^text\/csv/)
    assert.match(csv.body, /^time,device,name,min,max,avg,last,code\r\n[\d.]+,m000,wind\.speed,/)
    const lines = (await served.ask(`${to}&format=ndjson`)).body.trim().split("\n")
    assert.strictEqual(lines.length, one!.t.length)
    assert.containsAllKeys(JSON.parse(lines[0]!), ["time", "device", "name", "min"])
  })

  it("has every reading, page by page or as a stream", async () => {
    interface Readings {
      readonly readings: ReadonlyArray<{ readonly value: unknown; readonly timestamp: number }>
      readonly next?: string
    }
    const to = "/api/readings?sensor=m000/wind.speed&from=-3600"
    const all = await served.json<Readings>(to)
    const values = all.readings.map(({ value }) => value)
    assert.deepStrictEqual(values.slice(-3), [1, 2, 3])
    const paged: Array<unknown> = []
    let cursor: string | undefined
    do {
      const page: Readings = await served.json(`${to}&limit=2${cursor === undefined ? "" : `&cursor=${cursor}`}`)
      paged.push(...page.readings.map(({ value }) => value))
      cursor = page.next
    } while (cursor !== undefined)
    assert.deepStrictEqual(paged, values)
    const { body } = await served.ask(`${to}&format=ndjson`)
    assert.deepStrictEqual(
      body
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { readonly value: unknown }).value),
      values
    )
    assert.strictEqual((await served.ask(`${to}&format=csv`)).body.trim().split("\r\n").length, values.length + 1)
  })

  it.for([
    [
      "/api/history?sensr=m000/azimuth",
      'query.sensr: there is no key "sensr"; did you mean sensor?; query.sensor: this key is missing'
    ],
    ["/api/sensors?macth=m000/*", 'query.macth: there is no key "macth"; did you mean match?'],
    ["/api/sensors?limits=3&divice=m000", 'query.limits: there is no key "limits"; did you mean limit?; query.divice: ']
  ] as const)("names what a misspelled parameter means: %s", async ([to, wanted]) => {
    const { detail, status } = await problem(to)
    assert.strictEqual(status, 400)
    assert.include(detail, wanted)
  })

  it("accepts names with any ending: .json, .yaml, .toml", async () => {
    const names = ["beam.json", "beam.yaml", "beam.toml", "rx.temp"] as const
    for (const name of names) served.devices.m001.sensors[name].set(7)
    const newest = async (name: string) => {
      const { body, status } = await served.ask(`/api/readings?sensor=m001/${encodeURIComponent(name)}&from=-60`)
      if (status !== 200) return undefined
      const { readings } = JSON.parse(body) as { readings: ReadonlyArray<{ name: string; value: unknown }> }
      return readings.at(-1)
    }
    for (const name of names) {
      while ((await newest(name))?.value !== 7) await setTimeout(20)
      assert.strictEqual((await newest(name))!.name, name)
      const { series } = await served.json<{ series: ReadonlyArray<{ name: string }> }>(
        `/api/history?sensor=m001/${name}&from=-60`
      )
      assert.deepStrictEqual(
        series.map((one) => one.name),
        [name]
      )
      const { sensors } = await served.json<SensorPage>(`/api/sensors?match=m001/${name}`)
      assert.deepStrictEqual(
        sensors.map((one) => one.name),
        [name]
      )
      const one = await served.json<Sensor>(`/api/sensors/m001/${encodeURIComponent(name)}`)
      assert.strictEqual(one.name, name)
    }
    const matched = await served.json<SensorPage>(`/api/sensors?match=${encodeURIComponent("/beam\\.json")}`)
    assert.deepStrictEqual(
      matched.sensors.map(({ name }) => name),
      ["beam.json", "beam.json"]
    )
  })

  it("is empty for a range that ends before it begins", async () => {
    const times = "sensor=m000/azimuth&from=20&to=10"
    assert.deepStrictEqual(await served.json(`/api/history?${times}`), { from: 20, to: 10, series: [], gaps: [] })
    assert.deepStrictEqual(await served.json(`/api/readings?${times}`), { readings: [] })
  })

  it("of a sensor that was never archived is a problem, and so is a cursor of another archive", async () => {
    assert.deepInclude(await problem("/api/readings?sensor=m000/azimuth&cursor=nonsense"), { status: 404 })
    assert.deepInclude(await problem("/api/history?sensor=m000/none"), { status: 404 })
  })

  it("does not exist without an archive, and the problem says how to enable it", async () => {
    const without = await gateway()
    const { body, status } = await without.ask("/api/history?sensor=m000/azimuth")
    assert.strictEqual(status, 501)
    assert.include(body, "archive: { store: sqlite:site.db }")
    await without.close()
  })
})

describe("the process", () => {
  it("tells callers who they are", async () => {
    assert.deepStrictEqual(await served.json("/api/caller", { headers: bearer(tokens.read) }), {
      role: "read",
      by: "token",
      from: "127.0.0.1",
      name: "reader"
    })
  })

  it("serves no KATCP lines unless the options say so", async () => {
    for (const to of ["/katcp", "/katcp/m000"]) {
      assert.deepInclude(await problem(to), { status: 404 })
      const upgrade = { upgrade: "websocket", connection: "Upgrade", "sec-websocket-version": "13" }
      const headers = { ...upgrade, "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==" }
      assert.strictEqual((await served.ask(to, { headers })).status, 404)
    }
  })

  it("has an OpenAPI document of version 3.1 with every endpoint", async () => {
    const { openapi, paths } = await served.json<{ openapi: string; paths: Record<string, unknown> }>("/openapi.json")
    assert.match(openapi, /^3\.1\./)
    assert.sameMembers(Object.keys(paths), [
      "/api/devices",
      "/api/devices/{device}",
      "/api/devices/{device}/requests/{request}",
      "/api/sensors",
      "/api/sensors/{device}/{sensor}",
      "/api/history",
      "/api/readings",
      "/api/caller",
      "/api/audit",
      "/api/events"
    ])
  })
})
