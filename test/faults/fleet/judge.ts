import * as fs from "node:fs"
import type { Evidence } from "../judge/evidence.ts"
import { promptsBelow, worktreesBelow } from "../judge/evidence.ts"
import { violations, violationsAlways } from "../judge/invariants.ts"
import { trackerEvents, trackerIssues } from "../machine/toolLogs.ts"
import { openOffers } from "./admin.ts"
import { BUGS, type Fleet } from "./Fleet.ts"

/** An attempt, as the database has it. */
interface Attempted {
  readonly actor: string
  readonly beads: string
  readonly phase: string
  readonly end: string
}

const attemptsOf = async ({ admin }: Fleet): Promise<ReadonlyArray<Attempted>> => {
  const [{ has } = { has: false }] = await admin.query("SELECT to_regclass('attempts') IS NOT NULL AS has")
  if (has !== true) return []
  const rows = await admin.query(
    `SELECT actor, beads, phase, coalesce(attempt ->> 'end', '') AS "end" FROM attempts ORDER BY began`
  )
  return rows.map(({ actor, beads, end, phase }) => ({
    actor: String(actor),
    beads: String(beads),
    phase: String(phase),
    end: String(end)
  }))
}

/** What the fleet is judged by, but for what is on hosts that do nothing more. */
const evidenceOf = (fleet: Fleet, attempts: ReadonlyArray<Attempted>): Evidence => {
  const alive = fleet.hosts.filter(({ isGone }) => !isGone)
  return {
    kept: [],
    events: [],
    running: fleet.running(),
    issues: trackerIssues(fleet.root),
    changes: trackerEvents(fleet.root),
    prompts: alive.flatMap((host) => promptsBelow(host.at("tmp"))),
    temporary: [],
    worktrees: alive.flatMap((host) => worktreesBelow(host.at("tmp/agents"))),
    attempts: attempts.filter(({ phase }) => phase !== "settled")
  }
}

/** What must hold at every moment at which no dispatcher works. */
export const brokenNow = async (fleet: Fleet): Promise<ReadonlyArray<string>> => {
  const attempts = await attemptsOf(fleet)
  const evidence = evidenceOf(fleet, attempts)
  const open = new Set(evidence.attempts.map(({ beads }) => beads))
  const unexplained = evidence.issues.filter(
    ({ assignee, id }) => assignee.startsWith("nightly-dispatch/") && !open.has(id)
  )
  return [
    ...violationsAlways(evidence),
    ...unexplained.map(({ assignee, id }) => `claim without an open attempt: ${id} by ${assignee}`),
    ...fleet.overlaps().map((id) => `an agent began at ${id} while another one was at work`)
  ]
}

/** The agents that began in the network of this process, and not in one of their own. */
export const sharedNetworks = (fleet: Fleet): ReadonlyArray<string> => {
  const shared = fs.readlinkSync("/proc/self/ns/net")
  return fleet
    .agentLines()
    .flatMap(({ id, network, word }) => (word === "begins" && network === shared ? [`${id} began in our network`] : []))
}

const countOf = (all: ReadonlyArray<string>, id: string): number => all.filter((each) => each === id).length

/** Whether every bug is done, and nothing is left to settle. */
export const isDone = async (fleet: Fleet): Promise<boolean> => {
  const attempts = await attemptsOf(fleet)
  const done = new Set(attempts.flatMap(({ beads, end }) => (end === "succeeded" ? [beads] : [])))
  return attempts.every(({ phase }) => phase === "settled") && Object.keys(BUGS).every((id) => done.has(id))
}

/** The names of the hosts that have open attempts. */
export const busyHosts = async ({ admin }: Fleet): Promise<ReadonlySet<string>> => {
  const rows = await admin.query(
    "SELECT DISTINCT name FROM hosts JOIN attempts ON host = mark WHERE phase <> 'settled' AND state <> 'evicted'"
  )
  return new Set(rows.map(({ name }) => String(name)))
}

/** What must hold at the end. */
export const brokenAtEnd = async (fleet: Fleet): Promise<ReadonlyArray<string>> => {
  const attempts = await attemptsOf(fleet)
  const done = fleet.agentLines().flatMap(({ id, word }) => (word === "ends" ? [id] : []))
  const succeeded = attempts.flatMap(({ beads, end }) => (end === "succeeded" ? [beads] : []))
  const bugs = Object.keys(BUGS)
  const wrong = (all: ReadonlyArray<string>) => bugs.filter((id) => countOf(all, id) !== 1)
  const counts = [
    ...wrong(done).map((id) => `${id} was done ${countOf(done, id)} times`),
    ...wrong(succeeded).map((id) => `${countOf(succeeded, id)} attempts at ${id} succeeded`)
  ]
  const offers = await openOffers(fleet.admin)
  return [...(await brokenNow(fleet)), ...offers, ...violations(evidenceOf(fleet, attempts)), ...counts]
}

/** The attempts and the claims, for a person who looks for what went wrong. */
export const stateOf = async (fleet: Fleet): Promise<string> => {
  const hosts = await fleet.admin.query("SELECT name, state, epoch FROM hosts ORDER BY name")
  const steps = await fleet.admin.query("SELECT actor, step ->> '_tag' AS step, step ->> 'detail' AS detail FROM steps")
  const text = (rows: ReadonlyArray<unknown>) => rows.map((row) => JSON.stringify(row)).join("\n")
  const agents = fs.existsSync(`${fleet.root}/agents.log`) ? fs.readFileSync(`${fleet.root}/agents.log`, "utf8") : ""
  return [text(hosts), text(await attemptsOf(fleet)), text(steps), text(trackerIssues(fleet.root)), agents].join("\n")
}
