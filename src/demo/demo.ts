import { Clock, Effect } from "effect"
import { EXIT } from "../domain/exitCode.ts"
import { nightlyRun } from "../dispatch/nightlyRun.ts"
import { CurrentSettings } from "../domain/Settings.ts"
import { Exec } from "../exec/Exec.ts"
import * as NodeExec from "../exec/NodeExec.ts"
import { layer } from "../layer.ts"
import { repositoryOf } from "../surroundings.ts"
import { newRunId } from "../cli/runId.ts"
import { failWith } from "../cli/session.ts"
import { Terminal } from "../cli/terminal/Terminal.ts"
import { BUGS } from "./issues.ts"
import { stopJobs } from "./jobs.ts"
import { leftovers, skips } from "./left.ts"
import { lookAround, OPENING, problemsOf, renderFindings, type Findings } from "./render.ts"
import { inspect, reproduce } from "./repairs.ts"
import { because, DemoFailed, fillScratch, makeScratch, type Scratch } from "./scratch.ts"
import { sealedExec, settingsOf, surroundingsOf } from "./sealed.ts"

const requireGit = Effect.gen(function* () {
  const exec = yield* Exec
  if ((yield* exec.which("git")) === undefined) {
    return yield* failWith(EXIT.config, "the demo needs git, and there is none on PATH")
  }
}).pipe(Effect.provide(NodeExec.layer))

/** The night's work on the scratch folder, then the agents' end, then a look at everything they and we have left. */
const night = Effect.fn("demo.night")(function* (scratch: Scratch) {
  const begin = yield* Clock.currentTimeMillis
  const { host } = yield* Terminal
  yield* fillScratch(scratch)
  yield* reproduce(scratch)
  const repository = yield* repositoryOf(yield* CurrentSettings, surroundingsOf(scratch)).pipe(
    Effect.mapError(because("the scratch repository"))
  )
  const run = yield* newRunId(host, scratch.state)
  const report = yield* nightlyRun({ run, host, repository })
  if (report.exit !== EXIT.ok) {
    return yield* new DemoFailed({ message: `the run ended with exit code ${report.exit}, see the log` })
  }
  const repairs = yield* Effect.forEach(
    BUGS,
    (bug) => {
      const outcome = report.outcomes.find(({ beads }) => beads === bug.id)
      return outcome?._tag === "Dispatched"
        ? inspect(scratch, bug, outcome)
        : new DemoFailed({ message: `${bug.id} was not dispatched, see the log` })
    },
    { concurrency: "unbounded" }
  )
  const skipped = yield* skips(report)
  const left = yield* leftovers(scratch, { run, host, repository })
  const findings: Findings = {
    repairs,
    skipped,
    left,
    took: (yield* Clock.currentTimeMillis) - begin
  }
  return findings
}, Effect.ensuring(stopJobs))

/** The night in its own world: the layers of `run`, on the scratch folder alone. */
const sealedNight = Effect.fn("demo.sealedNight")(function* (scratch: Scratch) {
  const { environment, node } = yield* Terminal
  const settings = settingsOf(scratch, node)
  return yield* night(scratch).pipe(
    Effect.provide(layer(settings, surroundingsOf(scratch), sealedExec(scratch, environment))),
    Effect.provideService(CurrentSettings, settings)
  )
})

/** The whole pipeline on a scratch repository with the embedded layers and a scripted agent. */
export const demo = (clean: boolean) =>
  Effect.gen(function* () {
    yield* requireGit
    const { out, outColor } = yield* Terminal
    yield* out(`${OPENING}\n`)
    const scratch = yield* makeScratch(clean)
    yield* out(`Scratch folder: ${scratch.root}${clean ? " (removed at the end)" : " (yours to remove)"}\n`)
    const findings = yield* sealedNight(scratch)
    const [first] = findings.repairs
    yield* out(`${renderFindings(findings, outColor)}\n`)
    if (!clean && first !== undefined) yield* out(`${lookAround(scratch, first)}\n`)
    const problems = problemsOf(findings)
    if (problems.length > 0) return yield* new DemoFailed({ message: ["not as it must be:", ...problems].join("\n  ") })
  }).pipe(
    Effect.catchTags({
      JournalFailed: ({ message }) => failWith(EXIT.state, `demo: ${message}`),
      DemoFailed: ({ message }) => failWith(EXIT.failed, `demo: ${message}`)
    }),
    Effect.scoped
  )
