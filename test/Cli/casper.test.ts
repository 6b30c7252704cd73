/** `katcp casper` with fake boards over TCP. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { connect } from "node:net"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as Effect from "effect/Effect"
import * as Casper from "katcp/Casper"
import * as CasperNode from "katcp/Casper/node"
import { afterAll, expect, it } from "vitest"
import { freePort } from "../../scripts/freePort.ts"
import { katcp, start } from "./katcp.ts"

const folder = mkdtempSync(path.join(tmpdir(), "katcp-casper-"))
afterAll(() => rmSync(folder, { recursive: true }))
const meta = (key: string, ...values: ReadonlyArray<string>) => ({ device: "gain", tag: "xps:sw_reg", key, values })
const design = Casper.Fpg.make({
  registers: {
    acc_len: { address: 0x100, length: 4 },
    gain: { address: 8, length: 4 },
    spectrum: { address: 0x1000, length: 20 }
  },
  meta: [
    meta("io_dir", "From Processor"),
    meta("names", "[re im]"),
    meta("bitwidths", "[16 16]"),
    meta("bin_pts", "8"),
    meta("arith_types", "1"),
    { device: "77777_git", tag: "rcs", key: "a.slx", values: ["abc123"] }
  ]
})
const file = path.join(folder, "design.fpg")
writeFileSync(file, Casper.Fpg.encode(design))

/** Runs a test with so many boards. */
const withBoards = (
  options: ReadonlyArray<Casper.FakeOptions>,
  body: (hosts: ReadonlyArray<string>, boards: ReadonlyArray<Casper.FakeBoard>) => Promise<void>
) =>
  Effect.gen(function* () {
    const boards = yield* Effect.forEach(options, (one) =>
      Effect.flatMap(Effect.promise(freePort), (port) => Casper.fake({ ...one, port }))
    )
    yield* Effect.promise(() =>
      body(
        boards.map(({ address }) => address),
        boards
      )
    )
  }).pipe(Effect.scoped, Effect.provide(CasperNode.layer), Effect.runPromise)

it("shows the contents of an .fpg file, without a board", async () => {
  expect(await katcp(["casper", "fpg", file])).toEqual({
    code: 0,
    err: "",
    out: [
      `${file}: 3 registers, a bitstream of 256 bytes`,
      "register  address  bytes",
      "acc_len     0x100      4",
      "gain          0x8      4",
      "spectrum   0x1000     20",
      "77777_git  rcs  a.slx  abc123",
      ""
    ].join("\n")
  })
  const none = await katcp(["casper", "fpg", path.join(folder, "none.fpg")])
  expect([none.code, none.out]).toEqual([2, ""])
  expect(none.err).toMatch(/none\.fpg: /)
})

it("lists, reads and writes registers, in hexadecimal and decimal, of several boards", () =>
  withBoards([{ design }, { design }], async (hosts, boards) => {
    const [one, two] = hosts as [string, string]
    const both = hosts.join(",")
    const list = await katcp(["casper", "list", one])
    expect(list.out).toBe(
      [
        "register  address  bytes  kind        way",
        "acc_len     0x100      4",
        "gain          0x8      4  xps:sw_reg  From Processor",
        "spectrum   0x1000     20",
        ""
      ].join("\n")
    )
    expect(await katcp(["casper", "write", both, "acc_len", "0x400"])).toEqual({ code: 0, out: "", err: "" })
    expect([...boards[1]!.peek("acc_len")!]).toEqual([0, 0, 4, 0])
    const read = await katcp(["casper", "read", both, "acc_len"])
    expect(read.out.trimEnd().split("\n").sort()).toEqual(
      [`${one} acc_len 0x00000400 1024`, `${two} acc_len 0x00000400 1024`].sort()
    )
    await katcp(["casper", "write", one, "gain", "--field", "im", "--", "-0.5"])
    expect((await katcp(["casper", "read", one, "gain", "--field", "im", "--json"])).out).toBe(
      `${JSON.stringify({ host: one, register: "gain", field: "im", value: -0.5 })}\n`
    )
    boards[0]!.poke(
      "spectrum",
      Uint8Array.from({ length: 20 }, (_, at) => at + 60)
    )
    expect((await katcp(["casper", "read", one, "spectrum"])).out).toBe(
      "00000000  3c 3d 3e 3f 40 41 42 43 44 45 46 47 48 49 4a 4b  <=>?@ABCDEFGHIJK\n" +
        "00000010  4c 4d 4e 4f                                      LMNO\n"
    )
    expect((await katcp(["casper", "read", one, "spectrum", "--raw"])).out).toBe("<=>?@ABCDEFGHIJKLMNO")
  }))

it("prints the output of several boards in the order of the hosts, even if the first one fails last", () =>
  withBoards([{ design }, {}, { design, faults: { requests: { meta: "no metadata" } } }], async (hosts) => {
    const [one, two, three] = hosts as [string, string, string]
    const all = [three, one, two, three, one]
    for (const concurrency of ["1", "5"]) {
      const { code, err, out } = await katcp(["casper", "read", all.join(","), "acc_len", "--concurrency", concurrency])
      expect([code, err]).toEqual([
        1,
        `katcp: ${two} has no registers: is the FPGA programmed?\nkatcp: 1 of 5 boards failed\n`
      ])
      expect(out).toBe([three, one, three, one].map((host) => `${host} acc_len 0x00000000 0\n`).join(""))
    }
    const json = (await katcp(["casper", "info", "--json", ...all])).out.trimEnd().split("\n")
    expect(json.map((line) => JSON.parse(line).host)).toEqual(all)
  }))

it("suggests a similar register for an unknown one, and exits with 1", () =>
  withBoards([{ design }], async ([host]) => {
    const { code, err } = await katcp(["casper", "read", host!, "acc_le"])
    expect(code).toBe(1)
    expect(err).toMatch(/has no register acc_le; .*; did you mean acc_len\?/)
  }))

it("refuses to program without a terminal, unless --yes is given", () =>
  withBoards([{}], async ([host], [board]) => {
    for (const words of [
      ["upload", host!, file],
      ["program", host!, "a.bof"],
      ["program", "--none", host!]
    ]) {
      const { code, err } = await katcp(["casper", ...words])
      expect([code, /confirmation without a terminal; .* add --yes/.test(err)], words.join(" ")).toEqual([2, true])
    }
    expect(board!.uploads).toBe(0)
  }))

it("programs several boards, names those that fail, and continues with the others", () =>
  withBoards([{}, { faults: { upload: "broken" } }, { design }], async (hosts, boards) => {
    const gone = `127.0.0.1:${await freePort()}`
    const { code, err, out } = await katcp(["casper", "upload", "--yes", ...hosts, gone, file])
    expect(code).toBe(2)
    expect(boards.map(({ state }) => state)).toEqual(["ready", "down", "ready"])
    expect(out).toMatch(new RegExp(`^${hosts[0]}: ready after `, "m"))
    expect(err).toMatch(new RegExp(`^katcp: ${hosts[1]}: the FPGA was not programmed.*unable to program`, "m"))
    expect(err).toMatch(new RegExp(`^katcp: cannot connect to ${gone}`, "m"))
    expect(err).toMatch(/^katcp: 2 of 4 boards failed$/m)
  }))

it("says that the board continues by itself if the command ends after the design was sent", () =>
  withBoards([{ faults: { upload: "silent" } }], async ([host]) => {
    const sending = start(["casper", "upload", "--yes", host!, file])
    await sending.until(({ out }) => out.includes("sent 100 %"))
    sending.child.kill("SIGINT")
    const { code, err } = await sending.ended
    expect([code, err]).toEqual([
      130,
      `katcp: ${host} continues by itself with the received file; check with katcp casper info\n`
    ])
  }))

it("shows words whenever they change", () =>
  withBoards([{ design }], async ([host], [board]) => {
    const watching = start(["casper", "watch", host!, "acc_len", "--every", "20ms"])
    await watching.until(({ out }) => out.includes("acc_len 0x00000000 0\n"))
    board!.poke("acc_len", Uint8Array.of(0, 0, 0, 7))
    await watching.until(({ out }) => out.includes("acc_len 0x00000007 7\n"))
    watching.child.kill("SIGINT")
    expect((await watching.ended).code).toBe(130)
  }))

it("reports that a watched board is lost, and that it is back", async () => {
  const port = await freePort()
  const serve = async () => {
    const serving = start(["casper", "fake", file, "--listen", `${port}`])
    await serving.until(({ err }) => err.includes("a fake board of 3 registers"))
    return serving
  }
  const first = await serve()
  const watching = start(["casper", "watch", `127.0.0.1:${port}`, "acc_len", "gain", "--every", "20ms"])
  await watching.until(({ out }) => out.includes("gain 0x00000000 0\n"))
  first.child.kill("SIGKILL")
  await watching.until(({ err }) => /not connected .*; reconnecting\n/.test(err))
  const second = await serve()
  await watching.until(({ err }) => err.includes(`connected to 127.0.0.1:${port} again\n`))
  await katcp(["casper", "write", `127.0.0.1:${port}`, "acc_len", "7"])
  await watching.until(({ out }) => out.includes("acc_len 0x00000007 7\n"))
  watching.child.kill("SIGINT")
  expect((await watching.ended).code).toBe(130)
  second.child.kill("SIGKILL")
  await second.ended
})

it("serves a fake board with a given design and given faults", async () => {
  const port = await freePort()
  const serving = start(["casper", "fake", file, "--listen", `${port}`, "--fail", "wordread=no bus"])
  await serving.until(({ err }) => err.includes(`a fake board of 3 registers at 127.0.0.1:${port}`))
  const { code, err } = await katcp(["casper", "read", `127.0.0.1:${port}`, "acc_len"])
  expect([code, /\?wordread: fail\. The board logged meanwhile: no bus/.test(err)]).toEqual([1, true])
  const info = await katcp(["casper", "info", "--json"], "", { KATCP_SERVER: `127.0.0.1:${port}` })
  expect(JSON.parse(info.out)).toMatchObject({
    state: "ready",
    registers: 3,
    sources: [{ key: "a.slx", values: ["abc123"] }]
  })
  serving.child.kill("SIGTERM")
  expect((await serving.ended).code).toBe(0)
})

/** Connects from an address of this machine, sends a line, and gives all that comes until the end. */
const sendFrom = (port: number, from: string, line: string) =>
  new Promise<string>((resolve) => {
    let came = ""
    const socket = connect({ port, host: "127.0.0.1", localAddress: from }, () => socket.end(line))
    socket.setEncoding("latin1")
    socket.on("data", (text) => {
      came += text
    })
    socket.on("error", () => {})
    socket.on("close", () => resolve(came))
  })

it("applies the rules of access; the requests of the contract have their own roles (issue Trust, 2)", async () => {
  const port = await freePort()
  const host = `127.0.0.1:${port}`
  const serving = start(["casper", "fake", file, "--listen", `${port}`, "--access", "all=read"])
  await serving.until(({ err }) => err.includes("a fake board of 3 registers"))
  expect((await katcp(["casper", "read", host, "acc_len"])).out).toBe("0x00000000 0\n")
  expect((await katcp(["casper", "list", host])).code).toBe(0)
  for (const words of [
    ["write", host, "acc_len", "1"],
    ["upload", "--yes", host, file],
    ["program", "--yes", "--none", host]
  ]) {
    const { code, err } = await katcp(["casper", ...words])
    expect([code, /needs the role control; 127\.0\.0\.1:\d+ has read/.test(err)], err).toEqual([1, true])
  }
  expect(await sendFrom(port, "127.0.0.1", "POST / HTTP/1.1\r\n\r\n?progdev\n")).not.toContain("!progdev")
  await serving.until(({ err }) => err.includes("This port speaks KATCP, not HTTP"))
  expect((await katcp(["casper", "info", host, "--json"])).out).toContain('"state":"ready"')
  serving.child.kill("SIGTERM")
  expect((await serving.ended).code).toBe(0)
})

it("accepts files at its upload port only from addresses with the role control", async () => {
  const port = await freePort()
  const files = await freePort()
  const serving = start([
    "casper",
    "fake",
    "--listen",
    `${port}`,
    "--access",
    "127.0.0.2/32=read",
    "--access",
    "127.0.0.3/32=none"
  ])
  await serving.until(({ err }) => err.includes("a fake board of 0 registers"))
  expect(await sendFrom(port, "127.0.0.3", "?watchdog\n")).toMatch(
    /^#disconnect 127\.0\.0\.3:\d+\\_has\\_no\\_access\\_here/
  )
  expect(await sendFrom(port, "127.0.0.2", `?progremote ${files}\n`)).toMatch(/!progremote fail/)
  expect(await sendFrom(port, "127.0.0.1", `?progremote ${files}\n`)).toMatch(/!progremote ok/)
  for (const stranger of ["127.0.0.2", "127.0.0.3"]) await sendFrom(files, stranger, "?quit\n".padEnd(200))
  await serving.until(({ err }) => (err.match(/refused a file for port \d+/g) ?? []).length === 2)
  await sendFrom(files, "127.0.0.1", Buffer.from(Casper.Fpg.encode(design)).toString("latin1"))
  const state = async () => JSON.parse((await katcp(["casper", "info", `127.0.0.1:${port}`, "--json"])).out).state
  while ((await state()) !== "ready");
  serving.child.kill("SIGTERM")
  expect((await serving.ended).code).toBe(0)
})
