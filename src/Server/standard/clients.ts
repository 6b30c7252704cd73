import { Arg } from "../../Codec/index.ts"
import { parseLogLevel, Request } from "../../Interface/index.ts"
import { standard } from "../RequestTable.ts"

/** `?client-list` (Rev 5.1 §8.1). */
export const clientList = standard(
  Request.make("client-list", {
    doc: "List the addresses of all clients that are connected.",
    informs: { address: Arg.Text },
    reply: { count: Arg.Int }
  }),
  (session, id) => {
    const { clients } = session.hub
    for (const client of clients) session.write("inform", "client-list", id, [client.address])
    session.write("reply", "client-list", id, ["ok", `${clients.size}`])
  }
)

/** `?log-level [level]` (Rev 5.1 §6.2): one level for the whole device. */
export const logLevel = standard(
  Request.make("log-level", {
    doc: "Query or set the level from which this device reports its log: off, fatal, error, warn, info, debug, trace or all.",
    args: { level: Arg.optional(Arg.Text) },
    reply: { level: Arg.Text }
  }),
  (session, id, { level: text }, job) => {
    const { log } = session.hub.device
    if (text !== undefined) {
      const level = parseLogLevel(text)
      if (level === undefined)
        return job.refuse("fail", `Unknown log level ${text}: off, fatal, error, warn, info, debug, trace or all.`)
      if (session.hub.options.refuse?.includes("log-level"))
        return job.deny("This device does not let clients set its log level.")
      log.level = level
    }
    session.write("reply", "log-level", id, ["ok", log.level])
  }
)
