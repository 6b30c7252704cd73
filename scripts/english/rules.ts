/**
 * The rules of plain English that a program can hold with few false alarms. The rest is for readers: one fact a sentence,
 * subject first, active voice, the field's words.
 */
import type { Text } from "./texts.ts"

/** The number of words that a sentence may have. Not measured: writers aim at 25; a sentence over 40 is never clear. */
const longest = 40

/** Names that mean nothing to a reader who does not know their story, with the words that do. */
const metaphors: Readonly<Record<string, string>> = {
  strays: "uninterruptible",
  visit: "walk",
  bears: "accepts",
  goes: "closed",
  parting: "disconnecting",
  most: "limit",
  patience: "grace",
  Farewell: "Departure",
  Due: "PendingQueries",
  Succession: "OrderPrediction",
  Oddities: "Anomalies"
}

const phrases: ReadonlyArray<readonly [pattern: RegExp, advice: string]> = [
  [/\b(?:is|are|was|were) none\b/i, `say "there is no …", "without …" or "has no …"`],
  [/\bso grave\b/i, `say "at this level and above"`],
  [/\bas long as nobody\b/i, `say "until" or "unless"`],
  [/\bof (?:which|whom)\b/i, "begin a new sentence with the thing's name"],
  [/\bso that\b/i, `say "so", "because", or begin a new sentence`],
  [/\bparted (?:by|with)\b/i, `say "separated by"`],
  [/\banew\b/i, `say "again" or "new"`],
  [/\b(?:is|are|was|were) told\b/i, "say who sends, reports or receives what"],
  [/\bwho(?:so)?ever\b/i, `say "anyone who", "a client that", or "if you"`],
  [/\blest\b/i, `say "so … does not"`],
  [/\bat the (?:most|least)\b/i, `say "at most" or "at least"`],
  [
    /(?<!\bthere )\b(?:is|are) no (?!longer\b|more\b|less\b|later\b|better\b|worse\b|greater\b|different\b|other\b)[a-z]/i,
    `say "is not a …"`
  ],
  [/\bplays? with the terminal\b/i, "say which characters are escaped"],
  [/\b(?:reader|client|who|that) has enough\b/i, `say "closes the pipe" or "stops reading"`]
]

/** The sentences of a text. A full stop within code does not end one. */
const sentences = (text: string): ReadonlyArray<string> =>
  text
    .replace(/`[^`]*`/g, "code")
    .replace(/\b(?:e\.g|i\.e|etc|vs|approx|no)\. /gi, (short) => short.replaceAll(".", ""))
    .split(/(?<=[.!?]["')\]]?) +(?=[A-Z0-9"'([]|code\b)/)

/** Returns the faults of a text, each with the advice that mends it. */
export const faultsOf = ({ kind, text }: Text): ReadonlyArray<string> => {
  if (kind === "name") {
    const better = Object.hasOwn(metaphors, text) ? metaphors[text] : undefined
    return better === undefined ? [] : [`the name ${text} is a metaphor: name the thing, as in ${better}`]
  }
  const faults: Array<string> = []
  const opening = /^(What|Whether|Who|Whose|Whom|Where)\b/.exec(text)?.[1]
  if (kind === "doc" && opening !== undefined && !/^[^.]*\?/.test(text))
    faults.push(`begins with "${opening}": begin with a noun, or a verb in the third person`)
  const plain = text.replace(/`[^`]*`/g, "code").replace(/"[^"]*"/g, "quote")
  for (const [pattern, advice] of phrases) {
    const hit = pattern.exec(kind === "string" ? text : plain)
    if (hit !== null) faults.push(`"${hit[0]}": ${advice}`)
  }
  if (kind !== "string")
    for (const sentence of sentences(text)) {
      const words = sentence.split(/\s+/).filter((word) => /\w/.test(word)).length
      if (words > longest) faults.push(`a sentence of ${words} words: split it ("${sentence.slice(0, 40)}…")`)
    }
  return faults
}
