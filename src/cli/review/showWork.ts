import { Duration, Effect, Either } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import type { Frame } from "../../report/Frame.ts"
import type { WaitingWork } from "../../report/review/reviewView.ts"
import { inTime } from "../../report/lookup/inTime.ts"
import { decisionText, diffText, summaryText } from "../../report/review/text.ts"
import { beside } from "../../report/text/blocks.ts"
import { ThisProcess, variable } from "../../surroundings.ts"
import { KeptWork, type KeptDiff } from "../../workspace/KeptWork.ts"
import { printResult } from "../terminal/Streams.ts"
import { throughPager } from "../terminal/throughPager.ts"

/** The diff may be large. */
const DIFF_PATIENCE = Duration.seconds(30)

/** The paragraphs of a diff. */
const partsOf = ({ committed = "", isCut, uncommitted }: KeptDiff, frame: Frame): ReadonlyArray<string> => {
  const shown = (diff: string) => (diff === "" ? [] : [diffText(diff.replace(/\n+$/, ""), frame)])
  return [
    ...shown(committed),
    ...(uncommitted === "" ? [] : ["NOT COMMITTED", ...shown(uncommitted)]),
    ...(isCut ? ["! A part is too long to show. With git you see all of it."] : [])
  ]
}

/** What the branch changes, in words if it cannot be told; `undefined` if there is no branch here. */
const changesOf = Effect.fn("review.changes")(function* (work: WaitingWork, frame: Frame) {
  const { branch, host, repository: clone, worktree } = work
  if (host !== undefined || branch === undefined || clone === undefined) return undefined
  const kept = yield* KeptWork
  const asked = Effect.mapError(kept.diff({ branch, clone, worktree }), ({ advice: message }) => ({ message }))
  const diff = yield* inTime(asked, DIFF_PATIENCE)
  if (Either.isLeft(diff))
    return { clone, text: beside(frame, "! ", `its diff cannot be shown: ${diff.left}`).join("\n"), isDiff: false }
  const text = partsOf(diff.right, frame).join("\n\n")
  return text === "" ? undefined : { clone, text, isDiff: true }
})

/** The operator's pager, if stdout is a terminal. A pager that cannot be told is none: the text is printed then. */
const pagerFor = Effect.fn("review.pager")(function* (clone: string, { width }: Frame) {
  if (width === undefined) return undefined
  const [kept, { environment }] = yield* Effect.all([KeptWork, ThisProcess])
  const own = { GIT_PAGER: environment["GIT_PAGER"], PAGER: variable(environment, "PAGER") }
  return Either.getOrUndefined(yield* inTime(kept.pager(clone, own)))
})

/**
 * Shows one bug's work: what is known of it, its diff, and the commands that decide about it. On a terminal the diff goes through the
 * operator's pager, below what is known, which is its first screen. The commands come after it, because they must be there when the
 * pager has ended: some pagers leave the screen as it was before, others leave the diff on it.
 */
export const showWork = Effect.fn("review.showWork")(function* (
  work: WaitingWork,
  unknown: ReadonlyArray<string>,
  frame: Frame
) {
  const changes = yield* changesOf(work, frame)
  const text = [summaryText(work, unknown, frame), ...(changes === undefined ? [] : [changes.text])].join("\n\n")
  const pager = changes?.isDiff === true ? yield* pagerFor(changes.clone, frame) : undefined
  if (pager === undefined || !(yield* throughPager(pager, text))) yield* printResult(EXIT.ok, text)
  return yield* printResult(EXIT.ok, `\n${decisionText(work, frame)}`)
})
