import type * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import type { HelpDoc } from "effect/cli/HelpDoc"
import * as Effect from "effect/Effect"
import { didYouMean } from "../Message/index.ts"

/** The fault of a command's words: one line, and a pointer to the help. */
export const presenter: CliOutput.Presenter = {
  present: (event) =>
    event._tag === "InvalidInvocation"
      ? Effect.sync(() => {
          const [first] = event.errors
          const why = first === undefined ? "invalid arguments" : explain(first, event.helpDoc)
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
      return `the flag --${error.option} is given twice`
    case "MissingOption":
      return `the flag --${error.option} is missing`
    case "MissingArgument":
      return `<${error.argument}> is missing`
    case "UnexpectedArgument":
      return `too many arguments: ${error.arguments.join(" ")}`
    case "InvalidValue": {
      const where = error.kind === "flag" ? `--${error.option}` : `<${error.option}>`
      const { expected, value } = error
      if (value === "" && error.kind === "flag") return `${where} needs a value`
      if (expected === "at most 1 value") return `${where} is given more than once`
      // the choices, or the flag's own sentence
      const choices = expected.split(" | ")
      if (choices.length > 1)
        return `${where} must be one of ${choices.map((choice) => choice.slice(1, -1)).join(", ")}`
      return expected.startsWith('"')
        ? `${where}: ${expected}`
        : `${where}: ${JSON.stringify(value)} is not valid; expected ${expected.replace(/^(?:Expected:? )?(?:a string representing )?/, "")}`
    }
    default:
      return error.message.replaceAll(/\s+/g, " ")
  }
}

const flagsOf = ({ flags, globalFlags = [], inheritedFlags = [] }: HelpDoc): ReadonlyArray<string> =>
  [...flags, ...inheritedFlags, ...globalFlags].map(({ name }) => `--${name}`)

const commandsOf = ({ subcommands = [] }: HelpDoc): ReadonlyArray<string> =>
  subcommands.flatMap(({ commands }) => commands.map(({ name }) => name))
