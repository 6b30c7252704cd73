/** The command with the recorded servers of other libraries (`test/golden`), each served over TCP. */
import { once } from "node:events"
import { type AddressInfo, createServer, type Socket } from "node:net"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { katcp } from "../Cli/katcp.ts"
import { type Name, names, Recorded } from "../golden/Recorded.ts"

const sockets = new Set<Socket>()
const servers = Object.fromEntries(
  names.map((name) => [
    name,
    createServer((socket) => {
      sockets.add(socket)
      socket.on("error", () => {}).on("close", () => sockets.delete(socket))
      const recorded = new Recorded(name)
      const send = (lines: ReadonlyArray<string>) => socket.write(lines.map((line) => `${line}\n`).join(""), "latin1")
      send(recorded.greeting)
      let rest = ""
      socket.setEncoding("latin1").on("data", (text) => {
        const lines = (rest + text).split("\n")
        rest = lines.pop()!
        for (const line of lines) send(recorded.answer(line))
      })
    })
  ])
) as Record<Name, ReturnType<typeof createServer>>
beforeAll(() => Promise.all(names.map((name) => once(servers[name].listen(0, "127.0.0.1"), "listening"))))
afterAll(() => {
  for (const socket of sockets) socket.destroy()
  for (const name of names) servers[name].close()
})

const at = (name: Name) => `127.0.0.1:${(servers[name].address() as AddressInfo).port}`

/** The exit code of a command, and what its outputs have. */
type Row = readonly [args: ReadonlyArray<string>, code: number, said: RegExp]

const table: Readonly<Record<Name, ReadonlyArray<Row>>> = {
  "c-server-v4": [
    [["call", "?", "watchdog"], 0, /^!watchdog ok\n$/],
    [["call", "?", "log-level"], 0, /^!log-level ok info\n$/],
    [["call", "?", "log-limit", "warn"], 0, /!log-limit ok warn\n$/],
    [["call", "?", "nosuch"], 1, /!nosuch invalid/],
    [["list", "?"], 0, /check\.integer\.simple/],
    [["help", "?"], 0, /sensor-sampling[\s\S]*watchdog/]
  ],
  "c-server-v5": [
    [["call", "?", "watchdog"], 0, /^!watchdog ok\n$/],
    [["call", "?", "version-list"], 0, /kernel[\s\S]*!version-list ok 4\n$/],
    [["call", "?", "nosuch"], 1, /!nosuch invalid/],
    [["list", "?"], 0, /check\.integer\.simple/],
    [["help", "?"], 0, /sensor-sampling[\s\S]*watchdog/]
  ],
  "rust-server": [
    [["call", "?", "watchdog"], 0, /^!watchdog\[\d+\] ok\n$/],
    [["call", "?", "nosuch"], 1, /!nosuch\[\d+\] invalid/],
    [
      ["list", "?"],
      0,
      /^(?=[\s\S]*adc-value)(?=[\s\S]*digitiser-health)(?=[\s\S]*door-open)(?=[\s\S]*receiver-band)[\s\S]*wind-speed/
    ],
    [["list", "?"], 0, /1200[\s\S]*24\.3/],
    [["help", "?"], 0, /version-list[\s\S]*client-list/]
  ],
  tcpborphserver3: [
    [["call", "?", "listdev"], 0, /^#listdev "acc len"\n(?:.*\n)*!listdev ok\n$/],
    [["call", "?", "wordread", "sys_scratchpad", "0", "1"], 0, /^!wordread ok 0x1b0d0a00\n$/],
    [["call", "?", "wordread", "nosuch"], 1, /!wordread fail/],
    [["call", "?", "bulkread", "adc_snap_bram", "0", "8"], 1, /!bulkread invalid/],
    [["call", "?", "fpgastatus"], 0, /!fpgastatus ok\n$/],
    [["call", "?", "meta", "sys0/xeng"], 0, /acc_len[\s\S]*!meta ok\n$/]
  ]
}

for (const name of names)
  describe(`katcp with ${name}, as it was recorded`, () => {
    for (const [args, code, said] of table[name])
      it(`katcp ${args.join(" ").replace("?", "HOST")}: exit code ${code}`, async () => {
        const end = await katcp(args.map((arg) => (arg === "?" ? at(name) : arg)))
        assert.match(end.out + end.err, said)
        assert.strictEqual(end.code, code, end.err)
      })
  })
