import { assert, describe, it } from "@effect/vitest"
import { missing, pages, sensor } from "./page.ts"

const { gateway, open } = pages()

const html = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`
const bidi = "safe\u202e\u2066gnp.exe\u200f\u0000\u001b[31m"

describe.skipIf(missing !== undefined)("texts of a hostile device", () => {
  it("are plain text: no HTML, no change of direction, no control characters", async () => {
    const site = await gateway((gateway) => {
      const hostile = { description: html, units: html, type: "string", parameters: [html, bidi] }
      gateway.add(sensor("m000", html, { ...hostile, value: html }))
      gateway.add(sensor("m000", bidi, { ...hostile, value: bidi }))
      gateway.add(sensor("m000", "bytes", { ...hostile, value: { base64: btoa("\xff\xfe<b>\x00") } }))
      gateway.add(sensor("m000", "../../..", { ...hostile, type: "discrete", value: "?x=1#/audit" }))
      gateway.add(sensor("m000", "time", { type: "timestamp", value: 1e300, time: 1e300 }))
      gateway.add(sensor("m000", "nan", { value: "NaN", time: -1e300 }))
      const counts = [0, 6, 0, 0, 0, 0, 0]
      gateway.device({ name: html, state: html, connected: false, since: 0, reason: html, counts, requests: [html] })
      gateway.device({ name: "m000", state: "Synced", connected: true, since: 1e300, counts, requests: [html, "a"] })
      gateway.answers.set("/api/devices/m000", () => ({
        requests: [{ name: "a", help: `${html} Usage: ?a ${html} ${bidi}` }]
      }))
      gateway.onCall = (call, say) => {
        say({ inform: call.call, name: html, args: [html, bidi, { base64: "!!" }] })
        say({ reply: call.call, code: "fail", args: [html, "x".repeat(1_000_000)] })
      }
    })
    const addresses = [
      "#/",
      "#/sensors",
      `#/sensor/m000/${encodeURIComponent(html)}`,
      `#/sensor/m000/${encodeURIComponent(bidi)}`,
      "#/sensor/m000/time",
      "#/sensor/m000/nan",
      "#/sensor/m000/bytes",
      "#/sensor/m000/..%2F..%2F..",
      `#/devices/${encodeURIComponent(html)}/${encodeURIComponent(html)}`,
      "#/devices/m000/a",
      "#/log?level=trace"
    ]
    for (const address of addresses) {
      const { close, page } = await open(site, address)
      await page.locator(".tile, .table-body .row, .live-value .big, .device-state, [role=log]").first().waitFor()
      if (address.startsWith("#/log")) {
        while (!site.received.some((frame) => "logs" in frame)) await new Promise((resolve) => setImmediate(resolve))
        site.log(html, html, `${html}${bidi}`)
        await page.locator(".record").waitFor()
      }
      if (address.endsWith("/a")) {
        await page.getByRole("button", { name: "Send…" }).click()
        for (const field of await page.locator(".argument").all()) await field.fill(html)
        await page.getByRole("button", { name: "Send…" }).click()
        await page.getByRole("dialog").getByRole("button", { name: "Send" }).click()
        await page.locator(".reply.fail").waitFor()
      }
      const seen = await page.evaluate(() => ({
        title: document.title,
        images: document.querySelectorAll("img, body script").length,
        text: document.body.innerText
      }))
      assert.notStrictEqual(seen.title, "owned", address)
      assert.strictEqual(seen.images, 0, address)
      assert.notMatch(seen.text, /[\u0000\u001b\u202a-\u202e\u2066-\u2069\u200f]/, address)
      await close().catch((error: Error) => {
        // an answer that the fake has not got
        if (!/404/.test(error.message)) throw error
      })
    }
  })

  it("never become an executable address, and do not break the layout", async () => {
    const script = "javascript:document.title='owned'"
    const odd = [
      script,
      "x".repeat(4000),
      "\u05e9\u05dc\u05d5\u05dd".repeat(200),
      "Z\u0351\u0489\u0322".repeat(500),
      "\u{1f469}\u200d\u{1f680}\ufe0f".repeat(100),
      "\u{e0041}\u3164\u00ad\u200b"
    ]
    const site = await gateway((gateway) => {
      for (const text of odd) {
        gateway.add(sensor("m000", text, { description: text, units: text, type: "string", value: text }))
        gateway.add(sensor("m001", text, { type: "discrete", parameters: odd, value: text }))
      }
      for (const name of ["m000", "m001", ...odd]) {
        const counts = [0, 6, 0, 0, 0, 0, 0]
        const state = { connected: name === "m000", state: name, since: 0, reason: name, counts }
        gateway.device({ name, ...state, requests: ["a", ...odd] })
      }
      const described = odd.map((name) => ({ name, type: "discrete", presence: "required", options: [script, ...odd] }))
      gateway.answers.set("/api/devices/m000", () => ({
        requests: [{ name: "a", help: script, arguments: described }]
      }))
      const record = { time: 0, who: script, from: script, role: script, via: script, device: script, request: script }
      gateway.answers.set("/api/audit", () => ({
        records: odd.map((text) => ({ ...record, arguments: odd, outcome: text, reason: text, seconds: 1 }))
      }))
      gateway.onCall = (call, say) => {
        for (const text of odd) say({ inform: call.call, name: text, args: odd })
        say({ reply: call.call, code: "fail", args: odd })
      }
    })
    for (const viewport of [
      { width: 1280, height: 800 },
      { width: 390, height: 780 }
    ]) {
      const { close, page } = await open(site, "", { viewport })
      for (const address of [
        "#/",
        "#/sensors?columns=status,name,value,units,description",
        `#/sensor/m000/${encodeURIComponent(script)}?with=m001%2F${encodeURIComponent(odd[1]!)}`,
        `#/sensor/m000/${encodeURIComponent(odd[3]!)}`,
        "#/devices/m000/a",
        "#/audit",
        `#/${script}`,
        "#/log?level=trace"
      ]) {
        await page.goto(`${site.url}${address}`)
        await page
          .locator(".tile, .table-body .row, .live-value, .legend tbody tr, .field-row, .audit, [role=log], code")
          .first()
          .waitFor()
        if (address.startsWith("#/log")) {
          while (!site.received.some((frame) => "logs" in frame)) await new Promise((resolve) => setImmediate(resolve))
          for (const text of odd) site.log(text, text, text)
          await page
            .locator(".record")
            .nth(odd.length - 1)
            .waitFor()
        }
        const seen = await page.evaluate(() => ({
          title: document.title,
          width: document.documentElement.scrollWidth,
          addresses: [...document.querySelectorAll("a")].map(({ href }) => href),
          text: document.body.innerText
        }))
        assert.notStrictEqual(seen.title, "owned", address)
        assert.isAtMost(seen.width, viewport.width, address)
        assert.deepStrictEqual(
          seen.addresses.filter((href) => !href.startsWith(site.url)),
          [],
          address
        )
        assert.notMatch(seen.text, /[\u{e0000}-\u{e0fff}\u3164\u00ad\u200b\u200d]/u, address)
      }
      // the links of hostile names go where they say: to a view of that name
      await page.goto(site.url)
      await page.locator(".tile a", { hasText: "javascript:" }).first().click()
      await page.getByRole("heading", { level: 1, name: "javascript:document.title='owned'" }).waitFor()
      assert.notStrictEqual(await page.title(), "owned")
      await close().catch((error: Error) => {
        // history that the fake has not got
        if (!/404/.test(error.message)) throw error
      })
    }
  })

  it("of a megabyte are shortened on every view", async () => {
    const long = "x".repeat(1_048_576)
    const site = await gateway((gateway) => {
      gateway.add(sensor("m000", "long", { type: "string", value: long, description: long, units: long }))
      gateway.device({ name: "m000", state: "Synced", connected: true, since: 0, counts: [0, 1, 0, 0, 0, 0, 0] })
    })
    for (const address of ["#/sensors", "#/sensor/m000/long"]) {
      const { close, page } = await open(site, address)
      await page.locator(".table-body .row, .long-text").first().waitFor()
      const length = await page.evaluate(() => document.body.innerHTML.length)
      assert.isBelow(length, 60_000, address)
      await close().catch(() => {})
    }
  })

  it("of 100,000 sensors are a table like any other", async () => {
    const site = await gateway((gateway) => {
      for (let at = 0; at < 100_000; at++) gateway.add(sensor(`m${at % 10}`, `s${at}.temp`, { value: at }))
      for (let at = 0; at < 10; at++)
        gateway.device({
          name: `m${at}`,
          state: "Synced",
          connected: true,
          since: 0,
          counts: [0, 10_000, 0, 0, 0, 0, 0]
        })
    })
    const { close, page } = await open(site, "#/sensors")
    await page.getByText("100,000 sensors").waitFor()
    assert.isBelow(await page.locator(".table-body .row").count(), 60)
    await page.locator("[role=grid]").focus()
    await page.keyboard.press("End")
    await page.locator(".table-body .row", { hasText: "m9/s99999.temp" }).waitFor()
    await page.getByRole("searchbox").fill("s99998")
    await page.getByText("1 of 100,000 sensors").waitFor()
    await close()
  })
})
