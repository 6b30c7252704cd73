/** `katcp casper list`, `info` and `fpg`: the contents of boards and files. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Casper from "../../../Casper/index.ts"
import * as CasperNode from "../../../Casper/node/index.ts"
import { cannotRun } from "../../Failure.ts"
import * as flags from "../../flags.ts"
import { Output } from "../../show/Output.ts"
import { type Column, table } from "../../show/table.ts"
import { visible } from "../../show/visible.ts"
import { allHosts, common, eachBoard, explained, reach } from "./boards.ts"

const columns: ReadonlyArray<Column> = [
  { title: "register" },
  { title: "address", right: true },
  { title: "bytes", right: true },
  { title: "kind" },
  { title: "way" }
]

const fieldsJson = (fields: Casper.BoardRegister["fields"]) => [...fields.values()]

/** `katcp casper list`. */
export const list = Command.make(
  "list",
  { words: flags.words("HOST…", "The boards"), ...common },
  Effect.fnUntraced(function* (input) {
    const hosts = yield* allHosts(input, input.words)
    yield* eachBoard(hosts, input, (host) =>
      Effect.scoped(
        Effect.gen(function* () {
          const output = yield* Output
          const board = yield* reach(host, input)
          const registers = [
            ...(yield* Effect.mapError(board.registers, (error) => explained(host.text, error))).values()
          ]
          if (input.json)
            return yield* Effect.forEach(
              registers,
              ({ address, fields, length, meta, mode, name, tag }) =>
                output.json({
                  host: host.text,
                  register: name,
                  address,
                  bytes: length,
                  kind: tag,
                  way: mode,
                  fields: fieldsJson(fields),
                  meta: Object.fromEntries(meta)
                }),
              { discard: true }
            )
          const rows = registers.map(({ address, length, mode, name, tag }) => [
            { text: name },
            { text: address === undefined ? "" : `0x${address.toString(16)}` },
            { text: `${length}` },
            { text: tag ?? "" },
            { text: mode ?? "" }
          ])
          const lines =
            rows.length === 0
              ? [
                  `${host.text} has no registers: the FPGA is ${visible(yield* Effect.mapError(board.status, (error) => explained(host.text, error)))}`
                ]
              : [
                  ...(hosts.length > 1 ? [output.paint("bold", host.text)] : []),
                  ...table(columns, rows, output.terminal()?.columns)
                ]
          yield* output.raw(`${lines.join("\n")}\n`)
        })
      )
    )
  })
).pipe(
  Command.withDescription("List the registers of boards: names, addresses, sizes and kinds"),
  Command.withExamples([{ command: "katcp casper list roach1 roach2", description: "The registers of two boards" }])
)

/** `katcp casper info`. */
export const info = Command.make(
  "info",
  { words: flags.words("HOST…", "The boards"), ...common },
  Effect.fnUntraced(function* (input) {
    yield* eachBoard(yield* allHosts(input, input.words), input, (host) =>
      Effect.scoped(
        Effect.gen(function* () {
          const output = yield* Output
          const board = yield* reach(host, input)
          const failing = (error: Casper.BoardError) => explained(host.text, error)
          const state = yield* Effect.mapError(board.status, failing)
          const { size } = yield* Effect.mapError(board.registers, failing)
          // a server without files or metadata refuses the request
          const files = yield* Effect.catchTag(board.files, "BoardRefused", () => Effect.succeed([])).pipe(
            Effect.mapError(failing)
          )
          const said = yield* Effect.result(board.client.request.meta({ fields: [] }))
          const sources = Casper.Fpg.sources({ meta: Result.isSuccess(said) ? said.success.informs : [] })
          const version = board.client.versions.get("version")?.version
          if (input.json)
            return yield* output.json({
              host: host.text,
              state,
              version,
              registers: size,
              files,
              sources: sources.map(({ key, values }) => ({ key, values }))
            })
          const lines = [
            output.paint("bold", host.text),
            `  state      ${state}`,
            `  version    ${version ?? "not told"}`,
            `  registers  ${size}`,
            `  files      ${files.length === 0 ? "none" : files.join(", ")}`,
            ...sources.map(({ key, values }) => `  source     ${[key, ...values].join(" ")}`)
          ]
          yield* output.raw(lines.map((line) => `${line.startsWith("  ") ? visible(line) : line}\n`).join(""))
        })
      )
    )
  })
).pipe(
  Command.withDescription("Show the state of boards, their files and the sources of their designs"),
  Command.withExamples([{ command: "katcp casper info roach1 roach2", description: "Two boards" }])
)

/** `katcp casper fpg`. */
export const fpg = Command.make(
  "fpg",
  {
    words: flags.words("FILE", "The file; no board is needed"),
    meta: Flag.Boolean("meta").pipe(Flag.withDescription("Also show the metadata"), Flag.withDefault(false)),
    json: flags.json
  },
  Effect.fnUntraced(function* ({ json, meta, words }) {
    const output = yield* Output
    const [file, ...more] = words
    if (file === undefined || more.length > 0) return yield* cannotRun("name a file: katcp casper fpg FILE")
    const design = yield* Effect.mapError(CasperNode.file(file), ({ message }) => cannotRun(message))
    const registers = [...design.registers.values()]
    if (json)
      return yield* output.json({
        file,
        format: design.format,
        registers,
        meta: design.meta,
        compression: design.compression,
        bitstream: design.bitstream.length
      })
    const head = `${file}: ${design.format === "bof" ? "a .bof file" : `${registers.length} registers`}, a bitstream of ${design.bitstream.length} bytes${design.compression === "gzip" ? ", compressed" : ""}`
    const rows = registers.map(({ address, length, name }) => [
      { text: name },
      { text: `0x${address.toString(16)}` },
      { text: `${length}` }
    ])
    const said = meta ? design.meta : Casper.Fpg.sources(design)
    const lines = [
      visible(head),
      ...(rows.length === 0 ? [] : table(columns.slice(0, 3), rows, output.terminal()?.columns)),
      ...said.map(({ device, key, tag, values }) => visible([device, tag, key, ...values].join("  ")))
    ]
    yield* output.raw(`${lines.join("\n")}\n`)
  })
).pipe(
  Command.withDescription("Show the contents of an .fpg file: registers, sources, metadata"),
  Command.withExamples([{ command: "katcp casper fpg design.fpg --meta", description: "Everything in the file" }])
)
