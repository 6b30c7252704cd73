/** Applies the load of one trial: `node attack.ts NAME HOST PORT PID SEED`, and writes what it counted as JSON. */
import { serverTrials } from "../trials/index.ts"

const [name, host = "", port, pid, seed] = process.argv.slice(2)
const trial = serverTrials.find((trial) => trial.name === name)
if (trial === undefined) throw new Error(`no trial is called ${name}`)
const counts = await trial.apply({ host, port: Number(port), pid: Number(pid), seed: Number(seed) })
console.log(JSON.stringify(counts))
process.exit(0)
