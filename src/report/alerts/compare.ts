import { Duration } from "effect"
import type { AlertKind } from "../../domain/AlertKind.ts"
import type { Condition, OpenCondition } from "../../domain/Condition.ts"
import type { Change, Message } from "../../domain/Message.ts"
import type { Settings } from "../../domain/Settings.ts"
import type { Zone } from "../../domain/times.ts"
import type { Compared } from "../../journal/Outbox.ts"
import type { Conditions } from "./conditionsOf.ts"
import { DIGEST_KEY } from "./digest.ts"
import { together } from "./together.ts"
import { KINDS, tellingOf } from "./kinds.ts"
import { loudAt } from "./quiet.ts"

/** Where and by which settings it is compared. */
export interface ComparePlace {
  /** Milliseconds since the epoch. */
  readonly now: number
  readonly zone: Zone
  readonly host: string
  readonly repository: string
  readonly settings: Settings["alerts"]
}

/** What was told of the one tells of the other as well, when it is over. */
const SAID_BY: Readonly<Partial<Record<AlertKind, AlertKind>>> = { missed: "overdue" }

const messageOf = (
  change: Change,
  { beads, commands, follows, key, kind, level, what }: Condition,
  since: number,
  { host, now, repository }: ComparePlace
): Message => {
  const isOver = change === "recovered"
  const name = key.slice(kind.length + 1)
  const about = beads ?? (isOver && name !== "" ? name : undefined)
  const said = isOver ? (KINDS[kind].over ?? "") : what
  return {
    id: `${host}/${repository} ${key} ${change} ${now}`,
    key,
    kind,
    change,
    level: isOver ? "good" : level,
    at: now,
    host,
    repository,
    ...(beads === undefined ? {} : { beads }),
    what: about === undefined ? said : `${about}${isOver ? "" : ":"} ${said}`,
    since,
    ...(isOver || follows === undefined ? {} : { follows }),
    lines: [],
    commands: isOver ? [] : commands
  }
}

/** What is told of a condition now that was open before as `open`; nothing if it is known already. */
const changeOf = (condition: Condition, open: OpenCondition | undefined, place: ComparePlace): Change | undefined => {
  const { now, settings } = place
  if (open?.told === undefined) return "raised"
  if (open.condition.fingerprint !== condition.fingerprint) return "changed"
  // What does not stop the night is in each digest, if there are any.
  const isRepeated =
    KINDS[condition.kind].once === undefined && (condition.level === "bad" || settings.digestAt === undefined)
  return isRepeated && now - open.told >= Duration.toMillis(settings.repeatAfter) ? "repeated" : undefined
}

/**
 * Compares the conditions of now with those that are open, and says what is told: what is new, has changed, is over, or still is
 * so and was not told for `repeatAfter`. What nobody can tell of stays as it is. In quiet hours only what stops the night is told;
 * the rest is compared when they are over, so that what came and went in between is not told at all. Pure.
 *
 * @example
 * outbox.compare(["slack"], (open) => compare(open, conditionsOf(facts), place))
 */
export const compare = (
  open: ReadonlyArray<OpenCondition>,
  { fateOf, now: conditions }: Conditions,
  place: ComparePlace
): Compared => {
  const { now, settings, zone } = place
  const isQuiet = loudAt(settings.quietHours, now, zone) > now
  const before = new Map(open.map((each) => [each.condition.key, each]))
  const present = new Set(conditions.map(({ key }) => key))
  const absent = open
    .filter(({ condition: { key } }) => key !== DIGEST_KEY && !present.has(key))
    .map((each) => ({ each, fate: fateOf(each) }))
  const isTold = ({ told }: OpenCondition) => told !== undefined
  const over = absent.flatMap(({ each, fate }) => (fate === "over" && isTold(each) ? [each] : []))
  const kept = new Set(
    absent.flatMap(({ each, fate }) => (fate === "unknown" || (isQuiet && over.includes(each)) ? [each] : []))
  )
  const endedKinds = new Set(over.map(({ condition }) => condition.kind))
  const isSaid = ({ kind }: Condition) => endedKinds.has(SAID_BY[kind] ?? "test")

  const compared = conditions.map((condition) => {
    const known = before.get(condition.key)
    const since = condition.since ?? known?.since ?? now
    if (known === undefined && isSaid(condition)) return { open: { condition, since, told: now }, messages: [] }
    const change = tellingOf(condition.kind, settings) === "now" ? changeOf(condition, known, place) : undefined
    if (change !== undefined && isQuiet && condition.level !== "bad") {
      return { open: known?.told === undefined ? { condition, since } : known, messages: [] }
    }
    const told = change === undefined ? known?.told : now
    return {
      open: { condition, since, ...(told === undefined ? {} : { told }) },
      messages: change === undefined ? [] : [messageOf(change, condition, since, place)]
    }
  })
  const recovered = isQuiet
    ? []
    : over
        .filter(({ condition: { kind } }) => KINDS[kind].over !== undefined)
        .map(({ condition, since }) => messageOf("recovered", condition, since, place))
  const messages = together([...recovered, ...compared.flatMap((each) => each.messages)])
  return {
    open: [
      ...open.filter((each) => each.condition.key === DIGEST_KEY || kept.has(each)),
      ...compared.map((each) => each.open)
    ],
    messages: messages.map((message) => ({ message, notBefore: now }))
  }
}
