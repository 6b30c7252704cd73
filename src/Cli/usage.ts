import type * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import type { HelpDoc } from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import { didYouMean } from "../Message/index.ts"

/** What is wrong with the words of a command: one line, and where to read more. */
export const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Effect.sync(() => {
          const [first] = event.errors
          const why = first === undefined ? "this is no way to call it" : explain(first, event.helpDoc)
          const see = why.endsWith("?") ? " See" : "; see"
          process.stderr.write(`katcp: ${why}${see} ${event.commandPath.join(" ")} --help\n`)
        })
      : CliOutput.defaultPresenter.present(event)
}

const explain = (error: CliError.NonShowHelpErrors, help: HelpDoc): string => {
  switch (error._tag) {
    case "UnrecognizedOption":
      return `there is no flag ${error.option}${didYouMean(error.option, flagsOf(help))}`
    case "UnknownSubcommand":
      return `there is no command ${JSON.stringify(error.subcommand)}${didYouMean(error.subcommand, commandsOf(help))}`
    case "DuplicateOption":
      return `the flag --${error.option} stands twice`
    case "MissingOption":
      return `the flag --${error.option} is missing`
    case "MissingArgument":
      return `<${error.argument}> is missing`
    case "UnexpectedArgument":
      return `${error.arguments.join(" ")} is too much`
    case "InvalidValue": {
      const where = error.kind === "flag" ? `--${error.option}` : `<${error.option}>`
      const { expected, value } = error
      if (value === "" && error.kind === "flag") return `${where} needs a value`
      if (expected === "at most 1 value") return `${where} stands more than once`
      // the choices, or a sentence of a flag's own
      const choices = expected.split(" | ")
      if (choices.length > 1) return `${where} is one of ${choices.map((choice) => choice.slice(1, -1)).join(", ")}`
      return expected.startsWith('"')
        ? `${where}: ${expected}`
        : `${where}: ${JSON.stringify(value)} is no value; expected ${expected.replace(/^(?:Expected:? )?(?:a string representing )?/, "")}`
    }
    default:
      return error.message.replaceAll(/\s+/g, " ")
  }
}

const flagsOf = ({ flags, globalFlags = [], inheritedFlags = [] }: HelpDoc): ReadonlyArray<string> =>
  [...flags, ...inheritedFlags, ...globalFlags].map(({ name }) => `--${name}`)

const commandsOf = ({ subcommands = [] }: HelpDoc): ReadonlyArray<string> =>
  subcommands.flatMap(({ commands }) => commands.map(({ name }) => name))
