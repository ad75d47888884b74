import { Either } from "effect"
import type { Skipped } from "../../domain/Outcome.ts"
import { oneLine } from "../../domain/Text.ts"
import type { Need, NeedKind } from "./Need.ts"
import type { NightFacts } from "./NightFacts.ts"

/** Characters. */
const LONGEST_TITLE = 200
const LONGEST_TEXT = 500

/** Makes the needs that are about one bug. `commands`: the commands of this program, without its name, or of another one. */
export const forBugs =
  ({ tracker }: Pick<NightFacts, "tracker">) =>
  (kind: NeedKind, beads: string, what: string, commands: ReadonlyArray<string>, since?: number): Need => {
    const issues = Either.match(tracker, { onLeft: () => [], onRight: ({ intake }) => intake.issues })
    const issue = issues.find(({ id }) => id === beads)
    const known = issue === undefined ? {} : { priority: issue.priority, title: oneLine(issue.title, LONGEST_TITLE) }
    return { kind, beads, ...known, since, what: oneLine(what, LONGEST_TEXT), commands }
  }

/** The same need, about another host; about this one if `host` is `undefined`. */
export const onHost = (need: Need, host: string | undefined): Need => (host === undefined ? need : { ...need, host })

/** The bugs that the next run would leave alone, each with the reason; as the last run left them, if that cannot be told. */
export const skippedOf = ({ lastSkipped, tracker }: NightFacts): ReadonlyArray<Skipped> =>
  Either.getOrElse(
    Either.flatMap(tracker, ({ skipped }) => skipped),
    () => lastSkipped
  )
