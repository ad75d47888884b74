import { Either } from "effect"
import { neededInWords } from "../../domain/Needed.ts"
import { oneLine } from "../../domain/Text.ts"
import { forBugs } from "./forBugs.ts"
import type { Need } from "./Need.ts"
import type { NightFacts } from "./NightFacts.ts"
import { providersOf } from "./providers.ts"

/** The providers that wait for a login, or whose preflight lacks one or a secret. */
const ofProviders = (facts: NightFacts, program: string): ReadonlyArray<Need> =>
  providersOf(facts).flatMap(({ beads, detail = "", now, provider }) => {
    if (now !== "needs_human") return []
    const commands = beads === undefined ? [] : [`${program} retry ${beads}`]
    const what = oneLine(`${provider} ${detail}`, 500)
    return [{ kind: "needs_human", provider, what, commands: [...commands, `${program} preflight`] } satisfies Need]
  })

/** The bugs whose latest job needed a permission or a secret, as long as they are open and no other job works on them. */
const ofBugs = (facts: NightFacts, program: string): ReadonlyArray<Need> => {
  if (Either.isLeft(facts.journal)) return []
  const { ended, open } = facts.journal.right
  const isUnderWay = new Set(open.map(({ beads }) => beads))
  const isListed = Either.match(facts.tracker, {
    onLeft: () => () => true,
    onRight: ({ intake }) => {
      const listed = new Set(intake.issues.map(({ id }) => id))
      return (beads: (typeof ended)[number]["beads"]) => listed.has(beads)
    }
  })
  const last = new Map(ended.map((job) => [job.beads, job]))
  return [...last.values()].flatMap(({ beads, changed, needs, provider }) => {
    if (needs === undefined || needs.kind === "login" || isUnderWay.has(beads) || !isListed(beads)) return []
    const commands = [`${program} retry ${beads}`, `${program} logs ${beads}`]
    return [
      { ...forBugs(facts)("needs_human", beads, `${provider} ${neededInWords(needs)}`, commands, changed), provider }
    ]
  })
}

/** What agents need from a person before they can work. */
export const personNeeds = (facts: NightFacts, program: string): ReadonlyArray<Need> => [
  ...ofProviders(facts, program),
  ...ofBugs(facts, program)
]
