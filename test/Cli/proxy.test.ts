import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { assert, describe, it } from "vitest"
import { freePort } from "../../scripts/freePort.ts"
import { device, katcp, start } from "./katcp.ts"

/** The address of a proxy. */
const portOf = ({ out }: { readonly out: string }) => /^listening on 127\.0\.0\.1:(\d+)$/m.exec(out)?.[1]

/** Starts a proxy, and waits until it listens. */
const proxyOf = async (...words: ReadonlyArray<string>) => {
  const proxy = start(["proxy", ...words, "--listen", "0"])
  let port: string | undefined
  await proxy.until((text) => (port = portOf(text)) !== undefined)
  return { ...proxy, host: `127.0.0.1:${port}` }
}

/** Calls until the answer is as wanted: the proxy finds its devices while it serves. */
const eventually = async (words: ReadonlyArray<string>, wanted: (out: string) => boolean) => {
  for (;;) {
    const { out } = await katcp(words)
    if (wanted(out)) return out
  }
}

describe("katcp proxy", () => {
  it("serves devices of both versions as one, and passes on what is allowed", async () => {
    const [five, four] = await Promise.all([device(), device("--protocol", "4")])
    const proxy = await proxyOf(`a=${five.address}`, `b=${four.address}`, "--allow", "a/add", "--allow", "*/watchdog")
    const list = await eventually(
      ["list", proxy.host],
      (out) => /^a\.test\.int /m.test(out) && /^b\.test\.int /m.test(out)
    )
    assert.match(list, /^device-status /m)
    const { out } = await katcp(["call", proxy.host, "a-add", "1", "2"])
    assert.match(out, /^!a-add\[\d+\] ok 3\.0$/m)
    assert.match((await katcp(["call", proxy.host, "b-watchdog"])).out, /^!b-watchdog\[\d+\] ok$/m)
    assert.match((await katcp(["call", proxy.host, "b-add", "1", "2"])).out, /^!b-add\[\d+\] invalid /m)
    four.kill()
    await eventually(["get", proxy.host, "b.test.int"], (text) => text.includes("unreachable"))
    assert.include((await katcp(["get", proxy.host, "a.test.int"])).out, "nominal")
    proxy.child.kill("SIGTERM")
    assert.strictEqual((await proxy.ended).code, 0)
  })

  it("keeps the names of a device with --transparent", async () => {
    const { address } = await device()
    const proxy = await proxyOf(address, "--transparent", "--allow", "*/add")
    await eventually(["list", proxy.host], (out) => /^test\.int /m.test(out))
    assert.match((await katcp(["call", proxy.host, "add", "1", "2"])).out, /ok 3\.0$/m)
  })

  it("uses only the devices of a site file, and hints at katcp serve if the file has other sections", async () => {
    const { address } = await device()
    const folder = mkdtempSync(path.join(tmpdir(), "katcp-proxy-"))
    // a word that begins with / is a regular expression
    const file = path.relative(process.cwd(), path.join(folder, "site.yaml"))
    const devices = `devices: { a: "${address}" }\n`
    const hint = /^katcp: using only the devices of (\S+); to run its sections \(proxy\) too, use katcp serve \1$/m
    for (const [text, hinted] of [
      [`${devices}proxy: { listen: 7199, allow: ["a/add"] }\n`, true],
      [devices, false]
    ] as const) {
      writeFileSync(file, text)
      const proxy = await proxyOf(file)
      await eventually(["list", proxy.host], (out) => /^a\.test\.int /m.test(out))
      assert.match((await katcp(["call", proxy.host, "a-add", "1", "2"])).out, /^!a-add\[\d+\] invalid /m)
      proxy.child.kill("SIGTERM")
      const { code, err } = await proxy.ended
      assert.strictEqual(code, 0)
      assert.strictEqual(hint.test(err), hinted, err)
    }
    rmSync(folder, { recursive: true })
  })

  it("is a section of the site file, and follows changes of the section", async () => {
    const { address } = await device()
    const folder = mkdtempSync(path.join(tmpdir(), "katcp-proxy-"))
    const file = path.join(folder, "site.yaml")
    const port = await freePort()
    const write = (allow: string) =>
      writeFileSync(file, `devices: { a: "${address}" }\nproxy: { listen: ${port}, allow: ["${allow}"] }\n`)
    write("a/add")
    const serving = start(["serve", file])
    const host = `127.0.0.1:${port}`
    await serving.until(({ err, out }) => `${out}${err}`.includes(`proxy: listening on ${host}`))
    await eventually(["call", host, "a-add", "1", "2"], (out) => /ok 3\.0$/m.test(out))
    write("a/echo")
    await eventually(["call", host, "a-echo", "hi"], (out) => /ok hi$/m.test(out))
    assert.match((await katcp(["call", host, "a-add", "1", "2"])).out, /^!a-add\[\d+\] invalid /m)
    serving.child.kill("SIGTERM")
    assert.strictEqual((await serving.ended).code, 0)
    rmSync(folder, { recursive: true })
  })

  it("says at its start that a section is insecure", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "katcp-proxy-"))
    const file = path.join(folder, "site.yaml")
    writeFileSync(file, 'devices: {}\nproxy: { listen: "0.0.0.0:0", insecure: true }\n')
    const serving = start(["serve", file])
    await serving.until(({ err, out }) => /proxy: insecure: anyone who reaches 0\.0\.0\.0:\d+ has/.test(`${out}${err}`))
    serving.child.kill("SIGTERM")
    assert.strictEqual((await serving.ended).code, 0)
    rmSync(folder, { recursive: true })
  })

  it("says in a line what is wrong with its words", async () => {
    for (const [words, wanted] of [
      [["a=localhost:1", "a=localhost:2"], "localhost:1 and localhost:2 would both be a"],
      [["x=a", "y=b", "--transparent"], "--transparent is for one device; these are x, y"],
      [["a=localhost:1", "--allow", "/(/"], "--allow: /(/ is not a regular expression"],
      [["a=localhost:1", "--protocol", "7"], "--protocol 7: a proxy speaks 4.0, 5.0 or 5.1"],
      [["proxy=localhost:1"], "no device of a proxy may be called proxy"],
      [["a=localhost:1", "a-b=localhost:2", "--allow", "a/b-c", "--allow", "a-b/c"], "would both be ?a-b-c"]
    ] as const) {
      const { code, err } = await katcp(["proxy", ...words, "--listen", "0"])
      assert.strictEqual(code, 2, words.join(" "))
      assert.include(err, wanted)
    }
  })
})
