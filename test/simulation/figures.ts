import { chargesOf } from "../../src/domain/Charge.ts"
import { endingOf } from "../../src/domain/Attempt.ts"
import { BeadsId } from "../../src/domain/Ids.ts"
import { defaultSettings } from "../../src/domain/defaultSettings.ts"
import { providerResults } from "../../src/domain/ProviderResult.ts"
import type { Played, SimJob } from "./play.ts"

/** The figures of one simulation. */
export interface Figures {
  /** Bugs that agents can solve, and that were filed before the last night. */
  readonly solvable: number
  readonly solved: number
  readonly jobs: number
  /** Jobs that a provider or the host spoilt. */
  readonly spoilt: number
  /**
   * Jobs of working providers for bugs that no agent can solve, and the most for one of them. Without those that only were to show
   * whether a provider has recovered.
   */
  readonly hopeless: number
  readonly mostHopeless: number
  /** Solvable bugs that are on hold at the end although working providers have had fewer than `maxAttempts` jobs for them. */
  readonly lockedOut: ReadonlyArray<string>
  /** Jobs for unsolved solvable bugs whose fault was their provider's, and that count against their bug at the end for good. */
  readonly bugsBlamed: number
  /** Jobs of working providers whose end was taken for their provider's fault. */
  readonly providersBlamed: number
  readonly preflights: number
  /** Runs by exit code. */
  readonly exits: Readonly<Record<number, number>>
}

const ON_HOLD: ReadonlySet<string> = new Set(["attempts_used_up", "undecided"])

/** What a simulation came to. */
export const figuresOf = ({ attempts, jobs, reports, scenario, solved }: Played): Figures => {
  const now = Number.POSITIVE_INFINITY
  const ends = providerResults(attempts, now)
  const last = reports.at(-1)
  const held = new Set(
    (last?.outcomes ?? []).flatMap((each) => (each._tag === "Skipped" && ON_HOLD.has(each.reason) ? [each.beads] : []))
  )
  const solvable = scenario.bugs.filter(({ chance, filed }) => chance > 0 && filed < (scenario.nights - 1) * 24)
  const honest = (id: string) =>
    jobs.filter(({ bug, truth }) => bug === id && (truth === "solved" || truth === "unsolved"))
  const probes = new Set(attempts.flatMap(({ actor, probe }) => (probe === true ? [String(actor)] : [])))
  const hopeless = scenario.bugs
    .filter(({ chance }) => chance === 0)
    .map(({ id }) => honest(id).filter(({ attempt }) => !probes.has(attempt)).length)
  const truthOf = new Map<string, SimJob["truth"]>(jobs.map(({ attempt, truth }) => [attempt, truth]))
  const unsolved = solvable.filter(({ id }) => !solved.has(id))
  const finalFor = unsolved.flatMap(({ id }) => {
    const ofBug = attempts.filter(({ beads }) => beads === BeadsId.make(id))
    const finals = new Set(
      chargesOf(ofBug, ofBug[0]?.digest ?? "", ends).flatMap(({ at, state }) => (state === "final" ? [at] : []))
    )
    return ofBug.filter(({ updatedAt }) => finals.has(updatedAt))
  })
  const exits: Record<number, number> = {}
  for (const { exit } of reports) exits[exit] = (exits[exit] ?? 0) + 1
  return {
    solvable: solvable.length,
    solved: solvable.filter(({ id }) => solved.has(id)).length,
    jobs: jobs.length,
    spoilt: jobs.filter(({ truth }) => truth === "provider" || truth === "host").length,
    hopeless: hopeless.reduce((sum, count) => sum + count, 0),
    mostHopeless: Math.max(0, ...hopeless),
    lockedOut: solvable
      .map(({ id }) => id)
      .filter((id) => held.has(id) && honest(id).length < defaultSettings.limits.maxAttempts),
    bugsBlamed: finalFor.filter(({ actor }) => truthOf.get(actor) === "provider").length,
    providersBlamed: attempts.filter(
      (attempt) => endingOf(attempt)?.blame === "provider" && truthOf.get(attempt.actor) === "unsolved"
    ).length,
    preflights: reports.reduce((sum, { providers }) => sum + providers.length, 0),
    exits
  }
}

/** The figures as rows of a table in Markdown. */
export const inRows = (rows: ReadonlyArray<readonly [name: string, figures: Figures]>): string =>
  [
    "| seed | solved | jobs | spoilt | on hopeless bugs | most on one | locked out | bugs blamed | providers blamed | preflights | runs by exit code |",
    "| ---- | ------ | ---- | ------ | ---------------- | ----------- | ---------- | ----------- | ---------------- | ---------- | ----------------- |",
    ...rows.map(([name, each]) => {
      const exits = Object.entries(each.exits).map(([code, count]) => `${code}: ${count}`)
      const cells = [
        name,
        `${each.solved} of ${each.solvable}`,
        each.jobs,
        each.spoilt,
        each.hopeless,
        each.mostHopeless,
        each.lockedOut.length,
        each.bugsBlamed,
        each.providersBlamed,
        each.preflights,
        exits.join(", ")
      ]
      return `| ${cells.join(" | ")} |`
    })
  ].join("\n")
