/** Commands whose JSON has fields that no transcript of docs/cli.md shows: by the heading of the command. */
import { writeFileSync } from "node:fs"
import * as path from "node:path"
import { Session } from "../../scripts/transcripts/Session.ts"
import { Stage } from "../../scripts/transcripts/Stage.ts"
import { cluster } from "../Archive/cluster.ts"

/** A recording of a device that answers `?bytes` with what is not text. */
const recording = [
  { time: 0, connection: 1, from: "device", line: "#version-connect katcp-protocol 5.1-M" },
  { time: 1, connection: 1, from: "client", line: "?bytes" },
  { time: 1, connection: 1, from: "device", base64: Buffer.from("!bytes ok \xff", "latin1").toString("base64") }
]

const contract = (kind: string) =>
  JSON.stringify({
    format: "katcp-contract-1",
    id: "dish",
    version: `dish-${kind}`,
    build: "dish-1",
    requests: [
      { kind: "typed", name: "stow", doc: "", args: [{ name: "x", type: { kind } }], reply: [], informs: [] },
      { kind: "raw", name: `be-${kind}`, doc: "", usage: "" }
    ],
    sensors: []
  })

const lines: ReadonlyArray<readonly [section: string, command: string]> = [
  ["", "katcp replay bytes.ndjson --listen 7302 --speed 0 &"],
  ["", "katcp simulate --copy localhost --listen 7301 &"],
  ["katcp call", "katcp call localhost:7302 bytes --json"],
  ["katcp call", "katcp call --each localhost,localhost:7301 watchdog --json"],
  ["katcp contract", "katcp contract localhost --json"],
  ["katcp contract diff", "katcp contract diff float.json integer.json --json"],
  ["", "katcp tap 7305 localhost --record info.ndjson > tap.txt &"],
  ["", "katcp info localhost:7305"],
  ["", "katcp replay info.ndjson --listen 7306 --speed 0 &"],
  ["katcp conform", "katcp conform localhost:7306 --only help-006,log-015 --json"],
  // the device goes and comes back, and is of version 4 then
  ["katcp monitor", "katcp monitor localhost:7301 test.int --json | tee monitor.ndjson &"],
  ["", "kill %2"],
  ["", "katcp simulate --copy localhost:7104 --listen 7301 &"],
  ["katcp monitor", `until grep -q '"connected"' monitor.ndjson; do sleep 0.1; done; cat monitor.ndjson`],
  // a line that is not a message, and a device that is not there
  ["", "katcp tap 7303 localhost:7399 --record tap.ndjson --json > lost.json &"],
  [
    "",
    `node -e "const [host, port] = 'localhost:7303'.split(':'); require('net').connect(port, host).end('garbage\\n')"`
  ],
  ["katcp tap", "until grep -q 'not reached' lost.json; do sleep 0.1; done; cat lost.json"],
  ["", "katcp tap 7304 localhost:7302 --record tap.ndjson --json > malformed.json &"],
  ["", "katcp call localhost:7304 bytes"],
  ["", `node -e "const [host, port] = 'localhost:7304'.split(':'); require('net').connect(port, host).end('?\\n')"`],
  ["katcp tap", "until grep -q malformed malformed.json; do sleep 0.1; done; cat malformed.json"],
  ["Recordings", "cat tap.ndjson"]
]

/** The lines of a fleet in a database. */
const fleetLines = (url: string): ReadonlyArray<readonly [section: string, command: string]> => [
  ["", `export KATCP_FLEET=${url}`],
  [
    "",
    `printf 'devices: { m000: "localhost:7147", m002: "localhost:7147" }\\nhttp: { listen: "localhost:7310" }\\nfleet: { database: "%s" }\\n' "$KATCP_FLEET" > fleet.yaml`
  ],
  ["katcp fleet run", "katcp fleet run fleet.yaml --name r1 --listen 7311 --link localhost:7312 --json 2>/dev/null &"],
  ["katcp fleet add", "katcp fleet add m000 localhost --label site=a --json"],
  ["katcp fleet add", "katcp fleet add m001 localhost:7199 --json"],
  ["katcp fleet move", "katcp fleet move m000 r1 --json"],
  ["katcp fleet ls", "until katcp fleet ls m001 --json | grep -q error; do sleep 0.3; done; katcp fleet ls --json"],
  ["katcp fleet top", "until katcp fleet top --once --json; do sleep 0.3; done"],
  ["katcp fleet rm", "katcp fleet rm m002 --json"],
  ["katcp serve", "katcp serve --check fleet.yaml --json"],
  ["katcp fleet drain", "katcp fleet drain r1 --undo --json"]
]

/** Their output. */
export const jsonRuns = async (): Promise<
  ReadonlyArray<{ readonly section: string; readonly command: string; readonly output: string }>
> => {
  const postgres = await cluster({ quick: true })
  // without PostgreSQL the fields of a fleet are not printed, which the test says
  const all = typeof postgres === "string" ? lines : [...lines, ...fleetLines(postgres.url)]
  const stage = await Stage.open(all.map(([, command]) => command).join("\n"))
  const session = new Session(stage)
  try {
    writeFileSync(
      path.join(stage.folder, "bytes.ndjson"),
      recording.map((entry) => `${JSON.stringify(entry)}\n`).join("")
    )
    for (const kind of ["float", "integer"]) writeFileSync(path.join(stage.folder, `${kind}.json`), contract(kind))
    const runs: Array<{ readonly section: string; readonly command: string; readonly output: string }> = []
    for (const [section, command] of all) runs.push({ section, command, output: await session.run(command) })
    return runs
  } finally {
    await session.close()
    stage.close()
    if (typeof postgres !== "string") await postgres.remove()
  }
}
