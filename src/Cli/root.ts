import * as Command from "effect/cli/Command"

/** The commands with their loaders, in the order of the help. */
const commands = {
  call: () => import("./commands/call.ts").then(({ call }) => call),
  info: () => import("./commands/info.ts").then(({ info }) => info),
  list: () => import("./commands/list.ts").then(({ list }) => list),
  get: () => import("./commands/get.ts").then(({ get }) => get),
  help: () => import("./commands/help.ts").then(({ help }) => help),
  monitor: () => import("./commands/monitor.ts").then(({ monitor }) => monitor),
  plot: () => import("./commands/plot.ts").then(({ plot }) => plot),
  wait: () => import("./commands/wait.ts").then(({ wait }) => wait),
  log: () => import("./commands/log.ts").then(({ log }) => log),
  shell: () => import("./commands/shell.ts").then(({ shell }) => shell),
  tap: () => import("./commands/tap.ts").then(({ tap }) => tap),
  replay: () => import("./commands/replay.ts").then(({ replay }) => replay),
  serve: () => import("./commands/serve.ts").then(({ serve }) => serve),
  simulate: () => import("./commands/simulate.ts").then(({ simulate }) => simulate),
  proxy: () => import("./commands/proxy.ts").then(({ proxy }) => proxy),
  gateway: () => import("./commands/gateway.ts").then(({ gateway }) => gateway),
  conform: () => import("./commands/conform.ts").then(({ conform }) => conform),
  archive: () => import("./commands/archive.ts").then(({ archive }) => archive),
  history: () => import("./commands/history.ts").then(({ history }) => history),
  export: () => import("./commands/export.ts").then(({ exporting }) => exporting),
  dashboard: () => import("./commands/dashboard.ts").then(({ dashboard }) => dashboard),
  fleet: () => import("./commands/fleet.ts").then(({ fleet }) => fleet),
  casper: () => import("./commands/casper.ts").then(({ casper }) => casper),
  contract: () => import("./commands/contract.ts").then(({ contract }) => contract),
  msg: () => import("./commands/msg.ts").then(({ msg }) => msg),
  run: () => import("./commands/run.ts").then(({ run }) => run),
  con: () => import("./commands/con.ts").then(({ con }) => con)
}

/** Returns `true` for a word that names a command. */
const isCommand = (word: string | undefined): word is keyof typeof commands =>
  word !== undefined && Object.hasOwn(commands, word)

/** Flags that show all commands, or a part of each. */
const showsAll = /^(?:--(?:completions|wizard|help)\b|-h$)/

/** Loads the `katcp` command with all its commands. */
export const loadRoot = async () => withCommands(await Promise.all(Object.values(commands).map((load) => load())))

/**
 * Loads the part of the `katcp` command that the words of a command line need: the named command. For an unknown
 * command, the names of all are enough to report it. Loading everything would take half as long again.
 */
export const loadRootFor = async (words: ReadonlyArray<string>) => {
  const [first] = words
  if (first === undefined || first.startsWith("-") || words.some((word) => showsAll.test(word))) return loadRoot()
  return withCommands(
    isCommand(first) ? [await commands[first]()] : Object.keys(commands).map((name) => Command.make(name))
  )
}

/** A command, or one with only its name. */
type AnyCommand = Awaited<ReturnType<(typeof commands)[keyof typeof commands]>> | Command.Command<string, object>

const withCommands = (subcommands: ReadonlyArray<AnyCommand>) =>
  Command.make("katcp").pipe(
    Command.withDescription("Talk to devices that speak KATCP"),
    Command.withSubcommands(subcommands)
  )
