/** An interactive shell for a device. */

import { clearLine, createInterface, cursorTo } from "node:readline"
import type * as Cause from "effect/Cause"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as Client from "../../Client/index.ts"
import { decode } from "../../Codec/index.ts"
import { didYouMean } from "../../Message/index.ts"
import { cannotRun, explain } from "../Failure.ts"
import * as flags from "../flags.ts"
import { again, callOptions, connect } from "../reach/connect.ts"
import { hostOf } from "../reach/targets.ts"
import { waitingFor } from "../reach/waiting.ts"
import { messageText } from "../show/messages.ts"
import { Output } from "../show/Output.ts"
import { visible } from "../show/visible.ts"
import { cutTo } from "../show/width.ts"
import { complete, needsRegisters } from "./shell/completion.ts"
import { History } from "./shell/history.ts"
import { type KeyHandler, Keys } from "./shell/Keys.ts"
import { Search } from "./shell/Search.ts"

const config = {
  words: flags.words("HOST", "The device"),
  ...flags.reaching,
  ...flags.reconnecting
}

type Input = Command.Command.Config.Infer<typeof config>

/**
 * The timeout of a completion that needs a list from the device. Not measured: longer than a list over a slow link
 * takes, shorter than a person waits for Tab.
 */
const listTimeout = "2 seconds"

const handler = Effect.fnUntraced(function* (input: Input) {
  const { host, rest } = yield* hostOf(input, input.words)
  if (rest.length > 0) return yield* cannotRun(`too many arguments: ${rest.join(" ")}; expected one device`)
  const output = yield* Output
  const client = yield* connect(host, input, { ...again(input), inspect: true })
  const run = Effect.runForkWith(yield* Effect.context<never>())
  const terminal = output.terminal() !== undefined && process.stdin.isTTY === true
  // an FPGA board is queried each time: its design may have changed
  const listed = client.callRaw("listdev", [], { timeout: listTimeout }).pipe(
    Effect.map(({ informs }) => informs.flatMap((inform) => inform.text(0) ?? [])),
    Effect.orElseSucceed((): ReadonlyArray<string> => [])
  )
  const history = new History()
  let search: Search | undefined
  const keys = terminal ? new Keys(process.stdin, "\u0012", () => startSearch()) : undefined
  const editor = createInterface({
    // the editor uses only the stream methods that Keys has
    input: (keys as unknown as NodeJS.ReadableStream | undefined) ?? process.stdin,
    output: process.stdout,
    terminal,
    history: terminal ? history.load() : [],
    historySize: 1000,
    removeHistoryDuplicates: true,
    // the device's lists may still be loading
    completer: (line: string, done: (error?: null | Error, result?: [Array<string>, string]) => void) => {
      const known = Effect.timeoutOption(Effect.ignore(client.synced), listTimeout)
      const registers = Effect.suspend(() => (needsRegisters(client.device, line) ? listed : Effect.void))
      run(
        Effect.map(Effect.andThen(known, registers), (registers) => {
          const { requests, sensors } = client.device
          const { protocol } = client
          done(null, complete({ requests, sensors, protocol, registers: registers ?? undefined }, line))
        })
      )
    }
  })
  yield* Effect.addFinalizer(() => Effect.sync(() => editor.close()))

  const lines = yield* Queue.unbounded<string, Cause.Done>()
  let asking: Fiber.Fiber<unknown, unknown> | undefined
  // by Ctrl-D or the end of the input, even during a request
  let closed = false
  editor.on("line", (line) => {
    if (terminal) history.add(line)
    Queue.offerUnsafe(lines, line)
  })
  editor.on("close", () => {
    closed = true
    Queue.endUnsafe(lines)
  })
  // cancels the current request, otherwise clears the line; with an empty line the shell ends
  editor.on("SIGINT", () => {
    if (asking !== undefined) asking.interruptUnsafe()
    else if (editor.line === "") editor.close()
    else clear()
  })
  const clear = () => {
    editor.write(null, { ctrl: true, name: "e" })
    editor.write(null, { ctrl: true, name: "u" })
  }
  const eraseRow = () => {
    cursorTo(process.stdout, 0)
    clearLine(process.stdout, 0)
  }
  const showSearch = (text: string) => {
    eraseRow()
    process.stdout.write(cutTo(visible(text), process.stdout.columns - 1))
  }
  /** Ctrl-R: keys go to the history search, shown in place of the line, until it ends. */
  const startSearch = (): KeyHandler | undefined => {
    if (asking !== undefined || closed) return undefined
    // includes the lines of other shells
    const searching = new Search(history.load(), editor.line)
    search = searching
    clear()
    showSearch(searching.text)
    return (typed) => {
      const found = searching.take(typed)
      if (found === undefined) {
        showSearch(searching.text)
        return undefined
      }
      search = undefined
      eraseRow()
      editor.prompt()
      if (found.line !== "") editor.write(found.line)
      return found.rest
    }
  }

  const prompt = Effect.sync(() => {
    if (!terminal || closed) return
    const state = SubscriptionRef.getUnsafe(client.state)
    const away = Client.isConnected(state) ? "" : output.paint("yellow", ` (${state._tag.toLowerCase()})`)
    editor.setPrompt(`${output.paint("bold", host.text)}${away}> `)
    if (search !== undefined) showSearch(search.text)
    else if (asking === undefined) editor.prompt(true)
  })
  /** Prints a text without disturbing the line being typed. */
  const beside = (text: string) =>
    Effect.gen(function* () {
      if (terminal && asking === undefined) eraseRow()
      yield* output.line(text)
      yield* prompt
    })

  const informs = yield* client.subscribe()
  yield* Effect.forkScoped(Stream.runForEach(informs, (inform) => beside(output.paint("cyan", String(inform)))))
  yield* Effect.forkScoped(Stream.runForEach(SubscriptionRef.changes(client.state), () => prompt))

  const waitingNote = waitingFor(
    client,
    host,
    () => [],
    ({ text }) => beside(output.paint("yellow", visible(text)))
  )
  yield* Effect.forkScoped(waitingNote.run)

  const ask = (line: string) =>
    Effect.gen(function* () {
      if (isOpenQuote(line))
        return yield* cannotRun('a quotation mark is not closed: add another ", or write \\" within quotation marks')
      const message = yield* Effect.mapError(decode(wire(line)), (error) =>
        cannotRun(`${JSON.stringify(line)}: ${error.message}`)
      )
      yield* client.callRawStream(message.name, message.arguments, callOptions(input)).pipe(
        Stream.mapError((error) => explain(host.text, error)),
        Stream.runForEach((piece) =>
          output.line(messageText(piece._tag === "Inform" ? piece.inform : piece.reply, output.paint))
        )
      )
      const { requests } = client.device
      if (requests.size > 0 && !requests.has(message.name))
        yield* output.note(visible(`katcp: there is no ?${message.name}${didYouMean(message.name, requests.keys())}`))
    })

  yield* prompt
  while (true) {
    const line = yield* Effect.option(Queue.take(lines))
    if (Option.isNone(line) || ["exit", "quit"].includes(line.value.trim())) break
    if (line.value.trim() !== "") {
      const fiber = yield* Effect.forkChild(ask(line.value.trim()), { startImmediately: true })
      asking = fiber
      const exit = yield* Fiber.await(fiber)
      asking = undefined
      if (exit._tag === "Failure") {
        const error = exit.cause.reasons.find((reason) => reason._tag === "Fail")?.error
        yield* output.note(error === undefined ? "cancelled" : visible(error.message))
      }
    }
    yield* prompt
  }
  if (terminal) yield* output.line("")
}, Effect.scoped)

/** `katcp shell`. */
export const shell = Command.make("shell", config, handler).pipe(
  Command.withDescription(
    "Talk to a device interactively: Tab completes requests, sensors and values, the history is saved, informs appear at once"
  ),
  Command.withExamples([
    { command: "katcp shell dish-7", description: "Ctrl-D exits, Ctrl-C cancels the current request" }
  ])
)

const inQuotes = /"((?:[^"\\]|\\.)*)"/g

/** Returns `true` if an argument begins with a quotation mark that is not closed. */
const isOpenQuote = (line: string): boolean => /(?:^|\s)"/.test(line.replace(inQuotes, "x"))

/** Returns a line in wire form: text in quotes is one argument, including blanks. */
const wire = (line: string): string => {
  const quoted = line.replace(inQuotes, (_, text: string) => {
    const plain = text.replace(/\\"/g, '"').replace(/\\\\/g, "\\")
    return plain === "" ? "\\@" : plain.replace(/\\/g, "\\\\").replace(/ /g, "\\_").replace(/\t/g, "\\t")
  })
  return quoted.startsWith("?") ? quoted : `?${quoted}`
}
