import type { ParsedMessage } from "../../Codec/index.ts"
import { holderOf, permits, type RequestRole, roleNeeded } from "../../Interface/index.ts"
import { addressText } from "../listening/addressText.ts"
import type { Entry } from "../requests/Entry.ts"
import type { RequestInFlight, RequestRecord } from "../requests/RequestInFlight.ts"
import { type AuditRecord, elide, elideText } from "./AuditRecord.ts"
import type { AuditTrail } from "./AuditTrail.ts"
import { LeftOut } from "./LogBudget.ts"

/** The record of a request in flight. */
class OpenRecord implements RequestRecord {
  private readonly audit: AuditTrail
  private readonly inFlight: RequestInFlight
  private readonly at: number
  private readonly begun: number
  private readonly to: "both" | "stream"
  private readonly isWithheld: boolean
  private readonly arguments: ReadonlyArray<string>
  private refused = false
  private closed = false

  constructor(audit: AuditTrail, inFlight: RequestInFlight, message: ParsedMessage, to: "both" | "stream") {
    this.audit = audit
    this.inFlight = inFlight
    this.to = to
    this.at = audit.now()
    this.begun = audit.elapsed()
    this.isWithheld = audit.withholds(inFlight.name)
    this.arguments = this.isWithheld ? [`(${message.length} withheld)`] : elide(message)
  }

  /** Marks the following answer as a refusal. */
  refuse(): void {
    this.refused = true
  }

  /** Closes the record with the first answer: its return code and text. The text can repeat arguments. */
  close(code: string, reason?: string): void {
    if (this.closed) return
    this.closed = true
    const { audit } = this
    const { client, id, name } = this.inFlight
    const { certificate } = client
    audit.add(
      {
        time: this.at / 1000,
        ...(certificate === undefined ? {} : { who: holderOf(certificate) }),
        from: client.address,
        listener: addressText(client.listener),
        role: client.role,
        request: name,
        ...(id === undefined ? {} : { id }),
        arguments: this.arguments,
        outcome: this.refused ? "refused" : outcomeOf(code),
        ...(reason === undefined || this.isWithheld ? {} : { reason: elideText(reason) }),
        seconds: (audit.elapsed() - this.begun) / 1000,
        missed: 0
      },
      this.to
    )
  }
}

const outcomeOf = (code: string): AuditRecord["outcome"] =>
  code === "ok" || code === "invalid" || code === "cancelled" ? code : "fail"

/**
 * Wraps an entry with access rules and audit. A request that never needs more than `read` is returned unchanged: every
 * connected client may make it.
 */
export const restricted = (entry: Entry, audit: AuditTrail | undefined): Entry => {
  const needed = roleNeeded(entry.request)
  if (needed === "read") return entry
  const asking = roleNeeded(entry.request, 0) === "read"
  const leftOut = new LeftOut(entry.name)
  return {
    ...entry,
    handle: (message, inFlight) => {
      if (asking && message.length === 0) return entry.handle(message, inFlight)
      const { client } = inFlight
      if (audit !== undefined) {
        const to = audit.begin(leftOut, client.logged)
        if (to !== undefined) inFlight.record = new OpenRecord(audit, inFlight, message, to)
      }
      if (!permits(client.role, needed)) return inFlight.deny(textFor(entry.name, needed, inFlight)) as undefined
      const effect = entry.handle(message, inFlight)
      // the handler answered synchronously; otherwise the record is closed when the reply is sent
      if (effect === undefined) inFlight.record?.close("ok")
      return effect
    }
  }
}

const textFor = (name: string, needed: RequestRole, { client }: RequestInFlight): string =>
  `?${name} needs the role ${needed}; ${client.address} has ${client.role}.`
