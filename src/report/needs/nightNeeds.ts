import { Either } from "effect"
import { EXIT } from "../../domain/exitCode.ts"
import { localZone } from "../../domain/localZone.ts"
import { effectInWords, isForgotten, resumeOf } from "../../domain/Pause.ts"
import { oneLine } from "../../domain/Text.ts"
import type { Notice } from "../../journal/Journal.ts"
import { onHost } from "./forBugs.ts"
import { lastRunsOf, overdueOf, type LastRun } from "./lastRun.ts"
import type { Need, NeedKind } from "./Need.ts"
import { fleetOf, pausedOf, type NightFacts } from "./NightFacts.ts"
import { providersOf } from "./providers.ts"

const WEEK = 7 * 24 * 3_600_000

const EXIT_IN_WORDS: Readonly<Record<number, string>> = {
  [EXIT.no]: "no provider worked",
  [EXIT.failed]: "a dispatch or its jobs failed",
  [EXIT.tracker]: "the tracker could not be read",
  [EXIT.config]: "the configuration is wrong",
  [EXIT.state]: "the state directory could not be used"
}

/** Why a run failed, in words. `host`: where, if there are several. */
export const failureOf = ({ error, exit, state }: LastRun, host?: string): string =>
  state === "cut_short"
    ? `the last run${host === undefined ? "" : ` on ${host}`} has no end: it was killed, or it hangs`
    : `the last run${host === undefined ? "" : ` on ${host}`} ended with exit ${exit ?? "unknown"}: ${error ?? EXIT_IN_WORDS[exit ?? EXIT.defect] ?? "unknown"}`

const NEXT: Readonly<Record<number, string>> = {
  [EXIT.no]: "preflight",
  [EXIT.failed]: "report --since 1d",
  [EXIT.state]: "state show"
}

/** What to type after a run with this exit code. */
export const nextOf = (exit: number | undefined): string => NEXT[exit ?? EXIT.defect] ?? "doctor"

/** Whether an alert still needs a person. The others are shown by what they are about: its work, its claim, its attempts. */
const stillCounts = ({ key, kind }: Notice, now: number): boolean => {
  const at = Number(key.split(" ").at(-1))
  return kind === "journal_lost" ? now - at < WEEK : kind === "clock_wrong" && at > now
}

/** The needs that are about the night as a whole. */
export const nightNeeds = (facts: NightFacts, program: string): ReadonlyArray<Need> => {
  const { budget, journal, now, running, tracker } = facts
  const need = (kind: NeedKind, what: string, commands: ReadonlyArray<string>, since?: number): Need => ({
    kind,
    since,
    what: oneLine(what, 500),
    commands
  })
  const [lasts, overdue, providers, paused] = [lastRunsOf(facts), overdueOf(facts), providersOf(facts), pausedOf(facts)]
  const works = providers.some((provider) => provider.now === "ok" || provider.now === "unchecked")
  const plan = Either.isRight(tracker) ? tracker.right.skipped : Either.right([])
  const waiting = Either.getOrElse(plan, () => []).filter(({ reason }) => reason === "budget").length
  return [
    ...(Either.isLeft(journal)
      ? [need("journal", `the journal cannot be read: ${journal.left}`, [`${program} state show`])]
      : []),
    ...(paused !== undefined && isForgotten(paused, now)
      ? [need("paused", effectInWords(paused, { now, zone: localZone }), [`${program} ${resumeOf(paused)}`], paused.at)]
      : []),
    ...(budget !== undefined && budget.left <= 0 && waiting > 0
      ? [
          need("budget", `${waiting === 1 ? "a bug waits" : `${waiting} bugs wait`}: ${budget.why}`, [
            `${program} report`
          ])
        ]
      : []),
    ...(overdue === undefined
      ? []
      : [need("overdue", "a run is overdue", ["crontab -l", `${program} doctor`], overdue)]),
    ...lasts
      .filter(({ state }) => state === "failed" || state === "cut_short")
      .map((last) => {
        const host = fleetOf(facts) === undefined ? undefined : last.host
        const commands = [`${program} ${nextOf(last.exit)}`]
        return onHost(need("last_run_failed", failureOf(last, host), commands, last.began), host)
      }),
    ...(Either.isLeft(tracker)
      ? [
          need("tracker", `the tracker cannot be read, so this is what the journal knows: ${tracker.left}`, [
            `${program} doctor`
          ])
        ]
      : []),
    ...(Either.isLeft(running)
      ? [need("runner", `the runner cannot tell which jobs run: ${running.left}`, [`${program} preflight`])]
      : []),
    ...(Either.isLeft(plan)
      ? [need("tracker", `what the next run would do cannot be told: ${plan.left}`, [`${program} run --dry-run`])]
      : []),
    ...(providers.length > 0 && !works
      ? [need("no_provider", "every provider is unavailable, rate limited or on probation", [`${program} preflight`])]
      : []),
    ...Either.match(journal, { onLeft: () => [], onRight: ({ notices }) => notices })
      .filter((alert) => stillCounts(alert, now))
      .map(({ text }) => need("alert", text, [])),
    ...Either.match(journal, { onLeft: () => [], onRight: ({ undelivered }) => undelivered }).flatMap(
      ({ channel, detail, messages, oldest }) => {
        if (detail === undefined) return []
        const waits = messages === 1 ? "1 alert waits" : `${messages} alerts wait`
        return [need("undelivered", `${waits} for ${channel}: ${detail}`, [`${program} alerts test`], oldest)]
      }
    )
  ]
}
