/** Ways in which a device can be wrong: what a proxy between it and its clients does to the lines. */

/** The state of one connection of a proxy. */
export interface Passing {
  /** The number of the connection, from 1; the first is that of the probe. */
  readonly number: number
  /** Sends lines to all other clients. */
  readonly toOthers: (line: string) => void
  /** Sends lines to this client. */
  readonly toClient: (line: string) => void
  /** Closes this connection, or those of all others. */
  readonly close: () => void
  readonly closeOthers: () => void
  /** Closes all connections and lets nobody in any more. */
  readonly die: () => void
}

/** A fault. Texts are Latin-1. */
export interface Fault {
  /** `true` if it shows on the probe's connection too. */
  readonly first?: boolean
  /** The device's input instead of the client's lines, with line ends. */
  readonly sent?: (text: string, passing: Passing) => string
  /** The lines, without their ends, that the client gets in place of one of the device. */
  readonly came?: (line: string, passing: Passing) => ReadonlyArray<string>
  /** Receives connections and their ends. */
  readonly opened?: (passing: Passing) => void
  readonly closed?: (passing: Passing) => void
  /** `true` if the device does not learn that a client has closed its direction. */
  readonly keepsOpen?: boolean
  /** `true` if a client's connection stays open when the device closes it. */
  readonly lingers?: boolean
}

/** The device mishears. */
export const hears = (pattern: RegExp, text: string): Fault => ({ sent: (sent) => sent.replace(pattern, text) })

/** The device says something else. */
export const says = (pattern: RegExp, text: string): Fault => ({ came: (line) => [line.replace(pattern, text)] })

/** The device keeps lines to itself. */
export const hides = (pattern: RegExp): Fault => ({ came: (line) => (pattern.test(line) ? [] : [line]) })

/** The device keeps lines to itself, but for the first ones on each connection. */
export const hidesAfter = (count: number, pattern: RegExp): Fault => {
  const seen = new Map<number, number>()
  return {
    came: (line, { number }) => {
      if (!pattern.test(line)) return [line]
      const before = seen.get(number) ?? 0
      seen.set(number, before + 1)
      return before < count ? [line] : []
    }
  }
}

/** From some line on, the device keeps others to itself. */
export const hidesSince = (since: RegExp, pattern: RegExp): Fault => {
  let begun = false
  return {
    came: (line) => {
      begun ||= since.test(line)
      return begun && pattern.test(line) ? [] : [line]
    }
  }
}

const filled = (line: string, pattern: RegExp, templates: ReadonlyArray<string>): ReadonlyArray<string> =>
  templates.map((template) => pattern.exec(line)![0].replace(pattern, template))

/** The device says more, behind a line or before it. */
export const adds = (pattern: RegExp, ...lines: ReadonlyArray<string>): Fault => ({
  came: (line) => (pattern.test(line) ? [line, ...filled(line, pattern, lines)] : [line])
})
export const precedes = (pattern: RegExp, ...lines: ReadonlyArray<string>): Fault => ({
  came: (line) => (pattern.test(line) ? [...filled(line, pattern, lines), line] : [line])
})

/** The device answers a line of its own accord, and does nothing. */
export const answers = (pattern: RegExp, ...lines: ReadonlyArray<string>): Fault => ({
  sent: (text, { toClient }) =>
    text
      .split(/(?<=\n)/)
      .filter((line) => {
        if (!pattern.test(line)) return true
        for (const answer of filled(line, pattern, lines)) toClient(answer)
        return false
      })
      .join("")
})

/** The device tells everybody. */
export const leaks = (pattern: RegExp): Fault => ({
  came: (line, { toOthers }) => {
    if (pattern.test(line)) toOthers(line)
    return [line]
  }
})

const when =
  (pattern: RegExp, act: (passing: Passing) => void): Fault["sent"] =>
  (text, passing) => {
    if (!pattern.test(text)) return text
    act(passing)
    return ""
  }

/** The device closes the connection, those of others, or dies, when it is sent something. */
export const cuts = (pattern: RegExp): Fault => ({ sent: when(pattern, ({ close }) => close())! })
export const cutsOthers = (pattern: RegExp): Fault => ({ sent: when(pattern, ({ closeOthers }) => closeOthers())! })
export const dies = (pattern: RegExp): Fault => ({ sent: when(pattern, ({ die }) => die())! })

/** The device dies when it has said something. */
export const diesAfter = (pattern: RegExp): Fault => ({
  came: (line, { die }) => {
    if (pattern.test(line)) die()
    return [line]
  }
})

/** A fault that shows from some connection on. */
export const from = (first: number, fault: Fault): Fault => ({
  sent: (text, passing) => (passing.number < first ? text : (fault.sent?.(text, passing) ?? text)),
  came: (line, passing) => (passing.number < first ? [line] : (fault.came?.(line, passing) ?? [line]))
})

/** Several faults, each on what the one before has made. */
export const all = (...faults: ReadonlyArray<Fault>): Fault => ({
  sent: (text, passing) => faults.reduce((result, fault) => fault.sent?.(result, passing) ?? result, text),
  came: (line, passing) =>
    faults.reduce<ReadonlyArray<string>>(
      (lines, { came }) => (came === undefined ? lines : lines.flatMap((one) => came(one, passing))),
      [line]
    )
})
