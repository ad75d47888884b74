import { Clock, Effect } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { comment } from "../../beads/comment.ts"
import { pushedOf } from "../../domain/PushedWork.ts"
import type { Explanation } from "../../domain/Explanation.ts"
import { shellWord } from "../../domain/shellWord.ts"
import { oneLine } from "../../domain/Text.ts"
import { REVIEW_LABEL } from "../../domain/Outcome.ts"
import type { ReviewDecision } from "../../domain/ReviewDecision.ts"
import { Journal } from "../../journal/Journal.ts"
import { KeptWork } from "../../workspace/KeptWork.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"
import { NotDecided, type Decidable } from "./decidable.ts"
import { takeSteps, type Decided, type Step } from "./steps.ts"

const note = ({ attempt }: Decidable, decision: ReviewDecision["decision"]): Step<Journal> => ({
  what: `note in the journal that it is ${decision.replace("_", " ")}`,
  run: Effect.gen(function* () {
    const [journal, at] = yield* Effect.all([Journal, Clock.currentTimeMillis])
    yield* journal.decide({ actor: attempt.actor, beads: attempt.beads, decision, at })
    return `noted in the journal: ${decision.replace("_", " ")}`
  })
})

const unlabel = ({ attempt: { actor, beads } }: Decidable): Step<BeadsCli> => ({
  what: `remove the label ${REVIEW_LABEL}`,
  run: Effect.gen(function* () {
    yield* (yield* BeadsCli).unlabel(beads, actor, REVIEW_LABEL)
    return `the label ${REVIEW_LABEL} is removed`
  })
})

const close = ({ attempt: { actor, beads }, kept }: Decidable, into: string): Step<BeadsCli> => ({
  what: `close ${beads}`,
  run: Effect.gen(function* () {
    yield* (yield* BeadsCli).close(beads, actor, `A person accepted its work: ${kept.branch} is merged into ${into}`)
    return `${beads} is closed`
  })
})

/** Also without a worktree or a branch, as after a decision that was cut short. */
const remove = ({ attempt, facts, kept, repository, workspace }: Decidable): Step<Workspaces> => ({
  what: `remove the worktree ${kept.worktree} and the branch ${kept.branch}`,
  run: Effect.gen(function* () {
    yield* (yield* Workspaces).remove(attempt.beads, repository, workspace, facts.tip)
    const restore = `git -C ${shellWord(kept.clone)} branch ${shellWord(kept.branch)} ${facts.tip}`
    return `worktree and branch are removed${facts.tip === undefined ? "" : `. To get its commits back: ${restore}`}`
  })
})

const push = ({ kept }: Decidable, remote: string): Step<KeptWork> => ({
  what: `push to ${remote}`,
  run: Effect.map(
    Effect.flatMap(KeptWork, (work) => work.push(kept.clone, remote)),
    (branch) => `${branch} is pushed to ${remote}`
  )
})

/** The branch that was pushed for review. A remote that cannot be asked must not hold up the rest, so it comes last. */
const unpublish = ({ kept, published }: Decidable): ReadonlyArray<Step<KeptWork>> => {
  if (published === undefined) return []
  const { branch, commit, remote } = published
  const said = {
    removed: `${branch} is removed from ${remote}`,
    gone: `${remote} has no branch ${branch} any more`,
    changed: `${branch} stays on ${remote}: it is not at our commit ${commit.slice(0, 8)} any more`
  }
  return [
    {
      what: `remove ${branch} from ${remote}`,
      run: Effect.map(
        Effect.flatMap(KeptWork, (work) => work.unpublish(kept.clone, published)),
        (became) => said[became]
      )
    }
  ]
}

/** The work with its branch in the clone: where it is not there, it is fetched from the remote that it was pushed to. */
const fetched = Effect.fn("review.fetch")(function* (work: Decidable) {
  const pushed = pushedOf(work.attempt.pushed)
  if (work.facts.branch !== "deleted" || work.facts.merged === "yes" || pushed === undefined) return work
  const kept = yield* KeptWork
  yield* Effect.mapError(
    kept.fetch(work.kept.clone, pushed),
    ({ detail, next }) => new NotDecided({ where: work.attempt.beads, what: `not accepted: ${detail}`, next })
  )
  return { ...work, facts: yield* kept.facts(work.kept) } satisfies Decidable
})

/** Why this work must not be merged as it is; `undefined` if it may. */
const whyNot = ({ attempt, facts, kept }: Decidable): Explanation | undefined => {
  const at = shellWord(kept.worktree ?? "")
  const commit = `git -C ${at} add -A && git -C ${at} commit -m ${shellWord(`Fix ${attempt.beads}`)}`
  const not = (what: string, next?: string): Explanation => ({
    where: attempt.beads,
    what: `not accepted: ${what}`,
    next
  })
  if (facts.branch === "unknown") return not(`git cannot tell whether the branch ${kept.branch} exists: ${facts.why}`)
  if (facts.worktree === "there" && facts.uncommitted === undefined) {
    return not(`git cannot tell whether ${kept.worktree} holds changes that are not committed: ${facts.why}`)
  }
  if (facts.worktree === "there" && facts.uncommitted !== 0) {
    const files = facts.uncommitted === 1 ? "1 file is" : `${facts.uncommitted} files are`
    return not(`${files} not committed in ${kept.worktree}`, `Commit first: ${commit}`)
  }
  if (facts.branch === "deleted" && facts.merged !== "yes") return not(`the branch ${kept.branch} is gone`)
  return facts.commits?.length === 0 && attempt.commits === 0 ? not("it has no commit to merge") : undefined
}

/** The merge was undone, and nothing was changed. */
const conflict = (beads: string, kept: Decidable["kept"], into: string, files: ReadonlyArray<string>): Decided => ({
  done: [],
  failed: {
    what: `merge ${kept.branch} into ${into}`,
    why:
      `conflict in ${oneLine(files.join(", "), 500)}. The merge was undone: nothing was changed. Merge it by hand ` +
      `(git -C ${shellWord(kept.clone)} merge --no-ff ${shellWord(kept.branch)}), then accept ${beads} again, or send it back`
  },
  left: []
})

/**
 * Merges the work, which is fetched first if the clone does not have it; closes the bug, removes label, worktree and branch. Without `remote` nothing is pushed. Fails with `NotDecided`
 * if nothing was begun. A second call goes on where the first one stopped.
 */
export const accept = Effect.fn("review.accept")(function* (seen: Decidable, remote: string | undefined) {
  const work = yield* fetched(seen)
  const { attempt, issue, kept } = work
  const why = whyNot(work)
  if (why !== undefined) return yield* new NotDecided(why)
  const message = `Merge branch '${kept.branch}'\n\n${attempt.beads}: ${oneLine(issue.title)}`
  const merge =
    work.facts.branch === "deleted"
      ? ({ _tag: "Already", into: work.facts.base ?? "the base" } as const)
      : yield* (yield* KeptWork).merge(kept, message)
  if (merge._tag === "Refused") {
    return yield* new NotDecided({ where: attempt.beads, what: `not accepted: ${merge.why}` })
  }
  if (merge._tag === "Conflict") return conflict(attempt.beads, kept, merge.into, merge.files)
  const said = merge._tag === "Merged" ? `merged into ${merge.into}` : `${merge.into} has its work already`
  const steps = [
    ...(remote === undefined ? [] : [push(work, remote)]),
    close(work, merge.into),
    unlabel(work),
    note(work, "accepted"),
    remove(work)
  ]
  const rest = yield* takeSteps<BeadsCli | Journal | KeptWork | Workspaces>(steps)
  const from = work === seen ? [] : [`${kept.branch} is fetched from ${attempt.pushed?.remote}`]
  return { ...rest, done: [...from, said, ...rest.done] } satisfies Decided
})

/** Removes label, worktree and branch, also the pushed one. The bug stays open, and runs leave it alone until its task changes or after `retry`. */
export const reject = Effect.fn("review.reject")(function* (work: Decidable) {
  const { actor, beads } = work.attempt
  const told: Step<BeadsCli> = {
    what: "write a comment",
    run: Effect.as(
      comment(beads, actor, `A person rejected the work on branch ${work.kept.branch} (${work.facts.tip}).`, "it"),
      "the bug has a comment that says so"
    )
  }
  // The journal first: it keeps runs away when the label is gone.
  return yield* takeSteps<BeadsCli | Journal | KeptWork | Workspaces>([
    note(work, "rejected"),
    unlabel(work),
    ...(work.issue.labels.includes(REVIEW_LABEL) ? [told] : []),
    remove(work),
    ...unpublish(work)
  ])
})

/** Lets runs try the bug again, with this remark in the prompt. The next attempt goes on in the same worktree. */
export const sendBack = Effect.fn("review.sendBack")(function* (work: Decidable, remark: string) {
  const { beads } = work.attempt
  const clear: Step<Journal> = {
    what: "clear its record and keep the remark",
    run: Effect.gen(function* () {
      yield* (yield* Journal).clear(beads, remark)
      return "its attempts count no more, and the remark will be in its next prompt"
    })
  }
  return yield* takeSteps<BeadsCli | Journal>([note(work, "sent_back"), clear, unlabel(work)])
})
