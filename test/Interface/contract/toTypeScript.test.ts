import { execFile } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import * as path from "node:path"
import { promisify } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Arg, Message, Request, Sensor } from "katcp"
import * as Interface from "katcp/Interface"
import { Example } from "../../../examples/example/contract.ts"
import { contracts } from "./support.ts"

const root = path.join(import.meta.dirname, "..", "..", "..")
const folder = path.join(root, ".cache", "generated")
const tsc = path.join(root, "node_modules", "typescript", "bin", "tsc")

/** Names and texts that would end a string, a comment or a statement. */
const spoilers = ["*/", "`", "$" + "{1}", '"', "'", "\\", "\n", "\u2028", "\u202e", "// ", "</script>"]
const hostile: Interface.ContractDescription = {
  ...Interface.describe(
    Interface.make(`*/ \`$${"{process.exit(1)}"}\` \u2028 2-Dish`, { version: "\n1", build: '"' }).add(
      ...spoilers.map((text, at) => Request.raw(`r-${at}`, { doc: text, usage: text })),
      Request.make("r.x".replace(".", "-"), {
        doc: spoilers.join(""),
        args: { "a-b": Arg.Discrete("*/", ...spoilers.slice(1)), class: Arg.Float, "1st": Arg.optional(Arg.Text) }
      }),
      ...spoilers.map((text) => Sensor.remote(`s.${text}`, { doc: text, units: text, type: Arg.Discrete(text, "-") }))
    )
  ),
  device: { versions: [], standard: [], notes: spoilers.map((text) => `${text} throw 1`) }
}
/** Ids that give no valid class name, or one that the module has already. */
const ids = ["", "1", "Arg", "object", "sensor", "é", "__proto__", "katcp-device.v2"]

/** The part of a description about the contract alone. */
const bare = ({ device: _, ...contract }: Interface.ContractDescription) => contract

const describeAgain = async (file: string, protocol: string | undefined) => {
  const module: { readonly [name: string]: Interface.Any } = await import(/* @vite-ignore */ file)
  const [contract, ...others] = Object.values(module)
  assert.isTrue(contract !== undefined && others.length === 0, `${file} has one export`)
  return Interface.describe(contract!, {
    protocol: protocol === undefined ? undefined : Option.getOrThrow(Message.Protocol.parse(protocol))
  })
}

describe("toTypeScript", () => {
  it.effect(
    "returns modules that compile, and whose contracts have the same description",
    Effect.fnUntraced(function* () {
      const any = yield* Arbitrary.sampleEffect(contracts, { count: 40, size: 30, seed: 1 })
      const named = ids.map((id) => Interface.describe(Interface.make(id)))
      const all = [Interface.describe(Example), hostile, ...named, ...any]
      rmSync(folder, { recursive: true, force: true })
      mkdirSync(folder, { recursive: true })
      writeFileSync(
        path.join(folder, "tsconfig.json"),
        JSON.stringify({ extends: "../../tsconfig.json", include: ["*.ts"] })
      )
      const files = all.map((contract, at) => {
        const file = path.join(folder, `contract${at}.ts`)
        const source = Interface.toTypeScript(contract)
        // nothing in it looks like what it is not
        assert.notMatch(source.replaceAll("\n", ""), /[\p{Cc}\p{Cf}\u2028\u2029]/u)
        writeFileSync(file, source)
        return [contract, file] as const
      })
      const { stdout } = yield* Effect.promise(() =>
        promisify(execFile)(process.execPath, [tsc, "-p", folder]).catch(
          (failed: { readonly stdout: string }) => failed
        )
      )
      assert.strictEqual(stdout, "")
      for (const [contract, file] of files)
        assert.deepStrictEqual(yield* Effect.promise(() => describeAgain(file, contract.protocol)), bare(contract))
    }),
    60_000
  )

  it("formats code in lines, and imports the names that it uses", () => {
    const contract = Interface.make("m1-antenna", { version: "m1-antenna-1.0" }).add(
      Request.make("track", {
        doc: "Point at a place.",
        args: { az: Arg.between(Arg.Float, { minimum: -180, maximum: 180 }), name: Arg.optional(Arg.Text) },
        reply: { eta: Arg.Float },
        timeoutHint: "30 seconds"
      }),
      Request.raw("stow", { doc: "Stow.", usage: "?stow [now]" }),
      Sensor.make("mode", { doc: "Mode", type: Arg.Discrete("stow", "track"), initial: "stow" })
    )
    assert.strictEqual(
      Interface.toTypeScript(Interface.describe(contract)),
      `// Generated from the description of contract m1-antenna, version m1-antenna-1.0; edits are overwritten.
import { Arg, Interface, Request, Sensor } from "katcp"

export class M1Antenna extends Interface.make("m1-antenna", { version: "m1-antenna-1.0" }).add(
  Request.make("track", {
    doc: "Point at a place.",
    args: { az: Arg.between(Arg.Float, { minimum: -180, maximum: 180 }), name: Arg.optional(Arg.Text) },
    reply: { eta: Arg.Float },
    timeoutHint: "30 seconds"
  }),
  Request.raw("stow", { doc: "Stow.", usage: "?stow [now]" }),
  Sensor.make("mode", { doc: "Mode", type: Arg.Discrete("stow", "track"), initial: "stow" })
) {}
`
    )
  })

  it("uses the given class name, or refuses", () => {
    const contract = Interface.describe(Interface.make("dish"))
    assert.include(Interface.toTypeScript(contract), "export class Dish extends")
    assert.include(Interface.toTypeScript(contract, { className: "Mine" }), "export class Mine extends")
    for (const className of ["", "a b", "1", "x{}", "é"])
      assert.throws(() => Interface.toTypeScript(contract, { className }), TypeError, /not a class name/)
  })
})
