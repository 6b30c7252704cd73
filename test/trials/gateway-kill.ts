import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import * as path from "node:path"
import { setTimeout } from "node:timers/promises"
import { WebSocket } from "ws"
import { randomOf } from "../Archive/equality.ts"
import { PageModel } from "../Gateway/live/pageModel.ts"
import { type Trial, table } from "./Trial.ts"

const kills = 20
const pages = 5
const program = path.join(import.meta.dirname, "..", "..", "bench", "programs", "gateway.ts")

const start = async <A>(...words: ReadonlyArray<string>): Promise<A & { readonly child: ChildProcess }> => {
  const child = fork(program, words, { stdio: ["ignore", "ignore", "inherit", "ipc"] })
  const [told] = (await once(child, "message")) as [A]
  return { ...told, child }
}

/** A page that connects again whenever it is cut off. */
class Page {
  model = new PageModel()
  epochs = new Set<string>()
  private socket: WebSocket | undefined
  private over = false

  constructor(url: string) {
    void this.run(url)
  }

  end(): void {
    this.over = true
    this.socket?.terminate()
  }

  private async run(url: string): Promise<void> {
    while (!this.over) {
      const socket = new WebSocket(url)
      this.socket = socket
      socket.on("error", () => {})
      socket.on("open", () => socket.send(JSON.stringify({ sub: 1, targets: ["m000"], maxHz: 20 })))
      this.model = new PageModel()
      socket.on("message", (data: Buffer) => {
        const frame = JSON.parse(data.toString())
        if (frame.hello !== undefined) this.epochs.add(frame.hello.epoch)
        if (frame.n === undefined) return
        this.model.take(frame)
        socket.send(`{"ack":${frame.n}}`)
      })
      await new Promise((resolve) => socket.on("close", resolve))
      await setTimeout(100)
    }
  }
}

/** `true` if a page shows the values of the device. */
const isRight = ({ model }: Page, values: ReadonlyArray<number>): boolean =>
  model.sensors.size === values.length &&
  [...model.sensors.values()].every(({ code, name, value }) => code === 1 && value === values[Number(name.slice(1))])

export const trial: Trial = {
  about: `A device sets 1,000 sensors ten times a second. A gateway serves it to ${pages} pages, which connect again when they are cut
off. The gateway's process is killed (SIGKILL) at a random moment and started again, ${kills} times. Then the device stops, and every page has to show every one of its values.`,
  takes: "2 minutes",
  run: async (say) => {
    const random = randomOf(18)
    const device = await start<{ port: number }>("device")
    let gateway = await start<{ url: string }>("gateway", `${device.port}`)
    const { url } = gateway
    const port = new URL(url).port
    const all = Array.from({ length: pages }, () => new Page(url))
    const faults: Array<string> = []
    let slowest = 0
    for (let kill = 1; kill <= kills; kill++) {
      device.child.send({ hertz: 10 })
      await setTimeout(500 + random.below(1000))
      gateway.child.kill("SIGKILL")
      await once(gateway.child, "exit")
      gateway = await start("gateway", `${device.port}`, port)
      const from = performance.now()
      device.child.send({ hertz: 0 })
      device.child.send({ ask: "values" })
      const [{ values }] = (await once(device.child, "message")) as [{ readonly values: ReadonlyArray<number> }]
      while (!all.every((page) => isRight(page, values)) && performance.now() - from < 15_000) await setTimeout(20)
      slowest = Math.max(slowest, performance.now() - from)
      const wrong = all.filter((page) => !isRight(page, values)).length
      if (wrong > 0) faults.push(`after kill ${kill}, ${wrong} pages did not show the values of the device`)
      say(`kill ${kill}: ${wrong} pages wrong`)
    }
    const epochs = Math.min(...all.map((page) => page.epochs.size))
    if (epochs < kills) faults.push(`a page received only ${epochs} epochs`)
    for (const page of all) page.end()
    gateway.child.kill()
    device.child.kill()
    return {
      table: table(
        ["kills", "pages", "wrong", "right again after a start, at most, ms"],
        [[kills, pages, faults.length, Math.round(slowest)]]
      ),
      faults
    }
  }
}
