/** The output of `call` for a device that relays it. */
import { scheduler } from "node:timers/promises"
import { assert, describe, it } from "vitest"
import { bareDevice } from "./bareDevice.ts"
import { inTime, katcp } from "./katcp.ts"

const board = (version = "5.1-IM") =>
  bareDevice((socket, name, id, words) => {
    switch (name) {
      case "stow":
        socket.write(
          version === "5.1-IM" ? "#log warn 1.5 drive near\\_limit\n" : "#log warn 1500 drive near\\_limit\n"
        )
        socket.write(`#stow${id} one\n#stow${id} two\n`)
        return socket.write(`!stow${id} ok 2\n`)
      case "track":
        return socket.write(`!track${id} fail too\\_low\n`)
      case "halt":
        return socket.write(`#log error 1 drive stuck\n!halt${id} fail\n`)
      case "read":
        return socket.write(Buffer.from(`!read${id} ok ab\\0\xffz${words.join("")}\n`, "latin1"))
      default:
        return socket.write(`!${name}${id} invalid unknown\n`)
    }
  }, version)

/** Lines with the times of records left out. */
const lines = (out: string) =>
  out
    .trimEnd()
    .replace(/^(#log \w+) [\d.]+/gm, "$1 T")
    .split("\n")

describe("call --katcp (C-101)", () => {
  it("prints messages as on the wire, without ids", async () => {
    const { address } = await board()
    const { code, err, out } = await katcp(["call", "-k", address, "stow"])
    assert.deepStrictEqual([code, out, err], [0, "#stow one\n#stow two\n!stow ok 2\n", ""])
    const failed = await katcp(["call", "--katcp", address, "track"])
    assert.deepStrictEqual([failed.code, failed.out, failed.err], [1, "!track fail too\\_low\n", ""])
  })

  it("--munge prints the reply as a record under the name of the request: debug if it is ok, else warn", async () => {
    const { address } = await board()
    const ok = await katcp(["call", "-m", "-l", "script", "--no-informs", address, "stow"])
    assert.deepStrictEqual([ok.code, lines(ok.out), ok.err], [0, ["#log debug T stow ok\\_2"], ""])
    const failed = await katcp(["call", "--munge", address, "track"])
    assert.deepStrictEqual([failed.code, lines(failed.out)], [1, ["#log warn T track fail\\_(too\\_low)"]])
    const silent = await katcp(["call", "--munge", "--label", "script", address, "halt"])
    assert.deepStrictEqual(lines(silent.out), [
      "#log warn T halt fail\\_(no\\_reason\\_given)",
      "#log warn T script a\\_possible\\_reason:\\_error\\_of\\_drive:\\_stuck"
    ])
  })

  it("reports faults as records under the label, or KATCP_LABEL, with the usual exit code", async () => {
    const label = { KATCP_LABEL: "boot" }
    const gone = await katcp(["call", "--katcp", "127.0.0.1:1", "stow"], "", label)
    assert.deepStrictEqual([gone.code, gone.err], [2, ""])
    assert.match(gone.out, /^#log error \d+\.\d+ boot cannot\\_connect\\_to\\_127\.0\.0\.1:1:\\_nothing.*\n$/)
    const old = await katcp(["call", "-k", "-l", "mine", "127.0.0.1:1", "stow"], "", {
      ...label,
      KATCP_PROTOCOL: "4.0"
    })
    assert.match(old.out, /^#log error \d+ mine /)
    const nothing = await katcp(["call", "-k", "127.0.0.1:1"])
    assert.match(nothing.out, /^#log error [\d.]+ root name\\_a\\_request/)
  })

  it("writes times in the version of the relaying device", async () => {
    const { address } = await board("4")
    const { out } = await katcp(["call", "-k", "--informs", address, "stow"])
    assert.deepStrictEqual(out.split("\n").slice(0, 1), ["#log warn 1.5 drive near\\_limit"])
    const { address: newer } = await board()
    const asOld = await katcp(["call", "-k", "-i", newer, "stow"], "", { KATCP_PROTOCOL: "4.0" })
    assert.include(asOld.out, "#log warn 1500 drive near\\_limit\n")
  })

  it("names the device in each record and reply if there are several", async () => {
    const { address } = await board()
    const { code, err, out } = await katcp(["call", "-k", "--no-informs", "--each", `${address},127.0.0.1:1`, "stow"])
    assert.deepStrictEqual([code, err], [2, ""])
    assert.sameMembers(
      lines(out).map((line) => line.slice(0, 40)),
      [`#log debug T stow ${address}:\\_ok\\_2`, "#log error T root cannot\\_connect\\_to\\_127.0.0.1:1"].map((line) =>
        line.slice(0, 40)
      )
    )
  })
})

describe("call", () => {
  it("hides informs or the reply, but no failure (C-101)", async () => {
    const { address } = await board()
    const noInforms = await katcp(["call", "--no-informs", address, "stow"])
    assert.deepStrictEqual([noInforms.code, noInforms.out], [0, "!stow[1] ok 2\n"])
    const noReply = await katcp(["call", "--no-reply", address, "stow"])
    assert.deepStrictEqual([noReply.code, noReply.out, noReply.err], [0, "#stow[1] one\n#stow[1] two\n", ""])
    const failed = await katcp(["call", "--no-reply", address, "track"])
    assert.deepStrictEqual([failed.code, failed.out, failed.err], [1, "", '!track[1] fail "too low"\n'])
    const munged = await katcp(["call", "--no-reply", "--munge", address, "track"])
    assert.deepStrictEqual(lines(munged.out), ["#log warn T track fail\\_(too\\_low)"])
  })

  it("--bytes prints an argument's bytes as they are (C-101, C-110)", async () => {
    const { address } = await board()
    const { out } = await katcp(["call", address, "read", "\u00e9", "--print", "1", "--bytes"], "", {}, "latin1")
    assert.strictEqual(out, "ab\u0000\u00ffz\u00c3\u00a9")
  })

  it("says which flags contradict each other", async () => {
    for (const flags of [
      ["--bytes"],
      ["--bytes", "--print", "1", "--json"],
      ["--katcp", "--json"],
      ["--munge", "--print", "1"],
      ["--informs", "--no-informs"],
      ["--label", "x"]
    ]) {
      const { code, err, out } = await katcp(["call", ...flags, "127.0.0.1:1", "stow"])
      assert.deepStrictEqual([code, out], [2, ""], flags.join(" "))
      assert.match(err, /^katcp: --[a-z]+ (needs|and) .*\n$/)
    }
  })

  it("gives up at its timeout, whatever informs come meanwhile (C-101)", async () => {
    const { address } = await bareDevice(async (socket, name, id) => {
      while (!socket.destroyed) {
        socket.write(`#${name}${id} again\n`)
        await scheduler.wait(20)
      }
    })
    let limit = 0
    const { code, err, out } = await inTime(
      (milliseconds) => katcp(["call", "--timeout", `${(limit = milliseconds) / 1000}`, address, "stow"]),
      ({ out }) => out !== "",
      300
    )
    assert.deepStrictEqual(
      [code, err],
      [2, `katcp: ?stow: ${address} does not answer within ${limit} ms; to wait longer use --timeout\n`]
    )
    assert.match(out, /^(#stow\[1\] again\n)+$/)
  })
})
