import { Arg } from "../../Codec/index.ts"
import { Request } from "../../Interface/index.ts"
import { formatFloat } from "../../Message/index.ts"
import { type Entry, type RequestTable, standard } from "../requests/Entry.ts"
import type { StandardParts } from "./Parts.ts"

/** Returns the entries that are not hidden, by name. */
const listed = (table: RequestTable): ReadonlyArray<Entry> =>
  [...table.values()].filter(({ request }) => !request.hidden).sort((one, other) => (one.name < other.name ? -1 : 1))

/** `?help [request]` (Rev 5.1 §4.1). */
export const help = ({ requests }: Pick<StandardParts, "requests">): Entry =>
  standard(
    Request.make("help", {
      doc: "Describe the requests of this device, or one of them.",
      args: { request: Arg.optional(Arg.Text) },
      informs: { name: Arg.Text, description: Arg.Text },
      reply: { count: Arg.Int }
    }),
    (inFlight, { request: name }) => {
      if (name !== undefined) {
        const entry = requests.get(name)
        // katcp-python's inspecting client looks for these exact words (P-103)
        if (entry === undefined) return inFlight.refuse("fail", `Unknown request ${name}.`)
        inFlight.writeInform([name, Request.help(entry.request, "long")])
        return inFlight.writeReply(["ok", "1"])
      }
      const all = listed(requests)
      for (const entry of all) inFlight.writeInform([entry.name, Request.help(entry.request, "short")])
      inFlight.writeReply(["ok", `${all.length}`])
    }
  )

/** `?watchdog` (Rev 5.1 §4.1). */
export const watchdog: Entry = standard(
  Request.make("watchdog", { doc: "Check that this device is still alive." }),
  (request) => request.writeReply(["ok"])
)

/** `?version-list` (Rev 5.1 §4.1). */
export const versionList: Entry = standard(
  Request.make("version-list", {
    doc: "List the versions of this device's roles and components.",
    informs: { name: Arg.Text, version: Arg.Text, build: Arg.optional(Arg.Text) },
    reply: { count: Arg.Int }
  }),
  (request) => {
    const versions = request.client.runtime.versions()
    for (const version of versions) request.writeInform(version)
    request.writeReply(["ok", `${versions.length}`])
  }
)

/** `?halt` (Rev 5.1 §4.1): the reply is sent before everything is closed (P-100). */
export const halt = ({ stop }: Pick<StandardParts, "stop">): Entry =>
  standard(
    Request.make("halt", { doc: "Halt this device: every client is disconnected, and the program ends." }),
    (request) => {
      if (request.client.runtime.options.refuse?.includes("halt"))
        return request.deny("This device does not let clients halt it.")
      request.writeReply(["ok"])
      stop.begin({ ending: "halt", reason: "The device was halted." })
    }
  )

/** `?restart` (Rev 5.1 §4.1): the reply is sent before everything is closed (P-105). */
export const restart = ({ stop }: Pick<StandardParts, "stop">): Entry =>
  standard(
    Request.make("restart", {
      doc: "Restart this device: every client is disconnected, and can connect again shortly."
    }),
    (request) => {
      const { options, restartable } = request.client.runtime
      if (options.refuse?.includes("restart")) return request.deny("This device does not let clients restart it.")
      if (!restartable) return request.refuse("fail", "This device cannot be restarted.")
      request.writeReply(["ok"])
      stop.begin({ ending: "restart", reason: "The device is restarting." })
    }
  )

/** `?request-timeout-hint [request]` (Rev 5.1 §5). */
export const timeoutHint = ({ requests }: Pick<StandardParts, "requests">): Entry =>
  standard(
    Request.make("request-timeout-hint", {
      doc: "List the longest times that requests should take, in seconds; 0.0 means no hint.",
      args: { request: Arg.optional(Arg.Text) },
      informs: { name: Arg.Text, hint: Arg.Float },
      reply: { count: Arg.Int }
    }),
    (inFlight, { request: name }) => {
      const inform = (entry: Entry) => inFlight.writeInform([entry.name, formatFloat(entry.request.timeoutHint ?? 0)])
      if (name !== undefined) {
        const entry = requests.get(name)
        if (entry === undefined) return inFlight.refuse("fail", `Unknown request ${name}.`)
        inform(entry)
        return inFlight.writeReply(["ok", "1"])
      }
      const hinted = listed(requests).filter((entry) => entry.request.timeoutHint !== undefined)
      for (const entry of hinted) inform(entry)
      inFlight.writeReply(["ok", `${hinted.length}`])
    }
  )
