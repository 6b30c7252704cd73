/**
 * The environment of transcripts: the example device, in both versions of the protocol, a folder, and the built `katcp`
 * command. The ports in the document are replaced by free ones of this machine.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import { createInterface } from "node:readline"
import { freePort } from "../freePort.ts"

const root = path.join(import.meta.dirname, "..", "..")
/** The port of a plain `localhost`. */
const defaultPort = 7147
/** The devices by the ports of the document: the options of `node examples/device.ts`. */
const devices: Readonly<Record<number, ReadonlyArray<string>>> = { [defaultPort]: [], 7104: ["--protocol", "4"] }
/** A port in a command line: after the host, or as an address to listen on. */
const place = /\blocalhost\b(?::(\d+))?|(?<=\btap |--listen )(\d+)\b/g

/** The environment of transcripts. */
export class Stage {
  /** The working directory of commands. */
  readonly folder = mkdtempSync(path.join(tmpdir(), "katcp-docs-"))
  /** The environment variables of commands. */
  readonly environment: Readonly<Record<string, string | undefined>>
  private readonly running: Array<ChildProcess> = []
  /** The real ports by those of the document. */
  private readonly real = new Map<number, number>()

  private constructor() {
    const { KATCP_LABEL: _label, KATCP_SERVER: _server, KATCP_SITE: _site, ...inherited } = process.env
    const bin = path.join(this.folder, ".bin")
    mkdirSync(bin)
    const command = path.join(root, "dist", "bin", "katcp.js")
    writeFileSync(path.join(bin, "katcp"), `#!/bin/sh\nexec '${process.execPath}' '${command}' "$@"\n`)
    chmodSync(path.join(bin, "katcp"), 0o755)
    this.environment = {
      ...inherited,
      PATH: `${bin}${path.delimiter}${inherited.PATH}`,
      TERM: "xterm",
      NO_COLOR: "",
      XDG_CONFIG_HOME: path.join(this.folder, ".config"),
      TZ: "Africa/Johannesburg",
      KATCP_HISTORY: path.join(this.folder, ".history")
    }
  }

  /** Opens the devices of a document, and a free port for each other port in it. */
  static async open(document: string): Promise<Stage> {
    const stage = new Stage()
    const named = [...document.matchAll(place)].map(([, behind, alone]) => Number(behind ?? alone ?? defaultPort))
    const ports = [...new Set(named)]
    await Promise.all([
      ...ports.flatMap((port) => (devices[port] === undefined ? [] : [stage.device(port, devices[port])])),
      stage.free(ports.filter((port) => devices[port] === undefined))
    ])
    return stage
  }

  private async device(port: number, options: ReadonlyArray<string>): Promise<void> {
    const child = spawn(process.execPath, ["examples/device.ts", "--no-dashboard", "--port", "0", ...options], {
      cwd: root,
      stdio: ["ignore", "pipe", "inherit"]
    })
    this.running.push(child)
    for await (const line of createInterface({ input: child.stdout })) {
      const [, real] = /^listening on .*:(\d+)$/.exec(line) ?? []
      if (real !== undefined) return void this.real.set(port, Number(real))
    }
    throw new Error("the example device ended before it served")
  }

  private async free(ports: ReadonlyArray<number>): Promise<void> {
    for (const port of ports) this.real.set(port, await freePort())
  }

  /** Returns a command line of the document with the ports of this machine. */
  toReal(command: string): string {
    return command.replace(place, (_, behind: string | undefined, alone: string | undefined) => {
      const port = Number(behind ?? alone ?? defaultPort)
      const real = this.real.get(port)
      if (real === undefined) throw new Error(`the document does not contain port ${port}`)
      return alone === undefined ? `localhost:${real}` : `${real}`
    })
  }

  /** Returns an output with the ports of the document. */
  toShown(output: string): string {
    let text = output
    for (const [shown, real] of this.real) text = text.replace(new RegExp(`(?<=:)${real}\\b`, "g"), `${shown}`)
    return text
  }

  /** Ends the devices, and removes the files of commands. */
  close(): void {
    for (const child of this.running) child.kill("SIGKILL")
    rmSync(this.folder, { recursive: true, force: true })
  }
}
