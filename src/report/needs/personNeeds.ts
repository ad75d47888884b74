import { Either } from "effect"
import type { BeadsId } from "../../domain/Ids.ts"
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

/** The bugs whose latest job needed a permission or a secret, as long as they are open and nobody has retried them. */
const ofBugs = (facts: NightFacts, program: string): ReadonlyArray<Need> => {
  if (Either.isLeft(facts.journal)) return []
  const { ended, open, retries } = facts.journal.right
  const listed = Either.map(facts.tracker, ({ intake }) => intake.issues.map(({ id }) => id))
  // The tracker lists no bug as open that a job works on.
  const isOpen = (id: BeadsId) =>
    Either.isLeft(listed) || listed.right.includes(id) || open.some(({ beads }) => beads === id)
  const isRetried = (id: BeadsId, at: number) => retries.some((retry) => retry.beads === id && retry.at >= at)
  const last = new Map(ended.map((job) => [job.beads, job]))
  return [...last.values()].flatMap(({ beads, changed, needs, provider }) => {
    if (needs === undefined || !isOpen(beads) || isRetried(beads, changed)) return []
    // With `providerHealth` off no login is told of its provider.
    if (needs.kind === "login" && facts.providerHealth) return []
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
