/**
 * A farm in a process of its own: `node test/Fleet/farm/program.ts '{"devices":1000,"sensors":5,"port":20000}'`. It answers
 * over the channel of `fork`; without one it prints its counts each second.
 */
import { setTimeout } from "node:timers/promises"
import { Farm, type FarmOptions } from "./Farm.ts"

const farm = new Farm(JSON.parse(process.argv[2]!) as FarmOptions)
await farm.listen()

/** Requests to a farm. Each has an answer with its number. */
export type Question =
  | { readonly ask: "counts" | "devices" | "reset" | "addresses" }
  | { readonly ask: "rate"; readonly hertz: number }

const answer = (question: Question): unknown => {
  switch (question.ask) {
    case "addresses":
      return farm.addresses
    case "counts":
      return farm.counts()
    case "devices":
      return farm.devices.map(({ counts }) => counts)
    case "rate":
      return farm.setRate(question.hertz)
    case "reset":
      return farm.reset()
  }
}

if (process.send === undefined) {
  for (;;) {
    console.log(JSON.stringify(farm.counts()))
    await setTimeout(1000)
  }
} else {
  process.on("message", (message: { readonly number: number; readonly question: Question }) => {
    process.send!({ number: message.number, answer: answer(message.question) ?? null })
  })
  process.on("disconnect", () => process.exit(0))
  process.send("ready")
}
