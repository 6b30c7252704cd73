/** The requests of all users, for admins. */
import { useEffect, useState } from "preact/hooks"
import { counted, textOf, timeText } from "../state/format.ts"
import { ApiError, type AuditRecord, auditRecords } from "./api.ts"
import { connectionChanges, live, zone } from "./app.ts"
import { Icon } from "./icons.tsx"

/** Not measured: people read the list from time to time. In milliseconds. */
const every = 5000

/** The newest records. */
export const AuditView = () => {
  connectionChanges.value
  const [records, setRecords] = useState<ReadonlyArray<AuditRecord>>()
  const [problem, setProblem] = useState<string>()
  const [asked, setAsked] = useState(0)
  const isLive = live.state._tag === "live"
  useEffect(() => {
    if (!isLive) return undefined
    const ended = new AbortController()
    const ask = () => {
      if (document.hidden) return
      auditRecords(ended.signal).then(
        (found) => {
          setRecords(found)
          setProblem(undefined)
        },
        (error: unknown) => {
          if (!ended.signal.aborted) setProblem(error instanceof ApiError ? error.message : String(error))
        }
      )
    }
    ask()
    const timer = setInterval(ask, every)
    return () => {
      ended.abort()
      clearInterval(timer)
    }
  }, [isLive, asked])
  return (
    <div class="view">
      <header class="head">
        <h1>Audit</h1>
        <p class="count">{records === undefined ? "" : counted(records.length, "request")}</p>
        <button type="button" class="button" onClick={() => setAsked(asked + 1)}>
          Refresh
        </button>
      </header>
      {problem === undefined ? null : (
        <p class="banner bad" role="status">
          Cannot read the audit records: {problem}.
        </p>
      )}
      {records?.length === 0 ? <p class="nothing">No requests since the gateway started.</p> : null}
      {records === undefined || records.length === 0 ? null : (
        <div class="card scroll-x" tabIndex={0} role="region" aria-label="Requests">
          <table class="plain audit">
            <thead>
              <tr>
                {["Time", "Who", "From", "Request", "Outcome", "Duration"].map((title) => (
                  <th key={title} scope="col" class={title === "Duration" ? "figure" : ""}>
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {records.map((record, at) => (
                <Record key={`${record.time} ${at}`} record={record} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {records === undefined ? null : (
        <p class="note">
          <Icon name="audit" /> Older records are in the gateway's log.
        </p>
      )}
    </div>
  )
}

const Record = ({ record }: { readonly record: AuditRecord }) => {
  const { device, from, outcome, reason, request, role, seconds, time, via, who } = record
  return (
    <tr>
      <td class="number">{timeText(time, zone.value)}</td>
      <td>
        <bdi>{who === undefined ? "–" : textOf(who, 60)}</bdi> <span class="dim">{textOf(role, 20)}</span>
      </td>
      <td>
        <bdi>{textOf(from, 60)}</bdi> <span class="dim">{textOf(via, 20)}</span>
      </td>
      <td class="request-cell">
        <bdi>
          <span class="dim">{textOf(device, 40)}</span> ?{textOf(request, 60)}{" "}
          {record.arguments.map((argument) => textOf(argument, 60)).join(" ")}
        </bdi>
      </td>
      <td>
        <b class={`outcome o-${outcome}`}>{textOf(outcome, 20)}</b>{" "}
        {reason === undefined ? null : <bdi class="dim">{textOf(reason, 200)}</bdi>}
      </td>
      <td class="figure number">{seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`}</td>
    </tr>
  )
}
