import type * as Fpg from "../fpg/index.ts"
import { Clients } from "./Clients.ts"
import { Memory } from "./Memory.ts"

/**
 * The faults of a fake board.
 *
 * @category models
 * @since 0.1.0
 */
export interface Faults {
  /**
   * The fault of an upload. `refused`: the port does not open. `cut`: the connection is closed within the design.
   * `broken`: the design is accepted, and a log line reports that the FPGA could not be programmed. `silent`: the
   * design is accepted, and nothing is reported. `dropped`: all clients lose their connections, and the board continues
   * by itself.
   */
  readonly upload?: "refused" | "cut" | "broken" | "silent" | "dropped" | undefined
  /** Ports that cannot be opened for uploads. */
  readonly takenPorts?: ReadonlyArray<number> | undefined
  /**
   * The faults of requests, by name. `hang`: the request gets no answer. `drop`: the connection is closed instead. Any
   * other text: the request fails, with this text as a log line.
   */
  readonly requests?: Readonly<Record<string, string>> | undefined
}

/** The fixed options of a fake board, with all defaults filled in. */
export interface Built {
  readonly profile: "board" | "x86"
  readonly host: string
  readonly bulkread: boolean
  readonly fpgOnBoard: boolean
}

/**
 * The state of the FPGA: without a design, loaded with one, mapped into memory, or ready for reads and writes.
 *
 * @category models
 * @since 0.1.0
 */
export type FpgaState = "down" | "loaded" | "mapped" | "ready"

/** A started 10 GbE core: its network interface, and its multicast groups. */
export interface Tap {
  readonly name: string
  readonly ip: string
  readonly groups: Set<string>
}

/** The state of a fake board: the FPGA with its memory, the files, the clients. */
export class State {
  readonly built: Built
  readonly memory = new Memory()
  readonly clients = new Clients()
  readonly files: Map<string, Uint8Array>
  readonly registers = new Map<string, Fpg.Register>()
  readonly taps = new Map<string, Tap>()
  meta: Array<Fpg.Meta> = []
  fpga: FpgaState = "down"
  faults: Faults = {}
  design: Fpg.Fpg | undefined = undefined
  /** The number of designs received over upload ports. */
  uploads = 0
  /** `true` while an upload port is open or a design is being received. */
  uploading = false

  constructor(built: Built, files: ReadonlyMap<string, Uint8Array>) {
    this.built = built
    this.files = new Map(files)
  }

  get isProgrammed(): boolean {
    return this.fpga === "ready"
  }

  get littleEndian(): boolean {
    return this.built.profile === "x86"
  }

  /** Programs the FPGA with a design, without informing clients. */
  load(design: Fpg.Fpg): void {
    this.memory.clear()
    this.registers.clear()
    for (const [name, register] of design.registers) this.registers.set(name, register)
    this.meta = [...design.meta]
    this.design = design
    this.fpga = "ready"
  }

  /** Programs the FPGA with a design, and informs all clients. */
  program(design: Fpg.Fpg): void {
    if (this.fpga !== "down") this.deprogram()
    this.clients.log("warn", "raw", "map request 0x2000000 is within limit 0x2000000")
    this.clients.broadcast("fpga", "mapped")
    this.load(design)
    this.clients.broadcast("fpga", "ready")
  }

  /** Removes the design, and informs all clients. */
  deprogram(): void {
    this.registers.clear()
    this.taps.clear()
    this.meta = []
    this.memory.clear()
    this.design = undefined
    this.fpga = "down"
    this.clients.broadcast("fpga", "loaded")
    this.clients.broadcast("fpga", "down")
  }
}
