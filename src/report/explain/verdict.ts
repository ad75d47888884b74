import { Clock, Effect, Either } from "effect"
import type { BeadsCli } from "../../beads/BeadsCli.ts"
import { makePlan } from "../../dispatch/plan/makePlan.ts"
import { ownReason } from "../../dispatch/plan/ownReason.ts"
import type { Plan } from "../../dispatch/plan/plan.ts"
import { recentResults, waitsNow } from "../../dispatch/providers/probation.ts"
import { refusedByBudget } from "../../dispatch/providers/unreported.ts"
import { NO_BUDGET } from "../../domain/Budget.ts"
import { NEVER_TRIED } from "../../domain/History.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import { Intake, type Issue } from "../../domain/Issue.ts"
import { isLive } from "../../domain/Job.ts"
import { WAITS_FOR_A_RUN } from "../../domain/Outcome.ts"
import { PlanPolicy } from "../../domain/PlanPolicy.ts"
import type { ProviderResults } from "../../domain/ProviderResult.ts"
import { localZone } from "../../domain/localZone.ts"
import { waitInWords } from "../../domain/ProviderWait.ts"
import type { Repository } from "../../domain/Repository.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import type { ExplainView } from "./view.ts"

type Verdict = ExplainView["now"]

/** The bug's place among those that may be dispatched. */
const placeOf = (id: BeadsId, { chosen, skipped }: Plan, intake: Intake): Verdict["place"] => {
  const waiting = skipped.filter(({ reason }) => WAITS_FOR_A_RUN.has(reason)).map(({ beads }) => beads)
  const queue = [...chosen.map((issue): string => issue.id), ...waiting]
  const position = queue.indexOf(id) + 1
  const issue = intake.issues.find((each) => each.id === id)
  if (position === 0 || issue === undefined) return undefined
  return { position, of: queue.length, why: `P${issue.priority}, then age` }
}

/** What the plan of the next run says of a bug; `undefined` if it does not know it. */
export const judge = (id: BeadsId, plan: Plan, intake: Intake): Verdict | undefined => {
  const place = placeOf(id, plan, intake)
  if (plan.chosen.some((issue) => issue.id === id)) {
    const probe = "it is on hold, and is tried to see whether its provider has recovered"
    return { verdict: "chosen", detail: plan.probe === id ? probe : "", ...(place === undefined ? {} : { place }) }
  }
  const skipped = plan.skipped.find(({ beads }) => beads === id)
  if (skipped === undefined) return undefined
  const { detail, reason } = skipped
  return { verdict: "left_alone", reason, detail, ...(place === undefined ? {} : { place }) }
}

/** The bugs with a live job, as far as the runner can tell. */
const runningBugs = Effect.gen(function* () {
  const runner = yield* DxRunner
  const jobs = yield* Effect.either(runner.running)
  return {
    running: new Set(Either.getOrElse(jobs, () => []).flatMap((job) => (isLive(job) ? [job.beads] : []))),
    unknown: Either.isLeft(jobs) ? [`Which jobs run is not known: ${jobs.left.message}`] : []
  }
})

/** A bug that would be chosen is not started while every provider waits for a login or the end of a limit, or is refused by the budget. */
const withWaits = Effect.fnUntraced(function* (verdict: Verdict, ends: ProviderResults) {
  const [{ providers }, now] = yield* Effect.all([CurrentSettings, Clock.currentTimeMillis])
  const [waits, refused] = yield* Effect.all([waitsNow(ends), refusedByBudget])
  const words = providers.flatMap(({ name }) => {
    const [wait, why] = [waits.get(name), refused.get(name)]
    if (why !== undefined) return [`${name}: ${why}`]
    return wait === undefined ? [] : [`${name}: ${waitInWords(wait, { now, zone: localZone })}`]
  })
  if (verdict.verdict !== "chosen" || words.length < providers.length) return verdict
  return { ...verdict, detail: [...(verdict.detail === "" ? [] : [verdict.detail]), ...words].join("; ") }
})

/** Why a bug is left alone that the tracker does not list among the open bugs. */
const unlisted = Effect.fnUntraced(function* (
  issue: Issue | undefined,
  running: ReadonlySet<BeadsId>,
  unsettled: ReadonlySet<BeadsId>
) {
  if (issue === undefined) return { verdict: "left_alone", detail: "the tracker does not have it" } satisfies Verdict
  const reason = ownReason(issue, {
    intake: new Intake({ issues: [issue], malformed: [] }, { disableValidation: true }),
    settings: yield* CurrentSettings,
    policy: yield* PlanPolicy,
    running,
    unsettled,
    underWay: [],
    history: () => NEVER_TRIED,
    foundWork: new Map(),
    promptRefusal: () => undefined,
    doubtful: new Set(),
    night: NO_BUDGET,
    overBudget: () => undefined,
    busy: undefined,
    now: yield* Clock.currentTimeMillis
  })
  return reason === undefined
    ? ({ verdict: "unknown", detail: "the tracker does not list it among the open bugs" } satisfies Verdict)
    : ({ verdict: "left_alone", reason: reason[0], detail: reason[1] } satisfies Verdict)
})

/**
 * What the next run would do with a bug, by the plan of a run that begins now. No provider is asked. `issue`: as the tracker shows
 * it. Claims, writes and fetches nothing. `unknown`: what could not be found out.
 *
 * @example
 * const { now } = yield* verdictOf(id, yield* beads.openBugs(intake), issue, repository)
 */
export const verdictOf = Effect.fn("explain.verdict")(function* (
  id: BeadsId,
  intake: Intake,
  issue: Issue | undefined,
  repository: Repository
): Effect.fn.Return<
  { readonly now: Verdict; readonly unknown: ReadonlyArray<string> },
  never,
  BeadsCli | DxRunner | Journal | Effect.Effect.Context<ReturnType<typeof makePlan>>
> {
  const { running, unknown } = yield* runningBugs
  const journal = yield* Journal
  const open = yield* Effect.either(journal.open)
  const unsettled = new Set(Either.getOrElse(open, () => []).map(({ beads }) => beads))
  const planned = Either.isLeft(open)
    ? Either.left(open.left)
    : yield* Effect.either(
        Effect.gen(function* () {
          const ends = yield* recentResults
          const verdict = judge(id, yield* makePlan(intake, repository, running, unsettled, ends), intake)
          return verdict && (yield* withWaits(verdict, ends))
        })
      )
  const now = Either.isRight(planned) ? planned.right : undefined
  if (now !== undefined) return { now, unknown }
  const other = yield* unlisted(issue, running, unsettled)
  if (Either.isRight(planned) || other.verdict === "left_alone") return { now: other, unknown }
  const why = `The journal cannot be read: ${planned.left.message}`
  return { now: { verdict: "unknown", detail: "the journal cannot be read" }, unknown: [...unknown, why] }
})
