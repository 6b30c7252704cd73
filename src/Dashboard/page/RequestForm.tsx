/** A form for one request: its fields, a confirmation, its informs and its reply. */
import { useEffect, useRef, useState } from "preact/hooks"
import type { Reply, Text } from "../frames.ts"
import { argumentsOf, type Field, formOf, lineOfRequest, type RequestHelp } from "../state/fields.ts"
import { counted, lengthWords, textOf, visible } from "../state/format.ts"
import { live } from "./app.ts"
import { Icon, StatusIcon } from "./icons.tsx"

/** The number of informs on the page; the newest stay. Not measured: a request with more is for a script. */
const mostInforms = 500

interface Answer {
  readonly line: string
  readonly informs: ReadonlyArray<ReadonlyArray<Text>>
  /** The number of hidden informs. */
  readonly hidden: number
  readonly reply: Omit<Reply, "reply"> | "lost" | undefined
  /** The duration, in seconds. */
  readonly took: number
}

/** The form. */
export const RequestForm = (props: {
  readonly device: string
  readonly request: RequestHelp
  /** The version of KATCP of the device. */
  readonly version: number
}) => {
  const { device, request, version } = props
  const { doc, fields } = formOf(request)
  const [values, setValues] = useState<ReadonlyArray<string>>(fields.map(() => ""))
  const [faults, setFaults] = useState<ReadonlyMap<number, string>>(new Map())
  const [pending, setPending] = useState<ReadonlyArray<string>>()
  const [answer, setAnswer] = useState<Answer>()
  const cancel = useRef<(() => void) | undefined>(undefined)
  const dialog = useRef<HTMLDialogElement>(null)
  const form = useRef<HTMLFormElement>(null)
  useEffect(() => () => cancel.current?.(), [])
  useEffect(() => {
    if (pending !== undefined && !dialog.current!.open) dialog.current!.showModal()
  }, [pending])

  const check = (event: Event) => {
    event.preventDefault()
    const filled = argumentsOf(fields, values, version)
    if ("faults" in filled) {
      setFaults(filled.faults)
      const [first] = filled.faults.keys()
      form.current!.querySelectorAll<HTMLElement>(".argument")[first!]?.focus()
      return
    }
    setFaults(new Map())
    setPending(filled.args)
  }
  const send = (args: ReadonlyArray<string>) => {
    const begin = live.monotonic
    let now: Answer = { line: lineOfRequest(request.name, args), informs: [], hidden: 0, reply: undefined, took: 0 }
    setAnswer(now)
    cancel.current = live.call(device, request.name, args, undefined, {
      inform: (inform) => {
        const informs = [...now.informs, inform.args].slice(-mostInforms)
        now = { ...now, informs, hidden: now.hidden + now.informs.length + 1 - informs.length }
        setAnswer(now)
      },
      reply: (reply) => {
        cancel.current = undefined
        now = { ...now, reply, took: (live.monotonic - begin) / 1000 }
        setAnswer(now)
      }
    })
  }
  const isRunning = answer !== undefined && answer.reply === undefined
  return (
    <div class="request">
      <h3>
        <bdi>?{visible(request.name)}</bdi>
      </h3>
      {doc === "" ? null : (
        <p class="doc">
          <bdi>{textOf(doc, 4000)}</bdi>
        </p>
      )}
      <form ref={form} onSubmit={check} noValidate autocomplete="off">
        {fields.map((field, at) => (
          <FieldRow
            // the order identifies the arguments
            key={at}
            field={field}
            value={values[at] ?? ""}
            fault={faults.get(at)}
            id={`argument-${at}`}
            // the help text, which determines the number of fields, may arrive after the form
            onChange={(value) =>
              setValues((values) => fields.map((_, other) => (other === at ? value : (values[other] ?? ""))))
            }
          />
        ))}
        <p class="actions">
          <button type="submit" class="button primary" disabled={isRunning}>
            <Icon name="send" />
            Send…
          </button>
          {isRunning ? (
            <button type="button" class="button" onClick={() => cancel.current?.()}>
              Stop waiting
            </button>
          ) : null}
        </p>
      </form>
      {/* restore the focus of the keyboard, as the browser does for a dialog */}
      <dialog ref={dialog} onClose={() => setPending(undefined)} aria-labelledby="confirm-title">
        <form method="dialog">
          <h3 id="confirm-title">
            Send this request to <bdi>{visible(device)}</bdi>?
          </h3>
          <pre class="wire">
            <bdi>{pending === undefined ? "" : visible(lineOfRequest(request.name, pending))}</bdi>
          </pre>
          <p class="actions">
            <button
              type="button"
              class="button primary"
              onClick={() => {
                const args = pending
                dialog.current!.close()
                if (args !== undefined) send(args)
              }}
            >
              Send
            </button>
            <button type="submit" class="button">
              Cancel
            </button>
          </p>
        </form>
      </dialog>
      {answer === undefined ? null : <AnswerBox answer={answer} />}
    </div>
  )
}

const presenceWords = {
  required: "",
  optional: "optional",
  rest: 'any number, separated by spaces; "two words" in quotes'
} as const

const FieldRow = (props: {
  readonly field: Field
  readonly value: string
  readonly fault: string | undefined
  readonly id: string
  readonly onChange: (value: string) => void
}) => {
  const { fault, field, id, onChange, value } = props
  const { hint, input, name, presence } = field
  const said = [presenceWords[presence], hint].filter(Boolean)
  const options = input._tag === "choice" ? input.options : input._tag === "boolean" ? ["true", "false"] : undefined
  const common = {
    id,
    class: "argument",
    value,
    "aria-describedby": `${id}-hint`,
    "aria-invalid": fault !== undefined,
    "aria-required": presence === "required"
  } as const
  return (
    <div class={`field-row ${fault === undefined ? "" : "wrong"}`}>
      <label for={id}>
        <bdi>{textOf(name, 60)}</bdi>
      </label>
      {options !== undefined && presence !== "rest" ? (
        <select {...common} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
          <option value="" />
          {options.map((option) => (
            <option key={option} value={option}>
              {textOf(option, 80)}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...common}
          type="text"
          inputMode={input._tag === "number" ? (input.isWhole ? "numeric" : "decimal") : "text"}
          spellcheck={false}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )}
      <small id={`${id}-hint`} class={fault === undefined ? "dim" : "fault"}>
        <bdi>{textOf(fault ?? said.join(", "), 200)}</bdi>
      </small>
    </div>
  )
}

/** The longest argument, in characters. Not measured: a screen of text. */
const longestArgument = 4000

const words: Readonly<Record<string, string>> = {
  ok: "ok",
  fail: "Failed",
  invalid: "Invalid",
  error: "No reply"
}

const AnswerBox = ({ answer }: { readonly answer: Answer }) => {
  const { hidden, informs, line, reply, took } = answer
  const code = reply === undefined ? undefined : reply === "lost" ? "error" : reply.code
  const args = reply === undefined || reply === "lost" ? [] : reply.args
  return (
    <div class="answer">
      <pre class="wire">
        <bdi>{visible(line)}</bdi>
      </pre>
      {informs.length === 0 ? null : (
        <>
          {hidden > 0 ? <p class="dim">{counted(hidden, "earlier inform")} not shown.</p> : null}
          <ol class="informs" aria-label="Informs">
            {informs.map((inform, at) => (
              <li key={at}>
                <Words args={inform} />
              </li>
            ))}
          </ol>
        </>
      )}
      <div role="status" class={`reply ${code ?? "waiting"}`}>
        {code === undefined ? (
          "Waiting for the reply…"
        ) : (
          <>
            <StatusIcon code={code === "ok" ? 1 : code === "error" ? 5 : 3} />
            <b>{words[code] ?? code}</b>{" "}
            {reply === "lost" ? (
              "The connection to the gateway was lost. The device may have carried out the request."
            ) : (
              <Words args={args} />
            )}
            <span class="dim"> · {took < 1 ? `${Math.round(took * 1000)} ms` : lengthWords(took)}</span>
          </>
        )}
      </div>
    </div>
  )
}

const Words = ({ args }: { readonly args: ReadonlyArray<Text> }) => (
  <span class="words">
    {args.map((arg, at) => (
      <bdi key={at}>{textOf(arg, longestArgument)} </bdi>
    ))}
  </span>
)
