import { counted, isEnded, shareOf, successOf } from "./endFigures.ts"
import type { ReportInput } from "./reportInput.ts"
import type { JobFigures } from "./reportSchema.ts"

/** Of all dispatches that are tried, this share is to be acknowledged. The migration spec's figure. */
export const ACKNOWLEDGED_GOAL = 0.95

/** How the window's dispatches began, and how its jobs ended. */
export const jobFigures = ({ ended: all, open, runs }: ReportInput): JobFigures => {
  const started = runs.reduce((sum, { dispatched }) => sum + dispatched, 0)
  const tried = runs.reduce((sum, { failed }) => sum + failed, started)
  const ended = all.filter(isEnded)
  return {
    tried,
    started,
    acknowledged: shareOf(started, tried),
    goal: ACKNOWLEDGED_GOAL,
    running: open.filter(({ hadJob }) => hadJob).length,
    ends: counted(ended.map(({ end }) => end)).map(([end, jobs]) => ({ end, jobs })),
    success: successOf(ended)
  }
}
