import { Effect } from "effect"
import type { Git } from "../git/command.ts"
import type { BranchFacts } from "../KeptWork.ts"
import { basesOf } from "./bases.ts"
import { deleted, namedByMerges, sameChanges } from "./merged.ts"

/** Branches whose changes are compared with those of the base, one call of git each. Of more, it is unknown. */
const MOST_COMPARED = 100

const tipsIn = (output: string): ReadonlyMap<string, string> =>
  new Map(
    output.split("\n").flatMap((line) => {
      const [tip = "", ref = ""] = line.split(" ")
      return ref.startsWith("refs/heads/") ? [[ref.slice("refs/heads/".length), tip] as const] : []
    })
  )

/** What became of these branches: three calls of git, and one for each that the base does not contain. */
export const becameOf = Effect.fn("kept.many")(function* (
  git: Git,
  clone: string,
  branches: ReadonlyArray<string>,
  configured: string | undefined
) {
  const bases = yield* basesOf(git, clone, configured)
  const list = (...filter: ReadonlyArray<string>) =>
    Effect.map(git.read(clone, ["for-each-ref", "--format=%(objectname) %(refname)", ...filter, "refs/heads/"]), tipsIn)
  const tips = yield* list()
  const contained = yield* Effect.forEach(bases.commits, (base) => list(`--merged=${base}`))
  const named = yield* namedByMerges(
    git,
    clone,
    bases,
    branches.filter((name) => !tips.has(name))
  )
  const facts = new Map<string, BranchFacts>()
  let compared = 0
  for (const name of branches) {
    const tip = tips.get(name)
    if (tip === undefined) {
      facts.set(name, deleted(named.has(name)))
    } else {
      const isContained = contained.some((each) => each.has(name))
      const isCompared = !isContained && ++compared <= MOST_COMPARED
      const merged = isContained ? "yes" : isCompared ? yield* sameChanges(git, clone, tip, bases) : "unknown"
      facts.set(name, { branch: "exists", merged, tip })
    }
  }
  return facts
})
