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
/** How often the screen is looked at, how long it stays the same once all is there, how long that may take. */
const [glance, settled, patience] = [50, 500, 15_000]

/** How a command runs in a terminal. */
export interface Options {
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** What the document shows: the lines behind prompts are typed, and a last line `^C` is Ctrl-C. */
  readonly shown: string
  /** The screen as it is to be shown. */
  readonly read: (screen: string) => string
}

/** Gives the screen when the command has ended. */
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

  /** Waits until the screen shows something that stays as it is. */
  const settle = async () => {
    let before = ""
    let since = 0
    for (const late = AbortSignal.timeout(patience); since < settled; since += glance) {
      await sleep(glance)
      const now = text()
      if (child.exitCode !== null) return
      if (late.aborted) throw new Error(`${command}: its screen does not settle: ${now}`)
      if (now === "" || now !== before) since = 0
      before = now
    }
  }

  const lines = shown.split("\n")
  await settle()
  for (const line of lines.filter((one) => prompt.test(one))) {
    child.stdin.write(`${line.replace(prompt, "")}\r`)
    await settle()
  }
  if (child.exitCode === null) child.stdin.write(lines.at(-1) === "^C" ? interrupt : endOfInput)
  // a program that has ended may have written what was not read yet
  await closed
  // the prompt at which the input has ended
  return text().replace(/\n\S+:\d+>$/, "")
}
