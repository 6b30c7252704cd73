/** The shared state of a board's parts: the client, the log and the registers; and the errors of requests. */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { Client } from "../../Client/index.ts"
import type { KatcpError, RequestFailed, RequestInvalid } from "../../Message/index.ts"
import type { Network } from "../Network.ts"
import type { TcpBorphServer } from "../TcpBorphServer.ts"
import { type BoardError, BoardRefused, UnknownRegister } from "./errors.ts"
import type { LogTail } from "./LogTail.ts"
import type { Resolved } from "./options.ts"
import { assemble, type BoardRegister } from "./Registers.ts"

type RequestsOf<C> = C extends { readonly requests: ReadonlyMap<string, infer R> } ? R : never
type SensorsOf<C> = C extends { readonly sensorTypes: ReadonlyMap<string, infer S> } ? S : never

/**
 * The client of a board, with a method for each request of the contract.
 *
 * @category models
 * @since 0.1.0
 */
export type BoardClient = Client<RequestsOf<typeof TcpBorphServer>, SensorsOf<typeof TcpBorphServer>>

export class Core {
  readonly client: BoardClient
  readonly options: Resolved
  readonly network: Network["Service"]
  readonly log: LogTail
  readonly uploading = Semaphore.makeUnsafe(1)
  /** Incremented when another design may be in the FPGA. */
  private generation = 0
  private known: ReadonlyMap<string, BoardRegister> | undefined = undefined
  private bulk: boolean | undefined = undefined
  private readonly listing = Semaphore.makeUnsafe(1)

  constructor(client: BoardClient, options: Resolved, network: Network["Service"], log: LogTail) {
    this.client = client
    this.options = options
    this.network = network
    this.log = log
  }

  /** Called when another design may be in the FPGA: its registers are requested on demand. */
  readonly forget = (): void => {
    this.generation++
    this.known = undefined
  }

  /** Called when another server may answer. */
  readonly forgetServer = (): void => {
    this.forget()
    this.bulk = undefined
  }

  /** Makes a request, which fails with the log lines received meanwhile. */
  ask<A>(
    request: string,
    effect: Effect.Effect<A, RequestFailed | RequestInvalid | KatcpError>
  ): Effect.Effect<A, BoardRefused | KatcpError> {
    return Effect.suspend(() => {
      const before = this.log.count
      const refused = (code: string, detail: string) =>
        Effect.fail(
          new BoardRefused({ host: this.options.text, request, code, detail, reasons: this.log.since(before) })
        )
      return Effect.catchTags(effect, {
        RequestFailed: ({ code, message }) => refused(code, message),
        RequestInvalid: ({ message }) => refused("invalid", message)
      })
    })
  }

  /** The registers of the design, requested once. Empty if the FPGA is not programmed. */
  readonly registers: Effect.Effect<ReadonlyMap<string, BoardRegister>, BoardRefused | KatcpError> = Effect.suspend(
    () =>
      this.known === undefined
        ? this.listing.withPermit(
            Effect.suspend(() => (this.known === undefined ? this.list : Effect.succeed(this.known)))
          )
        : Effect.succeed(this.known)
  )

  private readonly list = Effect.gen({ self: this }, function* () {
    const { request } = this.client
    for (let attempt = 1; ; attempt++) {
      const { generation } = this
      // a board that is not programmed refuses
      const sizes = yield* this.ask("listdev", request.listdev({ mode: "size" })).pipe(
        Effect.map(({ informs }) => informs),
        Effect.catchTag("BoardRefused", (error) =>
          Effect.flatMap(this.ask("fpgastatus", request.fpgastatus()).pipe(Effect.option), (ready) =>
            ready._tag === "None" ? Effect.succeed([]) : Effect.fail(error)
          )
        )
      )
      const addresses =
        sizes.length === 0 ? [] : (yield* this.ask("listdev", request.listdev({ mode: "detail" }))).informs
      // older servers have no metadata
      const meta =
        sizes.length === 0
          ? []
          : yield* this.ask("meta", request.meta({ fields: [] })).pipe(
              Effect.map(({ informs }) => informs),
              Effect.catchTag("BoardRefused", () => Effect.succeed([]))
            )
      const registers = assemble(sizes, addresses, meta)
      if (generation !== this.generation && attempt < 3) continue
      this.known = registers
      return registers
    }
  })

  /** Returns `true` if the register is known to have this many bytes. */
  hasRoom(name: string, bytes: number): boolean {
    const register = this.known?.get(name)
    return register !== undefined && bytes <= register.length && Number.isInteger(bytes) && bytes >= 4
  }

  /** Returns a register by name. */
  register(name: string): Effect.Effect<BoardRegister, BoardError> {
    return Effect.suspend(() => {
      const register = this.known?.get(name)
      if (register !== undefined) return Effect.succeed(register)
      return Effect.flatMap(this.registers, (registers) => {
        const found = registers.get(name)
        return found === undefined
          ? Effect.fail(new UnknownRegister({ host: this.options.text, register: name, known: registers.size }))
          : Effect.succeed(found)
      })
    })
  }

  /** `true` if the board has `?bulkread`. */
  get hasBulkread(): Effect.Effect<boolean, KatcpError> {
    const said = this.options.quirks.bulkread
    if (said !== "ask") return Effect.succeed(said)
    if (this.bulk !== undefined) return Effect.succeed(this.bulk)
    return Effect.map(this.client.callRaw("help"), ({ informs }) => {
      this.bulk = informs.some((inform) => inform.text(0) === "bulkread")
      return this.bulk
    })
  }
}
