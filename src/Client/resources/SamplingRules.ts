import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { Strategy } from "../../Sampling/index.ts"
import type { Client } from "../Client.ts"
import { matcherOf, type SensorFilter } from "../sensors/filter.ts"
import { tolerant } from "./Policy.ts"

interface Rule {
  readonly filter: SensorFilter
  readonly matches: (name: string) => boolean
  readonly strategy: Strategy.Strategy
}

// biome-ignore lint/suspicious/noExplicitAny: what it mirrors does not depend on the contract
type AnyClient = Pick<Client<any, any>, "mirror">

/**
 * The strategies for the sensors of a device, current and future. For each sensor the rule that was set last applies.
 */
export class SamplingRules {
  private readonly client: AnyClient
  private readonly scope: Scope.Scope
  private rules: ReadonlyArray<Rule> = []
  private wanted: Scope.Closeable | undefined = undefined

  /** The rules end with the scope. */
  constructor(client: AnyClient, scope: Scope.Scope) {
    this.client = client
    this.scope = scope
  }

  /** Returns the strategy of a sensor, or `undefined` if no rule matches it. */
  strategyOf(name: string): Strategy.Strategy | undefined {
    return this.ruleOf(name)?.strategy
  }

  /** Sets a rule, which replaces the rule of the same filter. */
  set(filter: SensorFilter, strategy: Strategy.Strategy): Effect.Effect<void> {
    const { matches } = matcherOf(tolerant(filter))
    return this.change((rules) => [...without(rules, filter), { filter, matches, strategy }])
  }

  /** Removes the rule of the same filter. */
  forget(filter: SensorFilter): Effect.Effect<void> {
    return this.change((rules) => without(rules, filter))
  }

  private ruleOf(name: string): Rule | undefined {
    for (let at = this.rules.length - 1; at >= 0; at--) {
      const rule = this.rules[at]!
      if (rule.matches(name)) return rule
    }
    return undefined
  }

  private change(f: (rules: ReadonlyArray<Rule>) => ReadonlyArray<Rule>): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      this.rules = f(this.rules)
      const former = this.wanted
      const wanted = yield* Scope.fork(this.scope)
      this.wanted = wanted
      const strategies = new Map(this.rules.map(({ strategy }) => [Strategy.toText(strategy), strategy]))
      for (const [text, strategy] of strategies) {
        if (strategy._tag === "None") continue
        const isWanted = (name: string) => {
          const rule = this.ruleOf(name)
          return rule !== undefined && Strategy.toText(rule.strategy) === text
        }
        yield* Scope.provide(this.client.mirror(isWanted, strategy), wanted)
      }
      // after the new wants are added: an unchanged strategy then stays on the wire
      if (former !== undefined) yield* Scope.close(former, Exit.void)
    }).pipe(Effect.uninterruptible)
  }
}

const without = (rules: ReadonlyArray<Rule>, filter: SensorFilter): ReadonlyArray<Rule> =>
  rules.filter((rule) => !isSame(rule.filter, filter))

/** Texts and regular expressions are equal if they have the same text. Functions with the same text may differ. */
const isSame = (one: SensorFilter, other: SensorFilter): boolean =>
  one === other ||
  (one instanceof RegExp && other instanceof RegExp && one.source === other.source && one.flags === other.flags)
