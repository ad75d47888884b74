import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { demo } from "../../demo/demo.ts"
import { root } from "../root.ts"
import { logging } from "../session.ts"

const options = {
  clean: Options.boolean("clean").pipe(
    Options.withDescription("Remove the scratch folder at the end, whatever happens")
  )
}

export const demoCommand = Command.make("demo", options, ({ clean }) =>
  Effect.gen(function* () {
    const globals = yield* root
    yield* demo(clean).pipe(Effect.provide(logging(globals, true)))
  })
).pipe(
  Command.withDescription(
    "The whole pipeline on a scratch repository, with a scripted agent instead of a model. Needs nothing but git"
  )
)
