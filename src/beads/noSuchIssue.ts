import { TrackerFailed } from "../domain/Failure.ts"

/** The failure of a label or comment for an issue that the tracker does not have. */
export const noSuchIssue = (operation: string): TrackerFailed =>
  new TrackerFailed({ operation, reason: "refused", detail: "no such issue", blame: "tracker" })
