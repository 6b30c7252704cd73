import { Arg } from "../../Codec/index.ts"
import { parseLogLevel, Request } from "../../Interface/index.ts"
import { type Entry, standard } from "../requests/Entry.ts"
import type { StandardParts } from "./Parts.ts"

/** `?client-list` (Rev 5.1 §8.1). */
export const clientList = ({ clients }: Pick<StandardParts, "clients">): Entry =>
  standard(
    Request.make("client-list", {
      doc: "List the addresses of all connected clients.",
      informs: { address: Arg.Text },
      reply: { count: Arg.Int }
    }),
    (request) => {
      for (const client of clients) request.writeInform([client.address])
      request.writeReply(["ok", `${clients.size}`])
    }
  )

/** `?log-level [level]` (Rev 5.1 §6.2): one level for the whole device. */
export const logLevel: Entry = standard(
  Request.make("log-level", {
    doc: "Query or set the level from which this device reports its log: off, fatal, error, warn, info, debug, trace or all.",
    args: { level: Arg.optional(Arg.Text) },
    reply: { level: Arg.Text }
  }),
  (request, { level: text }) => {
    const { device, options } = request.client.runtime
    const { log } = device
    if (text !== undefined) {
      const level = parseLogLevel(text)
      if (level === undefined)
        return request.refuse("fail", `Unknown log level ${text}: off, fatal, error, warn, info, debug, trace or all.`)
      if (options.refuse?.includes("log-level"))
        return request.deny("This device does not let clients set its log level.")
      log.level = level
    }
    request.writeReply(["ok", log.level])
  }
)
