import { Effect, Ref } from "effect"
import { JournalFailed } from "../domain/Failure.ts"
import type { ShadowRun } from "../domain/ShadowRun.ts"
import type { JournalQueries } from "../journal/JournalQueries.ts"
import { isIn } from "./fakeRunQueries.ts"

const twice = (run: string) =>
  new JournalFailed({ file: "memory", reason: "illegal", detail: `the shadow run ${run} is kept already` })

/** The part of a journal in memory that keeps shadow runs. */
export const makeShadows = Effect.fnUntraced(function* (
  earlier: ReadonlyArray<ShadowRun>,
  asRecord: (shadow: ShadowRun) => Effect.Effect<ShadowRun, JournalFailed>
) {
  const shadows = yield* Ref.make(earlier)
  const all = Effect.map(Ref.get(shadows), (kept) =>
    kept.toSorted((a, b) => a.at - b.at || (a.report.run < b.report.run ? -1 : 1))
  )
  const removeBefore = (before: number) => Ref.update(shadows, (kept) => kept.filter(({ at }) => at >= before))
  const query: JournalQueries["Type"]["shadows"] = (which) =>
    Effect.map(all, (kept) => ("last" in which ? kept.slice(-which.last) : kept.filter(({ at }) => isIn(which, at))))
  return {
    query,
    removeBefore,
    add: Effect.fnUntraced(function* (shadow: ShadowRun, keptSince: number) {
      const { run } = shadow.report
      if ((yield* all).some(({ report }) => report.run === run)) return yield* twice(run)
      const record = yield* asRecord(shadow)
      yield* removeBefore(keptSince)
      yield* Ref.update(shadows, (kept) => [...kept, record])
    })
  }
})
