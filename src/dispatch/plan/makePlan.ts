import { Array as Arr, Clock, Effect, Either } from "effect"
import { BeadsCli } from "../../beads/BeadsCli.ts"
import { ackOf, type Attempt } from "../../domain/Attempt.ts"
import { moment } from "../../domain/BootClock.ts"
import { bugBudgetSpent, NO_BUDGET } from "../../domain/Budget.ts"
import { taskDigest } from "../../domain/digest.ts"
import type { HostPlaces } from "../../domain/Host.ts"
import { historyOf, NEVER_TRIED } from "../../domain/History.ts"
import type { BeadsId } from "../../domain/Ids.ts"
import type { Intake, Issue } from "../../domain/Issue.ts"
import { isDoubtful, type ProviderResults } from "../../domain/ProviderResult.ts"
import { PlanPolicy } from "../../domain/PlanPolicy.ts"
import { Redact } from "../../domain/Redaction.ts"
import type { Repository } from "../../domain/Repository.ts"
import { CurrentSettings } from "../../domain/Settings.ts"
import { Journal } from "../../journal/Journal.ts"
import { checkedPrompt } from "../../prompt/checkedPrompt.ts"
import { randomMarker } from "../../prompt/fixPrompt.ts"
import { ownTemplate, PromptTemplate } from "../../prompt/template.ts"
import { DxRunner } from "../../runner/DxRunner.ts"
import { Workspaces } from "../../workspace/Workspaces.ts"
import { openElsewhere } from "../settle/openHere.ts"
import { occupied } from "./allowance.ts"
import { findWork } from "./findWork.ts"
import { hostBusy } from "./hostBusy.ts"
import { nightBudgetNow } from "./nightBudget.ts"
import { mayBeChosen, plan } from "./plan.ts"
import { NOTHING_TOLD, told, type Told } from "./told.ts"
import { maxParallelNow } from "./warmUp.ts"

/** Bugs whose attempts are read at once: in one statement, but not without a bound. */
const AT_ONCE = 500

/**
 * What the journal has of a bug: its history, what the next prompt tells of it, whether it had a job, and its own budget. Only of
 * the bugs that have an attempt or a retry: a large tracker has many that have none.
 */
const histories = Effect.fn("plan.histories")(function* (issues: ReadonlyArray<Issue>, ends: ProviderResults) {
  const [journal, redact] = yield* Effect.all([Journal, Redact])
  const [retries, { limits }, now] = yield* Effect.all([journal.retries, CurrentSettings, moment])
  const entryOf = (issue: Issue, attempts: ReadonlyArray<Attempt>) => {
    const digest = taskDigest(issue)
    const entry = {
      history: historyOf(attempts, digest, ends),
      told: told(issue.id, attempts, retries, redact),
      hadJob: attempts.some((attempt) => ackOf(attempt) !== undefined),
      overBudget: bugBudgetSpent(attempts, digest, now, limits)
    }
    return [issue.id, entry] as const
  }
  const known = new Set([...(yield* journal.known(issues.map(({ id }) => id))), ...retries.map(({ beads }) => beads)])
  const concerned = issues.filter(({ id }) => known.has(id))
  const entries = yield* Effect.forEach(Arr.chunksOf(concerned, AT_ONCE), (some) =>
    Effect.map(journal.of(...some.map(({ id }) => id)), (attempts) => {
      const byBug = Arr.groupBy(attempts, ({ beads }) => beads)
      return some.map((issue) => entryOf(issue, byBug[issue.id] ?? []))
    })
  )
  return new Map<string, ReturnType<typeof entryOf>[1]>(entries.flat())
})

/** These bugs as they are now, for finding their duplicates. Leaves out a bug that the tracker cannot show. */
const readAll = Effect.fn("plan.read")(function* (ids: ReadonlyArray<BeadsId>) {
  const beads = yield* BeadsCli
  const issues = yield* Effect.forEach(ids, (id) =>
    Effect.catchAll(beads.show(id), ({ message }) =>
      Effect.as(Effect.logWarning(`cannot read ${id}, so its duplicates will not be detected: ${message}`), undefined)
    )
  )
  return issues.filter((issue) => issue !== undefined)
})

/** Why the runner refuses a bug's prompt, or `undefined`. Asked here too, so that a refused bug takes no slot. */
const refusals = Effect.fn("plan.refusals")(function* (repository: Repository) {
  const [runner, workspaces] = yield* Effect.all([DxRunner, Workspaces])
  const template = Either.getOrElse(yield* PromptTemplate, () => ownTemplate)
  const marker = yield* randomMarker
  return (issue: Issue, told: Told): string | undefined => {
    const place = workspaces.place(issue.id, repository)
    return checkedPrompt({ ...told, repository, place, issue, marker, template }, runner.promptRefusal).refusal
  }
})

/**
 * Chooses what the run dispatches, from the bugs, their histories, the live jobs and the open attempts; with `hosts`, what the
 * hosts of a fleet dispatch. Looks for work that exists only if a bug may be chosen.
 */
export const makePlan = Effect.fn("plan")(function* (
  intake: Intake,
  repository: Repository,
  running: ReadonlySet<BeadsId>,
  openHere: ReadonlySet<BeadsId>,
  ends: ProviderResults,
  hosts?: ReadonlyArray<HostPlaces>
) {
  const elsewhere = yield* openElsewhere
  const unsettled = new Set([...openHere, ...elsewhere])
  const settings = yield* CurrentSettings
  const maxParallel = yield* maxParallelNow
  const historyById = yield* histories(intake.issues, ends)
  const history = (issue: Issue) => historyById.get(issue.id)?.history ?? NEVER_TRIED
  const jobs = occupied(running, unsettled, elsewhere)
  // Without a free place the plan chooses no bug, so it need not detect duplicates.
  const isFull = hosts === undefined ? jobs.size >= maxParallel : hosts.every(({ free }) => free === 0)
  const listed = new Set(intake.issues.map(({ id }) => id))
  const busyWith = hosts === undefined ? jobs : new Set([...jobs, ...elsewhere])
  const underWay = isFull ? [] : yield* readAll([...busyWith].filter((id) => !listed.has(id)))
  const refusalOf = yield* refusals(repository)
  // With no free place, that is the reason; and with no budget, how busy the host is need not be measured.
  const night = isFull ? NO_BUDGET : yield* nightBudgetNow()
  const input = {
    intake,
    settings,
    policy: yield* PlanPolicy,
    maxParallel,
    running,
    unsettled,
    elsewhere,
    underWay,
    history,
    foundWork: new Map(),
    promptRefusal: (issue: Issue) => refusalOf(issue, historyById.get(issue.id)?.told ?? NOTHING_TOLD),
    doubtful: new Set(settings.providers.map(({ name }) => name).filter((name) => isDoubtful(ends.get(name) ?? []))),
    night,
    overBudget: (issue: Issue) => historyById.get(issue.id)?.overBudget,
    // Of a fleet, each host says how many places it has.
    busy: isFull || night.left <= 0 || hosts !== undefined ? undefined : yield* hostBusy(jobs.size),
    ...(hosts === undefined ? {} : { hosts }),
    now: yield* Clock.currentTimeMillis
  }
  const wanted = plan(input)
  if (wanted.chosen.length === 0 || !settings.intake.skipExistingWork) return wanted
  const bugs = mayBeChosen(input).map(({ createdAt, id }) => ({
    id,
    createdAt,
    hadJob: historyById.get(id)?.hadJob ?? false
  }))
  const foundWork = yield* findWork(bugs, repository)
  return foundWork.size === 0 ? wanted : plan({ ...input, foundWork })
})
