import { Either, Schema } from "effect"
import { waitsForReview } from "../../domain/Ending.ts"
import type { Condition, OpenCondition } from "../../domain/Condition.ts"
import type { Message } from "../../domain/Message.ts"
import { oneLine } from "../../domain/Text.ts"
import { lastAt } from "../../domain/timeOfDay.ts"
import { inWords } from "../../domain/times.ts"
import type { Compared } from "../../journal/Outbox.ts"
import { jobsOf } from "../needs/jobs.ts"
import { needsOf } from "../needs/needsOf.ts"
import { many } from "../report/words.ts"
import type { AlertFacts } from "./AlertFacts.ts"
import type { ComparePlace } from "./compare.ts"
import { tellingOf } from "./kinds.ts"

/** The condition that keeps when the last digest was made, and what was in it. It is never over. */
export const DIGEST_KEY = "digest"

const DAY = 86_400_000
/** Lines of a digest, and bugs on one of them. */
const LINES = 30
const BUGS = 5

const Keys = Schema.parseJson(Schema.Array(Schema.String))
const keysOf = (text: string): ReadonlyArray<string> =>
  Either.getOrElse(Schema.decodeEither(Keys)(text), (): ReadonlyArray<string> => [])

/** `2 ready for review (bd-1, bd-2)`. */
const counted = (names: ReadonlyArray<string>, words: string): ReadonlyArray<string> => {
  if (names.length === 0) return []
  const more = names.length > BUGS ? `, and ${names.length - BUGS} more` : ""
  return [`${names.length} ${words} (${names.slice(0, BUGS).join(", ")}${more})`]
}

const summary = ({ night, program }: AlertFacts, since: number, open: number): string => {
  const needs = needsOf(night, program)
  const bugs = (...kinds: ReadonlyArray<string>) =>
    needs.filter(({ kind }) => kinds.includes(kind)).map(({ beads = "?" }) => oneLine(beads, 40))
  const ended = Either.match(night.journal, { onLeft: () => [], onRight: (journal) => journal.ended })
  const latest = ended.filter(({ changed }) => changed >= since)
  const good = latest.filter(waitsForReview).length
  const parts = [
    ...(latest.length === 0 ? [] : [`${many(latest.length, "job")} ended, ${good} left work`]),
    ...counted(bugs("review", "unmarked"), "ready for review"),
    ...counted(bugs("gave_up", "undecided"), "given up"),
    ...counted(
      jobsOf(night).map(({ beads }) => beads),
      "under way"
    )
  ]
  if (parts.length > 0) return parts.join(" · ")
  return open === 0 ? "all is quiet" : `${many(open, "alert")} open`
}

const lineOf = ({ beads, key, kind, what }: Condition, since: number, now: number, isNew: boolean): string => {
  const about = beads ?? key.slice(kind.length + 1)
  const name = about === "" || what.startsWith(about) ? "" : `${about}: `
  return `${isNew ? "new" : "still"}: ${name}${what} (for ${inWords(now - since)})`
}

const digestOf = (
  facts: AlertFacts,
  open: ReadonlyArray<OpenCondition>,
  last: OpenCondition | undefined,
  { host, now, repository, settings }: ComparePlace
): Message => {
  const known = last === undefined ? [] : keysOf(last.condition.fingerprint)
  const shown = open.filter(({ condition: { kind } }) => tellingOf(kind, settings) !== "off")
  const isNew = ({ condition: { key } }: OpenCondition) => !known.includes(key)
  const lines = [...shown.filter(isNew), ...shown.filter((each) => !isNew(each))].map((each) =>
    lineOf(each.condition, each.since, now, isNew(each))
  )
  const gone = known.filter((key) => !open.some(({ condition }) => condition.key === key))
  return {
    id: `${host}/${repository} ${DIGEST_KEY} ${now}`,
    key: DIGEST_KEY,
    kind: "digest",
    change: "digest",
    level: "info",
    at: now,
    host,
    repository,
    what: summary(facts, last?.told ?? now - DAY, lines.length),
    lines: [
      ...lines.slice(0, LINES),
      ...(lines.length > LINES ? [`and ${lines.length - LINES} more`] : []),
      ...gone.slice(0, LINES).map((key) => `over: ${key.replaceAll("_", " ")}`)
    ],
    commands: lines.length === 0 ? [] : [`${facts.program} status`]
  }
}

/**
 * Adds the digest to what a comparison came to, if its time has come since the last one: once a day, with what is new since then.
 * The first look after `digestAt` was set waits for the next time. Pure.
 */
export const withDigest = (
  compared: Compared,
  before: ReadonlyArray<OpenCondition>,
  facts: AlertFacts,
  place: ComparePlace
): Compared => {
  const { now, settings, zone } = place
  const others = compared.open.filter(({ condition }) => condition.key !== DIGEST_KEY)
  const last = before.find(({ condition }) => condition.key === DIGEST_KEY)
  if (settings.digestAt === undefined) return { ...compared, open: others }
  const isDue = last !== undefined && (last.told ?? last.since) < lastAt(settings.digestAt, now, zone)
  if (last !== undefined && !isDue) return { ...compared, open: [...others, last] }
  const kept: OpenCondition = {
    condition: {
      key: DIGEST_KEY,
      kind: "digest",
      level: "info",
      what: "the last digest",
      commands: [],
      fingerprint: JSON.stringify(others.map(({ condition }) => condition.key))
    },
    since: now,
    told: now
  }
  const messages = isDue ? [{ message: digestOf(facts, others, last, place), notBefore: now }] : []
  return { open: [...others, kept], messages: [...compared.messages, ...messages] }
}
