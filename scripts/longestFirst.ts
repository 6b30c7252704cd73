/** The order of the test files: the slowest start first, so none is left over at the end of a run. */
import { BaseSequencer, type TestSpecification } from "vitest/node"

/**
 * The slowest files, in order, as CI measured them on two processors with three workers. Files outside the list follow,
 * largest first.
 */
const longest = [
  "package/build.test.ts",
  "Cli/commands.test.ts",
  "docs/cli.test.ts",
  "interop/conform.test.ts",
  "Archive/sqlite.test.ts",
  "interop/openapi.test.ts",
  "interop/conformance.test.ts",
  "Archive/trials.test.ts",
  "Fleet/runners.test.ts",
  "Fleet/trials.test.ts",
  "interop/golden.test.ts",
  "Cli/badInput.test.ts",
  "interop/commands.test.ts",
  "Archive/postgres.test.ts",
  "Export/outage.test.ts",
  "interop/python-servers.test.ts",
  "interop/golden-peers.test.ts",
  "interop/proxy.test.ts",
  "interop/sampling-peers.test.ts",
  "docs/blocks.test.ts",
  "hostile/short.test.ts",
  "Codec/arg/properties.test.ts",
  "interop/python-clients.test.ts",
  "Client/sensors/model.test.ts",
  "pty/progress.test.ts",
  "Cli/ending.test.ts",
  "pty/colours.test.ts",
  "Cli/fullDisk.test.ts",
  "Node/wire.test.ts",
  "Server/churn.test.ts",
  "Server/tcp.test.ts",
  "Cli/badWords.test.ts"
]

const place = ({ moduleId }: TestSpecification): number => {
  const at = longest.findIndex((file) => moduleId.replaceAll("\\", "/").endsWith(`/test/${file}`))
  return at === -1 ? longest.length : at
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    // files outside the list keep vitest's order
    const sorted = await super.sort(files)
    return sorted
      .map((file, at) => ({ file, at }))
      .sort((a, b) => place(a.file) - place(b.file) || a.at - b.at)
      .map(({ file }) => file)
  }
}
