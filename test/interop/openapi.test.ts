/** The OpenAPI document of the gateway, judged by redocly, and the running gateway by schemathesis, which makes requests of it. */
import { execFile } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, it } from "vitest"
import { installRedocly, installSchemathesis, type Program } from "../../scripts/openapi-tools.ts"
import { gateway } from "../Gateway/support.ts"

const run = promisify(execFile)
const folder = mkdtempSync(path.join(tmpdir(), "katcp-openapi-"))
let served: Awaited<ReturnType<typeof gateway>>
beforeAll(async () => {
  served = await gateway({ allow: ["*/track", "*/echo"], archive: true, requestsPerSecond: 0 })
})
afterAll(async () => {
  await served.close()
  rmSync(folder, { recursive: true })
})

/** The output of an installed program, or the reason to skip; with `CI=true` that is a failure. */
const judged = async (
  installed: Program,
  words: ReadonlyArray<string>
): Promise<{ readonly skip: string } | string> => {
  if ("missing" in installed) {
    if (process.env.CI === "true") throw new Error(installed.missing)
    return { skip: installed.missing }
  }
  const env = { ...process.env, REDOCLY_TELEMETRY: "off", CI: "true", NO_COLOR: "1" }
  const ended = await run(installed.program, [...words], { cwd: folder, env, maxBuffer: 1e8 }).catch(
    (error: { readonly stdout: string; readonly stderr: string }) => error
  )
  return `${ended.stdout}${ended.stderr}${"code" in ended ? "\nfailed" : ""}`
}

it("redocly finds no error and nothing to warn of", { timeout: 300_000 }, async (context) => {
  const file = path.join(folder, "openapi.json")
  writeFileSync(file, (await served.ask("/openapi.json")).body)
  const said = await judged(await installRedocly(), ["lint", file])
  if (typeof said !== "string") return context.skip(said.skip)
  assert.include(said, "Your API description is valid")
  assert.notInclude(said, "warning")
})

it("schemathesis finds no failure", { timeout: 300_000 }, async (context) => {
  const said = await judged(await installSchemathesis(), [
    "run",
    `${served.url}/openapi.json`,
    // a method that is not there is 404 (ST204)
    "--exclude-checks=unsupported_method",
    // it has no end; test/Gateway/events.test.ts tries it
    "--exclude-path=/api/events",
    "--phases=examples,coverage,fuzzing,stateful",
    "--max-examples=25",
    // each run makes the same requests: a failure can be looked into
    "--generation-deterministic",
    // the names of requests that it makes up are on no allow list: 403 for each
    "--warnings=off",
    "--header=X-Katcp: 1"
  ])
  if (typeof said !== "string") return context.skip(said.skip)
  assert.notInclude(said, "failed", said)
  assert.match(said, /\d{3,} generated/)
  // the links of the document lead from answer to request
  assert.match(said, /✅ Stateful/)
  assert.strictEqual(served.logged.filter((line) => line.startsWith("http: ")).join("\n"), "")
})
