import { Clock, Effect, Ref } from "effect"
import { JournalFailed } from "../domain/Failure.ts"
import type { RunId } from "../domain/Ids.ts"
import type { RunReport } from "../domain/RunReport.ts"
import type { RunBegun } from "../journal/Journal.ts"

/** A run of a journal in memory. Times in milliseconds since the epoch. */
export interface FakeRun {
  readonly run: RunId
  readonly host: string
  readonly began: number
  /** `undefined` while the run is active, or if it was killed. */
  readonly ended?: number | undefined
  readonly report?: RunReport | undefined
}

const illegal = (detail: string) => new JournalFailed({ file: "memory", reason: "illegal", detail })

/** The runs of a journal in memory, each of which begins and ends once. */
export const makeRuns = Effect.fnUntraced(function* (
  earlier: ReadonlyArray<FakeRun>,
  asRecord: (report: RunReport) => Effect.Effect<RunReport, JournalFailed>
) {
  const runs = yield* Ref.make<ReadonlyMap<string, FakeRun>>(new Map(earlier.map((each) => [each.run, each])))
  const find = (run: string) => Effect.map(Ref.get(runs), (all) => all.get(run))
  const keep = (changed: FakeRun) => Ref.update(runs, (all) => new Map(all).set(changed.run, changed))
  const all = Effect.map(Ref.get(runs), (each) => [...each.values()])
  return {
    /** In the order they began. */
    all,
    reports: Effect.map(all, (each) => each.flatMap(({ report }) => (report === undefined ? [] : [report]))),
    report: (run: string) => Effect.map(find(run), (found) => found?.report),
    /** The runs that began before this time, without the newest. */
    before: (millis: number) => Effect.map(all, (each) => each.slice(0, -1).filter(({ began }) => began < millis)),
    remove: (gone: ReadonlySet<string>) =>
      Ref.update(runs, (all) => new Map([...all].filter(([run]) => !gone.has(run)))),
    begin: Effect.fnUntraced(function* ({ at, host, run }: RunBegun) {
      if ((yield* find(run)) !== undefined) return yield* illegal(`run ${run} has already begun`)
      return yield* keep({ run, host, began: at })
    }),
    end: Effect.fnUntraced(function* (report: RunReport) {
      const running = yield* find(report.run)
      if (running === undefined || running.ended !== undefined) {
        return yield* illegal(`run ${report.run} has not begun, or has ended`)
      }
      return yield* keep({
        ...running,
        ended: yield* Clock.currentTimeMillis,
        report: yield* asRecord(report)
      })
    })
  }
})
