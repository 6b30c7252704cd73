/** Finds a duplicate key in an object of JSON: `JSON.parse` silently takes the last one. */
export const duplicateKeyIn = (text: string): { readonly key: string; readonly line: number } | undefined => {
  const open: Array<Set<string> | undefined> = []
  const tokens = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/gs
  for (let found = tokens.exec(text); found !== null; found = tokens.exec(text)) {
    const [token, colon] = found
    if (token === "{") open.push(new Set())
    else if (token === "[") open.push(undefined)
    else if (token === "}" || token === "]") open.pop()
    else if (colon !== undefined) {
      const keys = open.at(-1)
      const key = token.slice(1, token.lastIndexOf('"'))
      if (keys?.has(key) === true) return { key, line: text.slice(0, found.index).split("\n").length }
      keys?.add(key)
    }
  }
  return undefined
}
