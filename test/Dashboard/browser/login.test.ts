/** Login, logout and the end of a session, in Chromium, over a gateway that lets nobody in without a token. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { afterAll, beforeAll } from "vitest"
import { freePort } from "../../../scripts/freePort.ts"
import { device, katcp, start } from "../../Cli/katcp.ts"
import { findings, missing, type Opened, openAt, pages } from "./page.ts"

pages()

const folder = mkdtempSync(path.join(tmpdir(), "katcp-login-"))
const tokens = path.join(folder, "tokens")
let example = ""
let anna = ""
beforeAll(async () => {
  if (missing !== undefined) return
  example = (await device()).address
  anna = (await katcp(["gateway", "token", "add", "anna", "--role", "control", "--tokens", tokens])).out.trim()
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Serves the example device on a free port; its address. */
const serving = async (session: string): Promise<string> => {
  const port = await freePort()
  const file = path.join(folder, `site-${port}.yaml`)
  const http = `{ listen: ${port}, loopback: token, tokens: tokens, session: ${session} }`
  writeFileSync(file, `devices: { example: "${example}" }\nhttp: ${http}\ngateway: { allow: ["example/*"] }\n`)
  await start(["serve", file]).until(({ err }) => err.includes("serving"))
  return `http://127.0.0.1:${port}/`
}

describe.skipIf(missing !== undefined)("people who log in", () => {
  it("reach the view of their link after a wrong and a right token, and log out of all tabs at once", async () => {
    const url = await serving("1h")
    const { close, page } = await openAt(url, "#/sensors?device=example")
    assert.include(page.url(), "/login")
    await page.getByLabel("Token").fill("katcp_wrong")
    await page.keyboard.press("Enter")
    await page.getByRole("alert").getByText("unknown, revoked or expired").waitFor()
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme })
      assert.deepStrictEqual(await findings(page), [])
    }
    await page.getByLabel("Token").fill(anna)
    await page.keyboard.press("Enter")
    await page.locator(".table-body .row", { hasText: "example/test.int" }).waitFor()
    assert.strictEqual(page.url(), `${url}#/sensors?device=example`)
    await page.locator(".who", { hasText: /anna\s*control/ }).waitFor()
    // the audit list is for admins
    assert.strictEqual(await page.getByRole("link", { name: "Audit" }).count(), 0)
    await page.goto(`${url}#/audit`)
    await page.getByText(/Cannot read the audit records/).waitFor()

    const other = await page.context().newPage()
    await other.goto(`${url}#/sensors`)
    await other.locator(".table-body .row", { hasText: "example/test.int" }).waitFor()
    await page.getByRole("button", { name: "Log out" }).click()
    await page.getByRole("heading", { name: "Log in" }).waitFor()
    // the WebSocket of the other tab is closed, and its values are grey
    await other.getByText("Your session was ended.").waitFor()
    await other.locator(".row.lost", { hasText: "example/test.int" }).waitFor()
    await page.goto(url)
    await page.getByRole("heading", { name: "Log in" }).waitFor()
    await close().catch((error: Error) => {
      // the answer to somebody who may not read it
      if (!/status of 403/.test(error.message)) throw error
    })
  })

  it("see that their session has expired, and come back to the same view", async () => {
    const loggedIn = async (seconds: number): Promise<Opened & { readonly url: string }> => {
      const url = await serving(`${seconds}s`)
      const opened = await openAt(url, "")
      const { close, page } = opened
      await page.getByLabel("Token").fill(anna)
      await page.keyboard.press("Enter")
      const pressed = performance.now()
      const isOver = async () =>
        (await page.getByText("Your session has expired.").count()) > 0 ||
        (page.url().includes("/login") && performance.now() - pressed > seconds * 1000)
      const tile = page.locator(".tile", { hasText: "example" })
      while (!(await isOver())) if ((await tile.count()) > 0) return { url, ...opened }
      // the machine is busy, and the session was over before the page was there
      await close()
      return loggedIn(seconds * 2)
    }
    const { close, page, url } = await loggedIn(3)
    await page.goto(`${url}#/log?level=warn`)
    await page.getByText("Your session has expired.").waitFor()
    await page.getByRole("link", { name: "Log in again" }).click()
    await page.getByLabel("Token").fill(anna)
    await page.keyboard.press("Enter")
    await page.getByRole("log").waitFor()
    assert.strictEqual(page.url(), `${url}#/log?level=warn`)
    await close()
  })
})
