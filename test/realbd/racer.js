// One of two processes that claim the same bugs, on the library as it is installed. A round of it:
//   it is told { id, actor, seen }, and answers "ready"; `seen` is the bug where it has looked already
//   it is told "go", claims the bug, and answers how that went
import * as NodeContext from "@effect/platform-node/NodeContext"
import { Effect, Either, Layer, ManagedRuntime } from "effect"
import { BdBeads, BeadsCli, Issue, NodeExec } from "../../dist/lib/index.js"

const { command, dir } = JSON.parse(process.argv[2])
const runtime = ManagedRuntime.make(
  BdBeads.layer({ command, dir, cwd: dir, timeout: "60 seconds" }).pipe(
    Layer.provide(NodeExec.layer),
    Layer.provide(NodeContext.layer)
  )
)

const round = ({ id, actor, seen }) =>
  Effect.gen(function* () {
    const beads = yield* BeadsCli
    process.send("ready")
    yield* Effect.async((resume) => {
      process.once("message", () => resume(Effect.void))
    })
    const claim = yield* Effect.either(beads.claim(id, actor, seen && new Issue(seen)))
    return Either.match(claim, {
      onLeft: ({ _tag, reason, holder, message }) => ({ won: false, error: _tag, reason, holder, message }),
      onRight: ({ actor: holder }) => ({ won: true, holder })
    })
  })

const next = () =>
  process.once("message", (task) => {
    if (task === "end") {
      void runtime.dispose().then(() => process.disconnect())
      return
    }
    void runtime.runPromise(round(task)).then((result) => {
      process.send(result)
      next()
    })
  })

next()
process.send("ready")
