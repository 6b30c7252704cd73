/** Messages of the commands without a device, with another program on the port, and with a malformed device. */
import { assert, describe, it } from "vitest"
import { device, type Ended, katcp, start } from "./katcp.ts"
import { badDevice, serve } from "./servers.ts"

/** Each command that connects, as it is called for a host. */
const commands: Readonly<Record<string, (host: string) => ReadonlyArray<string>>> = {
  call: (host) => ["call", host, "watchdog"],
  info: (host) => ["info", host],
  list: (host) => ["list", host],
  get: (host) => ["get", host, "azimuth"],
  help: (host) => ["help", host],
  monitor: (host) => ["monitor", host, "*"],
  wait: (host) => ["wait", host, "azimuth"],
  log: (host) => ["log", host],
  contract: (host) => ["contract", host],
  "contract diff": (host) => ["contract", "diff", host, host],
  conform: (host) => ["conform", host],
  simulate: (host) => ["simulate", "--copy", host, "--listen", "0"],
  shell: (host) => ["shell", host]
}

/** The commands that end by themselves where a device answers nothing, and a flag that makes them do it soon. */
const asking: ReadonlyArray<readonly [name: string, ...flags: ReadonlyArray<string>]> = [
  ...["call", "info", "list", "get", "help", "monitor", "contract", "simulate"].map(
    (name) => [name, "--timeout", "2"] as const
  ),
  ["conform", "--patience", "2s"]
]

/** Runs all at once, as far as they are named, and holds each end. */
const ended = async (
  host: string,
  names: ReadonlyArray<readonly [string, ...ReadonlyArray<string>]>,
  hold: (ended: Ended, name: string) => void
) => {
  const all = names.map(
    async ([name, ...flags]) => [name, await katcp([...commands[name]!(host), ...flags], "watchdog\n")] as const
  )
  for (const [name, end] of await Promise.all(all)) hold(end, name)
}

const every = Object.keys(commands).map((name) => [name] as const)

/** One line on the standard error, which has all that is wanted; nothing else, and the exit code of what was not asked. */
const saysOnce =
  (...wanted: ReadonlyArray<string>) =>
  ({ code, err, out }: Ended, name: string) => {
    assert.match(err, /^katcp: .*\n$/, name)
    for (const text of wanted) assert.include(err, text, name)
    assert.deepStrictEqual([code, out], [2, ""], `${name}: ${err}`)
  }

describe("without a device", () => {
  it("an unknown host: one line says so, exit code 2", () =>
    ended("no-such-host.invalid", every, saysOnce("cannot connect to no-such-host.invalid:7147: ")))

  it("a port without a listener: one line says so, and what to check", () =>
    ended(
      "127.0.0.1:1",
      every,
      saysOnce("cannot connect to 127.0.0.1:1: ", "is the device running, and is the port right?")
    ))

  it("a silent server: after 5 s one line says so, and what to try", async () => {
    const host = await serve(() => {})
    await ended(host, every, ({ code, err, out }, name) => {
      const wanted =
        name === "conform"
          ? "answers neither ?help"
          : "does not announce its KATCP version within 5000 ms; for an old device use --protocol 4.0, otherwise check the port"
      saysOnce(host, wanted)({ code, err, out }, name)
    })
  })

  it("an HTTP server that closes: at once", async () => {
    const host = await serve((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n<html>\r\n"))
    await ended(host, every, (end, name) =>
      saysOnce(host, name === "conform" ? "is it the port of a KATCP device?" : "looks like a web server")(end, name)
    )
  })

  it("a server that sends garbage, and one that sends half a greeting", async () => {
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, at) => (at * 37 + 11) & 255))
    const hosts = [await serve((socket) => socket.write(bytes)), await serve((socket) => socket.write("#version-con"))]
    await Promise.all(hosts.map((host) => ended(host, [["call"], ["monitor"], ["conform"]], saysOnce(host, "port"))))
  })

  it("a tap reports for each client that the device was not reached, closes its connection, and continues", async () => {
    const tap = start(["tap", "0", "127.0.0.1:1"])
    let at = ""
    await tap.until(({ err }) => (at = /clients of (\S+) reach/.exec(err)?.[1] ?? "") !== "")
    for (const time of [1, 2]) {
      saysOnce(at, "closed the connection")(await katcp(["call", at, "watchdog"]), "call")
      await tap.until(({ out }) => out.includes(`${time} < not reached: nothing listens on that port`))
    }
    tap.child.kill("SIGINT")
    assert.strictEqual((await tap.ended).code, 130)
  })
})

describe("a bad device", () => {
  it("dies in the middle of an answer: one line says that the reply is missing", async () => {
    const host = await badDevice((socket, head) => socket.write(`#${head} a b\n#${head} ha`, () => socket.destroy()))
    await ended(host, [...asking, ["wait"]], (end, name) => {
      // what it has told until then is shown
      const out = name === "call" || name === "info" ? "" : end.out
      const wanted = name === "conform" ? "answers neither ?help" : "the connection was lost before the reply arrived"
      saysOnce(host, wanted)({ ...end, out }, name)
    })
    const { out } = await katcp(["call", host, "watchdog"])
    assert.match(out, /^#watchdog\[\d+\] a b\n$/)
  })

  it("sends half a line: one line names the request without an answer", async () => {
    const host = await badDevice((socket, head) => socket.write(`!${head} o`))
    await ended(host, asking, (end, name) => {
      const out = name === "info" ? "" : end.out
      const wanted =
        name === "conform" ? "answers neither ?help" : "does not answer within 2000 ms; to wait longer use --timeout"
      saysOnce(host, wanted)({ ...end, out }, name)
    })
    const { out } = await katcp(["info", host, "--timeout", "2"])
    assert.include(out, "5.1-IM", "what is known of it")
  })

  it("answers with garbage: one line names the request without an answer", async () => {
    const host = await badDevice((socket) => socket.write(Buffer.from("\0\xff$$%%\n!\n#[] \\q\n", "latin1")))
    await ended(
      host,
      [
        ["call", "--timeout", "2"],
        ["list", "--timeout", "2"]
      ],
      saysOnce(host, "does not answer")
    )
  })

  it("does not answer ?log-level: a line says so, and the log is followed", async () => {
    const host = await badDevice((socket, head) =>
      setImmediate(() => socket.write(head.startsWith("log-level") ? "#log error 1.0 self I\\_live\n" : ""))
    )
    const log = start(["log", host, "--timeout", "2"])
    await log.until(({ out }) => out.includes("self: I live"))
    await log.until(({ err }) => err.includes(`?log-level: ${host} does not answer within 2000 ms`))
    log.child.kill("SIGINT")
    assert.strictEqual((await log.ended).code, 130)
  })

  it("fails with a Python traceback: its last line is shown, exit code 1", async () => {
    const text = 'Traceback\\_(most\\_recent\\_call\\_last):\\n\\_\\_File\\_"x.py"\\nValueError:\\_no\\_brakes'
    const host = await badDevice((socket, head) => socket.write(`!${head} fail ${text}\n`))
    await ended(host, [["list"], ["get"], ["help"], ["contract"], ["wait"]], ({ code, err, out }, name) => {
      assert.deepStrictEqual([code, err, out], [1, `katcp: ${host} says fail: ValueError: no brakes\n`, ""], name)
    })
  })

  it("speaks an unsupported version, or is full: one line with its reason", async () => {
    const next = await serve((socket) => socket.write("#version-connect katcp-protocol 6.0-MI\n"))
    saysOnce(next, "it speaks 6.0-IM")(await katcp(["call", next, "watchdog"]), "call")
    const full = await serve((socket) => socket.end("#disconnect too\\_many\\_clients\n"))
    saysOnce(full, "too many clients")(await katcp(["call", full, "watchdog"]), "call")
  })
})

describe("names that a device does not have", () => {
  it("a request: the nearest names, exit code 1", async () => {
    const { address } = await device()
    const call = await katcp(["call", address, "wachdog"])
    assert.deepStrictEqual([call.code, call.err], [1, "katcp: there is no ?wachdog; did you mean watchdog?\n"])
    const help = await katcp(["help", address, "wachdog"])
    const text = `katcp: ${address} has no request ?wachdog; did you mean watchdog?\n`
    assert.deepStrictEqual(help, { code: 1, out: "", err: text })
  })

  it("a sensor: the nearest names, exit code 1, even in commands that wait", async () => {
    const { address } = await device()
    for (const [command, ...more] of [["get"], ["list"], ["wait", "nominal"], ["monitor"]]) {
      const found = await katcp([command!, address, "tst.int", ...more])
      const text = `katcp: ${address} has no sensor tst.int; did you mean test.int?\n`
      assert.deepStrictEqual(found, { code: 1, out: "", err: text }, command)
    }
  })

  it("a pattern without a match: a line says so; commands that follow continue", async () => {
    const { address } = await device()
    const list = await katcp(["list", address, "nothing*", "--json"])
    assert.deepStrictEqual(list, { code: 0, out: "", err: `katcp: no sensor of ${address} matches nothing*\n` })
    const monitor = await katcp(["monitor", address, "/^nothing/", "test.int", "--count", "1"])
    assert.deepStrictEqual([monitor.code, monitor.err], [0, `katcp: no sensor of ${address} matches /^nothing/ yet\n`])
  })

  it("a strategy that does not fit a sensor: a line says so", async () => {
    const { address } = await device()
    const monitor = start(["monitor", address, "test.*", "--strategy", "differential 2"])
    await monitor.until(
      ({ err, out }) =>
        err.includes("katcp: test.string cannot be sampled by differential 2.0: ") && /test\.int \d/.test(out)
    )
    monitor.child.kill("SIGINT")
    await monitor.ended
  })

  it("a second client: a device for a single client is copied over one connection", async () => {
    const { address } = await device("--single-client")
    const simulation = start(["simulate", "--copy", address, "--listen", "0"])
    await simulation.until(({ err }) => /^katcp: a device of \d+ requests and \d+ sensors at /.test(err))
    simulation.child.kill("SIGINT")
    assert.strictEqual((await simulation.ended).code, 130)
  })
})
