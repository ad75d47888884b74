import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Terminal from "@effect/platform/Terminal"
import { Context, Effect, Layer } from "effect"

const nodeTerminal = Effect.flatMap(
  Effect.promise(() => import("@effect/platform-node/NodeTerminal")),
  ({ layer }) => Effect.map(Layer.build(layer), Context.get(Terminal.Terminal))
)

/** Node's terminal, whose line editor is loaded by the first command that asks something or reads keys. */
const terminal = Layer.succeed(Terminal.Terminal, {
  columns: Effect.sync(() => process.stdout.columns ?? 0),
  rows: Effect.sync(() => process.stdout.rows ?? 0),
  isTTY: Effect.sync(() => process.stdin.isTTY),
  readInput: Effect.flatMap(nodeTerminal, ({ readInput }) => readInput),
  readLine: Effect.scoped(Effect.flatMap(nodeTerminal, ({ readLine }) => readLine)),
  display: (text) => Effect.scoped(Effect.flatMap(nodeTerminal, ({ display }) => display(text)))
})

/** What the program uses of Node's platform: `NodeContext` has more, which takes time to load. */
export const layer = Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, terminal)
