/** Proxies, limits, TLS and other addresses, at a listener on a real port. */
import { execFileSync } from "node:child_process"
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { request } from "node:https"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { connect as connectTls } from "node:tls"
import { Effect } from "effect"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { Access } from "../../../src/Server/index.ts"
import { RateLimit } from "../../../src/Site/http/RateLimit.ts"
import { Sessions } from "../../../src/Site/http/Sessions.ts"
import { bearer, listening, tokenFile } from "./support.ts"

describe("behind proxies", () => {
  const { file, remove, tokens } = tokenFile()
  let server: Awaited<ReturnType<typeof listening>>
  beforeAll(async () => {
    server = await listening({ tokens: file, trustedProxies: ["127.0.0.1", "10.0.0.0/8"] })
  })
  afterAll(async () => {
    await server.close()
    remove()
  })
  const from = async (headers: Readonly<Record<string, string>>, connection = "127.0.0.1") =>
    (
      JSON.parse(
        (await server.ask("/read", { headers: { ...headers, ...bearer(tokens.read) }, from: connection })).body
      ) as { readonly from: string }
    ).from

  it.for([
    ["192.0.2.7", "192.0.2.7"],
    ["192.0.2.7, 10.1.2.3", "192.0.2.7"],
    ["198.51.100.1, 192.0.2.7", "192.0.2.7"],
    ["198.51.100.1, 192.0.2.7, 10.0.0.1, 10.0.0.2", "192.0.2.7"],
    ["nonsense, 192.0.2.7", "192.0.2.7"],
    ["192.0.2.7, nonsense", "127.0.0.1"],
    ["[2001:db8::1]:4711", "2001:db8::1"],
    ["192.0.2.7:4711", "192.0.2.7"],
    ["10.0.0.9", "10.0.0.9"]
  ] as const)("believes what trusted ones add to X-Forwarded-For alone: %s", async ([chain, wanted]) => {
    assert.strictEqual(await from({ "x-forwarded-for": chain }), wanted)
  })

  it("reads Forwarded if there is no X-Forwarded-For", async () => {
    assert.strictEqual(await from({ forwarded: 'for="[2001:db8::1]:47";proto=https, for=10.0.0.4' }), "2001:db8::1")
  })

  it("ignores the headers of an address that is not a trusted proxy", async () => {
    assert.strictEqual(await from({ "x-forwarded-for": "192.0.2.7" }, "127.0.0.2"), "127.0.0.2")
  })

  it("needs a token, whatever address a trusted proxy reports", async () => {
    assert.strictEqual((await server.ask("/read", { headers: { "x-forwarded-for": "127.0.0.1" } })).status, 401)
  })

  it("makes the cookie Secure if the client uses TLS to a trusted proxy", async () => {
    const body = String(new URLSearchParams({ token: tokens.read }))
    const cookie = async (connection: string) => {
      const headers = { "x-forwarded-proto": "https", host: "localhost", origin: "https://localhost" }
      return (await server.ask("/login", { method: "POST", headers, body, from: connection })).headers["set-cookie"]!
    }
    assert.match(await cookie("127.0.0.1"), /^__Host-katcp-session-\d+=.*; Secure/)
    assert.notInclude(await cookie("127.0.0.2"), "Secure")
  })
})

describe("limits", () => {
  it("refuse only an address that sends too many requests, for a while", async () => {
    const server = await listening({ requestsPerSecond: 2 })
    const asked = async (from: string) => (await server.ask("/none", { from })).status
    for (let count = 0; count < 40; count++) assert.strictEqual(await asked("127.0.0.1"), 200)
    assert.strictEqual(await asked("127.0.0.1"), 429)
    assert.strictEqual(await asked("127.0.0.2"), 200)
    await server.pass(1)
    assert.strictEqual(await asked("127.0.0.1"), 200)
    await server.close()
  })

  it("refuse a caller that sends too many requests from many addresses", async () => {
    const { file, remove, tokens } = tokenFile()
    const server = await listening({ requestsPerSecond: 1, tokens: file })
    const asked = async (count: number) =>
      (await server.ask("/none", { from: `127.0.0.${10 + count}`, headers: bearer(tokens.read) })).status
    for (let count = 0; count < 20; count++) assert.strictEqual(await asked(count), 200)
    assert.strictEqual(await asked(20), 429)
    assert.strictEqual((await server.ask("/none", { headers: bearer(tokens.admin) })).status, 200)
    await server.close()
    remove()
  })

  it("are the same after the time of day goes back", async () => {
    const { file, remove, tokens } = tokenFile()
    const server = await listening({ requestsPerSecond: 2, tokens: file })
    const asked = async (token = tokens.read) => (await server.ask("/read", { headers: bearer(token) })).status
    assert.deepStrictEqual([await asked(), await asked("wrong")], [200, 401])
    await server.stepBack(7200)
    for (let count = 0; count < 3; count++) assert.deepStrictEqual([await asked(), await asked("wrong")], [200, 401])
    await server.close()
    remove()
  })

  it("of requests never exceed burst and rate, and hold at most 10,000 keys", () => {
    // steps of a generator of its own: the same in each run
    let seed = 1
    const random = (below: number) => {
      seed = (seed * 48271) % 2147483647
      return seed % below
    }
    for (let run = 0; run < 50; run++) {
      const limit = new RateLimit(3, 5)
      let now = 0
      const passed = new Map<string, number>()
      for (let step = 0; step < 100; step++) {
        now += random(3) === 0 ? random(3000) : random(50)
        const key = `${random(3)}`
        if (limit.take(key, now) === 0) passed.set(key, (passed.get(key) ?? 0) + 1)
        for (const count of passed.values()) assert.isAtMost(count, 5 + (3 * now) / 1000 + 1e-6)
      }
    }
    const limit = new RateLimit(1, 1)
    for (let key = 0; key < 25_000; key++) limit.take(`${key}`, 0)
    assert.strictEqual(limit.size, 10_000)
    assert.strictEqual(limit.forgotten, 15_000)
    assert.isAbove(limit.take("24999", 0), 0)
  })

  it("end the oldest session above 10,000", () => {
    const sessions = new Sessions(100)
    const holder = { name: "a", role: "read", expires: undefined, ending: undefined, ended: Effect.never } as const
    const first = sessions.begin(holder, 0).id
    for (let count = 0; count < 10_000; count++) sessions.begin(holder, 0)
    assert.strictEqual(sessions.size, 10_000)
    assert.strictEqual(sessions.dropped, 1)
    assert.isUndefined(sessions.find(first, 1))
  })

  it("close connections above the limit of one address, and of all", async () => {
    const server = await listening({ maxConnections: 4, maxConnectionsPerAddress: 2 })
    const open = async (from: string) => {
      const socket = connect({ host: "127.0.0.1", port: server.port, localAddress: from })
      await new Promise((resolve) => socket.once("connect", resolve).once("error", resolve))
      socket.write("GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n")
      const answer = await new Promise<string>((resolve) => {
        socket.once("data", (data) => resolve(String(data).slice(0, 12)))
        socket.once("close", () => resolve("closed")).once("error", () => resolve("closed"))
      })
      return { socket, answer }
    }
    const all = []
    for (const from of ["127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"])
      all.push(await open(from))
    assert.deepStrictEqual(
      all.map(({ answer }) => answer),
      ["HTTP/1.1 200", "HTTP/1.1 200", "closed", "HTTP/1.1 200", "HTTP/1.1 200", "closed"]
    )
    for (const { socket } of all) socket.destroy()
    await server.close()
  })

  it("close clients that keep their side open after the last message", async () => {
    const server = await listening({ headersTimeout: 100 })
    const told = await Promise.all(
      ["GET / HTTP/1.1\r\nHost", "no HTTP at all\r\n\r\n"].map(async (text) => {
        const socket = connect({ host: "127.0.0.1", port: server.port, allowHalfOpen: true })
        socket.on("error", () => undefined)
        socket.write(text)
        let said = ""
        socket.on("data", (data) => (said += data))
        await new Promise((resolve) => socket.once("end", resolve))
        return { socket, said }
      })
    )
    assert.match(told[0]!.said, /^HTTP\/1\.1 408 /)
    assert.match(told[1]!.said, /^HTTP\/1\.1 400 /)
    const details = async () => {
      const { body } = await server.ask("/healthz", { from: "127.0.0.9" })
      return (JSON.parse(body) as { parts: { http: { details: Readonly<Record<string, number>> } } }).parts.http.details
    }
    assert.deepInclude(await details(), { slowRequests: 1, badRequests: 1, stalledConnections: 0 })
    assert.isAbove((await details()).connections!, 1)
    await server.pass(15)
    await server.pass(15)
    let after = await details()
    while (after.connections !== 1) after = await details()
    assert.isAtLeast(after.stalledConnections!, 1)
    for (const { socket } of told) socket.destroy()
    await server.close()
  })

  it("disconnect a client that accepts nothing of its answer for a minute", async () => {
    const server = await listening()
    const socket = connect({ host: "127.0.0.1", port: server.port })
    socket.pause()
    // more than both ends' buffers hold
    socket.write(`GET /none HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(60_000))
    socket.on("error", () => undefined)
    const stalled = async () => {
      const { body } = await server.ask("/healthz", { from: "127.0.0.9" })
      const { parts } = JSON.parse(body) as {
        readonly parts?: { readonly http: { readonly details: { readonly stalledConnections: number } } }
      }
      assert.isDefined(parts, body)
      return parts.http.details.stalledConnections
    }
    // a client that sends requests from time to time is not affected
    while ((await stalled()) === 0) await server.pass(15)
    socket.destroy()
    await server.close()
  })
})

describe("another address than loopback", () => {
  it.for(["0.0.0.0", "::", "192.0.2.1"])("needs tokens, an issuer, certificates, or insecure: %s", async (host) => {
    const refused = await listening({ host }).then(
      () => undefined,
      (error: Error) => error.message
    )
    assert.include(refused, "callers need no credentials")
  })

  it("gives callers of other machines without a token only what access rules permit", async () => {
    const { file, remove } = tokenFile()
    // 127.0.0.1 stands for another machine: it is not a loopback address of the rules
    const closed = await listening({ host: "0.0.0.0", tokens: file })
    assert.strictEqual((await closed.ask("/read")).status, 200)
    await closed.close()
    const roleOf = Access.make([{ role: "read", network: "127.0.0.2" }])
    const ruled = await listening({ host: "0.0.0.0", tokens: file, roleOf })
    assert.strictEqual((await ruled.ask("/read", { from: "127.0.0.2" })).status, 200)
    assert.strictEqual((await ruled.ask("/read")).status, 401)
    await ruled.close()
    remove()
  })
})

describe("HTTPS", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "katcp-https-"))
  afterAll(() => rmSync(folder, { recursive: true }))
  const certificate = (name: string) => {
    const [key, cert] = [path.join(folder, `${name}.key`), path.join(folder, `${name}.pem`)]
    execFileSync(
      "openssl",
      [
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-keyout",
        key,
        "-out",
        cert,
        "-subj",
        `/CN=${name}`
      ],
      { stdio: "ignore" }
    )
    return { key, cert }
  }
  const shown = (port: number) =>
    new Promise<string>((resolve, reject) => {
      const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN))
        socket.destroy()
      })
      socket.on("error", reject)
    })

  it("serves with a certificate, reloads it, and sets Secure cookies", async () => {
    const first = certificate("first")
    const second = certificate("second")
    const { file, remove, tokens } = tokenFile()
    const server = await listening({ tokens: file, tls: { cert: { file: first.cert }, key: { file: first.key } } })
    assert.match(server.url, /^https:/)
    assert.strictEqual(await shown(server.port), "first")
    const cookie = await new Promise<string>((resolve, reject) => {
      request(
        {
          host: "127.0.0.1",
          port: server.port,
          path: "/login",
          method: "POST",
          rejectUnauthorized: false,
          agent: false
        },
        (response) => resolve(String(response.headers["set-cookie"]))
      )
        .on("error", reject)
        .end(String(new URLSearchParams({ token: tokens.read })))
    })
    assert.match(cookie, /^__Host-katcp-session-\d+=[0-9a-f]+; .*Secure/)
    copyFileSync(second.cert, first.cert)
    copyFileSync(second.key, first.key)
    await server.pass(60)
    // the files are read in the background
    while ((await shown(server.port)) !== "second");
    await server.close()
    remove()
  })

  it("asks clients for a certificate of its authority, whose holder has the role of the access rules", async () => {
    const authority = certificate("authority")
    const stranger = certificate("stranger")
    /** A certificate that an authority has signed. */
    const signed = (name: string, by: typeof authority) => {
      const [key, cert, asked] = ["key", "pem", "csr"].map((end) => path.join(folder, `${name}.${end}`)) as [
        string,
        string,
        string
      ]
      const openssl = (...words: ReadonlyArray<string>) => execFileSync("openssl", words, { stdio: "ignore" })
      openssl(
        ..."req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout".split(" "),
        key,
        "-out",
        asked,
        "-subj",
        `/CN=${name}/OU=engineers`
      )
      openssl(
        "x509",
        "-req",
        "-in",
        asked,
        "-CA",
        by.cert,
        "-CAkey",
        by.key,
        "-CAcreateserial",
        "-days",
        "2",
        "-out",
        cert
      )
      return { key, cert }
    }
    const anna = signed("anna", authority)
    const eve = signed("eve", stranger)
    const own = certificate("server")
    const options = {
      host: "0.0.0.0",
      tls: { cert: { file: own.cert }, key: { file: own.key }, ca: { file: authority.cert } },
      roleOf: Access.make([{ role: "control", certificate: { subject: { OU: "engineers" } } }])
    } as const
    const server = await listening(options)
    const asked = (to: string, shown?: { readonly key: string; readonly cert: string }, port = server.port) =>
      new Promise<string>((resolve) => {
        const files =
          shown === undefined ? {} : { key: readFileSync(shown.key, "utf8"), cert: readFileSync(shown.cert, "utf8") }
        request(
          { host: "127.0.0.1", port, path: to, rejectUnauthorized: false, agent: false, ...files },
          (response) => {
            let body = ""
            response.on("data", (data) => (body += data)).on("end", () => resolve(`${response.statusCode} ${body}`))
          }
        )
          .on("error", ({ code }: NodeJS.ErrnoException) => resolve(String(code)))
          .end()
      })
    assert.match(await asked("/read", anna), /^200 .*"from":"127.0.0.1","name":"anna","role":"control"/)
    assert.match(await asked("/admin", anna), /^403 /)
    for (const shown of [undefined, eve, stranger])
      assert.match(await asked("/none", shown), /^(?:ERR_SSL|ECONNRESET|EPROTO)/)
    await server.close()
    // a reverse proxy of this machine may hold a certificate: it is not a token of those behind it
    const behind = await listening({ ...options, loopback: "token" })
    assert.match(await asked("/read", anna, behind.port), /^401 /)
    await behind.close()
  })

  it("explains an invalid certificate", async () => {
    const { key } = certificate("third")
    const refused = await listening({
      tls: { cert: { file: path.join(folder, "none.pem") }, key: { file: key } }
    }).then(
      () => undefined,
      (error: Error) => error.message
    )
    assert.include(
      refused,
      `TLS at 127.0.0.1:0: cannot read ${path.join(folder, "none.pem")}: there is no such file or folder`
    )
  })
})
