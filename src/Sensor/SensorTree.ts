import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { Derivation, type Rule } from "./derived/Derivation.ts"
import { dependsOn } from "./derived/Following.ts"
import { Changing } from "./derived/Inputs.ts"
import { conjunction } from "./derived/logic.ts"
import { InvalidLink } from "./errors.ts"
import type { LiveSensor } from "./LiveSensor.ts"

interface Node<in out A> {
  readonly children: Changing<A>
  readonly derivation: Derivation<A, A>
}

/**
 * Sensors that are derived from their children, which may be derived from theirs. Links are made and cut at run time,
 * and a change propagates to all sensors that depend on it. A child that ends (is removed from its set, or replaced) is
 * unlinked. A parent that a change reaches by two paths is set twice. The links end with the tree's Scope.
 *
 * @category models
 * @since 0.1.0
 */
export class SensorTree<in out A> {
  private readonly nodes = new Map<LiveSensor<A>, Node<A>>()
  private readonly rule: (parent: LiveSensor<A>) => Rule<A, A>
  private readonly accepts: ((sensor: LiveSensor<A>) => boolean) | undefined
  private readonly context: Context.Context<never>

  private constructor(
    rule: (parent: LiveSensor<A>) => Rule<A, A>,
    accepts: ((sensor: LiveSensor<A>) => boolean) | undefined,
    context: Context.Context<never>
  ) {
    this.rule = rule
    this.accepts = accepts
    this.context = context
  }

  /** Builds a tree with this rule for parents that {@link add} gives no other rule. */
  static make<A>(
    rule: (parent: LiveSensor<A>) => Rule<A, A>,
    accepts?: (sensor: LiveSensor<A>) => boolean
  ): Effect.Effect<SensorTree<A>, never, Scope.Scope> {
    return Effect.flatMap(Effect.context<never>(), (context) =>
      Effect.acquireRelease(
        Effect.sync(() => new SensorTree(rule, accepts, context)),
        (tree) => Effect.sync(() => tree.end())
      )
    )
  }

  /** Builds a tree of boolean sensors: a parent is true if all its children are (see `Derived.all`). */
  static readonly all: Effect.Effect<SensorTree<boolean>, never, Scope.Scope> = SensorTree.make<boolean>(
    conjunction,
    ({ definition }) => definition.type.sensorType === "boolean"
  )

  /**
   * Makes a sensor the parent of others, with its own rule or that of the tree. Fails with reason `taken` if it is a
   * parent already, and as {@link link} does.
   */
  add(
    parent: LiveSensor<A>,
    children: Iterable<LiveSensor<A>>,
    rule: (parent: LiveSensor<A>) => Rule<A, A> = this.rule
  ): Effect.Effect<void, InvalidLink> {
    return Effect.suspend(() => {
      const all = [...children]
      if (this.nodes.has(parent)) return Effect.fail(refusal(parent, "taken", "it has a rule already"))
      const fault = this.faultOf(parent, all)
      return fault === undefined ? this.grow(parent, all, rule) : Effect.fail(fault)
    })
  }

  /**
   * Makes one sensor the child of another. An existing link stays. Fails with reason `cycle` if the child is the parent
   * or is derived from it in any way, in this tree or elsewhere. Fails with reason `type` if one of them is not of the
   * tree's type.
   */
  link(parent: LiveSensor<A>, child: LiveSensor<A>): Effect.Effect<void, InvalidLink> {
    return Effect.suspend(() => {
      const fault = this.faultOf(parent, [child])
      if (fault !== undefined) return Effect.fail(fault)
      const node = this.nodes.get(parent)
      return node === undefined ? this.grow(parent, [child], this.rule) : node.children.add(child)
    })
  }

  /** Cuts a link. Does nothing if there is no link. A parent without children stays a parent. */
  unlink(parent: LiveSensor<A>, child: LiveSensor<A>): Effect.Effect<void> {
    return Effect.suspend(() => this.nodes.get(parent)?.children.remove(child) ?? Effect.void)
  }

  /** Ends a sensor's role as a parent. It keeps its reading. Returns `false` if it is not a parent. */
  remove(parent: LiveSensor<A>): Effect.Effect<boolean> {
    return Effect.sync(() => {
      this.nodes.get(parent)?.derivation.end()
      return this.nodes.delete(parent)
    })
  }

  /** The children of a sensor. */
  children(parent: LiveSensor<A>): ReadonlyArray<LiveSensor<A>> {
    return [...(this.nodes.get(parent)?.children.sensors ?? [])]
  }

  /** The sensors that have this one as a child. */
  parents(child: LiveSensor<A>): ReadonlyArray<LiveSensor<A>> {
    return [...this.nodes].flatMap(([parent, { children }]) => (children.sensors.has(child) ? [parent] : []))
  }

  /** Returns `true` if a sensor is a parent or a child in this tree. */
  has(sensor: LiveSensor<A>): boolean {
    return this.nodes.has(sensor) || this.parents(sensor).length > 0
  }

  private faultOf(parent: LiveSensor<A>, children: ReadonlyArray<LiveSensor<A>>): InvalidLink | undefined {
    const { accepts } = this
    for (const sensor of accepts === undefined ? [] : [parent, ...children]) {
      if (accepts?.(sensor) === false)
        return refusal(parent, "type", `sensor ${sensor.name} is of type ${sensor.definition.type.name}`)
    }
    const cyclic = children.find((child) => dependsOn(child, parent))
    if (cyclic === undefined) return undefined
    const detail = cyclic === parent ? "it cannot be its own child" : `sensor ${cyclic.name} depends on it`
    return refusal(parent, "cycle", detail)
  }

  private grow(
    parent: LiveSensor<A>,
    all: ReadonlyArray<LiveSensor<A>>,
    rule: (parent: LiveSensor<A>) => Rule<A, A>
  ): Effect.Effect<void> {
    return Effect.map(Changing.make(all), (children) => {
      const derivation = new Derivation(parent, children, rule(parent), {}, this.context)
      this.nodes.set(parent, { children, derivation })
      derivation.start()
    })
  }

  private end(): void {
    for (const { derivation } of this.nodes.values()) derivation.end()
    this.nodes.clear()
  }
}

const refusal = (parent: LiveSensor<unknown>, reason: InvalidLink["reason"], detail: string): InvalidLink =>
  new InvalidLink({ parent: parent.name, reason, detail })
