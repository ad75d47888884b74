import { Array as Arr, Effect, Either } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import type { TrackerFailed } from "../../domain/Failure.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Issue } from "../../domain/Issue.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { isOut, type SeenBug } from "../../domain/ShadowRun.ts"
import { oneLine } from "../../domain/Text.ts"

/** Each costs a call of the tracker. */
const AT_ONCE = 4
/** Bugs that no list of the tracker holds and that one look asks for. The others are asked for by the next look. */
const MOST_ASKED = 100
/** Characters. */
const LENGTH = 200

const seenOf = ({ assignee, closedAt, id, status, title }: Issue): SeenBug => ({
  id,
  title: oneLine(title, LENGTH),
  // A claim may have opened a closed bug again, and its closing date stays.
  status: closedAt !== undefined && status !== "in_progress" ? "closed" : status,
  ...(assignee === undefined ? {} : { assignee })
})

/**
 * What the tracker shows of the open bugs, of those that somebody works on, and of the `known` ones. Never fails: what the tracker
 * did not say is marked as unread, and `notes` says why.
 *
 * @example
 * const { notes, seen } = yield* seenBugs(last?.seen ?? [])
 */
export const seenBugs = Effect.fn("shadow.seenBugs")(function* (known: ReadonlyArray<SeenBug>) {
  const [beads, { intake }] = yield* Effect.all([BeadsCli, CurrentSettings])
  const knownById = new Map(known.filter((bug) => !isOut(bug)).map((bug) => [bug.id, bug] as const))
  const isMeant = ({ id, priority, type }: Issue) =>
    knownById.has(id) || (intake.types.includes(type) && priority <= intake.maxPriority)
  const open = yield* Effect.either(Effect.map(beads.openBugs(intake), ({ issues }) => issues))
  // A claim may hide a bug from the list of open ones before any shadow run saw it there.
  const claimed = yield* Effect.either(Effect.map(beads.claimsOf(""), Arr.filter(isMeant)))
  const listed = new Map(
    [open, claimed]
      .flatMap((list) => Either.getOrElse(list, () => []))
      .map((issue) => [issue.id, seenOf(issue)] as const)
  )
  const unlisted = [...knownById.keys()].filter((id) => !listed.has(id))
  const ask = (id: BeadsId) =>
    Effect.map(beads.show(id), (issue): SeenBug => {
      const { title } = knownById.get(id) ?? { title: "" }
      return issue === undefined ? { id, title, status: "missing" } : seenOf(issue)
    })
  // A tracker that lists nothing is down: a hundred more calls would only wait.
  const asked = Either.isLeft(open) ? [] : unlisted.slice(0, MOST_ASKED)
  const answers = yield* Effect.forEach(asked, (id) => Effect.either(ask(id)), { concurrency: AT_ONCE })
  const [failed, shown] = Arr.separate(answers)
  const read = new Map([...listed, ...shown.map((bug) => [bug.id, bug] as const)])
  const unread = [...knownById.values()]
    .filter(({ id }) => !read.has(id))
    .map(({ assignee, id, status, title }): SeenBug => ({ id, title, status, assignee, unread: true }))
  const why = [...Arr.getLefts([open, claimed]), ...failed].map(({ message }: TrackerFailed) => oneLine(message))
  return { seen: [...read.values(), ...unread], notes: Arr.dedupe(why) }
})
