import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import { Effect } from "effect"
import { demo, requireGit } from "../../demo/demo.ts"
import { DemoFailed } from "../../demo/failures.ts"
import { problemsOf } from "../../demo/findings.ts"
import { makeScratch } from "../../demo/scratch.ts"
import { EXIT } from "../../domain/exitCode.ts"
import { layer } from "../../layer.ts"
import { lookAround, OPENING, renderFindings } from "../rendering/demo.ts"
import * as logging from "../logging.ts"
import { Streams } from "../terminal/Streams.ts"

const clean = Options.boolean("clean").pipe(
  Options.withDescription("Remove the scratch folder at the end, after a failure too")
)

const handler = Effect.fn("demo.command")(function* ({ clean }: { readonly clean: boolean }) {
  yield* requireGit
  const { out, outColor } = yield* Streams
  yield* out(`${OPENING}\n`)
  const scratch = yield* makeScratch(clean)
  yield* out(`Scratch folder: ${scratch.root}${clean ? " (removed at the end)" : " (yours to remove)"}\n`)
  const findings = yield* demo(scratch, layer)
  yield* out(`${renderFindings(findings, outColor)}\n`)
  const [first] = findings.repairs
  if (!clean && first !== undefined) yield* out(`${lookAround(scratch, first)}\n`)
  const problems = problemsOf(findings)
  if (problems.length === 0) return EXIT.ok
  return yield* new DemoFailed({ detail: `not as expected: ${problems.join("; ")}` })
}, Effect.scoped)

export const demoCommand = Command.make("demo", { clean }, handler).pipe(
  Command.withDescription("Show the whole pipeline on a scratch repository with a scripted agent. Needs only git"),
  Command.provide(logging.layer({ live: true }))
)
