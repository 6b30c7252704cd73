import { Arg } from "../../Codec/index.ts"
import { Request } from "../../Interface/index.ts"
import { formatFloat } from "../../Message/index.ts"
import { type Entry, standard } from "../RequestTable.ts"

/** Those that are listed, by name. */
const listed = (table: ReadonlyMap<string, Entry>): ReadonlyArray<Entry> =>
  [...table.values()].filter(({ request }) => !request.hidden).sort((one, other) => (one.name < other.name ? -1 : 1))

/** `?help [request]` (Rev 5.1 §4.1). */
export const help = standard(
  Request.make("help", {
    doc: "Describe the requests of this device, or one of them.",
    args: { request: Arg.optional(Arg.Text) },
    informs: { name: Arg.Text, description: Arg.Text },
    reply: { count: Arg.Int }
  }),
  (session, id, { request: name }, job) => {
    const { requests } = session.hub
    if (name !== undefined) {
      const entry = requests.get(name)
      // katcp-python's inspecting client looks for these very words (P-103)
      if (entry === undefined) return job.refuse("fail", `Unknown request ${name}.`)
      session.write("inform", "help", id, [name, Request.help(entry.request, "long")])
      return session.write("reply", "help", id, ["ok", "1"])
    }
    const all = listed(requests)
    for (const entry of all) session.write("inform", "help", id, [entry.name, Request.help(entry.request, "short")])
    session.write("reply", "help", id, ["ok", `${all.length}`])
  }
)

/** `?watchdog` (Rev 5.1 §4.1). */
export const watchdog = standard(
  Request.make("watchdog", { doc: "Check that this device is still alive." }),
  (session, id) => session.write("reply", "watchdog", id, ["ok"])
)

/** `?version-list` (Rev 5.1 §4.1). */
export const versionList = standard(
  Request.make("version-list", {
    doc: "List the versions of this device's roles and components.",
    informs: { name: Arg.Text, version: Arg.Text, build: Arg.optional(Arg.Text) },
    reply: { count: Arg.Int }
  }),
  (session, id) => {
    const versions = session.hub.versions()
    for (const version of versions) session.write("inform", "version-list", id, version)
    session.write("reply", "version-list", id, ["ok", `${versions.length}`])
  }
)

/** `?halt` (Rev 5.1 §4.1): the reply goes out before everything is closed (P-100). */
export const halt = standard(
  Request.make("halt", { doc: "Halt this device: every client is disconnected, and the program ends." }),
  (session, id, _, job) => {
    if (session.hub.options.refuse?.includes("halt")) return job.deny("This device does not let clients halt it.")
    session.write("reply", "halt", id, ["ok"])
    job.replied = true
    session.hub.stop.begin({ ending: "halt", reason: "The device was halted." })
  }
)

/** `?restart` (Rev 5.1 §4.1): the reply goes out before everything is closed (P-105). */
export const restart = standard(
  Request.make("restart", { doc: "Restart this device: every client is disconnected, and can connect again shortly." }),
  (session, id, _, job) => {
    if (session.hub.options.refuse?.includes("restart")) return job.deny("This device does not let clients restart it.")
    if (!session.hub.restartable) return job.refuse("fail", "No restart is arranged for this device.")
    session.write("reply", "restart", id, ["ok"])
    job.replied = true
    session.hub.stop.begin({ ending: "restart", reason: "The device restarts." })
  }
)

/** `?request-timeout-hint [request]` (Rev 5.1 §5). */
export const timeoutHint = standard(
  Request.make("request-timeout-hint", {
    doc: "Tell how long requests may take, in seconds; 0.0 is no hint.",
    args: { request: Arg.optional(Arg.Text) },
    informs: { name: Arg.Text, hint: Arg.Float },
    reply: { count: Arg.Int }
  }),
  (session, id, { request: name }, job) => {
    const { requests } = session.hub
    const inform = (entry: Entry) =>
      session.write("inform", "request-timeout-hint", id, [entry.name, formatFloat(entry.request.timeoutHint ?? 0)])
    if (name !== undefined) {
      const entry = requests.get(name)
      if (entry === undefined) return job.refuse("fail", `Unknown request ${name}.`)
      inform(entry)
      return session.write("reply", "request-timeout-hint", id, ["ok", "1"])
    }
    const hinted = listed(requests).filter((entry) => entry.request.timeoutHint !== undefined)
    for (const entry of hinted) inform(entry)
    session.write("reply", "request-timeout-hint", id, ["ok", `${hinted.length}`])
  }
)
