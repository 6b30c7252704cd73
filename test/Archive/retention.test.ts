import { assert, describe, it } from "@effect/vitest"
import { Retention } from "../../src/Archive/writer/Retention.ts"
import { randomOf } from "./equality.ts"

const hour = 3_600_000_000
const day = 24 * hour
const week = 7 * day
const begin = 1.8e15

/** Lets a process run: a step every minute of its own time. Returns the last time that counted. */
const run = (retention: Retention, from: number, clock: (elapsed: number) => number, length: number) => {
  let time = Number.NaN
  for (let elapsed = from; elapsed <= from + length; elapsed += hour / 60)
    time = retention.step(clock(elapsed), elapsed).time
  return time
}

describe("the clock that decides which data are dropped", () => {
  it("ignores small steps of the host's clock", () => {
    const retention = new Retention({ time: begin, held: 0 }, week, 0)
    const random = randomOf(3)
    run(retention, 0, (elapsed) => begin + elapsed + random.below(600e6) - 300e6, 3 * day)
    assert.strictEqual(retention.ahead, 0)
    assert.strictEqual(retention.step(begin + 3 * day + hour, 3 * day + hour).time, begin + 3 * day + hour)
  })

  it("follows a step of a year only after the process has run for a day with it", () => {
    const retention = new Retention({ time: begin, held: 0 }, week, 0)
    const year = 365 * day
    const time = run(retention, 0, (elapsed) => begin + elapsed + year, 23 * hour)
    assert.closeTo(time, begin + 23 * hour, hour / 30)
    assert.closeTo(retention.ahead, year, hour / 30)
    assert.strictEqual(
      run(retention, 23 * hour, (elapsed) => begin + elapsed + year, 2 * hour),
      begin + 25 * hour + year
    )
    assert.strictEqual(retention.ahead, 0)
  })

  it("continues as before once the clock is corrected, and follows a step back at once", () => {
    const retention = new Retention({ time: begin, held: 0 }, week, 0)
    run(retention, 0, (elapsed) => begin + elapsed + 365 * day, 20 * hour)
    assert.strictEqual(retention.step(begin + 21 * hour, 21 * hour).time, begin + 21 * hour)
    assert.strictEqual(retention.step(begin - 100 * day, 22 * hour).time, begin - 100 * day)
    // the day begins again with the next step
    assert.closeTo(
      run(retention, 22 * hour, (elapsed) => begin + elapsed, 10 * hour),
      begin - 100 * day + 10 * hour,
      hour / 30
    )
  })

  it("adds up short runs, so a program that is started daily drops data, too", () => {
    let state = { time: begin, held: 0 }
    let wall = begin
    const lags: Array<number> = []
    for (let days = 0; days < 30; days++) {
      wall += 16 * hour
      const retention = new Retention(state, week, 0)
      for (let elapsed = 0; elapsed <= 8 * hour; elapsed += hour / 60) state = retention.step(wall + elapsed, elapsed)
      wall += 8 * hour
      lags.push(wall - state.time)
    }
    assert.isAtMost(Math.max(...lags), 4 * day)
    assert.isAtLeast(lags.filter((lag) => lag === 0).length, 5)
  })

  it("tolerates only small steps if data are kept for a short time", () => {
    const retention = new Retention({ time: begin, held: 0 }, 10 * 60e6, 0)
    assert.strictEqual(retention.step(begin + 30 * 60e6, 60e6).time, begin + 60e6)
  })
})
