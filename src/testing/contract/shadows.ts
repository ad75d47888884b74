import { BeadsId, RunId } from "../../domain/Ids.ts"
import type { Outcome } from "../../domain/Outcome.ts"
import { RunReport } from "../../domain/RunReport.ts"
import { ShadowRun, type SeenBug } from "../../domain/ShadowRun.ts"

type Bug = Omit<Partial<SeenBug>, "id"> & { readonly id: string }

/** What the tracker showed of a bug: by default it is open, and nobody has it. */
export const seenBug = ({ id, ...others }: Bug): SeenBug => ({
  id: BeadsId.make(id),
  title: "a fault",
  status: "open",
  ...others
})

/** A shadow run at this time (milliseconds) that decided this and saw these bugs. */
export const shadowOf = (
  at: number,
  {
    error,
    outcomes = [],
    seen = []
  }: {
    readonly outcomes?: ReadonlyArray<Outcome>
    readonly seen?: ReadonlyArray<Bug>
    readonly error?: string
  } = {}
): ShadowRun =>
  new ShadowRun({
    at,
    seen: seen.map(seenBug),
    report: new RunReport({
      run: RunId.make(`20261122T030000Z-${at.toString(16).padStart(10, "0")}`),
      startedAt: "2026-11-22T03:00:00.000Z",
      dryRun: true,
      shadow: true,
      backends: { beads: "b", runner: "r", workspace: "w" },
      fetched: seen.length,
      chosen: 0,
      dispatched: 0,
      failed: 0,
      skipped: 0,
      settled: 0,
      exit: error === undefined ? 0 : 4,
      durationMs: 17,
      ...(error === undefined ? {} : { error }),
      providers: [],
      outcomes
    })
  })
