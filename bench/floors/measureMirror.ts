/** Measures a floor for mirrors as programs/mirror.ts measures the project: its output is the same. */

/** A mirror that is synced. */
export interface Floor {
  readonly statuses: () => ReadonlyArray<string>
  /** Called after each reading. */
  update: () => void
  readonly close: () => void
}

const clock = () => performance.now() / 1000
const cpuOf = (since: NodeJS.CpuUsage) => {
  const { system, user } = process.cpuUsage(since)
  return (user + system) / 1e6
}
const put = (line: object) => console.log(JSON.stringify(line))

/** Makes twelve mirrors one after another, then one that receives some updates in each phase. */
export const measureMirror = async (mirror: () => Promise<Floor>, wanted: number, phases: number): Promise<void> => {
  const runs: Array<{ readonly secs: number; readonly cpu: number; readonly n: number }> = []
  for (let time = 0; time < 12; time++) {
    const since = clock()
    const cpu = process.cpuUsage()
    const { close, statuses } = await mirror()
    const line = { secs: clock() - since, cpu: cpuOf(cpu) }
    runs.push({ ...line, n: statuses().filter((status) => status === "nominal").length })
    close()
  }
  const [first, ...others] = runs
  put({ scenario: "first", ...first })
  put({ scenario: "sync", ...others.sort((one, other) => one.secs - other.secs)[others.length >> 1] })

  const following = await mirror()
  for (let phase = 0; phase < phases; phase++) {
    let seen = 0
    let since = 0
    let cpu = process.cpuUsage()
    const { promise: done, resolve } = Promise.withResolvers<void>()
    following.update = () => {
      seen++
      if (seen === wanted >> 1) {
        since = clock()
        cpu = process.cpuUsage()
      } else if (seen === wanted) {
        const n = wanted - (wanted >> 1)
        put({ scenario: "updates", n, secs: clock() - since, cpu: cpuOf(cpu), us: (cpuOf(cpu) / n) * 1e6 })
        resolve()
      }
    }
    put({ scenario: "ready" })
    await done
  }
  following.close()
}
