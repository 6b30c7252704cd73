import * as Deferred from "effect/Deferred"
import * as Exit from "effect/Exit"
import { Arg } from "../../Codec/index.ts"
import { Request } from "../../Interface/index.ts"
import { formatFloat } from "../../Message/index.ts"
import { type Entry, standard } from "../RequestTable.ts"

const sorted = (table: ReadonlyMap<string, Entry>): ReadonlyArray<Entry> =>
  [...table.values()].sort((one, other) => (one.name < other.name ? -1 : 1))

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
    for (const entry of sorted(requests))
      session.write("inform", "help", id, [entry.name, Request.help(entry.request, "short")])
    session.write("reply", "help", id, ["ok", `${requests.size}`])
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
    for (const version of session.hub.versions) session.write("inform", "version-list", id, version)
    session.write("reply", "version-list", id, ["ok", `${session.hub.versions.length}`])
  }
)

/** `?halt` (Rev 5.1 §4.1): the reply goes out before everything is closed (P-100). */
export const halt = standard(
  Request.make("halt", { doc: "Halt this device: every client is disconnected, and the program ends." }),
  (session, id, _, job) => {
    if (session.hub.options.refuse?.includes("halt"))
      return job.refuse("fail", "This device does not let clients halt it.")
    session.write("reply", "halt", id, ["ok"])
    job.replied = true
    Deferred.doneUnsafe(session.hub.ending, Exit.succeed("halt"))
  }
)

/** `?restart` (Rev 5.1 §4.1): the reply goes out before everything is closed (P-105). */
export const restart = standard(
  Request.make("restart", { doc: "Restart this device: every client is disconnected, and can connect again shortly." }),
  (session, id, _, job) => {
    if (session.hub.options.refuse?.includes("restart"))
      return job.refuse("fail", "This device does not let clients restart it.")
    if (!session.hub.restartable) return job.refuse("fail", "No restart is arranged for this device.")
    session.write("reply", "restart", id, ["ok"])
    job.replied = true
    Deferred.doneUnsafe(session.hub.ending, Exit.succeed("restart"))
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
    const hinted = sorted(requests).filter((entry) => entry.request.timeoutHint !== undefined)
    for (const entry of hinted) inform(entry)
    session.write("reply", "request-timeout-hint", id, ["ok", `${hinted.length}`])
  }
)
