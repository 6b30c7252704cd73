/**
 * Returns the line for standard error if a Node is too old for the command: an old Node starts it, and fails later at the
 * first module that it lacks. `undefined` if it is new enough. A test keeps this equal to `engines` of package.json.
 */
export const oldNodeText = (version: string, program: string): string | undefined => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  if (major > 22 || (major === 22 && minor >= 19)) return undefined
  return `katcp: needs Node 22.19 or newer, but ${program} is Node ${version}: install a newer Node, and put it first in PATH`
}
