/**
 * Finds the texts of a file: comments, string literals and test names of TypeScript, and the sentences of Markdown.
 * Works on lines, without a parser: a comment is a comment only if it begins its line, and code in examples is skipped.
 */

/** A text, its line (from 1), and its place: `doc` begins a doc comment, `prose` is any other text, `string` a literal. */
export interface Text {
  readonly line: number
  readonly kind: "doc" | "prose" | "string" | "name"
  readonly text: string
}

const declaration = /\b(?:const|let|function|class|interface|type|readonly|get|private|static)\s+#?([A-Za-z]\w*)/g
const literal = /"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)(?:`|$)/g
const begin = /^(?:[-*] |\d+\. |@\w+ ?)/

/** A line of prose without the marks of its comment. */
interface Line {
  readonly line: number
  readonly text: string
}

/** Joins lines into paragraphs. A blank line, a list item and a tag begin a new one. Skips code and diagrams. */
const paragraphs = (lines: ReadonlyArray<Line>): Array<Line> => {
  const found: Array<{ line: number; text: string }> = []
  let isOpen = false
  let isCode = false
  for (const { line, text } of lines) {
    if (/^\s*(?:```|~~~)/.test(text)) {
      isCode = !isCode
      isOpen = false
      continue
    }
    if (isCode) continue
    const trimmed = text.trim()
    const isAlone = /^(?:\||#|<|biome-ignore|@(?:category|since|example))|[─│├└┌┐┘▶]/.test(trimmed)
    if (trimmed !== "" && !isAlone && isOpen && !begin.test(trimmed)) {
      found[found.length - 1]!.text += ` ${trimmed}`
      continue
    }
    isOpen = trimmed !== "" && !isAlone
    if (isOpen) found.push({ line, text: trimmed.replace(begin, "") })
  }
  return found
}

/** Returns the texts of TypeScript source. */
export const textsOfCode = (source: string): ReadonlyArray<Text> => {
  const lines = source.split("\n")
  const found: Array<Text> = []
  for (let at = 0; at < lines.length; at++) {
    const first = at
    const line = lines[at]!
    const start = line.trim()
    if (/^\{?\/\*/.test(start)) {
      while (!lines[at]!.includes("*/") && at + 1 < lines.length) at++
      const comment = lines.slice(first, at + 1).map((each, index) => ({
        line: first + index + 1,
        text: each
          .trim()
          .replace(/^\{?\/\*+ ?|^\* ?(?!\/)/, "")
          .replace(/\s*\*\/\}?$/, "")
      }))
      paragraphs(comment).forEach(({ line, text }, index) => {
        found.push({ line, kind: index === 0 && start.startsWith("/**") ? "doc" : "prose", text })
      })
    } else if (start.startsWith("//")) {
      while (lines[at + 1]?.trim().startsWith("//") === true) at++
      const comment = lines.slice(first, at + 1)
      found.push(
        ...paragraphs(comment.map((each, index) => ({ line: first + index + 1, text: each.trim().slice(2) }))).map(
          (text): Text => ({ ...text, kind: "prose" })
        )
      )
    } else {
      for (const [, quoted, template] of line.matchAll(literal)) {
        const text = (quoted ?? template ?? "").replace(/\$\{[^{}]*\}/g, "@")
        if (/[a-z]{2,} [a-z]/i.test(text)) found.push({ line: at + 1, kind: "string", text })
      }
      for (const [, name] of line.matchAll(declaration)) found.push({ line: at + 1, kind: "name", text: name! })
    }
  }
  return found
}

/** Returns the texts of a page in Markdown: its paragraphs, list items, and the cells of its tables. */
export const textsOfPage = (source: string): ReadonlyArray<Text> => {
  const lines = source.split("\n").map((text, index) => ({ line: index + 1, text }))
  const prose = paragraphs(lines).map((text): Text => ({ ...text, kind: "doc" }))
  let isCode = false
  const cells = lines.flatMap(({ line, text }): ReadonlyArray<Text> => {
    if (/^\s*(?:```|~~~)/.test(text)) isCode = !isCode
    if (isCode || !text.startsWith("|")) return []
    return text
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim())
      .filter((cell) => cell.split(/\s+/).length > 4)
      .map((cell): Text => ({ line, kind: "doc", text: cell }))
  })
  return [...prose, ...cells].sort((one, other) => one.line - other.line)
}
