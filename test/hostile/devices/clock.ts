/**
 * Has the wall clock of this process step at each SIGUSR2: a day ahead, then two days back, then right again. Loaded by
 * `node --import`. The clock of the machine is left alone, and so is the monotonic clock, as when an administrator sets the time.
 */
const steps = [86_400_000, -86_400_000, 0]
let offset = 0
let next = 0
const now = Date.now
Date.now = () => now() + offset
process.on("SIGUSR2", () => {
  offset = steps[next++ % steps.length]!
})
