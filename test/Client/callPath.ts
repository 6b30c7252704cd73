/**
 * A program that makes one call and prints, as JSON, the files of `src/` in which a function ran between `client.call` and
 * the moment at which the bytes of the request stood in the encoder. V8's precise coverage counts them. It is a program of
 * its own, since test runners add functions to the modules that they load.
 */
import { Session } from "node:inspector"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Socket from "effect/socket/Socket"
import * as Client from "../../src/Client/index.ts"
import { Encoder } from "../../src/Codec/index.ts"
import { Request } from "../../src/Interface/index.ts"
import { RawConnection, SocketPair } from "../../src/Testing/index.ts"

const source = path.join(import.meta.dirname, "..", "..", "src")
const session = new Session()
let files: ReadonlyArray<string> = []

/** Notes the files in which functions ran since the last call. */
const take = (): void =>
  session.post("Profiler.takePreciseCoverage", (_, { result }) => {
    files = result
      .filter(({ functions, url }) => url.startsWith("file:") && functions.some(({ ranges }) => ranges[0]!.count > 0))
      .map(({ url }) => path.relative(source, fileURLToPath(url)).replaceAll(path.sep, "/"))
      .filter((file) => !file.startsWith(".."))
  })

/** Runs an effect that makes one call, and returns the files that the call passed up to its bytes. */
const filesOf = (call: Effect.Effect<unknown, unknown>) =>
  Effect.gen(function* () {
    const { end } = Encoder.prototype
    let passed: ReadonlyArray<string> = []
    Encoder.prototype.end = function () {
      end.call(this)
      take()
      passed = files
      Encoder.prototype.end = end
    }
    take()
    yield* Effect.forkScoped(call, { startImmediately: true })
    return passed
  })

const contract = {
  requests: new Map([["stow", Request.make("stow", { doc: "Stow the dish." })]]),
  sensorTypes: new Map<string, never>()
}

const main = Effect.gen(function* () {
  const [near, far] = SocketPair.make()
  const device = yield* RawConnection.make(far)
  yield* device.send("#version-connect katcp-protocol 5.1-MIB\n")
  const client = yield* Effect.provideService(
    Client.make(contract, { reconnect: false, checkContract: false }),
    Socket.Socket,
    near
  )
  session.connect()
  session.post("Profiler.enable")
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false })
  // the first call starts the timer of the deadlines
  yield* Effect.forkScoped(client.call("first"), { startImmediately: true })
  const byName = yield* filesOf(Effect.suspend(() => client.call("second", ["a"])))
  const ofContract = yield* filesOf(Effect.suspend(() => client.request.stow()))
  console.log(JSON.stringify({ byName, ofContract }))
})

await Effect.runPromise(Effect.scoped(main))
