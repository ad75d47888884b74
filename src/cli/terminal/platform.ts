import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Terminal from "@effect/platform/Terminal"
import { Effect, Layer } from "effect"

const unasked = Effect.dieMessage("no command of this program asks questions")

/** The parser's type wants a terminal for its questions, of which it asks none here. Node's own would load its line editor. */
const terminal = Layer.succeed(Terminal.Terminal, {
  columns: unasked,
  rows: unasked,
  isTTY: unasked,
  readInput: unasked,
  readLine: unasked,
  display: () => unasked
})

/** What the program uses of Node's platform: `NodeContext` has more, which takes time to load. */
export const layer = Layer.mergeAll(NodeFileSystem.layer, NodePath.layer, terminal)
