/** Runs a command in a pseudo-terminal, types, and reads its screen. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as path from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { Screen } from "./Screen.ts"

const terminal = path.join(import.meta.dirname, "..", "..", "test", "pty", "terminal.py")
/** The prompt of `katcp shell`. */
const prompt = /^(?:\S+:\d+(?: \(\w+\))?)>( |$)/
const interrupt = "\u0003"
const endOfInput = "\u0004"
/** The interval of checks, the time for which an unexpected screen must stay constant, and the timeout. */
const [glance, settled, timeLimit] = [50, 3000, 60_000]

/** The options of running a command in a terminal. */
export interface Options {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** The document's text: lines after prompts are typed, and a last line `^C` is Ctrl-C. */
  readonly shown: string
  /** Converts the screen for the document. */
  readonly read: (screen: string) => string
}

/** Returns the screen when the command has ended. */
export const inTerminal = async (command: string, { cwd, env, read, shown }: Options): Promise<string> => {
  const child = spawn(process.env.KATCP_PYTHON ?? "python3", [terminal, "sh", "-c", `exec ${command}`], {
    cwd,
    env,
    stdio: ["pipe", "pipe", "inherit"]
  })
  const screen = new Screen()
  const closed = once(child, "close")
  child.stdout.setEncoding("utf8").on("data", (text: string) => screen.write(text))
  const text = () => read(screen.lines.join("\n"))

  const lines = shown.split("\n")
  /** The screen of the document up to a line; of a prompt without the text that is typed. */
  const expected = (end: number) =>
    [...lines.slice(0, end), ...lines.slice(end, end + 1).map((line) => /^\S*>/.exec(line)?.[0] ?? "")]
      .join("\n")
      .trimEnd()

  /** Waits until the screen is as the document shows it, or is constant. */
  const settle = async (wanted: string) => {
    let before = ""
    let since = 0
    for (const late = AbortSignal.timeout(timeLimit); since < settled; since += glance) {
      await sleep(glance)
      const now = text()
      if (child.exitCode !== null || (now !== "" && now.trimEnd() === wanted)) return
      if (late.aborted) throw new Error(`${command}: its screen does not settle: ${now}`)
      if (now === "" || now !== before) since = 0
      before = now
    }
  }

  const prompts = [...lines.keys()].filter((at) => prompt.test(lines[at]!))
  const end = lines.at(-1) === "^C" ? lines.length - 1 : lines.length
  await settle(expected(prompts[0] ?? end))
  for (const [n, at] of prompts.entries()) {
    child.stdin.write(`${lines[at]!.replace(prompt, "")}\r`)
    await settle(expected(prompts[n + 1] ?? end))
  }
  // it may end before it has read this, and then the exit code comes later
  child.stdin.on("error", () => {})
  if (child.exitCode === null) child.stdin.write(lines.at(-1) === "^C" ? interrupt : endOfInput)
  // a program that has ended may have unread output
  await closed
  // the prompt at which the input ended
  return text().replace(/\n\S+:\d+>$/, "")
}
