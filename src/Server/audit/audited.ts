import type { ParsedMessage } from "../../Codec/index.ts"
import { holderOf, permits, type RequestRole, roleNeeded } from "../../Interface/index.ts"
import type { Job } from "../Job.ts"
import { textOf } from "../metrics.ts"
import type { Entry } from "../RequestTable.ts"
import { type AuditRecord, elide } from "./AuditRecord.ts"
import { LeftOut } from "./LogBudget.ts"

/** The record of a request that is being answered. */
export class OpenRecord {
  private readonly job: Job
  private readonly at: number
  private readonly to: "both" | "stream"
  private readonly arguments: ReadonlyArray<string>
  private refused = false
  private closed = false

  constructor(job: Job, message: ParsedMessage, to: "both" | "stream") {
    const { audit } = job.session.hub
    this.job = job
    this.to = to
    this.at = audit!.now()
    this.arguments = audit!.withholds(job.entry.name) ? [`(${message.length} withheld)`] : elide(message)
  }

  /** The answer that follows is a refusal. */
  refuse(): void {
    this.refused = true
  }

  /** Closes the record with the first answer: its return code, and why. */
  close(code: string, reason?: string): void {
    if (this.closed) return
    this.closed = true
    const { entry, id, session } = this.job
    const audit = session.hub.audit!
    const { certificate } = session
    audit.add(
      {
        time: this.at / 1000,
        ...(certificate === undefined ? {} : { who: holderOf(certificate) }),
        from: session.address,
        listener: textOf(session.listener),
        role: session.role,
        request: entry.name,
        ...(id === undefined ? {} : { id }),
        arguments: this.arguments,
        outcome: this.refused ? "refused" : outcomeOf(code),
        ...(reason === undefined ? {} : { reason }),
        seconds: (audit.now() - this.at) / 1000,
        missed: 0
      },
      this.to
    )
  }
}

const outcomeOf = (code: string): AuditRecord["outcome"] =>
  code === "ok" || code === "invalid" || code === "cancelled" ? code : "fail"

/**
 * The entry behind the rules of access and the audit. One that never needs more than `read` is as it was: all who are
 * connected may make it.
 */
export const restricted = (entry: Entry): Entry => {
  const most = roleNeeded(entry.request)
  if (most === "read") return entry
  const asking = roleNeeded(entry.request, 0) === "read"
  const leftOut = new LeftOut(entry.name)
  return {
    ...entry,
    handle: (message, job) => {
      if (asking && message.length === 0) return entry.handle(message, job)
      const { session } = job
      const to = session.hub.audit?.begin(leftOut, session.logged)
      if (to !== undefined) job.record = new OpenRecord(job, message, to)
      if (!permits(session.role, most)) return job.deny(textFor(entry.name, most, job)) as undefined
      const effect = entry.handle(message, job)
      // it has answered by itself; what an effect comes to is recorded when its reply goes out
      if (effect === undefined) job.record?.close("ok")
      return effect
    }
  }
}

const textFor = (name: string, needed: RequestRole, { session }: Job): string =>
  `?${name} needs the role ${needed}; ${session.address} has ${session.role}.`
