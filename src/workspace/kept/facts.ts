import { Effect, Either } from "effect"
import type { WorkspaceFailed } from "../../domain/Failure.ts"
import type { Git } from "../git/command.ts"
import { readStatus } from "../git/status.ts"
import { branchTip, isWorktreeOf } from "../git/worktree.ts"
import { isMissing } from "../git/worktreeRoot.ts"
import { NOTHING_KNOWN, type BranchFacts, type KeptBranch, type KeptCommit, type KeptFacts } from "../KeptWork.ts"
import { basesOf, type Bases } from "./bases.ts"
import { deleted, namedByMerges, sameChanges } from "./merged.ts"

/** More commits than a person reads. */
const MOST_COMMITS = 500

/** The commits of the branch that no base has, oldest first; `undefined` if git cannot tell. */
const commitsOf = Effect.fnUntraced(function* (git: Git, clone: string, tip: string, bases: Bases) {
  const how = [`--max-count=${MOST_COMMITS}`, "--encoding=UTF-8", "--format=%x00%H%x00%ct%x00%s"]
  const found = yield* git.run(clone, ["rev-list", ...how, tip, "--not", ...bases.commits, "--"])
  if (found.exitCode !== 0) return undefined
  return found.stdout
    .split("\n")
    .flatMap((line): ReadonlyArray<KeptCommit> => {
      const [before, hash = "", seconds = "", subject = ""] = line.split("\0")
      return before === "" && hash !== "" ? [{ hash, subject, at: Number(seconds) * 1000 }] : []
    })
    .toReversed()
})

const countIn = (text: string, what: RegExp): number => Number(what.exec(text)?.[1] ?? 0)

/** What differs between the base and the branch; empty if git cannot tell. */
const differences = Effect.fnUntraced(function* (git: Git, clone: string, tip: string, { commit }: Bases) {
  const how = ["--shortstat", "--no-ext-diff", "--no-textconv", "--no-color"]
  const { exitCode, stdout } = yield* git.run(clone, ["diff", ...how, `${commit}...${tip}`, "--"])
  if (exitCode !== 0) return {}
  return {
    files: countIn(stdout, /(\d+) files? changed/),
    insertions: countIn(stdout, /(\d+) insertions?\(/),
    deletions: countIn(stdout, /(\d+) deletions?\(/)
  }
})

const ofBranch = Effect.fn("kept.branch")(function* (
  git: Git,
  { branch, clone }: KeptBranch,
  base: string | undefined
) {
  const tip = yield* branchTip(git, clone, branch)
  const bases = yield* Effect.either(basesOf(git, clone, base))
  if (Either.isLeft(bases)) {
    const known: BranchFacts = { branch: tip === undefined ? "deleted" : "exists", merged: "unknown", tip }
    return { ...known, why: bases.left.advice }
  }
  const shown = bases.right.shown
  if (tip === undefined) {
    return { ...deleted((yield* namedByMerges(git, clone, bases.right, [branch])).has(branch)), base: shown }
  }
  const commits = yield* commitsOf(git, clone, tip, bases.right)
  const merged =
    commits === undefined
      ? ("unknown" as const)
      : commits.length === 0
        ? ("yes" as const)
        : yield* sameChanges(git, clone, tip, bases.right)
  const known: BranchFacts = { branch: "exists", merged, tip }
  return { ...known, base: shown, commits, ...(yield* differences(git, clone, tip, bases.right)) }
})

const ofWorktree = Effect.fn("kept.worktree")(function* (
  git: Git,
  { clone, worktree }: KeptBranch
): Effect.fn.Return<Partial<KeptFacts>, WorkspaceFailed> {
  if (worktree === undefined) return {}
  if (yield* isMissing(worktree)) return { worktree: "gone" }
  if (!(yield* isWorktreeOf(git, worktree, clone))) return { worktree: "not ours" }
  const status = yield* readStatus(git, worktree)
  if (Either.isLeft(status)) return { worktree: "there", why: status.left }
  const { entries, unread } = status.right
  return { worktree: "there", ...(unread === undefined ? { uncommitted: entries.length } : { why: unread }) }
})

/** Everything that git knows of the branch and its worktree. What fails is unknown. */
export const factsOf = Effect.fn("KeptWork.facts")(function* (git: Git, kept: KeptBranch, base: string | undefined) {
  const orUnknown = Effect.catchAll(({ advice }: WorkspaceFailed) => Effect.succeed({ why: advice }))
  const branch = yield* orUnknown(ofBranch(git, kept, base))
  const worktree = yield* orUnknown(ofWorktree(git, kept))
  const why = [branch, worktree].flatMap((part) => ("why" in part && part.why !== undefined ? [part.why] : [])).at(0)
  return { ...NOTHING_KNOWN, ...branch, ...worktree, why } satisfies KeptFacts
})
